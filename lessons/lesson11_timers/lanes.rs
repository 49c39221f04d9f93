//! The lanes of lesson 9, with time: they show which tasks are ready and which wait, and a gap if the clock jumped.

use std::{cell::RefCell, rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::{Clock, Exception, Generator, Step};

/// What the letters in a drawing mean. The line above the lanes has the milliseconds.
pub const LEGEND: &str = "# a turn   x its last   ! failed in it   . ready   - waiting";

const READY: char = '.';
const WAITING: char = '-';
const OVER: char = ' ';

/// What a task yields: either it waits for something, or it is ready for its next turn.
pub trait Pause {
    /// Returns `true` if the task waits for something.
    fn waits(&self) -> bool;
}

/// A record of turns: one lane a task, one column a turn. Clones write on the same record.
#[derive(Clone)]
pub struct Lanes {
    clock: Clock,
    record: Rc<RefCell<Record>>,
}

#[derive(Default)]
struct Record {
    times: String,
    last: Duration, // the end of the last turn
    lanes: Vec<Lane>,
}

struct Lane {
    name: String,
    turns: String,
    rest: char, // the mark for the turns of others
}

impl Lanes {
    /// Creates a record without lanes, which reads the time from this clock.
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            record: Rc::default(),
        }
    }

    /// Puts a task into a lane. Returns a task that does the same, and marks its turns.
    pub fn watch<Y: Pause + 'static, R: 'static>(
        &self,
        name: &str,
        mut task: Generator<Y, (), R>,
    ) -> Generator<Y, (), R> {
        let (lanes, lane) = (self.clone(), self.add(name, READY));
        Generator::new(async move |co| {
            let mut message = Ok(());
            loop {
                let turn = || match message {
                    Ok(()) => task.resume(),
                    Err(exception) => task.throw(exception),
                };
                match lanes.turn(lane, turn, rest_after)? {
                    Step::Yielded(pause) => message = co.yield_(pause).await,
                    Step::Returned(result) => return Ok(result),
                }
            }
        })
    }

    /// Puts a callback into a lane, in which it has one turn. Until then it is ready, or waits, as `pause` says.
    pub fn callback<R: 'static>(
        &self,
        name: &str,
        pause: impl Pause,
        callback: impl FnOnce() -> Result<R, Exception> + 'static,
    ) -> impl FnOnce() -> Result<R, Exception> + 'static {
        let rest = if pause.waits() { WAITING } else { READY };
        let (lanes, lane) = (self.clone(), self.add(name, rest));
        move || lanes.turn(lane, callback, |_| OVER)
    }

    fn add(&self, name: &str, rest: char) -> usize {
        let mut record = self.record.borrow_mut();
        let (name, turns) = (name.to_owned(), " ".repeat(record.width()));
        record.lanes.push(Lane { name, turns, rest });
        record.lanes.len() - 1
    }

    fn turn<T, F>(&self, lane: usize, run: F, rest: fn(&T) -> char) -> Result<T, Exception>
    where
        F: FnOnce() -> Result<T, Exception>,
    {
        let (start, outcome) = (self.clock.now(), run());
        let (mark, rest) = match outcome.as_ref().map(rest) {
            Ok(OVER) | Err(Exception::GeneratorExit) => ('x', OVER),
            Ok(rest) => ('#', rest),
            Err(_) => ('!', OVER),
        };
        let mut record = self.record.borrow_mut();
        record.mark(lane, mark, rest, start);
        record.last = self.clock.now();
        outcome
    }

    /// Returns the times and the lanes as text, one line each.
    pub fn draw(&self) -> String {
        let record = self.record.borrow();
        let names = record.lanes.iter().map(|lane| lane.name.len());
        let width = names.max().unwrap_or(0).max("ms".len());
        let line = |name: &str, text: &str| format!("{name:width$}  {}\n", text.trim_end());
        let lanes = record.lanes.iter();
        let lanes: String = lanes.map(|lane| line(&lane.name, &lane.turns)).collect();
        line("ms", &record.times) + &lanes
    }
}

fn rest_after<Y: Pause, R>(step: &Step<Y, R>) -> char {
    match step {
        Step::Yielded(pause) if pause.waits() => WAITING,
        Step::Yielded(_) => READY,
        Step::Returned(_) => OVER,
    }
}

impl Record {
    fn mark(&mut self, whose: usize, mark: char, rest: char, start: Duration) {
        if self.times.is_empty() || start.as_millis() > self.last.as_millis() {
            self.leave_a_gap(start);
        }
        self.lanes[whose].rest = mark;
        for lane in &mut self.lanes {
            lane.turns.push(lane.rest);
        }
        self.lanes[whose].rest = rest;
    }

    fn leave_a_gap(&mut self, now: Duration) {
        let gap = if self.times.is_empty() { 0 } else { 2 };
        let column = self.times.len().max(self.width()) + gap;
        self.times = format!("{:column$}{}", self.times, now.as_millis());
        for lane in &mut self.lanes {
            lane.turns = format!("{:column$}", lane.turns);
        }
    }

    fn width(&self) -> usize {
        self.lanes.first().map_or(0, |lane| lane.turns.len())
    }
}
