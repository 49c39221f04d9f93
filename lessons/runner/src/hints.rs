//! What is shown to a reader who asks for a hint: first the comments in the exercise, then the steps of the page, and last what
//! the solution has to say, which is not its code. All of that is in the lesson's files, so that there is no second text
//! to be kept up to date.

use std::fs;

use crate::course::{Course, Lesson};

/// Returns hints on a check that failed, each saying more than the last.
pub fn hints(course: &Course, lesson: &Lesson, check: &str) -> Vec<Vec<String>> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let exercise = course.shown(&lesson.exercise());
    let page = course.shown(&lesson.page());
    let at = |file: &str, found: Vec<(usize, String)>| -> Vec<String> {
        let lines = found.into_iter();
        lines
            .map(|(line, text)| format!("{file}:{line}: {text}"))
            .collect()
    };
    let all = [
        at(&exercise, comments(&read(lesson.exercise()))),
        at(&page, steps(&read(lesson.page()))),
        lessons_learnt(&read(lesson.solution()), check),
    ];
    all.into_iter().filter(|hint| !hint.is_empty()).collect()
}

/// Returns the comments in code. Doc comments say what is to be done, and not how.
fn comments(exercise: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut last = 0;
    for (number, line) in (1..).zip(exercise.lines()) {
        let Some(text) = line.trim_start().strip_prefix("// ") else {
            continue;
        };
        match found.last_mut() {
            Some((_, all)) if last + 1 == number => *all += &format!(" {text}"),
            _ => found.push((number, text.to_owned())),
        }
        last = number;
    }
    found
}

fn steps(page: &str) -> Vec<(usize, String)> {
    (1..)
        .zip(page.lines())
        .filter_map(|(number, line)| Some((number, line.strip_prefix("### ")?.to_owned())))
        .collect()
}

/// Returns the paragraph on what the check is about, if the check's name starts with it. Otherwise returns all of them.
fn lessons_learnt(solution: &str, check: &str) -> Vec<String> {
    let text: Vec<&str> = solution
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .collect();
    let paragraphs: Vec<String> = text
        .split(|line| line.is_empty())
        .skip(1) // "One way to solve the exercises."
        .map(|lines| lines.join(" "))
        .collect();
    let subject = |paragraph: &String| -> Option<String> {
        let (subject, _) = paragraph.strip_prefix("**`")?.split_once('`')?;
        Some(words(subject))
    };
    let is_it =
        |paragraph: &&String| subject(paragraph).is_some_and(|subject| check.starts_with(&subject));
    match paragraphs.iter().find(is_it) {
        Some(paragraph) => vec![paragraph.clone()],
        None => paragraphs,
    }
}

/// Returns the words of a name: those of `TwoTanks` are also those of `two_tanks`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for next in name.chars() {
        if (next.is_uppercase() && !words.is_empty()) || next == '_' {
            words.push(' ');
        }
        words.extend(next.to_lowercase().filter(|next| *next != '_'));
    }
    words
}

#[test]
fn hints_are_the_texts_of_the_lesson() {
    let exercise =
        "//! Yours.\n/// Doc.\nfn a() {\n    // Something is\n    // missing.\n}\n// Another.";
    let found = [
        (4, "Something is missing.".to_owned()),
        (7, "Another.".to_owned()),
    ];
    assert_eq!(comments(exercise), found);
    assert_eq!(
        steps("## Build\n### Step 1: a"),
        [(2, "Step 1: a".to_owned())]
    );
    let solution =
        "//! One way.\n//!\n//! **`close_all`.** A\n//! `?`.\n//!\n//! **`b`.** C\n\nuse a;";
    assert_eq!(
        lessons_learnt(solution, "close all closes"),
        ["**`close_all`.** A `?`."]
    );
    assert_eq!(lessons_learnt(solution, "other").len(), 2);
    assert_eq!([words("TwoTanks"), words("two_tanks")], ["two tanks"; 2]);
}
