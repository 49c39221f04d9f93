//! What a test prints when `check` fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tminus::{
    Exception, Kind, gather,
    simulation::{check, choose, explore},
    spawn_named, yield_now,
};

fn panic_of(run: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    *payload.downcast::<String>().unwrap()
}

async fn program() -> Result<(), Exception> {
    let count = |name: &'static str| spawn_named(name, yield_now());
    gather((count("fuel")?, count("oxygen")?)).await?;
    match choose(6)? {
        3 => Err(Exception::new(Kind::RuntimeError, "a four")),
        _ => Ok(()),
    }
}

/// Variables of the environment are for the whole process, so no test sets them; the gate may.
fn environment_is_free() -> bool {
    ["TMINUS_SEEDS", "TMINUS_SCHEDULE"]
        .iter()
        .all(|name| std::env::var_os(name).is_none())
}

#[test]
fn the_report_says_what_failed_and_how_to_repeat_it() {
    if !environment_is_free() {
        return;
    }
    let report = panic_of(|| check(program));
    let failure = explore(0..1000, program).unwrap_err();
    assert_eq!(report, failure.to_string());
    let number = failure.schedule().iter().next().unwrap().0;
    let head: Vec<&str> = report.lines().take(4).collect();
    assert_eq!(head[0], "RuntimeError: a four");
    let seed = failure.seed().unwrap();
    assert!(
        head[1].starts_with(&format!("with seed {seed}; 1 of ")),
        "{}",
        head[1]
    );
    assert_eq!(head[2], format!("  choice {number}: program 3 of 6"));
    assert_eq!(
        head[3],
        format!(
            "replay: TMINUS_SCHEDULE={number}:3 cargo test -- --exact \
             checks::the_report_says_what_failed_and_how_to_repeat_it"
        )
    );
}

#[test]
fn a_thread_that_is_no_tests_names_no_test() {
    let report = || explore(0..1000, program).unwrap_err().to_string();
    for name in [None, Some("main")] {
        let thread = std::thread::Builder::new();
        let thread = match name {
            None => thread,
            Some(name) => thread.name(name.to_owned()),
        };
        let report = thread.spawn(report).unwrap().join().unwrap();
        let replay = report.lines().find(|line| line.starts_with("replay: "));
        assert!(replay.unwrap().ends_with(" cargo test"), "{report}");
    }
}

#[test]
fn the_report_lists_twenty_choices_and_counts_the_others() {
    let report = |count: usize| {
        let program = || async move {
            for _ in 0..count {
                if choose(1000)? == 0 {
                    return Ok(());
                }
            }
            Err(Exception::new(Kind::RuntimeError, "all of them"))
        };
        explore(0..100, program).unwrap_err().to_string()
    };
    let (twenty, more) = (report(20), report(22));
    assert!(
        twenty.contains("\n  choice 19: program 1 of 1000\nreplay: "),
        "{twenty}"
    );
    let end = "\n  choice 19: program 1 of 1000\n  and 2 more\nreplay: ";
    assert!(more.contains(end), "{more}");
}

#[cfg(feature = "timeline")]
#[test]
fn the_report_shows_the_failing_run_beside_the_plain_one() {
    let failure = explore(0..1000, program).unwrap_err();
    let report = failure.to_string();
    let (_, pictures) = report.split_once("\nthe failing run:\n").unwrap();
    let (failing, plain) = pictures.split_once("\nthe plain run:\n").unwrap();
    assert_eq!(failing, failure.timeline().text(100));
    assert_eq!(plain, failure.plain_timeline().text(100));
    let last_turn = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("Task-1"))
            .unwrap()
            .to_owned()
    };
    assert!(last_turn(failing).ends_with('!'), "{failing}");
    assert!(last_turn(plain).ends_with('x'), "{plain}");
}

#[test]
fn a_program_that_works_passes() {
    check(|| async { yield_now().await });
}
