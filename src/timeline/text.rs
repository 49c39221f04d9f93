//! A timeline for a terminal.

use std::{iter, ops::Range};

use super::{
    End, Timeline,
    bins::{Cell, Rests},
    columns::{Chart, Lane},
    words::{forgotten, grouped, shortened, summary, width},
};

/// The bands of lanes, one below the other, at most. With more turns, a column stands for many of them.
const BANDS: usize = 8;

/// The number of blank columns before a new time.
const GAP: usize = 2;

/// The number of times above a condensed line, at most.
const TIMES: usize = 10;

/// The marks, and what they mean.
const TURN: (char, &str) = ('#', "a turn");
const LAST: (char, &str) = ('x', "its last");
const FAILED: (char, &str) = ('!', "failed in it");
const CANCELLED: (char, &str) = ('C', "cancelled in it");
const CLOSED: (char, &str) = ('|', "was closed");
const ASKED: (char, &str) = ('c', "asked to stop");
const READY: (char, &str) = ('.', "ready");
const WAITING: (char, &str) = ('-', "waiting");
const MARKS: [(char, &str); 8] = [TURN, LAST, FAILED, CANCELLED, CLOSED, ASKED, READY, WAITING];

impl Timeline {
    /// Draws the run as text, at most `width` columns wide: one lane a task, one column a turn, the times on top. A gap shows that
    /// the clock has jumped.
    ///
    /// A `width` below 20 or so is exceeded: the names and ten columns are always shown.
    ///
    /// A run with more turns than fit side by side continues in further lines. A very long run is condensed, with many turns in each
    /// column. A digit then shows how many tenths of these turns were the task's.
    ///
    /// ```
    /// use tminus::{Exception, EventLoop, clock::VirtualClock, sleep, spawn_named, timeline::Timeline, yield_now};
    /// use std::time::Duration;
    ///
    /// let event_loop = EventLoop::with_clock(VirtualClock::new());
    /// let (result, timeline) = Timeline::of(|| {
    ///     event_loop.run_until_complete(async {
    ///         let burn = spawn_named("burn", sleep(Duration::from_secs(2)))?;
    ///         yield_now().await?;
    ///         burn.await
    ///     })
    /// });
    /// result?;
    /// let text = timeline.text(80);
    /// let lanes: Vec<&str> = text.lines().skip(2).take(3).collect();
    /// assert_eq!(lanes, [
    ///     "s       0    2",
    ///     "Task-1  #.#  -x",
    ///     "burn     #-  x",
    /// ]);
    /// # Ok::<(), Exception>(())
    /// ```
    #[must_use]
    pub fn text(&self, width: usize) -> String {
        let chart = Chart::of(self);
        if chart.lanes.is_empty() {
            return lines_of([forgotten(self), Some(summary(&chart))]);
        }
        Picture::new(&chart, width).draw()
    }
}

fn lines_of(lines: impl IntoIterator<Item = Option<String>>) -> String {
    lines
        .into_iter()
        .flatten()
        .map(|line| line + "\n")
        .collect()
}

/// The widths of the parts of a picture, in columns of the terminal.
struct Picture<'a, 'b> {
    chart: &'a Chart<'b>,
    names: usize,
    lanes: usize,
}

/// Columns side by side.
struct Band {
    columns: Range<usize>,
    times: String,
    /// The place of each column on the line.
    places: Vec<usize>,
}

impl<'a, 'b> Picture<'a, 'b> {
    fn new(chart: &'a Chart<'b>, columns: usize) -> Self {
        let names = chart.lanes.iter().map(|lane| width(&lane.name));
        let longest = names.max().unwrap_or(0).max(width(chart.scale.name));
        let most = match chart.timeline.has_several_of_a_kind() {
            true => (columns / 3).max(16), // the names begin with their loops
            false => (columns / 4).max(8),
        };
        let names = longest.min(most);
        Self {
            chart,
            names,
            lanes: columns.saturating_sub(names + 2).max(10),
        }
    }

