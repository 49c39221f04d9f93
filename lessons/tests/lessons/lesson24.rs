use tminus_lessons::lesson24_graduating::rows;

use crate::programs::{demo, recorded};

/// The lines of a section of the demo.
fn section(title: &str) -> Vec<String> {
    let demo = demo("lesson24");
    let heading = format!("== {title} ==");
    let lines = demo.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("== "));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_program_prints_the_same_on_both_loops() {
    let lines = [
        "moon: 200",
        "mars: Timeout",
        "pluto: 404",
        "server: closing",
        "server: closed",
        "server: Err(Cancelled)",
    ];
    assert_eq!(section("The program on the crate's loop"), lines);
    assert_eq!(section("The program on tokio"), lines);
}

#[test]
fn ten_requests_print_what_cpython_printed_on_both_loops() {
    let theirs = recorded("57_http_status_local");
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(section("As in CPython, on the crate's loop"), theirs);
    assert_eq!(section("As in CPython, on tokio"), theirs);
}

/// The checks of the exercises run on `solution.rs`, and so they hold for what the page shows.
#[test]
fn the_code_on_the_page_is_that_of_the_solution() {
    let on_tokio = include_str!("../../lesson24_graduating/on_tokio.rs");
    let solution = include_str!("../../lesson24_graduating/solution.rs");
    let code = on_tokio
        .lines()
        .filter(|line| !line.trim().starts_with("///"));
    let code = code.skip_while(|line| !line.starts_with("pub struct Task"));
    let code: Vec<&str> = code
        .take_while(|line| !line.starts_with("pub fn run"))
        .collect();
    assert!(code.len() > 80, "only {} lines of on_tokio.rs", code.len());
    assert!(
        solution.contains(&code.join("\n")),
        "on_tokio.rs and solution.rs differ"
    );
}

/// A row: what happens on the crate's loop, and on tokio.
fn row(what: &str) -> [String; 2] {
    let lines = section("What does not carry over");
    let at = lines.iter().position(|line| line == what);
    let at = at.expect("the demo has the row");
    let cell = |line: &str, loop_name| {
        let cell = line.trim().strip_prefix(loop_name);
        cell.expect("one line each").trim_start().to_owned()
    };
    [
        cell(&lines[at + 1], "here:"),
        cell(&lines[at + 2], "tokio:"),
    ]
}

#[test]
fn a_clean_up_that_waits_runs_here_and_is_dropped_there() {
    assert_eq!(row("clean-up"), ["closing, closed, dropped", "dropped"]);
}

#[test]
fn a_task_left_at_the_end_is_cancelled_here_and_dropped_there() {
    assert_eq!(
        row("tasks left at the end"),
        ["closing, closed, dropped", "dropped"]
    );
}

#[test]
fn tasks_that_yield_keep_their_order_here_and_not_there() {
    assert_eq!(row("order"), ["a, b, c, a, b, c", "a, b, c, c, b, a"]);
}

#[test]
fn timers_are_exact_here_and_rounded_there() {
    assert_eq!(
        row("timers"),
        [
            "1200 µs, 1800 µs, after 1800 µs",
            "1800 µs, 1200 µs, after 2000 µs"
        ]
    );
}

#[test]
fn a_deadlock_is_an_error_here_and_an_hour_of_nothing_there() {
    assert_eq!(
        row("deadlock"),
        [
            "cycle: Task-2 -> Task-3",
            "nothing has happened for an hour"
        ]
    );
}

#[test]
fn a_failure_that_nobody_awaits_is_reported_here_and_not_there() {
    assert_eq!(
        row("failure"),
        [
            "Task exception was never retrieved: task \"Task-2\": ValueError: no fuel",
            "nothing is reported"
        ]
    );
}

#[test]
fn a_panic_is_an_error_of_the_task_on_both() {
    assert_eq!(row("panic"), ["Err(Panic)", "is_panic(): true"]);
}

#[test]
fn the_order_here_is_the_order_of_every_run() {
    for _ in 0..100 {
        assert_eq!(rows::order().unwrap(), "a, b, c, a, b, c");
    }
}
