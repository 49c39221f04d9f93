//! All that is left to chance in a run, in one sequence of numbered choices.

use std::{cell::RefCell, collections::BTreeMap, fmt};

use super::schedule::{Misfit, Schedule};
use crate::event_loop::outside::Chance;

/// One choice that a run made: a number below [`of`](Choice::of).
///
/// ```
/// use tminus::simulation::{self, Simulation};
///
/// let (_, made) = Simulation::replay("0:4".parse()?).run(async { simulation::choose(6) });
/// let choice = made.iter().next().unwrap();
/// assert_eq!((choice.what(), choice.of(), choice.chosen()), ("program", 6, 4));
/// # Ok::<(), tminus::Exception>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    what: &'static str,
    of: usize,
    chosen: usize,
}

impl Choice {
    /// Returns what was chosen, in one or two words: `order`, `latency`, `short read`, `program` and so on.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// Returns the number of possibilities, at least 2.
    pub fn of(&self) -> usize {
        self.of
    }

    /// Returns the number that was chosen. 0 is the plain choice.
    pub fn chosen(&self) -> usize {
        self.chosen
    }
}

/// Writes `order 2 of 5`, for example: the third of five possibilities, the first being 0.
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} of {}", self.what, self.chosen, self.of)
    }
}

/// The choices that a run made, in order. [`Simulation::run`](super::Simulation::run) returns them.
///
/// ```
/// use tminus::simulation::{self, Simulation};
///
/// let throws = || async { Ok((simulation::choose(6)?, simulation::choose(6)?)) };
/// let (dice, made) = Simulation::replay("1:4".parse()?).run(throws());
/// assert_eq!(dice?, (0, 4));
/// assert_eq!(made.len(), 2);
/// assert_eq!(made.schedule().to_string(), "1:4");
/// assert_eq!(made.iter().nth(1).unwrap().to_string(), "program 4 of 6");
/// # Ok::<(), tminus::Exception>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(Vec<Choice>);

impl Choices {
    /// Returns the number of choices.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if nothing was left to chance.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all choices in order, the plain ones as well.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Choice> {
        self.0.iter()
    }

    /// Returns the choices that were not plain: with them the run can be repeated.
    pub fn schedule(&self) -> Schedule {
        self.strays()
            .map(|(number, choice)| (number, choice.chosen))
            .collect()
    }

    /// The choices that were not plain, with their numbers.
    pub(super) fn strays(&self) -> impl Iterator<Item = (usize, &Choice)> {
        let all = self.0.iter().enumerate();
        all.filter(|(_, choice)| choice.chosen > 0)
    }

    /// The entries of a schedule of this run, counted by kind.
    pub(super) fn by_kind(&self, schedule: &Schedule) -> ByKind {
        let mut counts = Counts::default();
        let mut wanted = BTreeMap::new();
        for (number, choice) in self.0.iter().enumerate() {
            let place = counts.next(choice.what);
            match schedule.chosen(number) {
                0 => {}
                chosen => drop(wanted.insert(place, chosen)),
            }
        }
        ByKind(wanted)
    }

    /// Returns `true` if the first `count` choices of two runs are of the same kinds.
    pub(super) fn are_alike(&self, other: &Self, count: usize) -> bool {
        let kinds = |choices: &Self| -> Vec<_> {
            let all = choices.iter().take(count);
            all.map(Choice::what).collect()
        };
        kinds(self) == kinds(other)
    }

    /// The first number at which two runs chose differently, or were asked to choose something else.
    pub(super) fn first_difference(&self, other: &Self) -> Option<usize> {
        let differs = |number: &usize| self.0.get(*number) != other.0.get(*number);
        (0..self.len().max(other.len())).find(differs)
    }
}

