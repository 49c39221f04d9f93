//! The lanes of lesson 9, with time: they show who is ready and who waits, and a gap where the clock jumped.

use std::{cell::RefCell, rc::Rc, time::Duration};

use super::record::Record;
use tminus::lessons::lesson11_timers::{Clock, Exception, Generator, Step};

/// What the letters in a drawing mean. The line above the lanes has the milliseconds.
pub const LEGEND: &str = "# a turn   x its last   ! failed in it   . ready   - waiting";

pub(crate) const READY: char = '.';
pub(crate) const WAITING: char = '-';
pub(crate) const OVER: char = ' ';

/// What a task yields. It says whether the task waits for something, or only gives way.
pub trait Pause {
    /// Whether it waits for something.
    fn waits(&self) -> bool;
}

/// A record of turns: one lane a task, one column a turn. A clone writes on the same record.
#[derive(Clone)]
pub struct Lanes {
    clock: Clock,
    record: Rc<RefCell<Record>>,
}

impl Lanes {
    /// A record without lanes, and the clock it tells the time by.
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            record: Rc::default(),
        }
    }

    /// Puts a task into a lane. What comes back does what the task does, and marks its turns.
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

    /// Puts a callback into a lane, in which it has one turn. It waits for its call as `pause` says.
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

    pub(crate) fn add(&self, name: &str, rest: char) -> usize {
        self.record.borrow_mut().add(name, rest)
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
        self.mark(lane, mark, rest, start);
        outcome
    }

    /// Marks a turn that is over now. Until its next one, the lane shows `rest`.
    pub(crate) fn mark(&self, lane: usize, mark: char, rest: char, start: Duration) {
        let turn = start..self.clock.now();
        self.record.borrow_mut().mark(lane, mark, rest, turn);
    }

    /// Takes back that a task was ready since its last turn: it waits.
    pub(crate) fn waits(&self, lane: usize) {
        self.record.borrow_mut().waits(lane);
    }

    /// The times and the lanes as text, one line each.
    pub fn draw(&self) -> String {
        self.record.borrow().draw()
    }
}

fn rest_after<Y: Pause, R>(step: &Step<Y, R>) -> char {
    match step {
        Step::Yielded(pause) if pause.waits() => WAITING,
        Step::Yielded(_) => READY,
        Step::Returned(_) => OVER,
    }
}
