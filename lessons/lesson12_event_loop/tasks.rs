//! The tasks of lesson 11 on the loop: each turn is a callback, which schedules the next turn.

use tminus_lessons::lesson12_event_loop::{Coroutine, EventLoop, Exception, Step, Wait};

/// Runs a coroutine as a task on the loop. Its first turn is in the next round.
pub fn spawn(event_loop: &EventLoop, coroutine: Coroutine) -> Result<(), Exception> {
    let this = event_loop.clone();
    event_loop.call_soon(move || give_turn(&this, coroutine))?;
    Ok(())
}

/// Resumes a task, and schedules its next turn.
fn give_turn(event_loop: &EventLoop, mut coroutine: Coroutine) -> Result<(), Exception> {
    match coroutine.resume()? {
        Step::Yielded(Wait::Turn) => spawn(event_loop, coroutine),
        Step::Yielded(Wait::For(delay)) => {
            let this = event_loop.clone();
            event_loop.call_later(delay, move || give_turn(&this, coroutine))?;
            Ok(())
        }
        Step::Returned(()) => Ok(()),
    }
}
