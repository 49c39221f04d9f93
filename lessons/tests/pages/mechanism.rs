//! Exercise 1 is the mechanism itself: `exercise.rs` starts with an item of the lesson that its page shows, and whose heart
//! the reader writes.

use super::listings;

/// Returns what is wrong with the first exercise. `files` are the texts of the lesson's own code.
pub fn problem(exercise: &str, files: &[String], page: &str) -> Option<String> {
    let Some(first) = exercise.lines().find_map(heading) else {
        return Some("exercise.rs has no item".to_owned());
    };
    let is_it = |line: &str| heading(line.trim_start()) == Some(first);
    let known = files.iter().any(|text| text.lines().any(is_it));
    if known && listings::show(page, is_it) {
        return None;
    }
    let (kind, name) = first;
    let lacks = if known { "the page" } else { "the lesson" };
    Some(format!(
        "exercise.rs starts with `{kind} {name}`, which {lacks} does not have: exercise 1 is the mechanism itself"
    ))
}

/// Returns the kind and the name of the item that starts in a line. What an exercise only needs is skipped: imports, constants
/// and other names for types.
fn heading(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (kind, rest) = line.split_once(' ')?;
    if !matches!(kind, "struct" | "enum" | "trait" | "fn") {
        return None;
    }
    let end = rest.find(|next: char| !next.is_alphanumeric() && next != '_');
    Some((kind, &rest[..end.unwrap_or(rest.len())]))
}

#[test]
fn the_first_exercise_has_to_be_on_the_page_and_in_the_lesson() {
    let exercise =
        "//! Yours.\n\nuse std::fmt;\n\n/// An item.\npub struct Lock<T>(T);\nfn after() {}";
    let lesson = ["mod inner {\n    pub struct Lock<U> {".to_owned()];
    let page = "```rs\nstruct Lock(());\n```";
    assert_eq!(problem(exercise, &lesson, page), None);
    let on_no_page = problem(exercise, &lesson, "struct Lock").unwrap();
    assert!(on_no_page.contains("`struct Lock`, which the page does not have"));
    let unknown = problem(exercise, &["enum Lock {".to_owned()], page).unwrap();
    assert!(unknown.contains("`struct Lock`, which the lesson does not have"));
    assert!(problem("use std::fmt;", &lesson, page).is_some());
}