    fn draw(&self) -> String {
        let (bands, per) = self.bands(BANDS).map_or_else(
            || {
                let per = self.chart.columns.len().div_ceil(self.lanes);
                (vec![self.condensed(per)], per)
            },
            |bands| (bands, 1),
        );
        let bins = self.chart.bins(per);
        let marks = |lane: &Lane<'b>| -> Vec<char> {
            let cells = lane.cells(bins, per);
            let ends = cells.iter().enumerate();
            ends.map(|(bin, cell)| mark(cell, per.min(self.chart.columns.len() - bin * per)))
                .collect()
        };
        let marks: Vec<Vec<char>> = self.chart.lanes.iter().map(marks).collect();
        let bands = bands.iter().map(|band| Some(self.band(band, per, &marks)));
        lines_of(
            iter::once(Some(self.summary(per)))
                .chain([forgotten(self.chart.timeline)])
                .chain([Some(String::new())])
                .chain(bands)
                .chain([Some(legend(&marks, per, self.names + 2 + self.lanes))]),
        )
    }

    fn summary(&self, per: usize) -> String {
        let summary = summary(self.chart);
        match per {
            1 => summary,
            _ => format!(
                "{summary}; a column stands for {} of them",
                grouped(per as u64)
            ),
        }
    }

    /// Divides all columns into bands. Returns `None` if they need more than `most`.
    fn bands(&self, most: usize) -> Option<Vec<Band>> {
        let mut bands: Vec<Band> = Vec::new();
        let mut end = 0; // of what is in the band
        for (index, column) in self.chart.columns.iter().enumerate() {
            let marked = self.chart.scale.is_marked(index, column.at, column.jump);
            let label = self.chart.scale.number(column.at);
            let wide = width(&label);
            let mut place = end;
            if let Some(band) = bands.last().filter(|_| column.jump) {
                place = place.max(width(&band.times)) + GAP;
            }
            let needed = if column.jump { wide } else { 1 };
            match bands.last_mut() {
                Some(band) if place + needed <= self.lanes => {
                    let free = band.times.is_empty() || width(&band.times) < place;
                    if marked && free && place + wide <= self.lanes {
                        band.times = format!("{:place$}{label}", band.times);
                    }
                    band.columns.end = index + 1;
                    band.places.push(place);
                }
                Some(_) | None => {
                    if bands.len() == most {
                        return None;
                    }
                    place = 0;
                    bands.push(Band {
                        columns: index..index + 1,
                        times: label,
                        places: vec![place],
                    });
                }
            }
            end = place + 1;
        }
        Some(bands)
    }

    /// Returns all columns in one band, `per` of them in each place.
    fn condensed(&self, per: usize) -> Band {
        let bins = self.chart.bins(per);
        let mut times = String::new();
        let last = self.chart.columns.last().map_or(0, |column| column.at);
        let wide = width(&self.chart.scale.number(last)) + 2 * GAP;
        let most = (self.lanes / wide).clamp(1, TIMES) as u64;
        for (column, label) in self.chart.round_times(most) {
            let bin = column / per;
            let free = bin == 0 || width(&times) + GAP <= bin;
            if free && bin + width(&label) <= self.lanes {
                times = format!("{times:bin$}{label}");
            }
        }
        Band {
            columns: 0..self.chart.columns.len(),
            times,
            places: (0..bins).collect(),
        }
    }

    /// Draws a line of times, and the lanes that show something in this band.
    fn band(&self, band: &Band, per: usize, marks: &[Vec<char>]) -> String {
        let mut lines = self.line(self.chart.scale.name, &band.times);
        for (lane, marks) in self.chart.lanes.iter().zip(marks) {
            if !lane.is_seen_in(&band.columns) {
                continue;
            }
            let first = band.columns.start / per;
            let mut text = vec![' '; band.places.last().map_or(0, |last| last + 1)];
            for (mark, &place) in marks[first..].iter().zip(&band.places) {
                text[place] = *mark;
            }
            lines += &self.line(&lane.name, &text.iter().collect::<String>());
        }
        lines
    }

    fn line(&self, name: &str, text: &str) -> String {
        let name = shortened(name, self.names);
        let padding = " ".repeat(self.names.saturating_sub(width(&name)));
        let line = format!("{name}{padding}  {}", text.trim_end());
        line.trim_end().to_owned() + "\n"
    }
}

/// Returns the mark of a cell of `columns` columns.
fn mark(cell: &Cell<'_>, columns: usize) -> char {
    let (mark, _) = match (cell.end, cell.turns) {
        (Some(End::Returned), _) => LAST,
        (Some(End::Failed { .. }), _) => FAILED,
        (Some(End::Cancelled), _) => CANCELLED,
        (Some(End::Closed), _) => CLOSED,
        (None, _) if cell.asked => ASKED,
        (None, 0) => match cell.rests() {
            Some(Rests::Ready) => READY,
            Some(_) => WAITING,
            None => (' ', ""),
        },
        (None, turns) if turns == columns => TURN,
        (None, turns) => return tenths(turns, columns),
    };
    mark
}

/// Returns a digit: the nearest tenth, but 9 at most.
fn tenths(turns: usize, columns: usize) -> char {
    let tenths = ((turns * 10 + columns / 2) / columns).min(9);
    char::from_digit(tenths as u32, 10).expect("it is one digit")
}

/// Returns the meanings of the marks that occur, in lines.
fn legend(marks: &[Vec<char>], per: usize, columns: usize) -> String {
    let occurs = |mark: &char| marks.iter().any(|lane| lane.contains(mark));
    let meanings = MARKS.iter().filter(|(mark, _)| occurs(mark));
    let meanings = meanings.map(|(mark, meaning)| match (per, *mark) {
        (2.., '#') => "# all of the turns here".to_owned(),
        (2.., 'x') => "x returned".to_owned(),
        (2.., '!') => "! failed".to_owned(),
        (2.., 'C') => "C cancelled".to_owned(),
        _ => format!("{mark} {meaning}"),
    });
    let tenths = ('0'..='9')
        .any(|digit| occurs(&digit))
        .then(|| "0-9 tenths of the turns here".to_owned());
    let mut lines: Vec<String> = Vec::new();
    for meaning in tenths.into_iter().chain(meanings) {
        match lines.last_mut() {
            Some(line) if width(line) + 3 + width(&meaning) <= columns => {
                *line += "   ";
                *line += &meaning;
            }
            Some(_) | None => lines.push(meaning),
        }
    }
    lines.join("\n")
}
