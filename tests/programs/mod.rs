//! What a demo prints, and what CPython printed.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::{fs, path::Path, process::Command};

/// What `cargo run --example <example>` prints.
///
/// It runs cargo, so that the example is never an old one. Cargo has let go of its lock when it runs tests.
pub fn demo(example: &str) -> String {
    demo_with(example, &[])
}

/// What `cargo run --example <example> -- <arguments>` prints.
pub fn demo_with(example: &str, arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["run", "--quiet", "--locked", "--example", example]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release"); // as the tests, so that nothing is built twice
    }
    cargo.arg("--").args(arguments);
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

/// What CPython printed when it ran `tests/programs/<program>.py`.
pub fn recorded(program: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/programs")
        .join(program)
        .with_extension("out");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
