//! Many seeds, and what is left of the first one that fails.

use std::ops::Range;

use super::{
    builder::Simulation,
    divergence::Divergence,
    failure::Failure,
    quiet::Quiet,
    run::{By, Outcome, Setup},
    schedule::Schedule,
    shrink::Shrunk,
};
use crate::{Exception, exception::catching};

/// Runs a program with each seed, until it fails.
///
/// A run fails if the program raises an exception or panics, if it ends in a deadlock or a livelock, and also if a task or a
/// callback panics that nobody awaits. `program` is called once for each run. Panics are not printed while this runs.
///
/// Then the failing run is shrunk: as many of its choices as possible are replaced by plain ones, in at most 1000 further runs.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use tminus::{Exception, Kind, gather, simulation, yield_now};
///
/// /// Adds one, but reads the counter before it yields, and writes it after.
/// async fn increment(counter: Rc<Cell<u32>>, late: bool) -> Result<(), Exception> {
///     if late {
///         yield_now().await?;
///     }
///     let before = counter.get();
///     counter.set(before + 1);
///     if !late {
///         yield_now().await?;
///         counter.set(before + 1);
///     }
///     Ok(())
/// }
///
/// async fn program() -> Result<(), Exception> {
///     let counter = Rc::new(Cell::new(0));
///     gather((increment(counter.clone(), false), increment(counter.clone(), true))).await?;
///     match counter.get() {
///         2 => Ok(()),
///         lost => Err(Exception::new(Kind::RuntimeError, format!("{lost} of 2"))),
///     }
/// }
///
/// tminus::run(program())?; // asyncio's order hides the mistake
/// let failure = simulation::explore(0..100, program).unwrap_err();
/// assert_eq!(failure.exception().to_string(), "RuntimeError: 1 of 2");
/// assert_eq!(failure.schedule().len(), 1); // one choice is enough
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - [`Failure`] for the first seed with which the program fails.
pub fn explore<T, F>(seeds: Range<u64>, program: impl Fn() -> F) -> Result<(), Box<Failure>>
where
    T: Clone + 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    explore_with(|simulation| simulation, seeds, program)
}

/// Runs a program with each seed until it fails, as [`explore`] does, in simulations that are set up by `configure`.
///
/// ```
/// use std::time::Duration;
/// use tminus::{Exception, simulation::{self, Simulation}};
///
/// # async fn program() -> Result<(), Exception> { Ok(()) }
/// let ms = Duration::from_millis;
/// let slow = |simulation: Simulation| simulation.latency(ms(200)..ms(300)).bandwidth(4096);
/// simulation::explore_with(slow, 0..100, program)?;
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - [`Failure`] for the first seed with which the program fails.
pub fn explore_with<T, F>(
    configure: impl Fn(Simulation) -> Simulation,
    seeds: Range<u64>,
    program: impl Fn() -> F,
) -> Result<(), Box<Failure>>
where
    T: Clone + 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    let explorer = Explorer(&|by, is_logged| run_of(&configure, &program, by, is_logged));
    explorer.explores(seeds)
}

/// Makes one run of a program.
pub(super) fn run_of<T, F>(
    configure: &impl Fn(Simulation) -> Simulation,
    program: &impl Fn() -> F,
    by: By,
    is_logged: bool,
) -> Outcome<()>
where
    T: Clone + 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    let Simulation(setup) = configure(Simulation::by(by.clone()));
    let setup = Setup {
        by,
        is_logged,
        ..setup
    };
    // It is called outside of the loop, where nobody else would catch its panic.
    match catching(program) {
        Ok(program) => setup.run(program).without_result(),
        Err(panic) => setup.run(async { Err(panic) }),
    }
}

/// Runs of one program, with or without a log.
pub(super) struct Explorer<'a>(pub(super) &'a dyn Fn(By, bool) -> Outcome<()>);

/// The number of pairs of runs that are compared to find their first difference.
const COMPARED: usize = 8;

