//! Running the checks of a lesson, and reading what the test harness prints about them.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::{
    child::{Failure, Output, Stop},
    course::{Course, Lesson},
};

/// What the checks of a lesson say of its exercises.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    pub passed: usize,
    /// All, also those that were not reached.
    pub count: usize,
    pub failures: Vec<Failed>,
}

/// A check that failed.
#[derive(Debug, PartialEq)]
pub struct Failed {
    /// Its name, as words.
    pub name: String,
    /// The place of the failure, as `file:line`, if it is known.
    pub place: Option<String>,
    /// What it says.
    pub message: String,
    /// What the reader's code printed.
    pub printed: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Red,
    Partly,
    Green,
}

impl Report {
    pub fn colour(&self) -> Colour {
        if self.count > 0 && self.passed == self.count {
            Colour::Green
        } else if self.passed == 0 {
            Colour::Red
        } else {
            Colour::Partly
        }
    }
}

/// Runs the checks of a lesson.
pub fn run(
    course: &Course,
    lesson: &Lesson,
    program: &Path,
    patience: Duration,
    stop: &Stop,
) -> Result<Report, Failure> {
    let command = || {
        let mut command = Command::new(program);
        command.current_dir(course.package()); // as cargo does
        command.env("RUST_BACKTRACE", "0").arg(lesson.prefix());
        command
    };
    let list = stop.run(
        command().args(["--list", "--format", "terse"]),
        None,
        |_| {},
    )?;
    // One at a time: so the harness names each test before it runs, even a test that never returns.
    let mut one_by_one = command();
    one_by_one.args(["--test-threads", "1", "--color", "never"]);
    let output = stop.run(&mut one_by_one, Some(patience), |_| {})?;
    let mut report = read(&output.stdout, &lesson.prefix());
    report.count = list
        .stdout
        .lines()
        .filter(|line| line.ends_with(": test"))
        .count();
    report.failures.extend(cut_short(&output, lesson, patience));
    // The harness sorts them by name. In the file, those of the first exercise come first.
    let text = fs::read_to_string(course.checks(lesson)).unwrap_or_default();
    report
        .failures
        .sort_by_key(|failed| text.find(&format!("fn {}(", failed.name.replace(' ', "_"))));
    Ok(report)
}

/// Reads what the harness prints: a line for each check, then what each that failed has printed.
fn read(stdout: &str, prefix: &str) -> Report {
    let mut report = Report::default();
    let mut failed: Vec<(String, Vec<&str>)> = Vec::new();
    let mut in_sections = false;
    for line in stdout.lines() {
        let section = line
            .strip_prefix("---- ")
            .and_then(|line| line.strip_suffix(" stdout ----"));
        if let Some(name) = section {
            in_sections = true;
            failed.push((words(name, prefix), Vec::new()));
        } else if in_sections {
            match line {
                "failures:" => break, // the names once more
                line => failed.last_mut().expect("there is one").1.push(line),
            }
        } else if line.starts_with("test ") && line.ends_with(" ... ok") {
            report.passed += 1;
        }
    }
    report.failures = failed
        .into_iter()
        .map(|(name, lines)| Failed::new(name, &lines))
        .collect();
    report
}

impl Failed {
    fn new(name: String, lines: &[&str]) -> Self {
        let panic = lines.iter().position(|line| {
            line.starts_with("thread '") && line.ends_with(':') && line.contains(" panicked at ")
        });
        let (printed, rest) = lines.split_at(panic.unwrap_or(0));
        let place = panic.and_then(|_| {
            let (_, place) = rest[0].rsplit_once(" panicked at ")?;
            let (place, _column) = place.trim_end_matches(':').rsplit_once(':')?;
            Some(place.to_owned())
        });
        let message = &rest[usize::from(panic.is_some())..];
        let end = message
            .iter()
            .position(|line| line.starts_with("note: run with `RUST_BACKTRACE"));
        let join = |lines: &[&str]| lines.join("\n").trim_matches('\n').to_owned();
        Self {
            name,
            place,
            message: join(&message[..end.unwrap_or(message.len())]),
            printed: join(printed),
        }
    }
}

/// Returns the check in which the program ended, or had to be ended.
fn cut_short(output: &Output, lesson: &Lesson, patience: Duration) -> Option<Failed> {
    let message = if output.is_late {
        format!(
            "It has not ended after {} s. Is there a loop without an end?",
            patience.as_secs_f64()
        )
    } else if output.stdout.contains("\ntest result: ") {
        return None;
    } else {
        let complaints = output.stderr.trim();
        format!(
            "It ended the whole program ({}).\n{complaints}",
            output.status
        )
    };
    let last = output
        .stdout
        .lines()
        .rfind(|line| line.starts_with("test "));
    let name = last.unwrap_or("test one of the checks");
    let name = name.trim_start_matches("test ").trim_end_matches(" ... ");
    Some(Failed {
        name: words(name.trim_end(), &lesson.prefix()),
        place: None,
        message: message.trim_end().to_owned(),
        printed: String::new(),
    })
}

/// The name of a check as a sentence.
fn words(name: &str, prefix: &str) -> String {
    let name = name
        .trim_end_matches(" - should panic")
        .trim_end_matches(" ...");
    name.trim_start_matches(prefix).replace('_', " ")
}

#[test]
fn what_the_harness_prints_is_read() {
    let stdout = "
running 3 tests
test checks::lesson02::a_list_ends ... ok
test checks::lesson02::it_is_closed ... FAILED
test checks::lesson02::it_panics - should panic ... FAILED

failures:

---- checks::lesson02::it_is_closed stdout ----
my own line

thread 'main' (42) panicked at lessons/tests/checks/lesson02.rs:24:5:
assertion `left == right` failed: turn 4
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- checks::lesson02::it_panics stdout ----
note: test did not panic as expected at lessons/tests/checks/lesson02.rs:30:4

failures:
    checks::lesson02::it_is_closed
    checks::lesson02::it_panics

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
    let report = read(stdout, "checks::lesson02::");
    let failed = |name: &str, place: Option<&str>, message: &str, printed: &str| Failed {
        name: name.to_owned(),
        place: place.map(str::to_owned),
        message: message.to_owned(),
        printed: printed.to_owned(),
    };
    let message = "assertion `left == right` failed: turn 4\n  left: 1\n right: 2";
    let other = "note: test did not panic as expected at lessons/tests/checks/lesson02.rs:30:4";
    let place = Some("lessons/tests/checks/lesson02.rs:24");
    assert_eq!(report.passed, 1);
    assert_eq!(
        report.failures,
        [
            failed("it is closed", place, message, "my own line"),
            failed("it panics", None, other, ""),
        ]
    );
}
