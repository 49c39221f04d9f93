//! What a demo prints, and what CPython printed.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::{fs, path::Path, process::Command};

/// What `cargo run --example <example>` prints.
///
/// It runs cargo, so that the example is never an old one. Cargo has let go of its lock when it runs tests.
pub fn demo(example: &str) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()); // with the features of all its members, as the tests, so that nothing is built twice
    cargo.args(["run", "--quiet", "--locked", "--example", example]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo
        .output()
        .expect("cargo, which runs this test, can run");
    assert!(
        output.status.success(),
        "`cargo run --example {example}` failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a demo prints UTF-8")
}

/// So many lines of what a demo prints, from the first that is `start`; without what stands around the crate's lanes:
/// how many tasks there are, and the legend.
pub fn lines_of_demo(example: &str, start: &str, count: usize) -> Vec<String> {
    let around =
        |line: &str| line.is_empty() || line.contains(" tasks, ") || line.contains(". ready");
    let demo = demo(example);
    let lines = demo
        .lines()
        .filter(|line| !around(line) && !line.starts_with("# a turn"));
    let lines = lines.skip_while(|line| *line != start).take(count);
    lines.map(str::to_owned).collect()
}

/// What CPython printed when it ran `<program>.py`.
pub fn recorded(program: &str) -> String {
    read(&format!("{program}.out"))
}

/// The text of `<program>.py`.
pub fn listing(program: &str) -> String {
    read(&format!("{program}.py"))
}

/// A file beside this one or, if the library's tests use it as well, beside theirs.
fn read(file: &str) -> String {
    let folder = |package: &Path| package.join("tests/programs").join(file);
    let own = folder(Path::new(env!("CARGO_MANIFEST_DIR")));
    let path = if own.exists() {
        own
    } else {
        folder(workspace())
    };
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("it has a folder of its own in the workspace")
}
