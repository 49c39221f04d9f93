//! A timeline as a chart: one column a turn, one lane a task. All pictures are drawn from it.

use std::ops::Range;

use super::{End, Runner, TaskKey, Timeline, Wait, scale::Scale};

/// Columns and lanes.
pub(super) struct Chart<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) scale: Scale,
    pub(super) columns: Vec<Column>,
    pub(super) lanes: Vec<Lane<'a>>,
    pub(super) arrows: Vec<Arrow>,
}

/// A turn, of whichever task.
pub(super) struct Column {
    pub(super) at: u64,
    /// The loop or scheduler on whose clock `at` is.
    pub(super) runner: Option<Runner>,
    /// Whether the clock shows another time than in the column before.
    pub(super) jump: bool,
}

/// What one task did.
pub(super) struct Lane<'a> {
    pub(super) name: String,
    /// Whether many tasks share the lane. Such a lane has turns only.
    pub(super) shared: bool,
    pub(super) turns: Vec<Turn<'a>>,
    pub(super) rests: Vec<Rest<'a>>,
    /// The places at which the task was asked to stop.
    pub(super) asked: Vec<Place>,
    pub(super) end: Option<(Place, &'a End)>,
}

/// A turn of one task.
pub(super) struct Turn<'a> {
    pub(super) column: usize,
    /// The number of the turn: the first is 1. It is 0 if the beginning of the turn was forgotten.
    pub(super) number: u64,
    pub(super) cause: Cause,
    /// What the task had waited for.
    pub(super) after: Vec<&'a Wait>,
}

/// Why a task is in the ready queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Unknown,
    Spawned(Option<TaskKey>),
    Yielded,
    Woken(Option<TaskKey>),
}

/// A part of a lane in which the task does not run.
pub(super) struct Rest<'a> {
    pub(super) from: Place,
    pub(super) to: Place,
    /// What the task waits for. If that is nothing, it is ready.
    pub(super) waits: Vec<&'a Wait>,
}

/// One task does something to another.
pub(super) struct Arrow {
    pub(super) does: Does,
    pub(super) place: Place,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Does {
    Spawn,
    Wake,
    Cancel,
}

/// A place on the way from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) column: usize,
    pub(super) part: Part,
}

/// A part of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Start,
    /// The part in which the turn spawns tasks.
    Early,
    /// The part in which the turn wakes and cancels tasks.
    Late,
    End,
}

impl Place {
    pub(super) fn new(column: usize, part: Part) -> Self {
        Self { column, part }
    }

    /// Returns the first column that begins at this place or after it.
    fn next_column(self) -> usize {
        match self.part {
            Part::Start => self.column,
            Part::Early | Part::Late | Part::End => self.column + 1,
        }
    }
}

impl Rest<'_> {
    /// Returns the columns at whose start the task rests.
    pub(super) fn columns(&self) -> Range<usize> {
        self.from.next_column()..self.to.next_column()
    }
}

impl Lane<'_> {
    /// Returns `true` if the task has the turn of this column.
    pub(super) fn runs_in(&self, column: usize) -> bool {
        let found = self.turns.binary_search_by_key(&column, |turn| turn.column);
        found.is_ok()
    }

    /// Returns `true` if the lane shows anything in these columns.
    pub(super) fn is_seen_in(&self, columns: &Range<usize>) -> bool {
        let column = |place: Place| columns.contains(&place.column);
        let first = self
            .turns
            .partition_point(|turn| turn.column < columns.start);
        let next = self
            .rests
            .partition_point(|rest| rest.to.next_column() <= columns.start);
        self.turns
            .get(first)
            .is_some_and(|turn| turn.column < columns.end)
            || self.rests[next..]
                .first()
                .is_some_and(|rest| rest.columns().start < columns.end)
            || self.end.is_some_and(|(place, _)| column(place))
            || self.asked.iter().copied().any(column)
    }
}