/// Entries of a schedule that are not found by their number, but as the fifth latency, for example.
///
/// If one read is no longer short, there is one read fewer, and all later choices have other numbers. But the fifth latency
/// is still that of the same message.
#[derive(Clone, Debug)]
pub(super) struct ByKind(BTreeMap<(&'static str, usize), usize>);

/// How many choices of each kind were made.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, usize>);

impl Counts {
    /// Counts a choice, and returns its number among the choices of the same kind.
    fn next(&mut self, what: &'static str) -> (&'static str, usize) {
        let count = self.0.entry(what).or_default();
        *count += 1;
        (what, *count)
    }
}

/// Makes the choices of one run.
pub(crate) struct Chooser(RefCell<Inner>);

struct Inner {
    by: By,
    made: Choices,
    misfit: Option<Misfit>,
}

enum By {
    /// A seed: one choice in `one_in` is made at random, on average, and the others are plain.
    Seed { random: Random, one_in: u64 },
    /// A schedule. Past its end, and wherever it has no entry, choices are plain.
    Schedule(Schedule),
    /// A schedule that need not fit the run.
    Guess(Schedule),
    /// The number of choices, by kind.
    GuessByKind { wanted: ByKind, counts: Counts },
}

/// How often runs stray from the plain choice. A run that always strays seldom gets as far as one that strays now and then.
const ONE_IN: [u64; 4] = [1, 2, 8, 32];

impl Chooser {
    pub(super) fn seeded(seed: u64) -> Self {
        let mut random = Random(seed);
        let one_in = ONE_IN[random.below(ONE_IN.len())];
        Self::by(By::Seed { random, one_in })
    }

    pub(super) fn scheduled(schedule: Schedule) -> Self {
        Self::by(By::Schedule(schedule))
    }

    /// Takes what fits of a schedule: if there are fewer possibilities than it says, the last one.
    pub(super) fn guessed(schedule: Schedule) -> Self {
        Self::by(By::Guess(schedule))
    }

    /// Takes what fits of a schedule that is counted by kind.
    pub(super) fn guessed_by_kind(wanted: ByKind) -> Self {
        let counts = Counts::default();
        Self::by(By::GuessByKind { wanted, counts })
    }

    fn by(by: By) -> Self {
        Self(RefCell::new(Inner {
            by,
            made: Choices::default(),
            misfit: None,
        }))
    }

    pub(super) fn made(&self) -> Choices {
        self.0.borrow().made.clone()
    }

    /// The point at which the schedule did not fit the run, which is over.
    pub(super) fn misfit(&self) -> Option<Misfit> {
        let inner = self.0.borrow();
        let unreached = || match &inner.by {
            By::Seed { .. } | By::Guess(_) | By::GuessByKind { .. } => None,
            By::Schedule(schedule) => schedule.first_from(inner.made.len()),
        };
        let never_reached = |number| Misfit::NeverReached {
            number,
            made: inner.made.len(),
        };
        inner
            .misfit
            .clone()
            .or_else(|| unreached().map(never_reached))
    }
}

impl Chance for Chooser {
    fn choose(&self, of: usize, what: &'static str) -> usize {
        if of < 2 {
            return 0; // nothing to choose
        }
        let mut inner = self.0.borrow_mut();
        let number = inner.made.len();
        let wanted = match &mut inner.by {
            By::Seed { random, one_in } => match random.below(*one_in as usize) {
                0 => random.below(of),
                _ => 0,
            },
            By::Schedule(schedule) => schedule.chosen(number),
            By::Guess(schedule) => schedule.chosen(number).min(of - 1),
            By::GuessByKind { wanted, counts } => {
                let wanted = wanted.0.get(&counts.next(what));
                wanted.copied().unwrap_or_default().min(of - 1)
            }
        };
        let chosen = match wanted < of {
            true => wanted,
            false => {
                let misfit = Misfit::OutOfRange {
                    number,
                    chosen: wanted,
                    of,
                    what,
                };
                inner.misfit.get_or_insert(misfit);
                0
            }
        };
        inner.made.0.push(Choice { what, of, chosen });
        chosen
    }
}

/// SplitMix64: the same numbers on every machine and in every version of this crate, so that a seed stays a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(chooser: &Chooser, count: usize) -> Vec<usize> {
        (0..count).map(|_| chooser.choose(4, "test")).collect()
    }

    #[test]
    fn a_run_shows_what_it_chose() {
        let chooser = Chooser::scheduled("1:3".parse().unwrap());
        assert!(chooser.made().is_empty());
        made(&chooser, 3);
        let made = chooser.made();
        assert!(!made.is_empty());
        assert_eq!(
            made.iter().map(Choice::chosen).collect::<Vec<_>>(),
            [0, 3, 0]
        );
    }

    #[test]
    fn a_seed_is_always_the_same_and_seeds_differ_in_how_often_they_stray() {
        let strays = |seed| {
            let chosen = made(&Chooser::seeded(seed), 1000);
            assert_eq!(chosen, made(&Chooser::seeded(seed), 1000));
            chosen.iter().filter(|chosen| **chosen > 0).count()
        };
        let mut counts: Vec<usize> = (0..100).map(strays).collect();
        counts.sort_unstable();
        assert!(counts[0] < 50 && counts[99] > 700, "{counts:?}");
    }

    #[test]
    fn what_was_made_repeats_the_run() {
        let seeded = Chooser::seeded(3);
        let chosen = made(&seeded, 50);
        let replayed = Chooser::scheduled(seeded.made().schedule());
        assert_eq!(made(&replayed, 50), chosen);
        assert_eq!(replayed.made(), seeded.made());
        assert_eq!(replayed.misfit(), None);
        assert_eq!(made(&replayed, 50), [0; 50]); // past its end
    }

    #[test]
    fn a_single_possibility_is_no_choice() {
        let chooser = Chooser::seeded(1);
        assert_eq!(chooser.choose(1, "test"), 0);
        assert!(chooser.made().is_empty());
    }

    #[test]
    fn a_schedule_that_does_not_fit_is_found_out() {
        let too_large = Chooser::scheduled("1:9".parse().unwrap());
        assert_eq!(made(&too_large, 3), [0, 0, 0]);
        assert_eq!(
            too_large.misfit().unwrap().to_string(),
            "the schedule does not fit the program: choice 1 (test) is 9 in the schedule, and in this run one of 4; was \
             the program changed since the schedule was made?"
        );
        let too_long = Chooser::scheduled("1:2,7:1".parse().unwrap());
        assert_eq!(made(&too_long, 3), [0, 2, 0]);
        assert_eq!(
            too_long.misfit(),
            Some(Misfit::NeverReached { number: 7, made: 3 })
        );
    }

    #[test]
    fn a_choice_has_the_words_it_was_asked_with() {
        let chooser = Chooser::seeded(1);
        chooser.choose(4, "latency");
        let made = chooser.made();
        assert_eq!(
            made.iter().map(Choice::what).collect::<Vec<_>>(),
            ["latency"]
        );
        let other = Chooser::seeded(1);
        other.choose(4, "order");
        assert!(made.are_alike(&made, 1) && !made.are_alike(&other.made(), 1));
    }

    #[test]
    fn a_guess_that_is_too_high_is_the_last_possibility() {
        let too_high: Schedule = "1:9".parse().unwrap();
        let guessed = Chooser::guessed(too_high.clone());
        assert_eq!(made(&guessed, 3), [0, 3, 0]);
        let by_kind = Chooser::guessed_by_kind(guessed.made().by_kind(&too_high));
        assert_eq!(made(&by_kind, 3), [0, 3, 0]);
        assert_eq!((guessed.misfit(), by_kind.misfit()), (None, None));
    }

    #[test]
    fn two_runs_differ_first_where_they_chose_differently_or_one_has_ended() {
        let run = |schedule: &str, count| {
            let chooser = Chooser::scheduled(schedule.parse().unwrap());
            made(&chooser, count);
            chooser.made()
        };
        let first = run("1:2,3:1", 5);
        assert_eq!(first.first_difference(&run("1:2,3:1", 5)), None);
        assert_eq!(first.first_difference(&run("1:2,3:2", 5)), Some(3));
        assert_eq!(first.first_difference(&run("1:2,3:1", 4)), Some(4));
        assert_eq!(run("1:2,3:1", 4).first_difference(&first), Some(4));
    }
}
