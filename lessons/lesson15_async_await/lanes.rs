//! The lanes of lesson 11, for tasks of the crate's loop.

use tminus::timeline::Timeline;

/// Listens while `run` runs a loop, and draws what was told: a lane for each task. A turn is a poll.
pub fn draw<T>(run: impl FnOnce() -> T) -> T {
    let (result, timeline) = Timeline::of(run);
    print!("{}", timeline.text(80));
    result
}
