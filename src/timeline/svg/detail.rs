//! The picture that shows every turn: lanes, in bands one below the other.

use std::ops::Range;

use super::{
    LEAST_WIDTH, MARGIN, WIDTH, axis,
    canvas::Canvas,
    left,
    legend::{self, HALF, Key},
    name, stripe, tick, tooltips,
};
use crate::timeline::{
    End, Unit,
    bins::Rests,
    columns::{Chart, Does, Lane, Part, Place},
};

/// The bands of a picture, and the rows in all of them, at most. More would be hard to read.
const BANDS: usize = 6;
const ROWS: usize = 100;

const LANE: usize = 28;

/// The widths of a column: at least and at most.
const COLUMN: (usize, usize) = (16, 34);

/// The width of a jump of the clock.
const GAP: usize = 16;

/// The distance from the right edge of a column at which events right after its turn are drawn.
const AFTER: usize = 5;

/// Columns side by side.
struct Band {
    columns: Range<usize>,
    /// The left edge of each column.
    edges: Vec<usize>,
    width: usize,
}

/// Draws every turn, and returns `true`, if there is room.
pub(super) fn draw(canvas: &mut Canvas, chart: &Chart<'_>) -> bool {
    let Some(bands) = bands(chart, left(chart)) else {
        return false;
    };
    let right = bands.iter().map(Band::right).max().unwrap_or(0);
    canvas.set_width((right + MARGIN).max(LEAST_WIDTH));
    for band in &bands {
        band.draw(canvas, chart);
    }
    true
}

fn bands(chart: &Chart<'_>, left: usize) -> Option<Vec<Band>> {
    let room = WIDTH - MARGIN - left;
    if chart.columns.len() > BANDS * room / COLUMN.0 {
        return None;
    }
    let narrow = bands_of(chart, left, COLUMN.0);
    let rows = |band: &Band| band.lanes(chart).len();
    if narrow.len() > BANDS || narrow.iter().map(rows).sum::<usize>() > ROWS {
        return None;
    }
    // Wider columns in as many bands: so that the last one is not a stub.
    let wider = (COLUMN.0..=COLUMN.1).rev();
    let mut bands = wider.map(|width| bands_of(chart, left, width));
    bands.find(|bands| bands.len() == narrow.len())
}

/// Divides columns of this width into bands.
fn bands_of(chart: &Chart<'_>, left: usize, width: usize) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for (index, column) in chart.columns.iter().enumerate() {
        let gap = if column.jump { GAP } else { 0 };
        match bands.last_mut() {
            Some(band) if band.right() + gap + width <= WIDTH - MARGIN => {
                band.edges.push(band.right() + gap);
                band.columns.end = index + 1;
            }
            Some(_) | None => bands.push(Band {
                columns: index..index + 1,
                edges: vec![left],
                width,
            }),
        }
    }
    bands
}

impl Band {
    fn right(&self) -> usize {
        self.edges.last().expect("no band is empty") + self.width
    }

    /// Returns the x of a place, or the edge beyond which it is.
    fn x(&self, place: Place) -> usize {
        if place.column < self.columns.start {
            return self.edges[0];
        }
        let Some(&edge) = self.edges.get(place.column - self.columns.start) else {
            return self.right();
        };
        match place.part {
            Part::Start => edge,
            Part::Early => edge + self.width / 3,
            Part::Late => edge + self.width * 2 / 3,
            Part::End => edge + self.width,
        }
    }

    /// Returns the x at which events that others cause are drawn. After a turn of another task, it is left of the column's edge.
    fn x_of_news(&self, lane: &Lane<'_>, place: Place) -> usize {
        let room = place.part == Part::End && !lane.runs_in(place.column);
        self.x(place) - if room { AFTER } else { 0 }
    }

    /// Returns the lanes that show something in this band.
    fn lanes(&self, chart: &Chart<'_>) -> Vec<usize> {
        let lanes = chart.lanes.iter().enumerate();
        let seen = lanes.filter(|(_, lane)| lane.is_seen_in(&self.columns));
        seen.map(|(index, _)| index).collect()
    }

    fn has(&self, place: Place) -> bool {
        self.columns.contains(&place.column)
    }

