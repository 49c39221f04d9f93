use tminus_lessons::lesson04_throw::{Co, Exception, Generator};
use tminus_lessons::lesson05_pull_pipeline::{FileError, Item, Line, OpenFile, journal, note};
use tminus_lessons::lesson06_push_pipeline as push;

use crate::lesson06::{Target, broadcast, cat, grep, primed, split};

/// An end that notes `most` items, each as `said` puts it, and raises an exception at the next.
fn end<T: 'static>(name: &'static str, most: usize, said: fn(T) -> String) -> Target<T> {
    push::primed(async move |co: Co<(), T>| {
        for _ in 0..most {
            let item = co.yield_(()).await?;
            note(format!("{name}: {}", said(item)));
        }
        let _ = co.yield_(()).await?;
        Err(Exception::RuntimeError("the paper is used up", None))
    })
}

fn items(item: Item<Line>) -> String {
    item.map_or_else(errors, lines)
}

fn lines(line: Line) -> String {
    line.text
}

fn errors(error: FileError) -> String {
    format!("{}!", error.file)
}

fn line(text: &str) -> Line {
    Line {
        file: "file".to_owned(),
        text: text.to_owned(),
    }
}

/// Sends, and notes how that came out.
fn send<T>(target: &mut Target<T>, item: T) {
    match target.send(item) {
        Ok(()) => note("send returns".to_owned()),
        Err(exception) => note(format!("send raises {exception}")),
    }
}

#[test]
fn a_primed_target_takes_the_first_item() {
    let mut target = primed(async |co: Co<(), u32>| {
        loop {
            let item = co.yield_(()).await?;
            note(format!("{item}"));
        }
    });
    send(&mut target, 1);
    assert_eq!(journal(), ["1", "send returns"], "send(1)");
}

#[test]
fn grep_sends_on_what_fits() {
    let mut grep = grep("2", end("end", 9, lines));
    for text in ["a1", "a2", "b2"] {
        send(&mut grep, line(text));
    }
    assert_eq!(
        journal(),
        [
            "send returns",
            "end: a2",
            "send returns",
            "end: b2",
            "send returns"
        ],
        "grep(\"2\") was sent a1, a2, b2"
    );
}

#[test]
fn cat_closes_a_file_before_send_returns() {
    let mut cat = cat(end("end", 9, items));
    send(&mut cat, OpenFile::open("a"));
    send(&mut cat, OpenFile::open("lost"));
    assert_eq!(
        journal(),
        [
            "open a",
            "end: a1",
            "end: a2",
            "close a",
            "send returns",
            "end: lost!",
            "send returns"
        ],
        "cat was sent the file a, and the error of lost"
    );
}

#[test]
fn split_has_two_ends() {
    let mut both = split(end("good", 9, lines), end("bad", 9, errors));
    let lost = OpenFile::open("lost").map(|_| line("it is there"));
    send(&mut both, Ok(line("a1")));
    send(&mut both, lost);
    send(&mut both, Ok(line("b1")));
    assert_eq!(
        journal(),
        [
            "good: a1",
            "send returns",
            "bad: lost!",
            "send returns",
            "good: b1",
            "send returns"
        ],
        "split was sent a1, the error of lost, b1"
    );
}

#[test]
fn close_runs_down_the_pipe() {
    let lines = push::watch("end", end("end", 9, lines));
    let grep = push::watch("grep", grep("1", lines));
    let both = split(grep, end("bad", 9, errors));
    let mut cat = push::watch("cat", cat(push::watch("split", both)));
    cat.send(OpenFile::open("a")).expect("all take it");
    cat.close().expect("it closes");
    assert_eq!(
        journal(),
        [
            "open a",
            "end: a1",
            "close a",
            "cat is closed",
            "split is closed",
            "grep is closed",
            "end is closed"
        ],
        "a file was sent, then the pipe was closed"
    );
}

#[test]
fn an_exception_of_the_end_runs_up_the_pipe() {
    let both = split(grep("2", end("end", 0, lines)), end("bad", 9, errors));
    let mut cat = cat(both);
    send(&mut cat, OpenFile::open("a"));
    send(&mut cat, OpenFile::open("lost"));
    assert_eq!(
        journal(),
        [
            "open a",
            "close a",
            "send raises RuntimeError: the paper is used up",
            "send raises StopIteration"
        ],
        "the end takes no line"
    );
}

/// Takes `most` numbers.
fn numbers(name: &'static str, most: usize) -> Target<u32> {
    push::watch(name, end(name, most, |number| number.to_string()))
}

#[test]
fn broadcast_sends_each_item_to_all() {
    let mut all = broadcast(vec![numbers("a", 9), numbers("b", 9), numbers("c", 9)]);
    send(&mut all, 1);
    send(&mut all, 2);
    assert_eq!(
        journal(),
        [
            "a: 1",
            "b: 1",
            "c: 1",
            "send returns",
            "a: 2",
            "b: 2",
            "c: 2",
            "send returns"
        ],
        "1 and 2 were sent to a, b, c"
    );
}

#[test]
fn broadcast_goes_on_without_a_target_that_raises() {
    let mut all = broadcast(vec![numbers("a", 9), numbers("b", 1), numbers("c", 9)]);
    for number in 1..=3 {
        send(&mut all, number);
    }
    assert_eq!(
        journal(),
        [
            "a: 1",
            "b: 1",
            "c: 1",
            "send returns",
            "a: 2",
            "c: 2",
            "send returns",
            "a: 3",
            "c: 3",
            "send returns"
        ],
        "1, 2 and 3 were sent to a, b, c; b raises at 2"
    );
}

#[test]
fn broadcast_closes_all_when_it_is_closed() {
    let mut all: Generator<(), u32> = broadcast(vec![numbers("a", 9), numbers("b", 9)]);
    send(&mut all, 1);
    all.close().expect("it closes");
    assert_eq!(
        journal(),
        ["a: 1", "b: 1", "send returns", "a is closed", "b is closed"],
        "1 was sent to a, b; then all was closed"
    );
}
