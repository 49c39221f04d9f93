//! Your turn. Both compile, and neither is right yet.

use genawaiter::rc::{Co, Gen};

/// Gives `n`, `n - 1`, … `1` as text, and after them `Blast off!`, once.
pub fn launch(n: u32) -> Gen<String, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<String>| {
        // This is only the first step of the count.
        co.yield_(n.to_string()).await;
    })
}

/// Gives the sum of the numbers so far, after each number: 1, 2, 3 become 1, 3, 6.
///
/// It takes a number when it is asked for a sum, and not before: `numbers` may have no end.
pub fn running_total(
    numbers: impl IntoIterator<Item = u32>,
) -> Gen<u32, (), impl Future<Output = ()>> {
    Gen::new(async move |co: Co<u32>| {
        // This waits for the end of the numbers.
        let total = numbers.into_iter().sum();
        co.yield_(total).await;
    })
}
