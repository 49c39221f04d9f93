//! Many turns in one column.

use super::{
    MARGIN, WIDTH, axis,
    canvas::Canvas,
    left,
    legend::{self, Key},
    name, stripe, tick, tooltips,
};
use crate::timeline::{
    bins::{Cell, Rests},
    columns::{Chart, Does, Lane},
    words::grouped,
};

const LANE: usize = 24;

/// The heights of a bar: at most and at least.
const BAR: (usize, usize) = (18, 2);

/// The widths of a bin: at least and at most.
const BIN: (usize, usize) = (4, 12);

/// The width of the mark of an end.
const END: usize = 18;

/// The number of times below the lanes, at most.
const TIMES: u64 = 10;

struct Picture<'a, 'b> {
    chart: &'a Chart<'b>,
    /// The left edge of the lanes.
    left: usize,
    /// The number of columns in a bin.
    per: usize,
    /// The width of a bin.
    width: usize,
    /// The number of turns that the highest bar stands for.
    most: usize,
}

pub(super) fn draw(canvas: &mut Canvas, chart: &Chart<'_>) {
    let left = left(chart);
    let room = WIDTH - MARGIN - left - END;
    let per = chart.columns.len().div_ceil(room / BIN.0);
    let bins = chart.bins(per);
    let lanes = chart.lanes.iter().map(|lane| lane.cells(bins, per));
    let lanes: Vec<Vec<Cell<'_>>> = lanes.collect();
    let most = lanes.iter().flatten().map(|cell| cell.turns).max();
    let picture = Picture {
        chart,
        left,
        per,
        width: (room / bins).clamp(BIN.0, BIN.1),
        most: most.unwrap_or(0).max(1),
    };
    picture.say_how_many(canvas);
    for (row, (lane, cells)) in chart.lanes.iter().zip(&lanes).enumerate() {
        let top = canvas.height();
        stripe(canvas, row, top, LANE);
        let title = tooltips::lane(chart, lane);
        canvas.text_at("name", MARGIN, top + 16, &name(&lane.name), Some(&title));
        picture.lane(canvas, lane, cells, top + LANE - 3);
        canvas.skip(LANE);
    }
    picture.times(canvas);
}

impl Picture<'_, '_> {
    fn x(&self, bin: usize) -> usize {
        self.left + bin * self.width
    }

    fn say_how_many(&self, canvas: &mut Canvas) {
        if self.per == 1 {
            return;
        }
        let per = grouped(self.per as u64);
        let most = match self.most {
            1 => "1 of them is".to_owned(),
            most if most == self.per => "all of them are".to_owned(),
            most => format!("{} of them are", grouped(most as u64)),
        };
        let said =
            format!("A column stands for {per} turns. Where a bar is highest, {most} the task's.");
        canvas.skip(5);
        canvas.text("small", MARGIN, &said);
        canvas.skip(10);
    }

    /// Draws the bars of a lane on their base line, the rests below them, and the end.
    fn lane(&self, canvas: &mut Canvas, lane: &Lane<'_>, cells: &[Cell<'_>], base: usize) {
        let title = tooltips::lane(self.chart, lane);
        for kind in Rests::ALL {
            let rests = |cell: &Cell<'_>| usize::from(cell.rests() == Some(kind));
            let path = path(cells, rests, |from, wide, _| {
                format!("M{} {base}h{}", self.x(from), wide * self.width)
            });
            if !path.is_empty() {
                canvas.explain(Key::Rests(kind));
                legend::lines(canvas, kind, &path, Some(&title));
            }
        }
        let bars = path(
            cells,
            |cell| self.height(cell),
            |from, wide, high| {
                format!(
                    "M{} {base}v-{high}h{}v{high}z",
                    self.x(from),
                    wide * self.width
                )
            },
        );
        if !bars.is_empty() {
            canvas.explain(if self.per == 1 { Key::Turn } else { Key::Share });
            legend::bars(canvas, &bars, Some(&title));
        }
        let middle = base - BAR.0 / 2;
        let asked = cells.iter().enumerate().filter(|(_, cell)| cell.asked);
        let asked: Vec<usize> = asked.map(|(bin, _)| self.x(bin) + self.width / 2).collect();
        if !asked.is_empty() {
            canvas.explain(Key::Does(Does::Cancel));
            legend::asked(canvas, &asked, middle, Some(&title));
        }
        for (bin, cell) in cells.iter().enumerate() {
            if let Some(end) = cell.end {
                canvas.explain(Key::of_end(end));
                let x = self.x(bin + 1) + 2;
                legend::turn(canvas, x, middle, END - 2, Some(end), Some(&title));
            }
        }
    }

    fn height(&self, cell: &Cell<'_>) -> usize {
        match cell.turns {
            0 => 0,
            turns => ((turns * BAR.0 + self.most / 2) / self.most).max(BAR.1),
        }
    }

    fn times(&self, canvas: &mut Canvas) {
        axis(canvas, self.chart.scale.name);
        let mut free = 0;
        for (column, label) in self.chart.round_times(TIMES) {
            let x = self.left + column * self.width / self.per;
            tick(canvas, x, &label, &mut free);
        }
        canvas.skip(30);
    }
}

/// Returns a path with a piece for each run of cells of equal height, unless that is zero.
fn path(
    cells: &[Cell<'_>],
    height: impl Fn(&Cell<'_>) -> usize,
    piece: impl Fn(usize, usize, usize) -> String,
) -> String {
    let heights: Vec<usize> = cells.iter().map(height).collect();
    let mut from = 0;
    let mut path = String::new();
    for run in heights.chunk_by(|one, other| one == other) {
        if run[0] > 0 {
            path += &piece(from, run.len(), run[0]);
        }
        from += run.len();
    }
    path
}
