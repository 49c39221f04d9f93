//! What is expected where the crate differs from CPython on purpose.
//!
//! In CPython, a `read(-1)` that is cancelled, or fails, loses what it had read. The crate puts that back in front of the
//! buffer. So here is a model of CPython's `StreamReader` (`Lib/asyncio/streams.py`) and of the tasks that read, which runs
//! on a scenario's own operations. It runs twice:
//!
//! - as CPython. If no `read(-1)` loses anything, the recording is what is expected. Otherwise the model has to agree with the
//!   recording in every operation, or the scenario counts as one that differs;
//! - with one change, that what would be lost is put back. This is then what is expected.
//!
//! No scenario is known by its name, so this holds for recordings that nobody has seen yet.

use std::{collections::VecDeque, mem};

use serde_json::{Value, json};

use super::program::{Op, Program, Read, text};
use crate::corpus::difference;

/// What each operation of a scenario is to record.
pub fn expected(program: &Program, recorded: &Value) -> Result<Vec<Value>, String> {
    let recorded = crate::parts::list(recorded, "expect")?;
    let (as_cpython, loses) = run(program, false);
    if !loses {
        return Ok(recorded.to_vec());
    }
    for ((operation, recorded), modelled) in
        program.operations.iter().zip(recorded).zip(&as_cpython)
    {
        if recorded != modelled {
            let difference = difference(operation, recorded, modelled);
            return Err(format!(
                "the model of CPython's reader is wrong: {difference}"
            ));
        }
    }
    Ok(run(program, true).0)
}

/// What the model of CPython records for a scenario, and whether it loses anything.
#[allow(dead_code, reason = "not every test uses it")]
pub fn as_cpython(scenario: &Value) -> (Vec<Value>, bool) {
    let program = Program::parse(scenario).expect("it is one of ours");
    run(&program, false)
}

/// What the model records, and whether a `read(-1)` has failed after it had read something.
fn run(program: &Program, keeps: bool) -> (Vec<Value>, bool) {
    let mut model = Model {
        limit: program.limit,
        keeps,
        ..Model::default()
    };
    let records = program
        .ops
        .iter()
        .map(|op| model.performs(op, program.both));
    let records = records.collect();
    (records, model.loses)
}

#[derive(Default)]
struct Model {
    limit: usize,
    keeps: bool,
    loses: bool,
    buffer: Vec<u8>,
    is_at_eof: bool,
    exception: Option<String>,
    is_paused: bool,
    /// The reader's `_waiter`.
    waiter: Option<usize>,
    futures: Vec<Waiter>,
    tasks: Vec<Task>,
    /// The tasks that have a step to run, in order.
    ready: VecDeque<usize>,
    asked: Vec<&'static str>,
}

/// A future that a task awaits.
struct Waiter {
    task: usize,
    result: Option<Result<(), Raised>>,
}

#[derive(Clone)]
enum Raised {
    Cancelled,
    /// The reader's exception.
    Set(String),
    Other(Value),
}

struct Task {
    read: Read,
    /// What a `read(-1)` has read.
    blocks: Vec<u8>,
    /// Up to where a `readuntil` has searched.
    offset: usize,
    awaits: Option<usize>,
    must_cancel: bool,
    end: Option<Value>,
    is_told: bool,
}

/// What a step of a task comes to.
enum Step {
    Waits,
    Returns(Vec<u8>),
}

fn raised(name: &str, message: impl Into<String>) -> Raised {
    Raised::Other(json!({"raise": name, "msg": message.into()}))
}

impl Model {
    fn performs(&mut self, op: &Op, both: bool) -> Value {
        let mut out = Value::Null;
        match op {
            Op::Feed(_) if self.is_at_eof => {
                out = json!({"raise": "AssertionError", "msg": "feed_data after feed_eof"});
            }
            Op::Feed(data) => self.feeds(data),
            Op::Eof => {
                self.is_at_eof = true;
                self.wakes(Ok(()));
            }
            Op::Exception(message) => {
                self.exception = Some(message.clone());
                self.wakes(Err(Raised::Set(message.clone())));
            }
            Op::Turn => {
                for _ in 0..self.ready.len() {
                    let task = self.ready.pop_front().expect("they were counted");
                    self.steps(task);
                }
            }
            Op::Cancel(task) if *task < self.tasks.len() => out = json!(self.cancels(*task)),
            Op::Cancel(_) => {}
            Op::AtEof => out = json!(self.at_eof()),
            Op::Read(_) if !both && self.tasks.iter().any(|task| task.end.is_none()) => {
                out = json!("busy");
            }
            Op::Read(read) => {
                self.ready.push_back(self.tasks.len());
                self.tasks.push(Task {
                    read: read.clone(),
                    blocks: Vec::new(),
                    offset: 0,
                    awaits: None,
                    must_cancel: false,
                    end: None,
                    is_told: false,
                });
            }
        }
        self.record(out)
    }

