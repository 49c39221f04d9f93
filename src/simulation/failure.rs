//! A failure, and its report.

use std::{error, fmt};

use super::{choices::Choices, divergence::Divergence, schedule::Schedule};
use crate::Error;

#[cfg(feature = "timeline")]
use crate::timeline::Timeline;

/// A run in which a program failed, with as few choices that are not plain as were found to be enough.
///
/// [`explore`](super::explore) returns it. It is shown as a report, which contains a line to [replay] the run and, with the
/// feature `timeline`, the turns of the failing run and of the plain one.
///
/// ```
/// use tminus::{Exception, Kind, simulation};
///
/// let throw = || async {
///     match simulation::choose(6)? {
///         3 => Err(Exception::new(Kind::RuntimeError, "a four")),
///         _ => Ok(()),
///     }
/// };
/// let failure = simulation::explore(0..100, throw).unwrap_err();
/// assert_eq!(failure.exception().message(), "a four");
/// assert_eq!(failure.schedule().to_string(), "0:3");
/// let report = failure.to_string();
/// assert!(report.starts_with("RuntimeError: a four\n"));
/// assert!(report.contains("replay: TMINUS_SCHEDULE=0:3 cargo test"));
/// ```
///
/// [replay]: super::Simulation::replay
#[derive(Clone, Debug)]
pub struct Failure {
    pub(super) seed: Option<u64>,
    pub(super) exception: Error,
    /// The place of the panic.
    pub(super) place: Option<String>,
    pub(super) schedule: Schedule,
    pub(super) choices: Choices,
    /// How many choices were not plain before they were left out.
    pub(super) strays: usize,
    pub(super) runs: usize,
    pub(super) divergence: Option<Divergence>,
    #[cfg(feature = "timeline")]
    pub(super) failing: Timeline,
    #[cfg(feature = "timeline")]
    pub(super) plain: Timeline,
}

impl Failure {
    /// Returns the seed with which the program failed, unless a schedule was given.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Returns what the run failed with: what the program raised, a [`Deadlock`](crate::event_loop::Deadlock), a
    /// [`Livelock`](crate::event_loop::Livelock), a [`Misfit`](super::Misfit), or a panic, which is of
    /// [`Kind::Panic`](crate::Kind::Panic). It is an [`Error`], because a `Failure` can go to another thread, and into any error
    /// by `?`.
    pub fn exception(&self) -> &Error {
        &self.exception
    }

    /// Returns the choices of the run that were not plain.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Returns all choices of the run with this schedule.
    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    /// Returns how many runs were made to shorten the schedule.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Returns the first difference between two runs with the same choices, if there is one. Then the schedule was not
    /// shortened, and a replay need not fail.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// Returns the timeline of the run with this schedule.
    #[cfg(feature = "timeline")]
    pub fn timeline(&self) -> &Timeline {
        &self.failing
    }

    /// Returns the timeline of the run in which all choices are plain, for comparison.
    #[cfg(feature = "timeline")]
    pub fn plain_timeline(&self) -> &Timeline {
        &self.plain
    }
}

impl error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.exception)?;
        if let Some(place) = &self.place {
            writeln!(f, "panicked at {place}")?;
        }
        match self.seed {
            Some(seed) => write!(f, "with seed {seed}")?,
            None => write!(f, "with the schedule that was given")?,
        }
        match &self.divergence {
            Some(divergence) => {
                writeln!(f, ", but it is not deterministic: {divergence}")?;
                writeln!(f, "{REMEDY}")?;
            }
            None => self.tells_choices(f)?,
        }
        self.tells_replay(f)?;
        #[cfg(feature = "timeline")]
        self.draws(f)?;
        Ok(())
    }
}

const REMEDY: &str = "something is left to a chance that the simulation does not control: the order of a `HashMap` or \
                      `HashSet`, the real time, a random number, or a global variable; use a `BTreeMap`, the loop's \
                      time, or `tminus::simulation::choose`";

/// How many choices the report lists.
const SHOWN: usize = 20;

impl Failure {
    fn tells_choices(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (needed, all) = (self.schedule.len(), self.choices.len());
        match self.seed {
            Some(_) => writeln!(
                f,
                "; {needed} of {all} choices have to be other than plain (before shrinking: {}; runs: {})",
                self.strays, self.runs
            )?,
            None => writeln!(f, "; {needed} of {all} choices are not plain")?,
        }
        for (number, choice) in self.choices.strays().take(SHOWN) {
            writeln!(f, "  choice {number}: {choice}")?;
        }
        if needed > SHOWN {
            writeln!(f, "  and {} more", needed - SHOWN)?;
        }
        Ok(())
    }

    /// In the thread of a test, which has its name, the line is complete.
    fn tells_replay(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replay: TMINUS_SCHEDULE={} cargo test", self.schedule)?;
        let thread = std::thread::current();
        match thread.name() {
            Some(test) if test != "main" => writeln!(f, " -- --exact {test}"),
            Some(_) | None => writeln!(f),
        }
    }

    #[cfg(feature = "timeline")]
    fn draws(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 100;
        write!(f, "\nthe failing run:\n{}", self.failing.text(WIDTH))?;
        if !self.schedule.is_empty() {
            write!(f, "\nthe plain run:\n{}", self.plain.text(WIDTH))?;
        }
        Ok(())
    }
}
