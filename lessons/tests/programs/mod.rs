//! What a demo prints, and what CPython printed.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Once,
    time::SystemTime,
};

/// Returns what `cargo run --example <example>` prints.
///
/// This runs the program that cargo has built, and not cargo: each of the many calls would start a cargo process, and
/// wait for cargo's lock.
pub fn demo(example: &str) -> String {
    let output = Command::new(built(example))
        .current_dir(workspace())
        .output()
        .unwrap_or_else(|error| panic!("{example}: {error}"));
    assert!(
        output.status.success(),
        "`cargo run --example {example}` failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a demo prints UTF-8")
}

/// Returns the path of an example's program, which is as new as its sources.
///
/// `cargo test` has just built all examples. `cargo test --test prose` has not, so the program may be an old one, or
/// missing. Then cargo builds the examples of all lessons in one go.
fn built(example: &str) -> PathBuf {
    static BUILD: Once = Once::new();
    let test = env::current_exe().expect("this test has a path");
    let profile = test.ancestors().nth(2).expect("target/debug/deps/test"); // `debug` or `release`
    let examples = profile.join("examples");
    let program = examples.join(format!("{example}{}", env::consts::EXE_SUFFIX));
    if !is_current(&program, &examples.join(format!("{example}.d"))) {
        BUILD.call_once(build_all);
        assert!(program.is_file(), "there is no example {example}");
    }
    program
}

/// Returns `true` if the program is newer than everything it was made of. cargo keeps that list beside it, in the form
/// of a makefile: `program: source source`, in which a backslash precedes each space of a path.
fn is_current(program: &Path, sources: &Path) -> bool {
    let changed = |path: &Path| -> Option<SystemTime> { fs::metadata(path).ok()?.modified().ok() };
    let (Some(built), Ok(rule)) = (changed(program), fs::read_to_string(sources)) else {
        return false;
    };
    let rule = rule.lines().next().unwrap_or_default();
    let Some((_, sources)) = rule.split_once(": ") else {
        return false;
    };
    sources
        .replace("\\ ", "\0")
        .split_whitespace()
        .all(|source| changed(Path::new(&source.replace('\0', " "))).is_some_and(|at| at <= built))
}

fn build_all() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(&manifest).expect("the package has a manifest");
    let names = manifest
        .split("[[example]]\nname = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()); // with the features of all its members, as the tests, so that nothing is built twice
    cargo.args(["build", "--quiet", "--locked"]);
    cargo.args(names.flat_map(|name| ["--example", name]));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo
        .output()
        .expect("cargo, which runs this test, can run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the examples do not compile:\n{errors}"
    );
}

/// Returns `count` lines of what a demo prints, from the first that is `start`, without what is printed around the crate's
/// lanes: the number of tasks, and the legend.
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

/// Returns what CPython printed when it ran `<program>.py`.
pub fn recorded(program: &str) -> String {
    read(&format!("{program}.out"))
}

/// Returns the text of `<program>.py`.
pub fn listing(program: &str) -> String {
    read(&format!("{program}.py"))
}

/// Reads a file beside this one or, if the library's tests use it as well, beside theirs.
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
