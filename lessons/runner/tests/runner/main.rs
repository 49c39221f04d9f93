//! The runner, on a small course with two lessons, and on a terminal of its own.
#![cfg(unix)]

mod course;
mod terminal;

use course::{Course, RIGHT};
use terminal::Terminal;

const LIST: &str = "\
0 of 2 lessons are green.

   1  one plus one  partly    1 of 2 checks
   2  two           red       0 of 1 check

Next: lesson 1, one plus one
  read   lessons/lesson01_one/README.md
  solve  lessons/lesson01_one/exercise.rs
  then   cargo lessons watch
";

#[test]
fn the_list_says_how_far_each_lesson_is() {
    let course = Course::new("list");
    assert_eq!(course.prints(&[]), LIST);

    course.write(1, RIGHT);
    let list = course.prints(&["list"]);
    assert!(list.contains("   1  one plus one  green     2 of 2 checks\n"));
    assert!(list.contains("Next: lesson 2, two\n"));

    course.write(2, RIGHT);
    let list = course.prints(&[]);
    assert!(list.starts_with("2 of 2 lessons are green.\n"));
    assert!(list.ends_with("\nAll are green. There is nothing left to be solved.\n"));
}

#[test]
fn a_lesson_is_checked_once() {
    let course = Course::new("once");
    let wrong = "pub fn answer() -> u32 {\n    println!(\"my own line\");\n    40\n}\n";
    course.write(1, wrong);
    let shown = "\
Lesson 1, one plus one
  read   lessons/lesson01_one/README.md
  solve  lessons/lesson01_one/exercise.rs

1 of 2 checks passed.
✗ the sum is right
  lessons/tests/checks/lesson01.rs:8
  assertion `left == right` failed: the sum
    left: 40
   right: 42
  Your code printed:
  | my own line
";
    assert_eq!(course.prints(&["1"]), shown);
    assert_eq!(course.prints(&["lesson01"]), shown);
    course.write(1, RIGHT);
    assert!(course.prints(&["01"]).ends_with(
        "\nAll 2 checks pass.
Now read lessons/lesson01_one/solution.rs, which starts with what there is to learn.\n"
    ));
}

#[test]
fn what_does_not_compile_is_shown_as_the_compiler_shows_it() {
    let course = Course::new("broken");
    course.write(1, "pub fn answer() -> u32 {\n    \"42\"\n}\n");
    let (shown, complaint) = course.fails(&["1"]);
    assert!(
        shown.contains("error[E0308]: mismatched types\n --> lessons/"),
        "{shown}"
    );
    assert!(shown.contains("2 |     \"42\"\n"), "{shown}");
    assert!(
        shown.ends_with("\nlessons/lesson01_one/exercise.rs does not compile.\n"),
        "{shown}"
    );
    assert_eq!(complaint, "lessons: nothing was checked\n");

    let (shown, _) = course.fails(&["2"]);
    let last = "lesson01_one/exercise.rs does not compile, so that no exercise can be checked.\n";
    assert!(shown.ends_with(last), "{shown}");
}

#[test]
fn a_warning_about_the_exercise_is_shown() {
    let course = Course::new("warning");
    course.write(
        1,
        "pub fn answer() -> u32 {\n    let unused = 0;\n    42\n}\n",
    );
    assert!(
        course
            .prints(&["1"])
            .contains("warning: unused variable: `unused`\n")
    );
    assert!(!course.prints(&["2"]).contains("warning"));
}

#[test]
fn a_check_that_does_not_end_is_ended() {
    let course = Course::new("late");
    course.write(2, "pub fn answer() -> u32 {\n    loop {}\n}\n");
    let shown = course.prints(&["--patience", "0.5", "2"]);
    let problem = "\n0 of 1 checks passed.
✗ two is even
  It has not ended after 0.5 s. Is there a loop without an end?\n";
    assert!(shown.ends_with(problem), "{shown}");
}

#[test]
fn a_check_that_ends_its_program_is_named() {
    let course = Course::new("abort");
    course.write(
        2,
        "pub fn answer() -> u32 {\n    std::process::abort()\n}\n",
    );
    let shown = course.prints(&["2"]);
    assert!(
        shown.contains("✗ two is even\n  It ended the whole program (signal: 6"),
        "{shown}"
    );
}

#[test]
fn an_error_is_one_line() {
    let course = Course::new("errors");
    let fails = |arguments: &[&str]| course.fails(arguments).1;
    assert_eq!(
        fails(&["9"]),
        "lessons: there is no lesson 9; the lessons are numbered 1 to 2\n"
    );
    assert_eq!(
        fails(&["jump"]),
        "lessons: jump is neither a command nor the number of a lesson; see --help\n"
    );
    assert_eq!(
        fails(&["reset"]),
        "lessons: reset needs the number of a lesson\n"
    );
    assert_eq!(
        fails(&["--patience", "soon"]),
        "lessons: soon is no number of seconds\n"
    );
    assert_eq!(
        fails(&["watch"]),
        "lessons: watch needs a terminal; `cargo lessons 8` checks lesson 8 once\n"
    );
    let nowhere = fails(&["--course", "/nowhere"]);
    assert_eq!(
        nowhere,
        "lessons: /nowhere: No such file or directory (os error 2)\n"
    );

    let mut no_cargo = course.runner(&["1"]);
    let output = no_cargo.env("CARGO", "/nowhere/cargo").output().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "lessons: cannot run /nowhere/cargo: No such file or directory (os error 2)\n"
    );
}

