//! Your turn. Both compile, and neither is right yet.

use tminus_lessons::lesson03_send::Generator;

/// Says `guess`, and then answers each number: `higher` if the secret is higher than that, `lower` if it is lower.
///
/// The right number gets `right, in 3` if it was the third. After that it is finished.
pub fn guess(secret: u32) -> Generator<String, u32> {
    Generator::new(async move |co| {
        let mut number = co.yield_("guess".to_owned()).await?;
        while number != secret {
            // It could be of more help.
            number = co.yield_("no".to_owned()).await?;
        }
        Ok(())
    })
}

/// Takes in pieces of a text. Gives for each piece the lines that are complete by now, without their `\n`.
///
/// A line that is not complete is kept until the rest of it comes.
pub fn lines() -> Generator<Vec<String>, String> {
    Generator::new(async |co| {
        let mut complete = Vec::new();
        loop {
            let piece: String = co.yield_(complete).await?;
            // A piece may end in the middle of a line.
            complete = piece.lines().map(str::to_owned).collect();
        }
    })
}
