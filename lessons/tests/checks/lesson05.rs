use tminus_lessons::lesson04_throw::{Exception, Generator};
use tminus_lessons::lesson05_pull_pipeline::{self as pull, Line, journal, names, watch};

use crate::lesson05::{Stage, cat, grep, head, opener};

/// Resumes a pipe `resumes` times. Returns the events in order: files that were opened and closed, and each outcome.
fn trace(lines: &mut Stage<Line>, resumes: usize) -> Vec<String> {
    let mut events = Vec::new();
    for _ in 0..resumes {
        let before = journal().len();
        let outcome = match lines.resume() {
            Ok(Ok(line)) => format!("yields {}", line.text),
            Ok(Err(error)) => format!("yields {}!", error.file),
            Err(Exception::StopIteration) => "ends".to_owned(),
            Err(exception) => format!("raises {exception}"),
        };
        events.extend(journal().split_off(before));
        events.push(outcome);
    }
    events
}

#[test]
fn opener_and_cat_have_one_file_open_at_a_time() {
    let mut lines = cat(opener(names(["a", "b"])));
    assert_eq!(journal(), [""; 0], "opened before the first resume");
    assert_eq!(
        trace(&mut lines, 5),
        [
            "open a",
            "yields a1",
            "yields a2",
            "close a",
            "open b",
            "yields b1",
            "yields b2",
            "close b",
            "ends"
        ],
        "five resumes of cat(opener(a, b))"
    );
}

#[test]
fn grep_asks_again_until_a_line_fits() {
    let mut lines = grep("2", pull::cat(pull::opener(names(["a", "b"]))));
    assert_eq!(
        trace(&mut lines, 3),
        [
            "open a",
            "yields a2",
            "close a",
            "open b",
            "yields b2",
            "close b",
            "ends"
        ],
        "three resumes of grep(\"2\", cat(opener(a, b)))"
    );
}

#[test]
fn a_lost_file_does_not_stop_the_others() {
    let mut lines = grep("1", cat(opener(names(["lost", "a", "lost"]))));
    assert_eq!(
        trace(&mut lines, 4),
        [
            "yields lost!",
            "open a",
            "yields a1",
            "close a",
            "yields lost!",
            "ends"
        ],
        "four resumes of grep(\"1\", cat(opener(lost, a, lost)))"
    );
}

#[test]
fn close_runs_up_the_pipe() {
    let files = watch("opener", opener(watch("names", names(["a", "b"]))));
    let mut lines = grep("1", watch("cat", cat(files)));
    let first = trace(&mut lines, 1);
    assert_eq!(first, ["open a", "yields a1"], "one resume");
    lines.close().expect("it closes");
    assert_eq!(
        journal().split_off(1),
        [
            "cat is closed",
            "close a",
            "opener is closed",
            "names is closed"
        ],
        "close"
    );
}

#[test]
fn an_exception_of_a_stage_before_goes_through() {
    let front = Generator::new(async |co| {
        co.yield_(Ok("a")).await?;
        Err(Exception::TypeError("no more names"))
    });
    let mut lines = grep("1", cat(opener(front)));
    assert_eq!(
        trace(&mut lines, 3),
        [
            "open a",
            "yields a1",
            "close a",
            "raises TypeError: no more names",
            "ends"
        ],
        "three resumes"
    );
}

#[test]
fn head_takes_no_more_than_it_yields() {
    let mut lines = head(3, pull::cat(pull::opener(names(["a", "b", "c"]))));
    assert_eq!(
        trace(&mut lines, 4),
        [
            "open a",
            "yields a1",
            "yields a2",
            "close a",
            "open b",
            "close b",
            "yields b1",
            "ends"
        ],
        "four resumes of head(3, …)"
    );
}

#[test]
fn head_closes_the_pipe_before_it_yields_the_last_item() {
    let files = watch("opener", pull::opener(names(["a", "b"])));
    let mut lines = head(1, pull::cat(files));
    assert_eq!(
        trace(&mut lines, 2),
        ["open a", "close a", "opener is closed", "yields a1", "ends"],
        "two resumes of head(1, …)"
    );
}

#[test]
fn head_of_0_takes_nothing() {
    let mut lines = head(0, pull::cat(pull::opener(names(["a"]))));
    assert_eq!(trace(&mut lines, 1), ["ends"], "one resume of head(0, …)");
}

#[test]
fn head_does_not_count_an_error() {
    let mut lines = head(1, pull::cat(pull::opener(names(["lost", "a", "b"]))));
    assert_eq!(
        trace(&mut lines, 3),
        ["yields lost!", "open a", "close a", "yields a1", "ends"],
        "three resumes of head(1, …)"
    );
}
