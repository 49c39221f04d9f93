//! One way to solve the exercises.
//!
//! **`launch`.** The farewell stands after the loop, so it comes after the loop. Had it moved into the loop by one
//! step of indentation, `Blast off!` would follow every number: that is a real bug, from a text on schedulers that you
//! will meet again in lesson 9. The struct of step 1 would need a third stage for it, between "counting" and "done".
//!
//! **`running_total`.** The `for` stands inside the body, so the body decides when a number is taken: one for each
//! resume. A generator that reads from another and hands on what it made of it is a stage of a pipeline. Lesson 5 builds
//! `grep` out of four.

use genawaiter::rc::{Co, Gen};

/// Gives `n`, `n - 1`, … `1` as text, and after them `Blast off!`, once.
pub fn launch(n: u32) -> Gen<String, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<String>| {
        for i in (1..=n).rev() {
            co.yield_(i.to_string()).await;
        }
        co.yield_("Blast off!".to_owned()).await;
    })
}

/// Gives the sum of the numbers so far, after each number: 1, 2, 3 become 1, 3, 6.
///
/// It takes a number when it is asked for a sum, and not before: `numbers` may have no end.
pub fn running_total(
    numbers: impl IntoIterator<Item = u32>,
) -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<u32>| {
        let mut total = 0;
        for number in numbers {
            total += number;
            co.yield_(total).await;
        }
    })
}
