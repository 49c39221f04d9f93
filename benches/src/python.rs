//! The work of a comparison done by CPython, if there is one: the first `python3` on the PATH.

use std::{process::Command, sync::LazyLock, time::Duration};

use crate::Contender;

/// Creates a contender that is a Python program. It is called with `args`, the number of runs and the number of rounds, and
/// prints the nanoseconds that the runs took in the best round.
///
/// # Panics
///
/// The contender panics if there is a `python3`, but the program fails.
pub fn cpython(program: &'static str, args: &[&str]) -> Contender {
    static NAME: LazyLock<Option<String>> = LazyLock::new(|| {
        let version = python3(&["--version"]).ok()?;
        Some(version.trim().replace("Python", "CPython"))
    });
    contender("CPython", NAME.as_deref(), program, args)
}

/// Like [`cpython`], but for a program that imports uvloop.
pub fn uvloop(program: &'static str, args: &[&str]) -> Contender {
    static NAME: LazyLock<Option<String>> = LazyLock::new(|| {
        let version = python3(&["-c", "import uvloop; print(uvloop.__version__)"]).ok()?;
        Some(format!("uvloop {}", version.trim()))
    });
    contender("uvloop", NAME.as_deref(), program, args)
}

/// Creates a contender. If it is not `installed`, its name in the table says so.
fn contender(
    what: &str,
    installed: Option<&str>,
    program: &'static str,
    args: &[&str],
) -> Contender {
    let Some(name) = installed else {
        return Contender::elsewhere(&format!("{what} (not installed)"), |_, _| None);
    };
    let args: Vec<String> = args.iter().map(|&arg| arg.into()).collect();
    Contender::elsewhere(name, move |runs, rounds| {
        let numbers = [runs, rounds.into()].map(|n: u64| n.to_string());
        let args = args.iter().chain(&numbers).map(String::as_str);
        let args: Vec<&str> = ["-c", program].into_iter().chain(args).collect();
        let nanoseconds = python3(&args).unwrap_or_else(|error| panic!("python3: {error}"));
        let nanoseconds = nanoseconds.trim().parse();
        Some(Duration::from_nanos(nanoseconds.expect("it prints a time")))
    })
}

/// Returns what `python3` prints.
///
/// # Errors
///
/// - What it prints about its failure, or why there is no such program.
fn python3(args: &[&str]) -> Result<String, String> {
    let output = Command::new("python3").args(args).output();
    let output = output.map_err(|error| error.to_string())?;
    let [printed, failure] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    match output.status.success() {
        true => Ok(printed),
        false => Err(failure),
    }
}
