//! The work of a comparison done by CPython, if there is one: the first `python3` on the PATH.

use std::{process::Command, time::Duration};

use crate::Contender;

/// Creates a contender that is a Python program. It is called with `args`, the number of runs and the number of rounds, and
/// prints the nanoseconds that the runs took in the best round.
pub fn cpython(program: &'static str, args: &[&str]) -> Contender {
    let version = python3(&["--version"]);
    let name = version.map_or("CPython".into(), |version| {
        version.trim().replace("Python", "CPython")
    });
    let args: Vec<String> = args.iter().map(|&arg| arg.into()).collect();
    Contender::elsewhere(&name, move |runs, rounds| {
        let numbers = [runs, rounds.into()].map(|n: u64| n.to_string());
        let args = args.iter().chain(&numbers).map(String::as_str);
        let args: Vec<&str> = ["-c", program].into_iter().chain(args).collect();
        let nanoseconds = python3(&args)?;
        nanoseconds.trim().parse().ok().map(Duration::from_nanos)
    })
}

/// Returns what `python3` prints, or `None` if there is none, or it fails.
fn python3(args: &[&str]) -> Option<String> {
    let output = Command::new("python3").args(args).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(printed)
}
