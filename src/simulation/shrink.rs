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
            if best.size() == before {
                best.trades(run);
            }
            if best.size() == before || best.runs >= MOST_RUNS {
                return best;
            }
        }
    }

    /// Fewer entries are better, and among as many, lower ones.
    fn size(&self) -> (usize, usize) {
        let sum = self.schedule.iter().map(|(_, chosen)| chosen).sum();
        (self.schedule.len(), sum)
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

    /// Leaves out one entry and lowers another one at the same time. A connection that is reset after 40 ms, for example, is hit
    /// only because a message takes as long; neither of the two can be changed alone.
    fn trades(&mut self, run: &dyn Fn(By) -> Outcome<()>) {
        const WORTH_LOWERING: usize = 4;
        let entries: Vec<_> = self.schedule.iter().collect();
        let large = || entries.iter().filter(|entry| entry.1 >= WORTH_LOWERING);
        for (low, chosen) in large() {
            for (out, _) in &entries {
                for lower in [chosen / 2, chosen * 3 / 4] {
                    if out == low || self.runs >= MOST_RUNS {
                        continue;
                    }
                    let others = entries.iter().filter(|entry| entry.0 != *out);
                    let traded = others.map(|entry| match entry.0 == *low {
                        true => (*low, lower),
                        false => *entry,
                    });
                    if self.tries(traded.collect(), run) {
                        return;
                    }
                }
            }
        }
    }

    /// Tries a schedule of this run: by its numbers, and if that does not help and choices have got other numbers, by kind.
    fn tries(&mut self, schedule: Schedule, run: &dyn Fn(By) -> Outcome<()>) -> bool {
        let end = schedule.iter().last().map_or(0, |(number, _)| number + 1);
        let by_kind = self.choices.by_kind(&schedule);
        let outcome = self.makes(By::Guess(schedule), run);
        let is_moved = !outcome.choices.are_alike(&self.choices, end);
        if self.takes(outcome) {
            return true;
        }
        if !is_moved || self.runs >= MOST_RUNS {
            return false; // counted by kind, it would be the same run
        }
        let outcome = self.makes(By::GuessByKind(by_kind), run);
        self.takes(outcome)
    }

    fn makes(&mut self, by: By, run: &dyn Fn(By) -> Outcome<()>) -> Outcome<()> {
        self.runs += 1;
        run(by)
    }

    /// Takes a run if it fails in the same way. What it really chose counts, which can be less than was tried, and never is more. So
    /// each run that is taken has a shorter schedule.
    fn takes(&mut self, outcome: Outcome<()>) -> bool {
        let failure = outcome.failure();
        let Some(exception) = failure.filter(|it| is_same_failure(it, &self.exception)) else {
            return false;
        };
        self.exception = exception;
        self.schedule = outcome.choices.schedule();
        self.choices = outcome.choices;
        true
    }
}

/// The text may differ: it can contain numbers that depend on the run.
fn is_same_failure(one: &Exception, other: &Exception) -> bool {
    one.kind() == other.kind() && one.name() == other.name()
}
