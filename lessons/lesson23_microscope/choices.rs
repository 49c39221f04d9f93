//! A sequence of choices: made by a seed, or repeated from one line of text.

use std::{collections::BTreeMap, fmt, num::ParseIntError, str::FromStr};

/// The answers of a run that are not 0, by the numbers of their choices. As text: `8:5,15:2`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule(pub BTreeMap<usize, usize>);

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = |(number, chosen): (&usize, &usize)| format!("{number}:{chosen}");
        let entries: Vec<String> = self.0.iter().map(entry).collect();
        f.write_str(&entries.join(","))
    }
}

impl FromStr for Schedule {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let mut schedule = Schedule::default();
        for entry in text.split(',').filter(|entry| !entry.is_empty()) {
            let (number, chosen) = entry.split_once(':').unwrap_or((entry, ""));
            schedule.0.insert(number.parse()?, chosen.parse()?);
        }
        Ok(schedule)
    }
}

/// Answers the questions of one run, and records the answers.
pub struct Choices {
    by: By,
    made: Vec<Choice>, // a choice's number is its index
}

enum By {
    Seed(Random),
    Schedule(Schedule),
}

/// A choice that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer, a number below `of`.
    pub chosen: usize,
    /// The number of possible answers.
    pub of: usize,
}

impl Choices {
    /// Creates choices with random answers, which are always the same for the same seed.
    pub fn seeded(seed: u64) -> Self {
        let (by, made) = (By::Seed(Random(seed)), Vec::new());
        Self { by, made }
    }

    /// Creates choices that repeat a schedule. Answers that the schedule does not list are 0.
    pub fn replaying(schedule: &Schedule) -> Self {
        let (by, made) = (By::Schedule(schedule.clone()), Vec::new());
        Self { by, made }
    }

    /// Returns the answer to a question with `of` possible answers: a number below `of`.
    pub fn choose(&mut self, of: usize) -> usize {
        if of < 2 {
            return 0; // there is nothing to choose, so this has no number
        }
        let number = self.made.len();
        let wanted = match &mut self.by {
            By::Seed(random) => random.below(of),
            By::Schedule(schedule) => *schedule.0.get(&number).unwrap_or(&0),
        };
        let chosen = wanted.min(of - 1); // a schedule may want more than there is
        self.made.push(Choice { chosen, of });
        chosen
    }

    /// Returns all choices so far, in order.
    pub fn made(&self) -> &[Choice] {
        &self.made
    }

    /// Returns the answers so far that are not 0.
    pub fn schedule(&self) -> Schedule {
        let all = self.made.iter().map(|choice| choice.chosen).enumerate();
        Schedule(all.filter(|(_, chosen)| *chosen > 0).collect())
    }
}

/// SplitMix64: numbers that look random, and are the same on every machine.
pub struct Random(pub u64);

impl Random {
    /// Returns a number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % count as u64) as usize
    }
}