    fn draw(&self, canvas: &mut Canvas, chart: &Chart<'_>) {
        let top = canvas.height();
        let seen =
            |(index, lane): (usize, &Lane<'_>)| lane.is_seen_in(&self.columns).then_some(index);
        let seen: Vec<usize> = chart.lanes.iter().enumerate().filter_map(seen).collect();
        let mut middles = vec![None; chart.lanes.len()];
        for (row, &lane) in seen.iter().enumerate() {
            middles[lane] = Some(top + row * LANE + LANE / 2);
            stripe(canvas, row, top + row * LANE, LANE);
        }
        canvas.skip(seen.len() * LANE);
        self.jumps(canvas, chart, top);
        for (lane, middle) in chart.lanes.iter().zip(&middles) {
            if let Some(y) = *middle {
                self.lane(canvas, chart, lane, y);
            }
        }
        self.arrows(canvas, chart, &middles);
        self.times(canvas, chart);
    }

    fn jumps(&self, canvas: &mut Canvas, chart: &Chart<'_>, top: usize) {
        let height = canvas.height() - top;
        for (index, edge) in self.columns.clone().zip(&self.edges).skip(1) {
            if chart.columns[index].jump {
                canvas.explain(Key::Jump);
                let x = edge - GAP + 2;
                canvas.shape(
                    format_args!("rect class=\"jump\" x=\"{x}\" y=\"{top}\" width=\"{}\" height=\"{height}\"", GAP - 4),
                    Some(&tooltips::jump(chart, index)),
                );
            }
        }
    }

    fn lane(&self, canvas: &mut Canvas, chart: &Chart<'_>, lane: &Lane<'_>, y: usize) {
        canvas.text_at(
            "name",
            MARGIN,
            y + 4,
            &name(&lane.name),
            Some(&tooltips::lane(chart, lane)),
        );
        for rest in &lane.rests {
            let (from, to) = (self.x(rest.from), self.x(rest.to));
            if from < to {
                let rests = Rests::of(rest);
                canvas.explain(Key::Rests(rests));
                legend::line(
                    canvas,
                    rests,
                    from,
                    to,
                    y,
                    Some(&tooltips::rest(chart, lane, rest)),
                );
            }
        }
        for turn in lane
            .turns
            .iter()
            .filter(|turn| self.columns.contains(&turn.column))
        {
            let end = lane.end.filter(|(place, _)| place.column == turn.column);
            let end = end.map(|(_, end)| end);
            canvas.explain(end.map_or(Key::Turn, Key::of_end));
            let x = self.edges[turn.column - self.columns.start] + 1;
            let title = tooltips::turn(chart, lane, turn);
            legend::turn(canvas, x, y, self.width - 2, end, Some(&title));
        }
        if let Some((place, end)) = lane.end.filter(|(place, _)| self.has(*place))
            && lane
                .turns
                .last()
                .is_none_or(|turn| turn.column != place.column)
        {
            self.end_at_rest(canvas, lane, y, (place, end));
        }
        for &place in lane.asked.iter().filter(|place| self.has(**place)) {
            canvas.explain(Key::Does(Does::Cancel));
            legend::asked(
                canvas,
                &[self.x_of_news(lane, place)],
                y,
                Some(&tooltips::asked(chart, lane, place)),
            );
        }
    }

    /// Draws the end of a task that had no turn there.
    fn end_at_rest(
        &self,
        canvas: &mut Canvas,
        lane: &Lane<'_>,
        y: usize,
        (place, end): (Place, &End),
    ) {
        canvas.explain(Key::of_end(end));
        let title = format!("{} {}", lane.name, tooltips::end(end));
        let x = self.x(place);
        match end {
            End::Closed => legend::closed(canvas, x, y, Some(&title)),
            End::Returned | End::Failed { .. } | End::Cancelled => {
                legend::turn(canvas, x - 8, y, 16, Some(end), Some(&title));
            }
        }
    }

    fn arrows(&self, canvas: &mut Canvas, chart: &Chart<'_>, middles: &[Option<usize>]) {
        for arrow in chart.arrows.iter().filter(|arrow| self.has(arrow.place)) {
            let (Some(from), Some(to)) = (middles[arrow.from], middles[arrow.to]) else {
                continue;
            };
            // From the turn in which it happens; where that was over, from the end of the task.
            let (source, target) = (&chart.lanes[arrow.from], &chart.lanes[arrow.to]);
            let x = self.x_of_news(target, arrow.place);
            let runs = source.runs_in(arrow.place.column);
            let out = if runs { HALF } else { 0 };
            let over = source.end.filter(|_| !runs).map(|(place, _)| self.x(place));
            let start = over.map_or(x, |over| x.min(over - 1));
            let near = match arrow.does {
                _ if target.runs_in(arrow.place.column) => HALF,
                Does::Spawn => 3,
                Does::Wake => 2,
                Does::Cancel => 0,
            };
            let ends = if from < to {
                (from + out, to - near)
            } else {
                (from - out, to + near)
            };
            canvas.explain(Key::Does(arrow.does));
            let title = tooltips::arrow(chart, arrow);
            legend::arrow(canvas, arrow.does, start, x, ends, Some(&title));
        }
    }

    fn times(&self, canvas: &mut Canvas, chart: &Chart<'_>) {
        axis(canvas, chart.scale.name);
        let mut free = 0;
        for (index, &x) in self.columns.clone().zip(&self.edges) {
            let column = &chart.columns[index];
            let first = index == self.columns.start;
            if first || chart.scale.is_marked(index, column.at, column.jump) {
                let x = match chart.timeline.unit() {
                    Unit::Turns => x + self.width / 2, // the turn itself
                    Unit::Nanoseconds => x,            // from here on
                };
                tick(canvas, x, &chart.scale.number(column.at), &mut free);
            }
        }
        canvas.skip(30);
    }
}
