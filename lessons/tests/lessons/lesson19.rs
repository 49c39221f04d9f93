use std::panic::resume_unwind;
use std::sync::mpsc;

use tminus_lessons::lesson19_threads::work::Gauge;
use tminus_lessons::lesson19_threads::{Failure, Pool};

use crate::programs::{demo, recorded};

/// The lines of a section of the demo.
fn section(title: &str) -> Vec<String> {
    let demo = demo("lesson19");
    let heading = format!("== {title} ==");
    let lines = demo.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("== "));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_programs_print_what_cpython_printed() {
    let theirs = [
        recorded("17_thread_pool_serial"),
        recorded("18_run_in_executor"),
    ]
    .concat();
    let theirs: Vec<&str> = theirs.lines().collect();
    assert_eq!(section("Python's programs"), theirs);
}

#[test]
fn a_result_after_each_submit_uses_one_of_five_workers() {
    for (title, most) in [("Predict", 1), ("All jobs first", 5)] {
        let mut lines = section(title);
        assert_eq!(lines.pop(), Some(format!("at the same time: {most}")));
        let litres: Vec<String> = (1..=10).map(|n| format!("{} litres", 9 * n)).collect();
        assert_eq!(lines, litres);
    }
}

#[test]
fn the_executor_of_lesson_15_leaves_the_task_and_ours_waits() {
    assert_eq!(
        section("Under the executor of lesson 15"),
        ["promise.poll(): Pending", "polled: crew, left: crew"]
    );
    assert_eq!(
        section("Under the executor that sleeps"),
        [
            "promise.poll(): Pending",
            "chief: T-minus 3",
            "chief: T-minus 2",
            "chief: T-minus 1",
            "chief: opens the gate",
            "promise.poll(): Ready(Ok(90))",
            "crew: 90 litres",
            "polled: crew chief chief chief chief crew",
        ]
    );
}

#[test]
fn a_cancel_stops_a_job_that_waits_and_not_one_that_runs() {
    let lines = section("Hold");
    let last = &lines[lines.len() - 3..];
    assert_eq!(
        last,
        [
            "first job: 90 litres, for nobody",
            "first promise: Ok(90)",
            "second job has run: false",
        ]
    );
}

#[test]
fn a_worker_survives_a_panic() {
    let pool = Pool::new(1);
    let (gate, leaks) = mpsc::channel::<()>();
    let leak = pool.submit(move || {
        let _ = leaks.recv();
        resume_unwind(Box::new("a leak")) // a panic without a message on stderr
    });
    let next = pool.submit(|| 90); // before the worker can be gone
    drop(gate);
    drop(pool); // it notices if a worker has panicked
    let failed: Result<(), Failure> = leak.result();
    assert_eq!(failed, Err(Failure::Panicked));
    assert_eq!(next.result(), Ok(90));
}

#[test]
fn a_gauge_counts_what_runs_inside() {
    let gauge = Gauge::default();
    assert_eq!(gauge.most(), 0);
    gauge.watch(|| gauge.watch(|| ()));
    gauge.watch(|| ());
    assert_eq!(gauge.most(), 2);
}
