//! The first difference between two runs that should be the same.

use std::fmt;

use super::run::Outcome;

/// The first difference between two runs with the same choices: something in the program depends on a chance that the
/// simulation does not control.
///
/// [`Failure::divergence`](super::Failure::divergence) returns it.
///
/// ```
/// use std::collections::HashSet;
/// use tminus::{Exception, Kind, gather, simulation, sleep, spawn_named};
///
/// async fn launch() -> Result<(), Exception> {
///     let rockets: HashSet<u32> = (0..10).collect(); // its order differs from run to run
///     let mut tasks = Vec::new();
///     for rocket in rockets {
///         tasks.push(spawn_named(&format!("rocket {rocket}"), sleep(Default::default()))?);
///     }
///     gather(tasks).await?;
///     Err(Exception::new(Kind::RuntimeError, "no fuel"))
/// }
///
/// let failure = simulation::explore(0..10, launch).unwrap_err();
/// let divergence = failure.divergence().unwrap();
/// assert_eq!(divergence.turn(), Some(0)); // the main task awaits the rockets in that order
/// assert!(divergence.first().contains("task \"rocket "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    turn: Option<usize>,
    first: String,
    second: String,
}

impl Divergence {
    /// Returns the number of the first turn that differs; the first turn of a run is 0. Returns `None` if all turns are the same
    /// and only the results differ.
    pub fn turn(&self) -> Option<usize> {
        self.turn
    }

    /// Returns in words what the first run did there.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// Returns in words what the second run did there.
    pub fn second(&self) -> &str {
        &self.second
    }

    /// Compares the turns of two runs that were logged, then their choices, then what came of them.
    pub(super) fn between(first: &Outcome<()>, second: &Outcome<()>) -> Option<Self> {
        let turns = 0..first.log.len().max(second.log.len());
        let mut turns = turns.filter(|turn| first.log.get(*turn) != second.log.get(*turn));
        if let Some(turn) = turns.next() {
            let words = |run: &Outcome<()>| match run.log.get(turn) {
                Some(seen) => seen.to_string(),
                None => "the run has ended".to_owned(),
            };
            return Some(Self {
                turn: Some(turn),
                first: words(first),
                second: words(second),
            });
        }
        Self::between_ends(first, second)
    }

    /// Compares two runs of which one was not logged.
    pub(super) fn between_ends(first: &Outcome<()>, second: &Outcome<()>) -> Option<Self> {
        if let Some(number) = first.choices.first_difference(&second.choices) {
            let words = |run: &Outcome<()>| match run.choices.iter().nth(number) {
                Some(choice) => format!("choice {number} is {choice}"),
                None => format!("there is no choice {number}"),
            };
            return Some(Self {
                turn: None,
                first: words(first),
                second: words(second),
            });
        }
        let words = |run: &Outcome<()>| match run.failure() {
            Some(exception) => format!("the run fails: {exception}"),
            None => "the run does not fail".to_owned(),
        };
        let (first, second) = (words(first), words(second));
        (first != second).then_some(Self {
            turn: None,
            first,
            second,
        })
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.turn {
            Some(turn) => writeln!(f, "the runs differ at turn {turn}:")?,
            None => writeln!(f, "the runs have the same turns, and differ in the end:")?,
        }
        writeln!(f, "  first run:  {}", self.first)?;
        write!(f, "  second run: {}", self.second)
    }
}
