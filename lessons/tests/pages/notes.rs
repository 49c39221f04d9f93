//! The lessons were drawn from notes that the reader does not have. Only `NOTES.md` speaks of them, and of their programs by
//! number.

/// Returns the lines that speak of the notes, or of a program by its number.
pub fn mentions(text: &str) -> Vec<usize> {
    let lower = text.to_lowercase();
    let mut words = Vec::new(); // each with its line
    for (number, line) in (1..).zip(lower.lines()) {
        words.extend(line.split_whitespace().map(|word| (number, word)));
    }
    words
        .windows(2)
        .filter(|pair| {
            let [(_, first), (_, second)] = pair else {
                return false;
            };
            let first = first.trim_start_matches(|sign: char| !sign.is_alphanumeric());
            let is_notes = second.trim_end_matches(|sign: char| !sign.is_alphanumeric());
            (first == "the" && matches!(is_notes, "notes" | "notes'"))
                || (matches!(first, "program" | "programs")
                    && second.starts_with(|digit: char| digit.is_ascii_digit()))
        })
        .map(|pair| pair[0].0)
        .collect()
}

#[test]
fn the_notes_and_the_numbers_of_programs_are_found() {
    let text = "as the\nnotes say\n(the programs 46, 47)\nProgram\n30.\nthe notebook, a program with 3 lines";
    assert_eq!(mentions(text), [1, 3, 4]);
}
