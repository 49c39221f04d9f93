//! The legend. The shapes of the lanes are drawn here, too, so that both look alike.

use super::{MARGIN, canvas::Canvas, small_width};
use crate::timeline::{End, bins::Rests, columns::Does};

/// An entry of the legend, in the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Turn,
    Share,
    Returned,
    Failed,
    Cancelled,
    Closed,
    Rests(Rests),
    Does(Does),
    Jump,
}

impl Key {
    pub(super) fn of_end(end: &End) -> Self {
        match end {
            End::Returned => Key::Returned,
            End::Failed { .. } => Key::Failed,
            End::Cancelled => Key::Cancelled,
            End::Closed => Key::Closed,
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Key::Turn => "a turn",
            Key::Share => "turns: the higher, the more of them",
            Key::Returned => "returned",
            Key::Failed => "failed",
            Key::Cancelled => "was cancelled",
            Key::Closed => "was closed",
            Key::Rests(Rests::Ready) => "is ready",
            Key::Rests(Rests::Sleep) => "sleeps",
            Key::Rests(Rests::Task) => "waits for a task",
            Key::Rests(Rests::Future) => "waits for a future",
            Key::Rests(Rests::Lock) => "waits for a lock",
            Key::Rests(Rests::Queue) => "waits for a queue",
            Key::Rests(Rests::Other) => "waits for something else",
            Key::Rests(Rests::Foreign) => "waits for something outside the loop",
            Key::Does(Does::Spawn) => "spawns",
            Key::Does(Does::Wake) => "wakes",
            Key::Does(Does::Cancel) => "is asked to stop",
            Key::Jump => "the clock jumps",
        }
    }
}

/// Returns the class of a line.
fn class(rests: Rests) -> &'static str {
    match rests {
        Rests::Ready => "ready",
        Rests::Sleep => "sleep",
        Rests::Task => "task",
        Rests::Future => "future",
        Rests::Lock => "lock",
        Rests::Queue => "queue",
        Rests::Other => "other",
        Rests::Foreign => "foreign",
    }
}

/// Half the height of a turn, in pixels.
pub(super) const HALF: usize = 9;

const SAMPLE: usize = 20;
const LINE: usize = 22;

/// Draws the legend.
pub(super) fn draw(canvas: &mut Canvas) {
    let mut x = MARGIN;
    canvas.skip(LINE);
    for key in canvas.keys() {
        let wide = SAMPLE + 6 + small_width(key.meaning()) + 14;
        if x + wide > canvas.width() {
            x = MARGIN;
            canvas.skip(LINE);
        }
        let y = canvas.height();
        sample(canvas, key, x, y);
        canvas.text_at("small", x + SAMPLE + 6, y + 4, key.meaning(), None);
        x += wide;
    }
    canvas.skip(HALF);
}

fn sample(canvas: &mut Canvas, key: Key, x: usize, y: usize) {
    let middle = x + SAMPLE / 2;
    match key {
        Key::Turn => turn(canvas, x + 2, y, SAMPLE - 4, None, None),
        Key::Share => bars(
            canvas,
            &format!("M{x} {}v-3h5v-5h5v-3h5v-5h5V{0}z", y + HALF),
            None,
        ),
        Key::Returned => turn(canvas, x + 2, y, SAMPLE - 4, Some(&End::Returned), None),
        Key::Failed => {
            let end = End::Failed {
                exception: String::new(),
                text: String::new(),
            };
            turn(canvas, x + 2, y, SAMPLE - 4, Some(&end), None);
        }
        Key::Cancelled => turn(canvas, x + 2, y, SAMPLE - 4, Some(&End::Cancelled), None),
        Key::Closed => closed(canvas, middle, y, None),
        Key::Rests(rests) => line(canvas, rests, x, x + SAMPLE, y, None),
        Key::Does(Does::Cancel) => {
            arrow(canvas, Does::Cancel, middle, middle, (y - HALF, y), None);
            asked(canvas, &[middle], y + 2, None);
        }
        Key::Does(does @ (Does::Spawn | Does::Wake)) => {
            arrow(canvas, does, middle, middle, (y - HALF, y + HALF - 5), None)
        }
        Key::Jump => canvas.shape(
            format_args!(
                "rect class=\"jump\" x=\"{}\" y=\"{}\" width=\"12\" height=\"18\"",
                x + 4,
                y - HALF
            ),
            None,
        ),
    }
}

