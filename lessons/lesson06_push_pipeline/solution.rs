//! One way to solve the exercises.
//!
//! **`broadcast`.** An exception that a target raises comes back out of `send`. So the sender decides what becomes of
//! it: `?` ends the whole pipe, and here it costs one target. To drop a target from the list closes it. In a pull
//! pipeline this stage cannot be written: there the ends ask, and an item goes to the one that asked.
//!
//! **`tally`.** `GeneratorExit` is the only way for a stage to learn that there is no more. In a pull pipeline the loop
//! over the stage before ends, and what comes last stands after the loop. Here the loop has no end: what comes last
//! stands where the exception is caught. It still may send, for its target is closed after it. It must not yield.

use tminus_lessons::{
    lesson04_throw::{Co, Exception},
    lesson06_push_pipeline::{Target, primed},
};

/// Sends each item to all the targets, in their order.
///
/// A target that raises an exception gets no more; the others go on.
pub fn broadcast<T: Clone + 'static>(mut targets: Vec<Target<T>>) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        loop {
            let item = co.yield_(()).await?;
            targets.retain_mut(|target| target.send(item.clone()).is_ok());
        }
    })
}

/// Counts the items. When it is closed it sends their number to the target, once, and then it finishes.
///
/// Another exception goes its way, and nothing is sent.
pub fn tally<T: 'static>(mut target: Target<usize>) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        let mut count = 0;
        loop {
            match co.yield_(()).await {
                Ok(_) => count += 1,
                Err(Exception::GeneratorExit) => return target.send(count),
                Err(exception) => return Err(exception),
            }
        }
    })
}