    fn record(&mut self, out: Value) -> Value {
        let mut done = Vec::new();
        for (number, task) in self.tasks.iter_mut().enumerate() {
            if let Some(end) = &task.end
                && !mem::replace(&mut task.is_told, true)
            {
                done.push(json!([number, end]));
            }
        }
        let (buffer, eof) = (text(&self.buffer), self.at_eof());
        let mut record = json!({"buffer": buffer, "eof": eof, "done": done});
        if !out.is_null() {
            record["out"] = out;
        }
        if !self.asked.is_empty() {
            record["transport"] = json!(mem::take(&mut self.asked));
        }
        record
    }

    fn at_eof(&self) -> bool {
        self.is_at_eof && self.buffer.is_empty()
    }

    fn feeds(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        self.buffer.extend(data);
        self.wakes(Ok(()));
        if !self.is_paused && self.buffer.len() > 2 * self.limit {
            self.asked.push("pause");
            self.is_paused = true;
        }
    }

    /// The reader's waiter gets a result, unless it is cancelled.
    fn wakes(&mut self, result: Result<(), Raised>) {
        if let Some(waiter) = self.waiter.take() {
            self.sets(waiter, result);
        }
    }

    /// Returns `false` if the future has a result.
    fn sets(&mut self, future: usize, result: Result<(), Raised>) -> bool {
        let future = &mut self.futures[future];
        if future.result.is_some() {
            return false;
        }
        future.result = Some(result);
        self.ready.push_back(future.task);
        true
    }

    fn cancels(&mut self, number: usize) -> bool {
        let task = &self.tasks[number];
        if task.end.is_some() {
            return false;
        }
        let is_passed_on = task
            .awaits
            .is_some_and(|future| self.sets(future, Err(Raised::Cancelled)));
        self.tasks[number].must_cancel |= !is_passed_on;
        true
    }

    fn steps(&mut self, number: usize) {
        let task = &mut self.tasks[number];
        let awaited = task.awaits.take();
        let woken = match awaited {
            _ if mem::take(&mut task.must_cancel) => Err(Raised::Cancelled),
            Some(future) => self.futures[future]
                .result
                .clone()
                .expect("it has woken the task"),
            None => Ok(()),
        };
        if awaited.is_some() {
            self.waiter = None; // the `finally` of `_wait_for_data`
        }
        let step = woken.and_then(|()| self.reads(number, awaited.is_some()));
        let end = match step {
            Ok(Step::Waits) => return,
            Ok(Step::Returns(bytes)) => json!({"bytes": text(&bytes)}),
            Err(raised) => {
                let blocks = mem::take(&mut self.tasks[number].blocks);
                self.loses |= !blocks.is_empty();
                if self.keeps {
                    self.buffer.splice(..0, blocks);
                }
                match raised {
                    Raised::Cancelled => json!({"cancelled": true}),
                    Raised::Set(message) => {
                        json!({"raise": "ConnectionResetError", "msg": message})
                    }
                    Raised::Other(raised) => raised,
                }
            }
        };
        self.tasks[number].end = Some(end);
    }

    /// Runs a read from its beginning, or from where it has waited, until it waits or ends.
    fn reads(&mut self, number: usize, has_waited: bool) -> Result<Step, Raised> {
        match self.tasks[number].read.clone() {
            Read::Some(n) => match self.read(number, n, has_waited)? {
                Some(bytes) => Ok(Step::Returns(bytes)),
                None => Ok(Step::Waits),
            },
            Read::All => {
                let mut has_waited = has_waited;
                loop {
                    let Some(block) = self.read(number, self.limit, has_waited)? else {
                        return Ok(Step::Waits);
                    };
                    has_waited = false;
                    if block.is_empty() {
                        return Ok(Step::Returns(mem::take(&mut self.tasks[number].blocks)));
                    }
                    self.tasks[number].blocks.extend(block);
                }
            }
            Read::Exactly(n) => self.exactly(number, n, has_waited),
            Read::Until(separators) => self.until(number, separators, has_waited),
            Read::Line => match self.until(number, vec![b"\n".to_vec()], has_waited) {
                Err(Raised::Other(error)) => self.without_line(error),
                step => step,
            },
        }
    }

    fn checks(&self) -> Result<(), Raised> {
        self.exception
            .clone()
            .map_or(Ok(()), |message| Err(Raised::Set(message)))
    }

    /// `None` if it waits.
    fn read(&mut self, task: usize, n: usize, has_waited: bool) -> Result<Option<Vec<u8>>, Raised> {
        if !has_waited {
            self.checks()?;
            if n == 0 {
                return Ok(Some(Vec::new()));
            }
            if self.buffer.is_empty() && !self.is_at_eof {
                return self.waits(task, "read").map(|_| None);
            }
        }
        Ok(Some(self.takes(n)))
    }

