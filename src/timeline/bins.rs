//! Many columns condensed to a few bins: how often a lane ran, was ready and waited in each bin.

use super::{
    End, Wait,
    columns::{Chart, Lane, Rest},
};

/// The kind of thing that a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rests {
    Ready,
    Sleep,
    Task,
    Future,
    Lock,
    Queue,
    Other,
    Foreign,
}

impl Rests {
    pub(super) const ALL: [Self; 8] = [
        Self::Ready,
        Self::Sleep,
        Self::Task,
        Self::Future,
        Self::Lock,
        Self::Queue,
        Self::Other,
        Self::Foreign,
    ];

    pub(super) fn of(rest: &Rest<'_>) -> Self {
        match rest.waits.as_slice() {
            [] => Self::Ready,
            [one] => Self::of_wait(one),
            [first, others @ ..] => {
                let kind = Self::of_wait(first);
                let alike = others.iter().all(|wait| Self::of_wait(wait) == kind);
                if alike { kind } else { Self::Other }
            }
        }
    }

    fn of_wait(wait: &Wait) -> Self {
        match wait.kind.as_str() {
            "sleep" => Self::Sleep,
            "task" | "tasks" => Self::Task,
            "future" => Self::Future,
            "lock" | "semaphore" => Self::Lock,
            "queue" => Self::Queue,
            "foreign" => Self::Foreign,
            _ => Self::Other, // events, conditions and barriers
        }
    }
}

/// A lane in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    /// The number of columns in which the task ran.
    pub(super) turns: usize,
    /// The number of columns in which the task rested in each way.
    rests: [usize; Rests::ALL.len()],
    /// Whether the task was asked to stop.
    pub(super) asked: bool,
    pub(super) end: Option<&'a End>,
}

impl Cell<'_> {
    /// Returns how the task rested most of the time.
    pub(super) fn rests(&self) -> Option<Rests> {
        let most = *self.rests.iter().max()?;
        let rests = |rests: &Rests| most > 0 && self.rests[*rests as usize] == most;
        Rests::ALL.into_iter().find(rests)
    }
}

impl Chart<'_> {
    /// Returns columns and the round times that the clock has reached there: the first column, and at most `most` others.
    pub(super) fn round_times(&self, most: u64) -> Vec<(usize, String)> {
        let (Some(first), Some(last)) = (self.columns.first(), self.columns.last()) else {
            return Vec::new();
        };
        let round = self.scale.round(last.at.saturating_sub(first.at), most);
        let mut times = vec![(0, self.scale.number(first.at))];
        let mut before = first.at / round;
        for (index, column) in self.columns.iter().enumerate() {
            let now = column.at / round;
            if now > before {
                times.push((index, self.scale.number(now * round)));
                before = now;
            }
        }
        times
    }

    /// Returns the number of bins if each has `per` columns.
    pub(super) fn bins(&self, per: usize) -> usize {
        self.columns.len().div_ceil(per)
    }
}

impl<'a> Lane<'a> {
    /// Returns the lane in bins of `per` columns.
    pub(super) fn cells(&self, bins: usize, per: usize) -> Vec<Cell<'a>> {
        let mut cells = vec![Cell::default(); bins];
        for turn in &self.turns {
            cells[turn.column / per].turns += 1;
        }
        for rest in &self.rests {
            let kind = Rests::of(rest) as usize;
            let columns = rest.columns();
            let first = (columns.start / per).min(bins);
            for (bin, cell) in (first..).zip(&mut cells[first..]) {
                let from = columns.start.max(bin * per);
                let to = columns.end.min((bin + 1) * per);
                if from >= to {
                    break;
                }
                cell.rests[kind] += to - from;
            }
        }
        let bin = |column: usize| (column / per).min(bins - 1);
        for place in &self.asked {
            cells[bin(place.column)].asked = true;
        }
        if let Some((place, end)) = self.end {
            cells[bin(place.column)].end = Some(end);
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Generator, TaskScheduler, timeline::Timeline};

    #[test]
    fn a_bin_has_all_of_its_columns() {
        let ((), timeline) = Timeline::of(|| {
            let mut scheduler = TaskScheduler::new();
            for n in [1, 4] {
                scheduler.spawn(Generator::new(async move |co| {
                    for _ in 0..n {
                        co.yield_(()).await?;
                    }
                    Ok(())
                }));
            }
            scheduler.run();
        });
        let chart = Chart::of(&timeline); // #.x and .#.####, without the end marks
        let turns = |lane: usize, per: usize| -> Vec<usize> {
            let cells = chart.lanes[lane].cells(chart.bins(per), per);
            cells.iter().map(|cell| cell.turns).collect()
        };
        assert_eq!(turns(0, 1), [1, 0, 1, 0, 0, 0, 0]);
        assert_eq!(turns(1, 1), [0, 1, 0, 1, 1, 1, 1]);
        assert_eq!(turns(0, 3), [2, 0, 0]);
        assert_eq!(turns(1, 3), [1, 3, 1]);
        let cells = chart.lanes[1].cells(3, 3);
        assert_eq!(cells[0].rests, [2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(cells[1].rests(), None);
        assert_eq!(cells[2].end, Some(&End::Returned));
    }
}
