//! Writing times, in a unit that fits all of them.

use super::{Timeline, Unit, What};

/// The units of time, in nanoseconds.
const UNITS: [(&str, u64); 4] = [
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// The number of steps in which a clock is shown that moves by little, but all the time.
const TICKS: u64 = 100;

/// A unit for times, and how exactly they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    unit: Unit,
    /// The name of the unit.
    pub(super) name: &'static str,
    /// The number of nanoseconds in the unit.
    size: u64,
    /// Times that differ by less than this are shown as equal.
    grain: u64,
}

impl Scale {
    pub(super) fn of(timeline: &Timeline) -> Self {
        match timeline.unit() {
            Unit::Turns => Self {
                unit: Unit::Turns,
                name: "turn",
                size: 1,
                grain: 1,
            },
            Unit::Nanoseconds => {
                let turns = timeline
                    .moments()
                    .filter(|moment| matches!(moment.what, What::Runs { .. }));
                Self::of_times(&turns.map(|turn| turn.at).collect::<Vec<_>>())
            }
        }
    }

    /// Creates a scale in the largest unit in which all times are whole. If that would be nanoseconds, the unit suits the span.
    fn of_times(times: &[u64]) -> Self {
        let whole = |&(name, size): &(&'static str, u64)| {
            let fits = name != "ns" && times.iter().all(|at| at % size == 0);
            fits.then_some((name, size, size))
        };
        let (name, size, grain) = UNITS.iter().find_map(whole).unwrap_or_else(|| {
            let first = times.iter().min().unwrap_or(&0);
            let span = times.iter().max().unwrap_or(&0) - first;
            let mut grain = 1;
            while span / TICKS >= grain * 10 {
                grain *= 10;
            }
            let unit = UNITS.iter().find(|(_, size)| *size <= grain);
            let (name, size) = unit.expect("a nanosecond is never too large");
            (*name, *size, grain)
        });
        Self {
            unit: Unit::Nanoseconds,
            name,
            size,
            grain,
        }
    }

    /// Returns `true` if the two times are shown as different.
    pub(super) fn differ(&self, at: u64, then: u64) -> bool {
        match self.unit {
            Unit::Turns => false,
            Unit::Nanoseconds => at / self.grain != then / self.grain,
        }
    }

    /// Returns a time without its unit.
    pub(super) fn number(&self, at: u64) -> String {
        (at / self.grain * self.grain / self.size).to_string()
    }

    /// Returns a time with its unit.
    pub(super) fn time(&self, at: u64) -> String {
        match self.unit {
            Unit::Turns => format!("{} {}", self.name, at),
            Unit::Nanoseconds => format!("{} {}", self.number(at), self.name),
        }
    }

    /// Returns a time with its preposition: `at 5 ms`, `in turn 3`.
    pub(super) fn when(&self, at: u64) -> String {
        let preposition = match self.unit {
            Unit::Turns => "in",
            Unit::Nanoseconds => "at",
        };
        format!("{preposition} {}", self.time(at))
    }

    /// Returns the shortest round time (1, 2 or 5, and noughts) of which at most `most` fit into `span`.
    pub(super) fn round(&self, span: u64, most: u64) -> u64 {
        let rounds = (0..20).flat_map(|power| [1, 2, 5].map(|digit| (digit, power)));
        let mut rounds = rounds.map(|(digit, power)| {
            let noughts = 10_u64.saturating_pow(power);
            self.grain.saturating_mul(noughts).saturating_mul(digit)
        });
        let fits = rounds.find(|round| span / round <= most);
        fits.expect("the last is longer than all")
    }

    /// Returns `true` if the time of a column is written, provided that there is room.
    pub(super) fn is_marked(&self, index: usize, at: u64, jump: bool) -> bool {
        match self.unit {
            Unit::Turns => index == 0 || at.is_multiple_of(5),
            Unit::Nanoseconds => index == 0 || jump,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn labels(times: &[u64]) -> Vec<String> {
        let scale = Scale::of_times(times);
        times.iter().map(|at| scale.time(*at)).collect()
    }

    #[test]
    fn whole_times_are_exact() {
        assert_eq!(labels(&[0, 3000 * MS]), ["0 s", "3 s"]);
        assert_eq!(
            labels(&[0, 250 * MS, 3000 * MS]),
            ["0 ms", "250 ms", "3000 ms"]
        );
        assert_eq!(labels(&[1000, 3000 * MS]), ["1 µs", "3000000 µs"]);
    }

    #[test]
    fn other_times_are_rounded_to_what_can_be_told_apart() {
        assert_eq!(
            labels(&[0, 1, 70_000 * MS + 123]),
            ["0 ms", "0 ms", "70000 ms"]
        );
        assert_eq!(labels(&[1, 230 * MS + 456]), ["0 ms", "230 ms"]);
        assert_eq!(labels(&[1, 456_789]), ["0 µs", "456 µs"]);
        assert_eq!(labels(&[1, 56]), ["1 ns", "56 ns"]);
        let scale = Scale::of_times(&[1, 2, 230 * MS]);
        assert!(!scale.differ(0, MS - 1));
        assert!(scale.differ(MS - 1, MS));
    }

    #[test]
    fn a_round_time_is_the_shortest_that_does() {
        let scale = Scale::of_times(&[0, 3 * MS]);
        let rounds = [3, 10, 11, 99, 700_000].map(|span| scale.round(span * MS, 10) / MS);
        assert_eq!(rounds, [1, 1, 2, 10, 100_000]);
        assert_eq!(scale.round(u64::MAX, 1), 10_u64.pow(19));
    }

    #[test]
    fn no_times_are_fine() {
        assert_eq!(Scale::of_times(&[]).time(0), "0 s");
    }
}
