//! The tests.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

use rustix::process::Signal;

use super::{
    programs, recordings,
    terminal::{self, Started, recorded_program},
};

/// A test and its name.
type Test = (&'static str, fn());

const TESTS: [Test; 16] = [
    ("programs_print_what_cpython_printed", recorded),
    ("a_main_that_cancels_itself_was_not_interrupted", itself),
    ("one_that_arrives_as_the_loop_closes_is_raised", closing),
    ("other_handlers_change_nothing", other_handlers),
    ("a_sleeping_run_wakes_up", sleeping),
    ("a_run_that_waits_for_a_socket_wakes_up", in_a_selector),
    (
        "a_selector_from_before_the_run_hears_it_too",
        earlier_selector,
    ),
    ("a_stuck_turn_is_ended_by_the_second", stuck),
    ("after_a_run_the_process_is_killed", after),
    ("each_run_hears_its_own", two_runs),
    ("run_until_complete_does_not_hear_it", until_complete),
    ("another_thread_does_not_hear_it", other_thread),
    ("a_virtual_clock_does_not_hear_it", virtual_clock),
    ("a_background_job_goes_on", background),
    ("threads_wake_a_run_that_hears", threads),
    ("a_job_that_never_ends_is_not_waited_for", pool),
];

pub fn main() {
    if let Ok(program) = std::env::var(terminal::PROGRAM) {
        return programs::run(&program);
    }
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let has = |option: &str| std::env::args().any(|argument| argument == option);
    if has("--ignored") {
        return; // none is
    }
    if has("--list") {
        return TESTS.iter().for_each(|(name, _)| println!("{name}: test"));
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part));
    for (name, test) in TESTS {
        if is_wanted(name) {
            test(); // a panic says where
            println!("test {name} ... ok");
        }
    }
}

fn is_killed(status: ExitStatus) {
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()), "{status}");
}

/// The table of CPython's `Runner`.
fn recorded() {
    let recorded = recordings::recorded("ctrl_c");
    let sections: Vec<&str> = recorded.split("# ").skip(1).collect();
    assert_eq!(sections.len(), 8);
    for section in sections {
        let (program, printed) = section.split_once('\n').unwrap();
        let printed = printed.replace("CancelledError", "Cancelled");
        assert_eq!(recorded_program(program), printed, "{program}");
    }
}

fn itself() {
    assert_eq!(recorded_program("cancels_itself"), "raised Cancelled\n");
}

fn closing() {
    let printed = recorded_program("as_it_closes");
    assert_eq!(printed, "raised KeyboardInterrupt\n");
}

/// The main task is still cancelled, and can go on.
fn other_handlers() {
    let printed = recorded_program("other_handlers");
    assert_eq!(printed, recorded_program("swallows"));
}

fn sleeping() {
    let mut program = Started::on_a_terminal("sleeping");
    assert_eq!(program.line(), "ready");
    program.press();
    assert_eq!(program.line(), "cleans up");
    assert_eq!(program.line(), "raised KeyboardInterrupt");
    assert!(program.ends().success());
}

fn in_a_selector() {
    let mut program = Started::on_a_terminal("in_a_selector");
    assert_eq!(program.line(), "ready");
    program.press();
    assert_eq!(program.line(), "raised KeyboardInterrupt");
    assert!(program.ends().success());
}

fn earlier_selector() {
    let mut program = Started::on_a_terminal("earlier_selector");
    assert_eq!(program.line(), "ready");
    program.press();
    assert_eq!(program.line(), "raised KeyboardInterrupt");
    assert!(program.ends().success());
}

fn stuck() {
    let mut program = Started::on_a_terminal("stuck");
    assert_eq!(program.line(), "ready");
    // Two that arrive together are one, so it takes two at least.
    is_killed(program.press_until_it_ends());
}

fn after() {
    let mut program = Started::on_a_terminal("after");
    assert_eq!(program.line(), "returned 42");
    program.press();
    is_killed(program.ends());
}

fn two_runs() {
    let mut program = Started::on_a_terminal("two_runs");
    for _ in 0..2 {
        assert_eq!(program.line(), "ready");
        program.press();
        assert_eq!(program.line(), "cleans up");
        assert_eq!(program.line(), "raised KeyboardInterrupt");
    }
    assert_eq!(program.line(), "over");
    program.press();
    is_killed(program.ends());
}

fn until_complete() {
    let mut program = Started::on_a_terminal("until_complete");
    assert_eq!(program.line(), "ready");
    program.press();
    is_killed(program.ends());
}

fn other_thread() {
    let mut program = Started::on_a_terminal("other_thread");
    assert_eq!(program.line(), "ready");
    program.press();
    is_killed(program.ends());
}

fn virtual_clock() {
    let mut program = Started::on_a_terminal("virtual_clock");
    assert_eq!(program.line(), "ready");
    program.press();
    is_killed(program.ends());
}

/// A shell script starts its background jobs with SIGINT ignored.
fn background() {
    let mut program = Started::in_the_background("background");
    assert_eq!(program.line(), "ready");
    for _ in 0..3 {
        program.press();
    }
    program.types("go on\n");
    assert_eq!(program.line(), "read go on");
    assert_eq!(program.line(), "returned ()");
    assert!(program.ends().success());
}

fn threads() {
    let mut program = Started::on_a_terminal("threads");
    assert_eq!(program.line(), "returned 1000");
    assert!(program.ends().success());
}

/// `run` waits for the jobs of its pool. CPython 3.13 cannot be interrupted there.
fn pool() {
    let mut program = Started::on_a_terminal("pool");
    assert_eq!(program.line(), "ready");
    program.press();
    assert_eq!(program.line(), "raised KeyboardInterrupt");
    assert!(program.ends().success());
}
