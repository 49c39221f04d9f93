//! A timeline as a chart: one column a turn, one lane a task. It is what the pictures have in common.

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

/// One turn.
pub(super) struct Column {
    pub(super) at: u64,
    /// On whose clock that is.
    pub(super) runner: Option<Runner>,
    /// Whether the clock shows another time than in the column before.
    pub(super) jump: bool,
}

/// What one task did.
pub(super) struct Lane<'a> {
    pub(super) name: String,
    /// Whether it is the one that many share. That has turns only.
    pub(super) shared: bool,
    pub(super) turns: Vec<Turn<'a>>,
    pub(super) rests: Vec<Rest<'a>>,
    /// Where somebody asked it to stop.
    pub(super) asked: Vec<Place>,
    pub(super) end: Option<(Place, &'a End)>,
}

/// A turn of one task.
pub(super) struct Turn<'a> {
    pub(super) column: usize,
    /// The first is 1. 0 where its beginning was forgotten.
    pub(super) number: u64,
    pub(super) cause: Cause,
    /// What it had waited for.
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

/// A while in which a task does not run.
pub(super) struct Rest<'a> {
    pub(super) from: Place,
    pub(super) to: Place,
    /// What it waits for. Where that is nothing, it is ready.
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

/// Of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Start,
    /// Where the turn spawns.
    Early,
    /// Where the turn wakes and cancels.
    Late,
    End,
}

impl Place {
    pub(super) fn new(column: usize, part: Part) -> Self {
        Self { column, part }
    }

    /// The first column that begins no sooner than this.
    fn next_column(self) -> usize {
        match self.part {
            Part::Start => self.column,
            Part::Early | Part::Late | Part::End => self.column + 1,
        }
    }
}

impl Rest<'_> {
    /// The columns at whose start the task rests so.
    pub(super) fn columns(&self) -> Range<usize> {
        self.from.next_column()..self.to.next_column()
    }
}

impl Lane<'_> {
    /// Whether its task has the turn of this column.
    pub(super) fn runs_in(&self, column: usize) -> bool {
        let found = self.turns.binary_search_by_key(&column, |turn| turn.column);
        found.is_ok()
    }

    /// Whether it shows anything between these columns.
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