    fn exactly(&mut self, task: usize, n: Option<usize>, has_waited: bool) -> Result<Step, Raised> {
        let Some(n) = n else {
            return Err(raised(
                "ValueError",
                "readexactly size can not be less than zero",
            ));
        };
        if !has_waited {
            self.checks()?;
            if n == 0 {
                return Ok(Step::Returns(Vec::new()));
            }
        }
        if self.buffer.len() >= n {
            return Ok(Step::Returns(self.takes(n)));
        }
        match self.is_at_eof {
            true => Err(self.incomplete(Some(n))),
            false => self.waits(task, "readexactly"),
        }
    }

    fn until(
        &mut self,
        task: usize,
        mut separators: Vec<Vec<u8>>,
        has_waited: bool,
    ) -> Result<Step, Raised> {
        separators.sort_by_key(Vec::len);
        if !has_waited {
            match separators.first() {
                None => {
                    let message = "Separator should contain at least one element";
                    return Err(raised("ValueError", message));
                }
                Some(shortest) if shortest.is_empty() => {
                    let message = "Separator should be at least one-byte string";
                    return Err(raised("ValueError", message));
                }
                Some(_) => self.checks()?,
            }
        }
        let (shortest, longest) = (separators[0].len(), separators[separators.len() - 1].len());
        let offset = self.tasks[task].offset;
        if self.buffer.len() >= offset + shortest {
            let ends = separators.iter().filter_map(|separator| {
                let mut places = self.buffer[offset..].windows(separator.len());
                let start = offset + places.position(|place| place == separator)?;
                Some((start + separator.len(), start))
            });
            // The first of those that end there is the shortest separator.
            if let Some((end, start)) = ends.min_by_key(|(end, _)| *end) {
                return match start > self.limit {
                    true => Err(overrun(
                        "Separator is found, but chunk is longer than limit",
                        start,
                    )),
                    false => Ok(Step::Returns(self.takes(end))),
                };
            }
            let offset = (self.buffer.len() + 1).saturating_sub(longest);
            self.tasks[task].offset = offset;
            if offset > self.limit {
                return Err(overrun(
                    "Separator is not found, and chunk exceed the limit",
                    offset,
                ));
            }
        }
        match self.is_at_eof {
            true => Err(self.incomplete(None)),
            false => self.waits(task, "readuntil"),
        }
    }

    /// What `readline` makes of an error.
    fn without_line(&mut self, error: Value) -> Result<Step, Raised> {
        if let Some(partial) = error["partial"].as_str() {
            return Ok(Step::Returns(
                partial.chars().map(|char| char as u8).collect(),
            ));
        }
        let Some(consumed) = error["consumed"].as_u64() else {
            return Err(Raised::Other(error));
        };
        let consumed = consumed as usize;
        match self.buffer.get(consumed) {
            Some(b'\n') => drop(self.buffer.drain(..=consumed)),
            _ => self.buffer.clear(),
        }
        self.may_resume();
        Err(raised(
            "ValueError",
            error["msg"].as_str().unwrap_or_default(),
        ))
    }

    fn incomplete(&mut self, expected: Option<usize>) -> Raised {
        let partial = mem::take(&mut self.buffer);
        let total = expected.map_or("undefined".into(), |n| n.to_string());
        Raised::Other(json!({
            "raise": "IncompleteReadError",
            "msg": format!("{} bytes read on a total of {total} expected bytes", partial.len()),
            "partial": text(&partial),
            "expected": expected,
        }))
    }

    fn waits(&mut self, task: usize, caller: &str) -> Result<Step, Raised> {
        if self.waiter.is_some() {
            return Err(raised(
                "RuntimeError",
                format!(
                    "{caller}() called while another coroutine is already waiting for incoming data"
                ),
            ));
        }
        self.resumes();
        let future = self.futures.len();
        self.futures.push(Waiter { task, result: None });
        self.waiter = Some(future);
        self.tasks[task].awaits = Some(future);
        Ok(Step::Waits)
    }

    fn takes(&mut self, n: usize) -> Vec<u8> {
        let taken = self.buffer.drain(..n.min(self.buffer.len())).collect();
        self.may_resume();
        taken
    }

    fn may_resume(&mut self) {
        if self.buffer.len() <= self.limit {
            self.resumes();
        }
    }

    fn resumes(&mut self) {
        if mem::take(&mut self.is_paused) {
            self.asked.push("resume");
        }
    }
}

fn overrun(message: &str, consumed: usize) -> Raised {
    Raised::Other(json!({"raise": "LimitOverrunError", "msg": message, "consumed": consumed}))
}