impl Explorer<'_> {
    pub(super) fn explores(&self, seeds: Range<u64>) -> Result<(), Box<Failure>> {
        let quiet = Quiet::begin();
        for seed in seeds {
            let outcome = (self.0)(By::Seed(seed), false);
            if let Some(exception) = outcome.failure() {
                return Err(self.fails(Some(seed), By::Seed(seed), outcome, exception, &quiet));
            }
        }
        Ok(())
    }

    /// Makes one run with a schedule, which has to fit.
    pub(super) fn replays(&self, schedule: Schedule) -> Result<(), Box<Failure>> {
        let quiet = Quiet::begin();
        let by = By::Schedule(schedule);
        let outcome = (self.0)(by.clone(), false);
        match outcome.failure() {
            None => Ok(()),
            Some(exception) => Err(self.fails(None, by, outcome, exception, &quiet)),
        }
    }

    /// A run has failed. If the same choices lead to the same run, its schedule is shrunk, unless it was asked for.
    fn fails(
        &self,
        seed: Option<u64>,
        by: By,
        outcome: Outcome<()>,
        exception: Exception,
        quiet: &Quiet,
    ) -> Box<Failure> {
        let divergence = self.divergence(&by, &outcome);
        let strays = outcome.choices.schedule().len();
        let run = |by| (self.0)(by, false);
        let as_it_is = |schedule| Shrunk {
            exception: exception.clone(),
            schedule,
            choices: outcome.choices.clone(),
            runs: 0,
        };
        let shrunk = match (by, &divergence) {
            (By::Seed(_), None) => Shrunk::of(exception, outcome.choices, &run),
            (By::Seed(_), Some(_)) | (By::GuessByKind(_), _) => {
                as_it_is(outcome.choices.schedule())
            }
            // What was asked for is reported as it was, even if it does not fit.
            (By::Schedule(schedule) | By::Guess(schedule), _) => as_it_is(schedule),
        };
        // Once more, to see where it panics and to draw it.
        quiet.forgets();
        let last = || run(By::Guess(shrunk.schedule.clone()));
        #[cfg(feature = "timeline")]
        let failing = crate::timeline::Timeline::of(last).1;
        #[cfg(not(feature = "timeline"))]
        last();
        let place = quiet.place();
        #[cfg(feature = "timeline")]
        let plain = crate::timeline::Timeline::of(|| run(By::Guess(Schedule::default()))).1;
        Box::new(Failure {
            seed,
            exception: shrunk.exception.into(),
            place,
            schedule: shrunk.schedule,
            choices: shrunk.choices,
            strays,
            runs: shrunk.runs,
            divergence,
            #[cfg(feature = "timeline")]
            failing,
            #[cfg(feature = "timeline")]
            plain,
        })
    }

    /// Runs it twice more, with a log, and compares. If the two are the same, but not what the first run was, chance may show
    /// the place in another pair.
    fn divergence(&self, by: &By, first: &Outcome<()>) -> Option<Divergence> {
        let second = (self.0)(by.clone(), true);
        let mut found = None;
        for _ in 0..COMPARED {
            let third = (self.0)(by.clone(), true);
            found = Divergence::between(&second, &third);
            if found.is_none() {
                found = Divergence::between_ends(first, &third);
            }
            if found.as_ref().is_none_or(|found| found.turn().is_some()) {
                break;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, simulation::choose};

    #[test]
    fn a_replay_fails_as_the_run_with_this_schedule_does() {
        let program = || async {
            match choose(6)? {
                3 => Err(Exception::new(Kind::RuntimeError, "a four")),
                _ => Ok(()),
            }
        };
        let configure = |simulation: Simulation| simulation;
        let explorer = Explorer(&|by, is_logged| run_of(&configure, &program, by, is_logged));
        explorer.replays("0:2".parse().unwrap()).unwrap();
        let failure = explorer.replays("0:3".parse().unwrap()).unwrap_err();
        assert_eq!(failure.exception().message(), "a four");
        assert_eq!(failure.schedule().to_string(), "0:3");
        assert_eq!((failure.seed(), failure.runs()), (None, 0));
    }
}