#[test]
fn an_exercise_is_reset_after_a_yes() {
    let course = Course::new("reset");
    assert_eq!(
        course.prints(&["reset", "1"]),
        "lessons/lesson01_one/exercise.rs is as it was.\n"
    );

    course.write(1, RIGHT);
    for (answer, is_reset) in [("\n", false), ("no\n", false), ("y\n", true)] {
        let mut terminal = Terminal::run(course.runner(&["reset", "1"]), 80);
        terminal.until("will be lost. Reset it? [y/N] ");
        terminal.types(answer);
        assert!(terminal.ends());
        assert_eq!(course.read(1) != RIGHT, is_reset);
    }
    assert!(
        course
            .prints(&[])
            .starts_with("0 of 2 lessons are green.\n")
    );
}

#[test]
fn each_save_is_checked_until_the_lessons_are_green() {
    let course = Course::new("watch");
    let mut terminal = Terminal::run(course.runner(&["watch"]), 80);
    terminal.until("Lesson 1, one plus one");
    terminal.until("1 of 2 checks passed.");
    terminal.until("left: 0");
    terminal.until("h: hint · n: lesson 2 · r: run again · q: quit");
    assert_ne!(
        terminal.modes(),
        terminal.modes_before(),
        "each key is read at once"
    );

    terminal.types("h");
    terminal.until("lessons/lesson01_one/exercise.rs:2: One is not enough.");
    terminal.types("h");
    terminal.until("lessons/lesson01_one/README.md:5: Step 1: add");
    terminal.types("h");
    terminal.until("**`the_sum`.** Adding is all of it.");
    terminal.types("h");
    terminal.until("There are no more hints. The answer is in lessons/lesson01_one/solution.rs.");

    course.write(1, "pub fn answer() -> u32 {\n    40\n}\n");
    terminal.until("left: 40");
    terminal.until("q: quit");
    course.write(1, "pub fn answer() -> u32 {\n");
    terminal.until("this file contains an unclosed delimiter");
    terminal.until("lessons/lesson01_one/exercise.rs does not compile.");
    course.replace(1, RIGHT);
    terminal.until("All 2 checks pass.");

    terminal.types("n");
    terminal.until("Lesson 2, two");
    terminal.until("0 of 1 checks passed.");
    terminal.until("h: hint · r: run again · q: quit");
    terminal.types("r");
    terminal.until("0 of 1 checks passed.");
    terminal.types("n");
    terminal.until("This is the last lesson.");
    course.write(2, RIGHT);
    terminal.until("The check passes.");
    terminal.types("h");
    terminal.until("Nothing failed.");
    terminal.types("q");
    assert!(terminal.ends());
    assert_eq!(terminal.modes(), terminal.modes_before());
}

#[test]
fn ctrl_c_ends_it_in_the_middle_of_a_check_and_leaves_the_terminal_as_it_was() {
    let course = Course::new("ctrl_c");
    let mut terminal = Terminal::run(course.runner(&["watch", "2"]), 80);
    terminal.until("q: quit");
    let file = course.path("started");
    let text = format!("std::fs::write({file:?}, \"\").unwrap();\n    loop {{}}");
    course.write(2, &format!("pub fn answer() -> u32 {{\n    {text}\n}}\n"));
    while !file.exists() {
        std::thread::yield_now();
    }
    terminal.types("\x03");
    assert!(terminal.ends());
    assert_eq!(terminal.modes(), terminal.modes_before());
}

#[test]
fn colours_can_be_switched_off() {
    let course = Course::new("colours");
    for (no_color, is_coloured) in [("1", false), ("", true)] {
        let mut runner = course.runner(&["1"]);
        runner.env("NO_COLOR", no_color);
        let mut terminal = Terminal::run(runner, 80);
        let shown = terminal.until("right: 42");
        assert_eq!(shown.contains("\x1b[31m"), is_coloured, "{shown:?}");
        assert_eq!(shown.contains("\x1b[0m"), is_coloured, "{shown:?}");
        assert!(terminal.ends());
    }
}

#[test]
fn a_narrow_terminal_is_enough() {
    let course = Course::new("narrow");
    let mut runner = course.runner(&[]);
    runner.env("NO_COLOR", "1");
    let mut terminal = Terminal::run(runner, 36);
    let shown = terminal.until("cargo lessons watch");
    assert!(
        shown.contains("\r\n  1 partly one plus one\r\n"),
        "{shown:?}"
    );
    let lines = shown
        .split("\r\n")
        .map(|line| line.rsplit("\x1b[K").next().unwrap()); // without what was erased
    for line in lines.filter(|line| !line.contains(".rs") && !line.contains(".md")) {
        assert!(line.chars().count() <= 36, "{line:?}");
    }
    assert!(terminal.ends());
}
