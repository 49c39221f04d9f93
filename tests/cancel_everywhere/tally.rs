//! Runs a program with each cancellation, and counts.

use std::{
    fmt::Display,
    panic::{self, AssertUnwindSafe},
};

use crate::{moments::Moments, support::panic_message};

/// Without `TMINUS_CANCEL_ALL`, every eighth recorded program is run.
const SAMPLE: usize = 8;

/// The most failures that are shown.
const SHOWN: usize = 10;

/// Of how many recorded programs one is run.
pub fn every() -> usize {
    match std::env::var_os("TMINUS_CANCEL_ALL") {
        Some(_) => 1,
        None => SAMPLE,
    }
}

#[derive(Default)]
pub struct Tally {
    programs: usize,
    runs: usize,
    effects: usize,
    failures: Vec<String>,
}

impl Tally {
    /// Runs the program undisturbed, and then once for each cancellation. `run` panics if something is wrong at the end.
    pub fn cancel_everywhere(&mut self, name: impl Display, run: impl Fn(&Moments)) {
        tminus::report_to_stderr(false); // about exceptions that no task that is left retrieves
        self.programs += 1;
        let watched = Moments::watched();
        if let Err(failure) = checked(&watched, &run) {
            self.failures
                .push(format!("{name}, undisturbed: {failure}"));
            return;
        }
        for cancellation in watched.cancellations() {
            let moments = watched.with(cancellation);
            if let Err(failure) = checked(&moments, &run) {
                self.failures
                    .push(format!("{name}, {cancellation:?}: {failure}"));
            }
            self.runs += 1;
            self.effects += usize::from(moments.had_effect() == Some(true));
        }
    }

    /// Prints what was done.
    ///
    /// # Panics
    ///
    /// If anything was wrong.
    pub fn check(&self, name: &str) {
        let (programs, runs, effects) = (self.programs, self.runs, self.effects);
        println!(
            "{name}: {programs} programs, {runs} runs, {effects} of them with a task cancelled"
        );
        let failures = &self.failures;
        let shown = failures[..failures.len().min(SHOWN)].join("\n");
        assert!(failures.is_empty(), "{} failures\n{shown}", failures.len());
        assert!(effects > runs / 2, "most cancellations take place");
    }
}

fn checked(moments: &Moments, run: impl Fn(&Moments)) -> Result<(), String> {
    let run = || {
        run(moments);
        moments.check_that_the_run_is_over();
    };
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|panic| panic_message(&*panic))
}
