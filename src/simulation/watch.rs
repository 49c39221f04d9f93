//! What is noted of a run while it runs: its turns, and panics that nobody awaits.

use std::{
    cell::{Cell, RefCell},
    fmt,
    time::Duration,
};

use crate::{
    Exception, Kind,
    event_loop::outside::{TaskAndWait, Witness},
};

/// One turn of a run: the time at its end, the task, and what the task does after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    at: Duration,
    task: String,
    then: String,
}

/// The turns of a run, in order.
pub(super) type Log = Vec<Seen>;

/// Writes `at 5ms task "fuel" has a turn, and then waits for a lock`.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, task, then } = self;
        write!(f, "at {at:?} task {task:?} has a turn, and then {then}")
    }
}

/// Watches one run.
pub(super) struct Watch {
    /// `None` if nobody will read it: most runs of an exploration are not looked at again.
    log: Option<RefCell<Log>>,
    turns: Cell<u64>,
    most_turns: u64,
    panic: RefCell<Option<Exception>>,
}

/// The log of a run ends after this many turns. Two runs that are the same until then count as the same.
const MOST_LOGGED: usize = 100_000;

impl Watch {
    pub(super) fn new(is_logged: bool, most_turns: u64) -> Self {
        Self {
            log: is_logged.then(RefCell::default),
            turns: Cell::default(),
            most_turns,
            panic: RefCell::default(),
        }
    }

    pub(super) fn takes_log(&self) -> Log {
        self.log.as_ref().map(RefCell::take).unwrap_or_default()
    }

    /// The first panic that nobody awaited.
    pub(super) fn takes_panic(&self) -> Option<Exception> {
        self.panic.take()
    }
}

impl Witness for Watch {
    fn begins_turn(&self) -> bool {
        self.turns.set(self.turns.get() + 1);
        let log = self.log.as_ref();
        log.is_some_and(|log| log.borrow().len() < MOST_LOGGED)
    }

    fn ends_turn(&self, at: Duration, task: &str, then: &str) {
        if let Some(log) = &self.log {
            log.borrow_mut().push(Seen {
                at,
                task: task.to_owned(),
                then: then.to_owned(),
            });
        }
    }

    /// The turns are counted from 0 again, so that the tasks can clean up. If they do not end either, they are dropped.
    fn ends_run(&self, at: Duration, left: &dyn Fn() -> Vec<TaskAndWait>) -> Option<Exception> {
        if self.turns.get() < self.most_turns {
            return None;
        }
        self.turns.set(0);
        Some(endless(self.most_turns, at, &left()))
    }

    fn notes(&self, exception: &Exception) {
        if exception.kind() == Kind::Panic {
            self.panic
                .borrow_mut()
                .get_or_insert_with(|| exception.clone());
        }
    }
}

/// How many tasks the text names.
const SHOWN: usize = 10;

#[cold]
fn endless(turns: u64, at: Duration, tasks: &[TaskAndWait]) -> Exception {
    let mut text = format!("the run is not done after {turns} turns, at {at:?}");
    for (task, waits_for) in tasks.iter().take(SHOWN) {
        text += &format!("; task {task:?} waits for {waits_for}");
    }
    if tasks.len() > SHOWN {
        text += &format!("; and {} more tasks", tasks.len() - SHOWN);
    }
    text += "; if it needs more turns, allow them by `Simulation::max_turns`";
    Exception::new(Kind::RuntimeError, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_ends_after_the_most_turns_and_the_count_goes_on() {
        let watch = Watch::new(true, u64::MAX);
        for _ in 0..MOST_LOGGED {
            assert!(watch.begins_turn());
            watch.ends_turn(Duration::ZERO, "", "");
        }
        assert!(!watch.begins_turn());
        assert_eq!(watch.takes_log().len(), MOST_LOGGED);
        assert_eq!(watch.turns.get(), MOST_LOGGED as u64 + 1);
    }
}
