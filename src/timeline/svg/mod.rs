//! A timeline for a browser.

mod canvas;
mod condensed;
mod detail;
mod legend;
mod tooltips;

use super::{
    Timeline,
    columns::Chart,
    words::{forgotten, shortened, summary, width},
};
use canvas::{Canvas, escape};

/// The widths of a picture: at most and at least. Lengths are in pixels, if a picture is shown in its own size.
const WIDTH: usize = 800;
const LEAST_WIDTH: usize = 480;
const MARGIN: usize = 12;

/// A picture with more elements than these is condensed.
const ELEMENTS: usize = 2000;

/// Colours and lines, for light and for dark.
const STYLE: &str = include_str!("style.css");

impl Timeline {
    /// Draws the run as an SVG file that stands alone: one lane a task, one column a turn, the times below.
    ///
    /// Lines show what a task waits for, and arrows which task woke it. Every shape has a tooltip. The picture has a legend of the
    /// shapes that occur, and a description for screen readers. Its colours follow the viewer's preference for light or dark.
    ///
    /// A run with more turns than fit side by side continues below. A very long run is condensed, with many turns in each column.
    /// So the file stays small.
    ///
    /// ```
    /// use tminus::{Generator, TaskScheduler, timeline::Timeline};
    ///
    /// let ((), timeline) = Timeline::of(|| {
    ///     let mut scheduler = TaskScheduler::new();
    ///     scheduler.spawn_named("countdown", Generator::new(async |co| co.yield_(()).await));
    ///     scheduler.run();
    /// });
    /// let picture = timeline.svg(); // std::fs::write("run.svg", picture)
    /// assert!(picture.starts_with("<svg") && picture.contains("countdown"));
    /// ```
    #[must_use]
    pub fn svg(&self) -> String {
        let chart = Chart::of(self);
        let mut canvas = Canvas::new(WIDTH);
        head(&mut canvas, &chart);
        if chart.lanes.is_empty() {
            return file(&chart, canvas);
        }
        let mut detailed = canvas.clone();
        if detail::draw(&mut detailed, &chart) {
            legend::draw(&mut detailed);
            if detailed.elements() <= ELEMENTS {
                return file(&chart, detailed);
            }
        }
        condensed::draw(&mut canvas, &chart);
        legend::draw(&mut canvas);
        file(&chart, canvas)
    }
}

/// Draws the heading.
fn head(canvas: &mut Canvas, chart: &Chart<'_>) {
    canvas.skip(MARGIN + 12);
    canvas.text("head", MARGIN, &summary(chart));
    if let Some(forgotten) = forgotten(chart.timeline) {
        canvas.skip(17);
        canvas.text("small", MARGIN, &forgotten);
    }
    canvas.skip(12);
}

/// Returns the picture in words.
fn description(chart: &Chart<'_>) -> String {
    let lanes = chart.lanes.iter().map(|lane| tooltips::lane(chart, lane));
    let lanes: Vec<String> = lanes.collect();
    match lanes.as_slice() {
        [] => "An empty timeline.".into(),
        _ => format!(
            "One lane a task, from left to right the turns in their order. {}.",
            lanes.join("; ")
        ),
    }
}

fn file(chart: &Chart<'_>, canvas: Canvas) -> String {
    let title = escape(&summary(chart));
    let (width, height) = (canvas.width(), canvas.height() + MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" class=\"timeline\" role=\"img\" \
         aria-label=\"Timeline: {title}\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>Timeline: {title}</title>\n\
         <desc>{}</desc>\n\
         <style type=\"text/css\">\n{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n\
         {}</svg>\n",
        escape(&description(chart)),
        canvas.into_body(),
    )
}

/// Returns the approximate width of a name.
fn text_width(text: &str) -> usize {
    width(text) * 7
}

/// Returns the approximate width of a text of class `small`.
fn small_width(text: &str) -> usize {
    let wide = |c| match c {
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | ' ' | ',' | ':' => 4,
        'm' | 'w' => 10,
        _ => 7,
    };
    text.chars().map(wide).sum()
}

/// Draws the background of every other row.
fn stripe(canvas: &mut Canvas, row: usize, top: usize, height: usize) {
    if row.is_multiple_of(2) {
        let (x, width) = (MARGIN - 4, canvas.width() - 2 * MARGIN + 8);
        canvas.shape(
            format_args!(
                "rect class=\"stripe\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\""
            ),
            None,
        );
    }
}

/// Draws the name of the unit of the times below the lanes.
fn axis(canvas: &mut Canvas, name: &str) {
    canvas.text_at("small", MARGIN, canvas.height() + 18, name, None);
}

/// Draws a time below the lanes, and returns `true`, if there is room.
fn tick(canvas: &mut Canvas, x: usize, label: &str, free: &mut usize) -> bool {
    let (y, half) = (canvas.height(), small_width(label) / 2);
    let fits = x >= *free + half && x + half <= canvas.width();
    if fits {
        canvas.shape(
            format_args!("path class=\"tick\" d=\"M{x} {}v4\"", y + 2),
            None,
        );
        canvas.text_at("small time", x, y + 18, label, None);
        *free = x + half + 6;
    }
    fits
}

/// Returns the part of a name that has room at the left.
fn name(name: &str) -> String {
    shortened(name, 20)
}

/// Returns the left edge of the lanes.
fn left(chart: &Chart<'_>) -> usize {
    let names = chart.lanes.iter().map(|lane| text_width(&name(&lane.name)));
    MARGIN + names.max().unwrap_or(0).max(text_width(chart.scale.name)) + 14
}
