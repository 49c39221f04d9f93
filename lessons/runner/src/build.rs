//! Building the checks, as the command of the pages does: `cargo test --test exercises`. They are run elsewhere.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    child::{Failure, Stop},
    course::Course,
};

pub enum Built {
    /// The program with all checks, and what the compiler has to say nevertheless.
    Program(PathBuf, Vec<Diagnostic>),
    /// What the compiler has to say.
    Broken(Vec<Diagnostic>),
}

pub struct Diagnostic {
    is_error: bool,
    /// As the compiler shows it.
    pub text: String,
    /// The files it is about, relative to the workspace.
    files: Vec<String>,
}

impl Diagnostic {
    pub fn is_about(&self, course: &Course, file: &Path) -> bool {
        self.files
            .iter()
            .any(|name| same_file(&course.root().join(name), file))
    }
}

/// Builds the checks. Calls `on_progress` with the name of each crate that is built.
pub fn build(
    course: &Course,
    colour: bool,
    stop: &Stop,
    mut on_progress: impl FnMut(&str) + Send + 'static,
) -> Result<Built, Failure> {
    let format = if colour {
        "json-diagnostic-rendered-ansi"
    } else {
        "json"
    };
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(course.root()); // for the same features as on the pages, so that nothing is built twice
    cargo.args([
        "test",
        "--test",
        "exercises",
        "--no-run",
        "--message-format",
    ]);
    cargo.args([format, "--color", "never"]);
    let output = stop.run(&mut cargo, None, move |line| {
        let line = line.trim_start();
        if let Some(name) = line.strip_prefix("Compiling ") {
            on_progress(name.split(' ').next().unwrap_or_default());
        }
    })?;

    let messages = output.stdout.lines();
    let messages: Vec<Value> = messages
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let diagnostics: Vec<Diagnostic> = messages.iter().filter_map(diagnostic).collect();
    if output.status.success() {
        let program = messages.iter().find_map(program);
        let program = program.ok_or_else(|| "cargo built no test `exercises`".to_owned())?;
        return Ok(Built::Program(program, diagnostics));
    }
    let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(|it| it.is_error).collect();
    if errors.is_empty() {
        return Err(Failure::Other(cargos_error(&output.stderr)));
    }
    Ok(Built::Broken(errors))
}

fn program(message: &Value) -> Option<PathBuf> {
    let target = &message["target"];
    let is_it = message["reason"] == "compiler-artifact"
        && target["name"] == "exercises"
        && target["kind"][0] == "test";
    let executable = message["executable"].as_str().filter(|_| is_it)?;
    Some(PathBuf::from(executable))
}

fn diagnostic(message: &Value) -> Option<Diagnostic> {
    if message["reason"] != "compiler-message" {
        return None;
    }
    let message = &message["message"];
    let spans = message["spans"].as_array()?;
    let files = spans
        .iter()
        .filter_map(|span| span["file_name"].as_str().map(str::to_owned))
        .collect();
    let text = message["rendered"].as_str()?.trim_end().to_owned();
    let is_error = message["level"]
        .as_str()
        .is_some_and(|level| level.starts_with("error"));
    // At the end the compiler counts its errors, which are all there is to be seen anyway.
    let is_count =
        spans.is_empty() && (text.contains("aborting due to") || text.contains("rustc --explain"));
    (!is_count).then_some(Diagnostic {
        is_error,
        text,
        files,
    })
}

/// Returns what cargo says if there was nothing to compile: no manifest, no network.
fn cargos_error(stderr: &str) -> String {
    let from = stderr.find("error: ").map_or(0, |at| at + "error: ".len());
    let text: Vec<&str> = stderr[from..].split_whitespace().collect();
    format!("cargo failed: {}", text.join(" "))
}

/// Returns `true` if both lead to the same file, though `exercises.rs` names it by way of another folder.
fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
