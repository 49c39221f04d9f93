//! The streams family: an interpreter of its scenarios, on a reader that is fed by hand.
//!
//! What the scenario feeds, reads and cancels, and what the reader has and asks of its transport after that, is compared
//! operation by operation. Where a `read(-1)` fails, CPython loses what it had read, and the crate does not: what is expected
//! then is told by `kept`.

#[path = "streams/kept.rs"]
pub mod kept;
#[path = "streams/program.rs"]
mod program;

use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};

use serde_json::{Value, json};
use tminus::{
    EventLoop, Exception, Kind, Task,
    clock::VirtualClock,
    spawn,
    streams::{Flow, IncompleteReadError, LimitOverrunError, StreamReader},
    yield_now,
};

use crate::{classes, corpus::difference};
use program::{Op, Program, Read, text};

/// Runs one scenario and compares what every operation did.
pub fn replay(scenario: &Value) -> Result<(), String> {
    let program = Program::parse(scenario)?;
    let expected = kept::expected(&program, &scenario["expect"])?;
    let got = records(&program);
    for ((operation, expected), got) in program.operations.iter().zip(&expected).zip(&got) {
        if expected != got {
            return Err(difference(operation, expected, got));
        }
    }
    Ok(())
}

/// Notes what the reader asks of its transport.
#[derive(Default)]
struct Transport(RefCell<Vec<&'static str>>);

impl Flow for Transport {
    fn pause_reading(&self) {
        self.0.borrow_mut().push("pause");
    }

    fn resume_reading(&self) {
        self.0.borrow_mut().push("resume");
    }
}

struct World {
    reader: StreamReader,
    transport: Rc<Transport>,
    tasks: Vec<Task<Vec<u8>>>,
    /// Which tasks' ends are recorded already.
    told: Vec<bool>,
}

fn records(program: &Program) -> Vec<Value> {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let program = program.clone();
    let records = event_loop.run_until_complete(async move {
        let reader = StreamReader::new(program.limit)?;
        let transport = Rc::new(Transport::default());
        let flow: Rc<dyn Flow> = transport.clone();
        let flow: Weak<dyn Flow> = Rc::downgrade(&flow);
        reader.set_transport(flow);
        let mut world = World {
            reader,
            transport,
            tasks: Vec::new(),
            told: Vec::new(),
        };
        let mut records = Vec::new();
        for op in &program.ops {
            let out = world.perform(op, program.both).await?;
            records.push(world.record(out));
        }
        Ok(records)
    });
    records.expect("what fails is recorded")
}

impl World {
    async fn perform(&mut self, op: &Op, both: bool) -> Result<Value, Exception> {
        match op {
            Op::Feed(data) => {
                if let Err(exception) = self.reader.feed_data(data) {
                    // CPython asserts that. Here it is an error that can be handled.
                    assert_eq!(exception.kind(), Kind::RuntimeError);
                    let message = exception.message();
                    return Ok(json!({"raise": "AssertionError", "msg": message}));
                }
            }
            Op::Eof => self.reader.feed_eof(),
            Op::Exception(message) => {
                let exception = classes::exception("ConnectionResetError", message.clone());
                self.reader.set_exception(exception.expect("it is one"));
            }
            Op::Turn => yield_now().await?,
            Op::Cancel(task) => {
                return Ok(match self.tasks.get(*task) {
                    Some(task) => json!(task.cancel()),
                    None => Value::Null,
                });
            }
            Op::AtEof => return Ok(json!(self.reader.at_eof())),
            Op::Read(_) if !both && self.tasks.iter().any(|task| !task.done()) => {
                return Ok(json!("busy"));
            }
            Op::Read(read) => {
                let task = self.begins(read)?;
                self.tasks.push(task);
                self.told.push(false);
            }
        }
        Ok(Value::Null)
    }

    fn begins(&self, read: &Read) -> Result<Task<Vec<u8>>, Exception> {
        let reader = &self.reader;
        match read {
            Read::Some(n) => spawn(reader.read(*n)),
            Read::All => spawn(reader.read_to_end()),
            Read::Line => spawn(reader.readline()),
            Read::Until(separators) => spawn(reader.readuntil(separators.clone())),
            Read::Exactly(Some(n)) => spawn(reader.readexactly(*n)),
            // There is no such call here.
            Read::Exactly(None) => spawn(async {
                Err(Exception::new(
                    Kind::ValueError,
                    "readexactly size can not be less than zero",
                ))
            }),
        }
    }

    fn record(&mut self, out: Value) -> Value {
        let mut done = Vec::new();
        for (number, task) in self.tasks.iter().enumerate() {
            if task.done() && !std::mem::replace(&mut self.told[number], true) {
                done.push(json!([number, outcome(task)]));
            }
        }
        let mut record = json!({
            "buffer": text(&self.reader.buffer()),
            "eof": self.reader.at_eof(),
            "done": done,
        });
        if !out.is_null() {
            record["out"] = out;
        }
        let asked = self.transport.0.take();
        if !asked.is_empty() {
            record["transport"] = json!(asked);
        }
        record
    }
}

fn outcome(task: &Task<Vec<u8>>) -> Value {
    let exception = match task.result() {
        Ok(bytes) => return json!({"bytes": text(&bytes)}),
        Err(_) if task.cancelled() => return json!({"cancelled": true}),
        Err(exception) => exception,
    };
    let mut outcome = json!({"raise": exception.name(), "msg": exception.message()});
    if let Some(error) = exception.downcast_ref::<IncompleteReadError>() {
        outcome["partial"] = json!(text(&error.partial));
        outcome["expected"] = json!(error.expected);
    }
    if let Some(error) = exception.downcast_ref::<LimitOverrunError>() {
        outcome["consumed"] = json!(error.consumed);
    }
    outcome
}
