use std::{cell::Cell, io, path::Path, rc::Rc};

use tminus_lessons::lesson04_throw::Generator;
use tminus_lessons::lesson05_pull_pipeline::{FileError, Item, Line, Stage};

use crate::lesson05::{count, head};

/// A stage that hands out what it is given, and how much it has handed out.
fn stage<T: 'static>(items: Vec<Item<T>>) -> (Stage<T>, Rc<Cell<usize>>) {
    let taken = Rc::new(Cell::new(0));
    let counter = Rc::clone(&taken);
    let stage = Generator::new(async move |co| {
        for item in items {
            counter.set(counter.get() + 1);
            co.yield_(item).await?;
        }
        Ok(())
    });
    (stage, taken)
}

fn broken<T>(path: &str) -> Item<T> {
    Err(FileError {
        path: path.into(),
        cause: io::Error::other("broken"),
    })
}

fn line(path: &str) -> Item<Line> {
    Ok(Line {
        path: Path::new(path).into(),
        text: "brew list".to_owned(),
    })
}

/// What comes out, in words.
fn said<T: 'static>(items: Stage<T>, say: impl Fn(T) -> String) -> Vec<String> {
    items
        .map(|item| match item.expect("no stage raises") {
            Ok(item) => say(item),
            Err(error) => format!("{}!", error.path.display()),
        })
        .collect()
}

fn counts(lines: Vec<Item<Line>>) -> Vec<String> {
    said(count(stage(lines).0), |(path, n)| {
        format!("{}: {n}", path.display())
    })
}

#[test]
fn head_lets_the_first_items_pass() {
    let (numbers, _) = stage((1..=5).map(Ok).collect());
    assert_eq!(said(head(2, numbers), |n| n.to_string()), ["1", "2"]);
}

#[test]
fn head_takes_no_more_than_it_gives() {
    let (numbers, taken) = stage((1..=5).map(Ok).collect());
    let mut two = head(2, numbers);
    assert_eq!(taken.get(), 0, "taken before the first resume");
    assert!(matches!(two.next(), Some(Ok(Ok(1)))));
    assert_eq!(taken.get(), 1, "taken after the first resume");
    assert!(matches!(two.next(), Some(Ok(Ok(2)))));
    assert!(two.next().is_none());
    assert_eq!(taken.get(), 2, "taken at the end");
}

#[test]
fn head_of_0_takes_nothing() {
    let (numbers, taken) = stage((1..=5).map(Ok).collect());
    assert!(head(0, numbers).next().is_none());
    assert_eq!(taken.get(), 0);
}

#[test]
fn head_does_not_count_an_error() {
    let (items, _) = stage(vec![Ok(1), broken("b"), broken("c"), Ok(2), Ok(3)]);
    assert_eq!(
        said(head(2, items), |n| n.to_string()),
        ["1", "b!", "c!", "2"]
    );
}

#[test]
fn count_gives_each_file_and_the_number_of_its_lines() {
    let lines = vec![line("a"), line("a"), line("a"), line("b")];
    assert_eq!(counts(lines), ["a: 3", "b: 1"]);
}

#[test]
fn count_gives_a_file_as_soon_as_it_has_no_more() {
    let (lines, taken) = stage(vec![line("a"), line("a"), line("b"), line("b"), line("c")]);
    let mut counts = count(lines);
    let Some(Ok(Ok((path, 2)))) = counts.next() else {
        panic!("the first file has two lines");
    };
    assert_eq!(&*path, Path::new("a"));
    assert_eq!(
        taken.get(),
        3,
        "the third line tells that the first file is over"
    );
}

#[test]
fn count_gives_an_error_after_the_count_of_the_file_before() {
    let lines = vec![line("a"), line("a"), broken("a"), broken("b"), line("c")];
    assert_eq!(counts(lines), ["a: 2", "a!", "b!", "c: 1"]);
}
