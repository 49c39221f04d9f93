//! Your turn. Both compile, and neither is right yet.

use tminus_lessons::{
    lesson04_throw::Co,
    lesson06_push_pipeline::{Target, primed},
};

/// Sends each item to all the targets, in their order.
///
/// A target that raises an exception gets no more; the others go on.
pub fn broadcast<T: Clone + 'static>(mut targets: Vec<Target<T>>) -> Target<T> {
    primed(async move |co: Co<(), T>| {
        loop {
            let item = co.yield_(()).await?;
            // Only the last one hears of it.
            if let Some(target) = targets.last_mut() {
                target.send(item)?;
            }
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
            // This sends a number after each item, and none at the end.
            co.yield_(()).await?;
            count += 1;
            target.send(count)?;
        }
    })
}
