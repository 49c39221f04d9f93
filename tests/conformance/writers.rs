//! The writers family: an interpreter of its scenarios, on one end of a pair of simulated sockets.
//!
//! The scenario has the far end. It reads and writes there, and what the writer says of itself after each operation is
//! compared.

use std::{future::poll_fn, io::ErrorKind, net::Shutdown, pin::pin, task::Poll, time::Duration};

use serde_json::{Map, Value, json};
use tminus::{
    Exception, Kind, Task,
    net::{self, UnixStream},
    simulation::Simulation,
    spawn,
    streams::{StreamReader, StreamWriter, from_socket},
    yield_now,
};

use crate::{
    corpus::difference,
    parts::{Parts, list},
};

/// Runs one scenario and compares what every operation did.
pub fn replay(scenario: &Value) -> Result<(), String> {
    let operations = list(&scenario["ops"], "ops")?;
    let expect = list(&scenario["expect"], "expect")?;
    let ops = operations
        .iter()
        .zip(expect)
        .enumerate()
        .map(|(number, (op, expect))| {
            let is_left_out = expect["out"] == "left out";
            op_of(&Parts::of(op, format!("ops[{number}]"))?).map(|op| (op, is_left_out))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let limit = scenario["limit"].as_u64().ok_or("limit: no number")? as usize;
    let program = async move {
        let mut world = World::new(limit).await?;
        let mut records = Vec::new();
        for (op, is_left_out) in &ops {
            let out = match is_left_out {
                true => json!("left out"),
                false => match world.perform(op).await {
                    Ok(out) => out,
                    Err(exception) => json!({"raise": name(&exception)}),
                },
            };
            records.push(world.record(out).await);
        }
        Ok(records)
    };
    let no_latency = Duration::ZERO..Duration::ZERO;
    let plain = "".parse().expect("a schedule without a choice");
    let simulation = Simulation::replay(plain).latency(no_latency);
    let got = simulation
        .run(program)
        .0
        .map_err(|exception| exception.to_string())?;

    let mut expected = Map::new();
    for ((operation, changes), got) in operations.iter().zip(expect).zip(got) {
        // What a record does not have is as before, except for what has happened in that operation.
        for happened in ["done", "out"] {
            expected.insert(happened.into(), Value::Null);
        }
        let changes = changes.as_object().ok_or("expect: no object")?;
        expected.extend(changes.clone());
        let expected = Value::Object(expected.clone());
        if got != expected {
            return Err(difference(operation, &expected, &got));
        }
    }
    Ok(())
}

enum Op {
    Write(usize),
    WriteLines(Vec<usize>),
    WriteEof,
    Close,
    Abort,
    Limits(Limit, Limit),
    Drain,
    WaitClosed,
    Read(usize),
    Cancel(usize),
    Turn,
    Far(Far),
}

enum Far {
    Take(usize),
    Data(usize),
    Eof,
    Close,
}

/// `None` if it is negative, for which there is no type here.
type Limit = Option<Option<usize>>;

fn op_of(parts: &Parts<'_>) -> Result<Op, String> {
    let size = |index| Ok::<_, String>(parts.number(index)? as usize);
    let limit = |index| {
        let limit = parts
            .optional(index)
            .map(|limit| limit.as_u64().map(|n| n as usize));
        match limit {
            None => Some(None),
            Some(None) => None,
            Some(Some(n)) => Some(Some(n)),
        }
    };
    Ok(match parts.name {
        "write" => Op::Write(size(1)?),
        "writelines" => {
            let sizes = parts.list(1)?.iter();
            Op::WriteLines(
                sizes
                    .map(|size| size.as_u64().unwrap_or_default() as usize)
                    .collect(),
            )
        }
        "write_eof" => Op::WriteEof,
        "close" => Op::Close,
        "abort" => Op::Abort,
        "limits" => Op::Limits(limit(1), limit(2)),
        "drain" => Op::Drain,
        "wait_closed" => Op::WaitClosed,
        "read" => Op::Read(size(1)?),
        "cancel" => Op::Cancel(size(1)?),
        "turn" => Op::Turn,
        "take" => Op::Far(Far::Take(size(1)?)),
        "data" => Op::Far(Far::Data(size(1)?)),
        "eof" => Op::Far(Far::Eof),
        "far_close" => Op::Far(Far::Close),
        _ => return Err(parts.error("unknown operation")),
    })
}

enum Running {
    Unit(Task<()>),
    Bytes(Task<Vec<u8>>),
}

impl Running {
    fn done(&self) -> bool {
        match self {
            Self::Unit(task) => task.done(),
            Self::Bytes(task) => task.done(),
        }
    }

    fn cancel(&self) -> bool {
        match self {
            Self::Unit(task) => task.cancel(),
            Self::Bytes(task) => task.cancel(),
        }
    }

    fn outcome(&self) -> Value {
        let (result, is_cancelled) = match self {
            Self::Unit(task) => (task.result().map(|()| Value::Null), task.cancelled()),
            Self::Bytes(task) => (
                task.result().map(|bytes| json!(bytes.len())),
                task.cancelled(),
            ),
        };
        match result {
            Ok(result) => result,
            Err(_) if is_cancelled => json!({"cancelled": true}),
            Err(exception) => json!({"raise": name(&exception)}),
        }
    }
}

struct World {
    reader: StreamReader,
    writer: StreamWriter,
    far: Option<UnixStream>,
    tasks: Vec<Running>,
    /// Which tasks' ends are recorded already.
    told: Vec<bool>,
    written: usize,
    far_has_ended: bool,
}

impl World {
    async fn new(limit: usize) -> Result<Self, Exception> {
        let (near, far) = UnixStream::pair()?;
        let (reader, writer) = from_socket(near).limit(limit).await?;
        Ok(Self {
            reader,
            writer,
            far: Some(far),
            tasks: Vec::new(),
            told: Vec::new(),
            written: 0,
            far_has_ended: false,
        })
    }

    /// The next bytes of those that count up.
    fn some(&mut self, count: usize) -> Vec<u8> {
        let start = self.written % 251;
        self.written += count;
        let all: Vec<u8> = (0..=250).collect();
        all.repeat(count / 251 + 2)[start..start + count].to_vec()
    }

    fn begins(&mut self, task: Running) {
        self.tasks.push(task);
        self.told.push(false);
    }

    async fn perform(&mut self, op: &Op) -> Result<Value, Exception> {
        match op {
            Op::Turn => yield_now().await?,
            Op::Write(count) => {
                let data = self.some(*count);
                self.writer.write(data)?;
            }
            Op::WriteLines(counts) => {
                let pieces: Vec<_> = counts.iter().map(|count| self.some(*count)).collect();
                self.writer.writelines(&pieces)?;
            }
            Op::WriteEof => self.writer.write_eof(),
            Op::Close => self.writer.close(),
            Op::Abort => self.writer.abort(),
            Op::Limits(Some(high), Some(low)) => {
                self.writer.set_write_buffer_limits(*high, *low)?
            }
            Op::Limits(..) => return Err(Kind::ValueError.into()),
            Op::Drain => {
                let task = spawn(self.writer.drain())?;
                self.begins(Running::Unit(task));
            }
            Op::WaitClosed => {
                let task = spawn(self.writer.wait_closed())?;
                self.begins(Running::Unit(task));
            }
            Op::Read(n) => {
                let reads = |task: &Running| matches!(task, Running::Bytes(task) if !task.done());
                if self.tasks.iter().any(reads) {
                    return Ok(json!("busy"));
                }
                let task = spawn(self.reader.read(*n))?;
                self.begins(Running::Bytes(task));
            }
            Op::Cancel(number) => {
                return Ok(self.tasks.get(*number).map(Running::cancel).into());
            }
            Op::Far(op) => return self.far(op).await,
        }
        Ok(Value::Null)
    }

    async fn far(&mut self, op: &Far) -> Result<Value, Exception> {
        if matches!(op, Far::Take(_) | Far::Data(_)) {
            // So that the far end has seen what it can do.
            yield_now().await?;
            yield_now().await?;
        }
        let Some(far) = &mut self.far else {
            return Ok(json!("gone"));
        };
        match op {
            Far::Take(n) => {
                let mut buffer = vec![0; *n];
                Ok(match now(far.read(&mut buffer)).await.transpose()? {
                    None => json!("nothing"),
                    Some(0) => json!("end"),
                    Some(count) => json!([count, adler32(&buffer[..count])]),
                })
            }
            Far::Data(_) if self.far_has_ended => Ok(json!("ended")),
            Far::Data(n) => {
                let taken = now(far.write(&vec![0; *n])).await.transpose()?;
                Ok(taken.map_or(json!("full"), |count| json!(count)))
            }
            Far::Eof => {
                far.shutdown(Shutdown::Write)?;
                self.far_has_ended = true;
                Ok(Value::Null)
            }
            Far::Close => {
                self.far = None;
                Ok(Value::Null)
            }
        }
    }

    async fn record(&mut self, out: Value) -> Value {
        let closing = self.writer.is_closing();
        let lost = match now(self.writer.wait_closed()).await {
            None => Value::Null,
            Some(Ok(())) => json!("closed"),
            Some(Err(exception)) => json!(name(&exception)),
        };
        let exception = self.reader.exception();
        let paused = match closing {
            true => Value::Null,
            false => json!(now(self.writer.drain()).await.is_none()),
        };
        let mut done = Vec::new();
        for (number, task) in self.tasks.iter().enumerate() {
            if task.done() && !std::mem::replace(&mut self.told[number], true) {
                done.push(json!([number, task.outcome()]));
            }
        }
        json!({
            "buffer": self.writer.get_write_buffer_size(),
            "closing": closing,
            "lost": lost,
            "reader": [self.reader.buffer().len(), self.reader.at_eof(), exception.as_ref().map(name)],
            "paused": paused,
            "done": if done.is_empty() { Value::Null } else { json!(done) },
            "out": out,
        })
    }
}

/// What a future resolves to, if it does without waiting.
async fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        Poll::Ready(match future.as_mut().poll(cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}

/// `type(e).__name__`
fn name(exception: &Exception) -> String {
    let error = exception.downcast_ref::<net::Error>();
    match error.map(net::Error::kind) {
        Some(ErrorKind::BrokenPipe) => "BrokenPipeError".into(),
        Some(ErrorKind::ConnectionReset) => "ConnectionResetError".into(),
        Some(_) | None => exception.name().to_owned(),
    }
}

fn adler32(data: &[u8]) -> u32 {
    let (mut one, mut two) = (1, 0);
    for chunk in data.chunks(5_552) {
        // Of so few bytes, the sums fit.
        for byte in chunk {
            one += u32::from(*byte);
            two += one;
        }
        one %= 65_521;
        two %= 65_521;
    }
    two << 16 | one
}
