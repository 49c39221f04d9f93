//! The lessons were drawn from notes that the reader does not have. Only `NOTES.md` speaks of them, and of their programs by
//! number. It lists all of them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{file_names, read, root};

/// Returns what is wrong with the table in `NOTES.md`: each program has a row, and each row names a test that uses the program.
pub fn table_problems() -> Vec<String> {
    let workspace = root().parent().expect("it is in the workspace");
    let programs: BTreeSet<String> = [root(), workspace]
        .iter()
        .flat_map(|package| file_names(&package.join("tests/programs")))
        .filter_map(|file| Some(file.strip_suffix(".py")?.to_owned()))
        .filter(|name| name.starts_with(|digit: char| digit.is_ascii_digit()))
        .collect();
    let text = read(&root().join("NOTES.md")).unwrap_or_default();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();

    let mut problems = Vec::new();
    let listed: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    if !listed.iter().copied().eq(&programs) {
        problems.push(format!(
            "the table has the programs\n  {listed:?} instead of\n  {programs:?}"
        ));
    }
    for (row, program) in rows.iter().zip(listed) {
        let [_, _, _, shown_by] = row[..] else {
            problems.push(format!("{program}: a row has four cells"));
            continue;
        };
        problems.extend(tests(shown_by, workspace).into_iter().filter_map(|test| {
            let uses_it = read(&test).is_ok_and(|text| text.contains(program));
            (!uses_it).then(|| format!("{} does not use {program}", test.display()))
        }));
    }
    problems
}

/// Returns the tests that a cell names, as in "lessons 3 and 4" and "`tests/fetch.rs`".
fn tests(cell: &str, workspace: &Path) -> Vec<PathBuf> {
    let words = cell.split([' ', ',']);
    words
        .filter_map(|word| match word.parse::<u32>() {
            Ok(lesson) => Some(root().join(format!("tests/lessons/lesson{lesson:02}.rs"))),
            Err(_) => Some(workspace.join(word.strip_prefix('`')?.strip_suffix('`')?)),
        })
        .collect()
}

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
