//! A run in one line: the choices that were not plain.

use std::{collections::BTreeMap, error::Error, fmt, str::FromStr};

/// The choices of a run that were not plain, by their numbers: all that is needed to repeat the run.
///
/// As text, `8:5,15:2` means that choice 8 was 5, choice 15 was 2, and all others were 0. An empty schedule is the plain run.
///
/// ```
/// use tminus::simulation::Schedule;
///
/// let schedule: Schedule = "8:5,15:2".parse()?;
/// assert_eq!(schedule.len(), 2);
/// assert_eq!(schedule.chosen(8), 5);
/// assert_eq!(schedule.chosen(9), 0);
/// assert_eq!(schedule.to_string(), "8:5,15:2");
/// # Ok::<(), tminus::simulation::ParseScheduleError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schedule(BTreeMap<usize, usize>);

impl Schedule {
    /// Returns the number of choices that are not plain.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if all choices are plain.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what is chosen at a number: 0 if the schedule has no entry for it.
    pub fn chosen(&self, number: usize) -> usize {
        self.0.get(&number).copied().unwrap_or_default()
    }

    /// Returns the numbers of the choices that are not plain, each with what is chosen there.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (usize, usize)> {
        self.0.iter().map(|(number, chosen)| (*number, *chosen))
    }

    /// The first number, from this one on, that has an entry.
    pub(super) fn first_from(&self, number: usize) -> Option<usize> {
        self.0.range(number..).next().map(|(number, _)| *number)
    }
}

/// Plain choices among them are left out.
impl FromIterator<(usize, usize)> for Schedule {
    fn from_iter<I: IntoIterator<Item = (usize, usize)>>(choices: I) -> Self {
        let strays = choices.into_iter().filter(|(_, chosen)| *chosen > 0);
        Self(strays.collect())
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (number, chosen)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{number}:{chosen}")?;
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = ParseScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut choices = BTreeMap::new();
        let mut last = None;
        let mut position = 0;
        for entry in text.split(',') {
            let wrong = |reason| ParseScheduleError {
                entry: entry.trim().to_owned(),
                position,
                reason,
            };
            let (number, chosen) = parse(entry).ok_or_else(|| wrong(NOT_AN_ENTRY))?;
            if chosen == 0 {
                return Err(wrong(PLAIN));
            }
            if last >= Some(number) {
                return Err(wrong(OUT_OF_ORDER));
            }
            last = Some(number);
            choices.insert(number, chosen);
            position += entry.len() + 1;
        }
        Ok(Self(choices))
    }
}

fn parse(entry: &str) -> Option<(usize, usize)> {
    let (number, chosen) = entry.split_once(':')?;
    Some((number.trim().parse().ok()?, chosen.trim().parse().ok()?))
}

const NOT_AN_ENTRY: &str = "expected two numbers and a colon, such as `8:5`";
const PLAIN: &str = "a choice of 0 is the plain one, which is left out";
const OUT_OF_ORDER: &str = "the numbers before the colons must increase from entry to entry";

/// A text is not a [`Schedule`].
///
/// ```
/// use tminus::simulation::Schedule;
///
/// let error = "8:5,x:2".parse::<Schedule>().unwrap_err();
/// assert_eq!(error.position(), 4);
/// assert_eq!(
///     error.to_string(),
///     "no schedule: \"x:2\" at byte 4: expected two numbers and a colon, such as `8:5`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseScheduleError {
    entry: String,
    position: usize,
    reason: &'static str,
}

impl ParseScheduleError {
    /// Returns the position in the text, in bytes, at which the wrong entry begins.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for ParseScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            entry,
            position,
            reason,
        } = self;
        write!(f, "no schedule: {entry:?} at byte {position}: {reason}")
    }
}

impl Error for ParseScheduleError {}

/// A schedule does not fit the program that was to be replayed: most often, the program has changed since.
///
/// A replay fails with an exception that holds this, see [`downcast_ref`](crate::Exception::downcast_ref).
///
/// ```
/// use tminus::simulation::{self, Misfit, Simulation};
///
/// let throw = async { simulation::choose(6) };
/// let (result, _) = Simulation::replay("0:7".parse()?).run(throw);
/// let misfit = result.unwrap_err();
/// let misfit = misfit.downcast_ref::<Misfit>().unwrap();
/// assert_eq!(*misfit, Misfit::OutOfRange { number: 0, chosen: 7, of: 6, what: "program" });
/// # Ok::<(), tminus::Exception>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misfit {
    /// There are fewer possibilities than the schedule says.
    OutOfRange {
        /// The number of the choice.
        number: usize,
        /// What the schedule says.
        chosen: usize,
        /// The number of possibilities that there were.
        of: usize,
        /// What was to be chosen.
        what: &'static str,
    },
    /// The run has ended before this choice.
    NeverReached {
        /// The number of the choice.
        number: usize,
        /// How many choices the run made.
        made: usize,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the schedule does not fit the program: ")?;
        match self {
            Self::OutOfRange {
                number,
                chosen,
                of,
                what,
            } => write!(
                f,
                "choice {number} ({what}) is {chosen} in the schedule, and in this run one of {of}"
            ),
            Self::NeverReached { number, made } => write!(
                f,
                "it has a choice {number}, and the run ended after {made} choices"
            ),
        }?;
        f.write_str("; was the program changed since the schedule was made?")
    }
}

impl Error for Misfit {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_schedule_are_the_same() {
        for text in ["", "0:1", "8:5,15:2"] {
            let schedule: Schedule = text.parse().unwrap();
            assert_eq!(schedule.to_string(), text);
            assert_eq!(schedule.len(), text.matches(':').count());
        }
        assert_eq!(
            " 8:5, 15:2 ".parse::<Schedule>(),
            "8:5,15:2".parse::<Schedule>()
        );
    }

    #[test]
    fn a_wrong_text_is_refused_with_the_place() {
        let error = |text: &str| text.parse::<Schedule>().unwrap_err().to_string();
        assert_eq!(
            error("8:5,"),
            "no schedule: \"\" at byte 4: expected two numbers and a colon, such as `8:5`"
        );
        assert_eq!(
            error("8"),
            "no schedule: \"8\" at byte 0: expected two numbers and a colon, such as `8:5`"
        );
        assert_eq!(
            error("8:5,7:1"),
            "no schedule: \"7:1\" at byte 4: the numbers before the colons must increase from entry to entry"
        );
        assert_eq!(
            error("0:3,1:0"),
            "no schedule: \"1:0\" at byte 4: a choice of 0 is the plain one, which is left out"
        );
        assert_eq!(
            error("8:99999999999999999999999"),
            "no schedule: \"8:99999999999999999999999\" at byte 0: expected two numbers and a colon, such as `8:5`"
        );
    }

    #[test]
    fn the_position_is_that_of_the_wrong_entry() {
        let position = |text: &str| text.parse::<Schedule>().unwrap_err().position();
        assert_eq!(
            (position("x"), position("8:5,x:2"), position("8:5,7:1")),
            (0, 4, 4)
        );
    }

    #[test]
    fn plain_choices_are_left_out() {
        let schedule: Schedule = [(0, 0), (1, 3), (2, 0)].into_iter().collect();
        assert_eq!(schedule, "1:3".parse().unwrap());
        assert!(!schedule.is_empty());
        let plain: Schedule = [(0, 0)].into_iter().collect();
        assert!(plain.is_empty());
        assert_eq!(plain.to_string(), "");
    }
}
