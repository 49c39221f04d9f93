//! What the lanes have in them so far, as text: a column for each turn, and a gap where the clock jumped.

use std::{ops::Range, time::Duration};

use super::lanes::{READY, WAITING};

#[derive(Default)]
pub(crate) struct Record {
    times: String,
    last: Duration, // the end of the last turn
    lanes: Vec<Lane>,
}

struct Lane {
    name: String,
    turns: String,
    rest: char, // the mark for the turns of others
}

impl Record {
    pub(crate) fn add(&mut self, name: &str, rest: char) -> usize {
        let (name, turns) = (name.to_owned(), " ".repeat(self.width()));
        self.lanes.push(Lane { name, turns, rest });
        self.lanes.len() - 1
    }

    pub(crate) fn mark(&mut self, whose: usize, mark: char, rest: char, turn: Range<Duration>) {
        if self.times.is_empty() || turn.start.as_millis() > self.last.as_millis() {
            self.leave_a_gap(turn.start);
        }
        self.last = turn.end;
        self.lanes[whose].rest = mark;
        for lane in &mut self.lanes {
            lane.turns.push(lane.rest);
        }
        self.lanes[whose].rest = rest;
    }

    pub(crate) fn waits(&mut self, whose: usize) {
        let lane = &mut self.lanes[whose];
        let turns = lane.turns.trim_end_matches(READY).len();
        let since = lane.turns.len() - turns;
        lane.turns.truncate(turns);
        lane.turns.extend(std::iter::repeat_n(WAITING, since));
        lane.rest = WAITING;
    }

    fn leave_a_gap(&mut self, now: Duration) {
        let gap = if self.times.is_empty() { 0 } else { 2 };
        let column = self.times.len().max(self.width()) + gap;
        self.times = format!("{:column$}{}", self.times, now.as_millis());
        for lane in &mut self.lanes {
            lane.turns = format!("{:column$}", lane.turns);
        }
    }

    fn width(&self) -> usize {
        self.lanes.first().map_or(0, |lane| lane.turns.len())
    }

    pub(crate) fn draw(&self) -> String {
        let names = self.lanes.iter().map(|lane| lane.name.len());
        let width = names.max().unwrap_or(0).max("ms".len());
        let line = |name: &str, text: &str| format!("{name:width$}  {}\n", text.trim_end());
        let lanes = self.lanes.iter();
        let lanes: String = lanes.map(|lane| line(&lane.name, &lane.turns)).collect();
        line("ms", &self.times) + &lanes
    }
}
