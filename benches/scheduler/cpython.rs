//! The same in CPython, where there is one: `python3`, as the PATH finds it.

use std::{process::Command, time::Duration};

use tminus_benches::Contender;

const PROGRAM: &str = include_str!("cpython.py");

pub fn contender(tasks: u64) -> Contender {
    let version = python3(&["--version"]);
    let name = version.map_or("CPython".into(), |version| {
        version.trim().replace("Python", "CPython")
    });
    Contender::elsewhere(&name, move |turns, rounds| {
        let [tasks, turns, rounds] = [tasks, turns, rounds.into()].map(|n: u64| n.to_string());
        let nanoseconds = python3(&["-c", PROGRAM, &tasks, &turns, &rounds])?;
        nanoseconds.trim().parse().ok().map(Duration::from_nanos)
    })
}

/// What it prints. `None` where there is none, or it fails.
fn python3(args: &[&str]) -> Option<String> {
    let output = Command::new("python3").args(args).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(printed)
}