/// Draws a turn, with a mark if it ended its task.
pub(super) fn turn(
    canvas: &mut Canvas,
    x: usize,
    y: usize,
    width: usize,
    end: Option<&End>,
    title: Option<&str>,
) {
    let (class, glyph) = match end {
        None => ("turn", None),
        Some(End::Returned) => ("turn", Some("m-5 0l3 4l6 -8")),
        Some(End::Failed { .. }) => ("turn failed", Some("m0 -6v7m0 2v3")),
        Some(End::Cancelled) => ("turn cancelled", Some("m-4 -4l8 8m0 -8l-8 8")),
        Some(End::Closed) => ("turn", Some("m0 -5v10")),
    };
    let top = y - HALF;
    canvas.shape(
        format_args!(
            "rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"18\" rx=\"3\""
        ),
        title,
    );
    if let Some(glyph) = glyph {
        let middle = x + width / 2;
        canvas.shape(
            format_args!("path class=\"glyph\" pointer-events=\"none\" d=\"M{middle} {y}{glyph}\""),
            None,
        );
    }
}

/// Draws bars that show the number of turns.
pub(super) fn bars(canvas: &mut Canvas, path: &str, title: Option<&str>) {
    canvas.shape(format_args!("path class=\"turn\" d=\"{path}\""), title);
}

/// Draws a line that shows how a task rests.
pub(super) fn line(
    canvas: &mut Canvas,
    rests: Rests,
    from: usize,
    to: usize,
    y: usize,
    title: Option<&str>,
) {
    lines(canvas, rests, &format!("M{from} {y}H{to}"), title);
}

pub(super) fn lines(canvas: &mut Canvas, rests: Rests, path: &str, title: Option<&str>) {
    canvas.shape(
        format_args!("path class=\"rest {}\" d=\"{path}\"", class(rests)),
        title,
    );
}

/// Draws an arrow from one lane to another, at `x`. If `start` is left of `x`, the arrow first follows its lane.
pub(super) fn arrow(
    canvas: &mut Canvas,
    does: Does,
    start: usize,
    x: usize,
    (from, to): (usize, usize),
    title: Option<&str>,
) {
    let class = match does {
        Does::Spawn => "arrow spawn",
        Does::Wake => "arrow",
        Does::Cancel => "arrow cancel",
    };
    let head = match (does, from < to) {
        (Does::Cancel, _) => "", // what it leads to has its own mark
        (Does::Spawn, true) => "a3 3 0 1 1 0 6a3 3 0 1 1 0 -6",
        (Does::Spawn, false) => "a3 3 0 1 1 0 -6a3 3 0 1 1 0 6",
        (Does::Wake, true) => "l-4 -6m8 0l-4 6",
        (Does::Wake, false) => "l-4 6m8 0l-4 -6",
    };
    let along = if start == x {
        String::new()
    } else {
        format!("H{x}")
    };
    canvas.shape(
        format_args!("path class=\"{class}\" d=\"M{start} {from}{along}V{to}{head}\""),
        title,
    );
}

/// Draws the marks at which the task was asked to stop.
pub(super) fn asked(canvas: &mut Canvas, places: &[usize], y: usize, title: Option<&str>) {
    let cross = |x: &usize| format!("M{} {}l8 8m0 -8l-8 8", x - 4, y - 4);
    let path: String = places.iter().map(cross).collect();
    canvas.shape(format_args!("path class=\"asked\" d=\"{path}\""), title);
}

/// Draws the end of a task that was closed while it did not run.
pub(super) fn closed(canvas: &mut Canvas, x: usize, y: usize, title: Option<&str>) {
    canvas.shape(
        format_args!("path class=\"closed\" d=\"M{x} {}v14\"", y - 7),
        title,
    );
}
