//! Leaving out of a schedule what a failure does not need.

use super::{
    choices::Choices,
    run::{By, Outcome},
    schedule::Schedule,
};
use crate::Exception;

/// How many runs may be made to find a shorter schedule.
const MOST_RUNS: usize = 1000;

/// The shortest schedule so far with which the program still fails in the same way.
pub(super) struct Shrunk {
    pub(super) exception: Exception,
    pub(super) choices: Choices,
    pub(super) schedule: Schedule,
    /// How many runs were made.
    pub(super) runs: usize,
}

impl Shrunk {
    /// Shrinks the choices of a run that failed.
    pub(super) fn of(
        exception: Exception,
        choices: Choices,
        run: &dyn Fn(By) -> Outcome<()>,
    ) -> Self {
        let mut best = Self {
            exception,
            schedule: choices.schedule(),
            choices,
            runs: 0,
        };
        loop {
            let before = best.size();
            best.leaves_out(run);
            best.lowers(run);
            if best.size() == before || best.runs >= MOST_RUNS {
                return best;
            }
        }
    }

    /// Fewer entries are better, and among as many, lower ones.
    fn size(&self) -> (usize, usize) {
        size(&self.schedule)
    }

    /// Leaves out many entries at a time, then fewer and fewer, the last ones first: what comes after a failure has nothing to do
    /// with it.
    fn leaves_out(&mut self, run: &dyn Fn(By) -> Outcome<()>) {
        let mut many = self.schedule.len();
        while many > 0 {
            let mut end = self.schedule.len();
            while end > 0 && self.runs < MOST_RUNS {
                let start = end.saturating_sub(many);
                let entries = self.schedule.iter().enumerate();
                let left = entries.filter(|(place, _)| !(start..end).contains(place));
                self.tries(left.map(|(_, entry)| entry).collect(), run);
                end = start.min(self.schedule.len());
            }
            many /= 2;
        }
    }

    /// Lowers entries: to 1, to half, by one.
    fn lowers(&mut self, run: &dyn Fn(By) -> Outcome<()>) {
        let mut place = 0;
        loop {
            let entry = self.schedule.iter().nth(place);
            let Some((number, chosen)) = entry else {
                return;
            };
            let lower = [1, chosen / 2, chosen - 1];
            let lower = lower
                .into_iter()
                .filter(|lower| (1..chosen).contains(lower));
            for lower in lower {
                if self.runs >= MOST_RUNS {
                    return;
                }
                let with = |entry: (usize, usize)| match entry.0 == number {
                    true => (number, lower),
                    false => entry,
                };
                let tried = self.schedule.iter().map(with).collect();
                if self.tries(tried, run) {
                    break;
                }
            }
            place += 1;
        }
    }

    /// Tries a schedule. What the run really chose counts, which can be less.
    fn tries(&mut self, schedule: Schedule, run: &dyn Fn(By) -> Outcome<()>) -> bool {
        self.runs += 1;
        let outcome = run(By::Guess(schedule));
        let Some(exception) = outcome.failure() else {
            return false;
        };
        let schedule = outcome.choices.schedule();
        let is_better =
            is_same_failure(&exception, &self.exception) && size(&schedule) < self.size();
        if is_better {
            self.exception = exception;
            self.schedule = schedule;
            self.choices = outcome.choices;
        }
        is_better
    }
}

fn size(schedule: &Schedule) -> (usize, usize) {
    let sum = schedule.iter().map(|(_, chosen)| chosen).sum();
    (schedule.len(), sum)
}

/// The text may differ: it can contain numbers that depend on the run.
fn is_same_failure(one: &Exception, other: &Exception) -> bool {
    one.kind() == other.kind() && one.name() == other.name()
}
