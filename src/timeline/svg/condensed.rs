//! Many steps in one column.

use super::{
    MARGIN, WIDTH,
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

/// How high a bar can be, and how high it is at least.
const BAR: (usize, usize) = (18, 2);

/// How wide a bin is, at least and at most.
const BIN: (usize, usize) = (4, 12);

/// How wide the mark of an end is.
const END: usize = 18;

/// After so many bins there is the number of a turn.
const TIMES: usize = 20;

/// Between two times there is so much room.
const BETWEEN_TIMES: usize = 16;

struct Picture<'a, 'b> {
    chart: &'a Chart<'b>,
    /// Where the lanes begin.
    left: usize,
    /// How many columns are in a bin.
    per: usize,
    bins: usize,
    /// How wide a bin is.
    width: usize,
    /// How many steps the highest bar stands for.
    most: usize,
}

pub(super) fn draw(canvas: &mut Canvas, chart: &Chart<'_>) {
    let left = left(chart);
    let room = WIDTH - MARGIN - left - END;
    let per = chart.columns.len().div_ceil(room / BIN.0);
    let bins = chart.bins(per);
    let lanes = chart.lanes.iter().map(|lane| lane.cells(bins, per));
    let lanes: Vec<Vec<Cell<'_>>> = lanes.collect();
    let most = lanes.iter().flatten().map(|cell| cell.steps).max();
    let picture = Picture {
        chart,
        left,
        per,
        bins,
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
        let most = match self.most == self.per {
            true => "all".to_owned(),
            false => grouped(self.most as u64),
        };
        let said = format!(
            "A column stands for {per} steps. Where a bar is highest, {most} of them are the task's."
        );
        canvas.skip(5);
        canvas.text("small", MARGIN, &said);
        canvas.skip(10);
    }

    /// Its bars on their base line, how it rests below them, and its end.
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
            canvas.explain(if self.per == 1 { Key::Step } else { Key::Share });
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
                legend::step(canvas, x, middle, END - 2, Some(end), Some(&title));
            }
        }
    }

    fn height(&self, cell: &Cell<'_>) -> usize {
        match cell.steps {
            0 => 0,
            steps => ((steps * BAR.0 + self.most / 2) / self.most).max(BAR.1),
        }
    }

    fn times(&self, canvas: &mut Canvas) {
        let scale = &self.chart.scale;
        let mut free = 0;
        let mut last = None;
        canvas.text_at("small", MARGIN, canvas.height() + 14, scale.name, None);
        for bin in (0..self.bins).filter(|bin| scale.is_marked_in_bins(*bin, TIMES)) {
            let label = scale.number(self.chart.columns[bin * self.per].at);
            if last.as_ref() != Some(&label) && tick(canvas, self.x(bin), &label, &mut free) {
                free += BETWEEN_TIMES;
                last = Some(label);
            }
        }
        canvas.skip(30);
    }
}

/// One piece for each run of cells that are as high as each other, and not of no height.
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
