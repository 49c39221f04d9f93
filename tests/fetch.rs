//! The example `fetch`: programs 57 to 60, with a network.

#[path = "../examples/fetch/http.rs"]
mod http;
#[path = "../examples/fetch/permits.rs"]
mod permits;
mod programs;
#[path = "../examples/fetch/progress.rs"]
mod progress;
#[path = "../examples/fetch/show.rs"]
mod show;
#[path = "../examples/fetch/spinner.rs"]
mod spinner;
#[path = "../examples/fetch/status.rs"]
mod status;

use std::{cell::RefCell, rc::Rc};

use tminus::{
    Exception,
    simulation::{Schedule, Simulation, explore},
    streams::{StreamWriter, start_server},
};

use programs::recorded;
use show::Show;

const RECORDINGS: [&str; 4] = [
    "57_http_status_local",
    "58_spinner",
    "59_as_completed_progress",
    "60_semaphore_fetch",
];

/// A show that keeps the lines, and the lines.
fn kept() -> (Show, Rc<RefCell<String>>) {
    let lines = Rc::new(RefCell::new(String::new()));
    let kept = lines.clone();
    let show = Show::new(false, move |line| {
        let mut lines = kept.borrow_mut();
        lines.push_str(line);
        lines.push('\n');
    });
    (show, lines)
}

/// Runs a program in a simulation whose choices are all plain, and returns what it prints.
fn printed<F>(program: impl Fn(Show) -> F) -> String
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let (show, lines) = kept();
    let simulation = Simulation::replay(Schedule::default());
    simulation.run(program(show)).0.unwrap();
    lines.take()
}

#[test]
fn each_program_prints_what_cpython_printed() {
    let printed = [
        printed(status::program),
        printed(spinner::program),
        printed(progress::program),
        printed(permits::program),
    ];
    assert_eq!(printed, RECORDINGS.map(recorded));
}

#[test]
fn the_example_prints_all_of_it() {
    let all = RECORDINGS.map(recorded).concat();
    assert_eq!(programs::demo("fetch"), all);
}

/// These wait in real time, so they run side by side.
#[cfg(feature = "io")]
#[test]
fn on_loopback_they_print_the_same() {
    std::thread::scope(|scope| {
        for recording in RECORDINGS {
            scope.spawn(move || {
                let (number, _) = recording.split_once('_').unwrap();
                let printed = programs::demo_with("fetch", &["--real", number]);
                assert_eq!(printed, recorded(recording));
            });
        }
    });
}

/// Runs a program with many seeds, and checks the lines that it prints.
fn explored<F>(program: impl Fn(Show) -> F, check: fn(Vec<&str>))
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    // A debug build is a tenth as fast.
    let seeds = if cfg!(debug_assertions) { 30 } else { 1000 };
    let checked = explore(0..seeds, || {
        let (show, lines) = kept();
        let program = program(show);
        async move {
            program.await?;
            check(lines.take().lines().collect());
            Ok(())
        }
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}

#[test]
fn statuses_and_spinner_do_not_depend_on_chance() {
    explored(status::program, |lines| {
        assert_eq!(lines.join("\n") + "\n", recorded(RECORDINGS[0]));
    });
    explored(spinner::program, |lines| {
        assert_eq!(lines.join("\n") + "\n", recorded(RECORDINGS[1]));
    });
}

/// A late page comes later. The bar counts all the same.
#[test]
fn each_page_arrives_once() {
    explored(progress::program, |lines| {
        let mut pages: Vec<&str> = lines
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap())
            .collect();
        pages.sort_unstable();
        assert_eq!(pages.concat(), "0123456789");
        assert!(lines[9].starts_with("100% 10/10"));
    });
}

#[test]
fn no_order_lets_more_than_three_fetch() {
    explored(permits::program, |lines| {
        assert_eq!(lines.len(), 13);
        assert_eq!(lines[12], "peak 3");
    });
}

#[test]
fn an_answer_that_is_not_http_is_refused() {
    let program = async {
        let greets = |_, writer: StreamWriter| async move { writer.write("220-mail\r\n") };
        let server = start_server(greets, "127.0.0.1:0").await?;
        http::get(server.local_addrs()[0], "/").await
    };
    let (result, _) = Simulation::new(1).run(program);
    assert_eq!(
        result.unwrap_err().to_string(),
        r#"ValueError: no status line of HTTP: "220-mail\r\n""#
    );
}
