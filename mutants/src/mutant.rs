//! What is to be changed, as `cargo mutants --list --json` tells it.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// One small change of the library.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// From 1.
    pub number: usize,
    pub file: String,
    pub line: usize,
    /// Where the changed text begins: line and column, from 1.
    pub start: (usize, usize),
    pub what: What,
    /// The change in words, without the place.
    pub words: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A function returns this at once.
    Body(String),
    /// A binary operator becomes this one.
    Operator(String),
    /// A `!` or a `-` is left out.
    Sign,
    /// The guard of an arm is always this.
    Guard(bool),
    /// An arm is left out.
    Arm,
}

impl Mutant {
    /// Returns what the list of known survivors calls it. A line would be out of date after the next edit.
    pub fn name(&self) -> String {
        format!("{}: {}", self.file, self.words)
    }

    fn of(number: usize, listed: &Value) -> Option<Self> {
        let text = |name: &str| listed[name].as_str();
        let replacement = text("replacement")?.replace("/* ~ changed by cargo-mutants ~ */", "");
        let replacement = replacement.trim().to_owned();
        let what = match text("genre")? {
            "FnValue" => What::Body(replacement),
            "BinaryOperator" => What::Operator(replacement),
            "UnaryOperator" => What::Sign,
            "MatchArmGuard" => What::Guard(replacement == "true"),
            "MatchArm" => What::Arm,
            _ => return None,
        };
        let start = &listed["span"]["start"];
        let at = |name: &str| usize::try_from(start[name].as_u64()?).ok();
        let start = (at("line")?, at("column")?);
        let words = text("name")?.split_once(": ")?.1.to_owned();
        let file = text("file")?.to_owned();
        Some(Self {
            number,
            line: start.0,
            file,
            start,
            what,
            words,
        })
    }
}

/// Returns the mutants that `cargo mutants` finds, with its own options.
pub fn list(options: &[String]) -> Result<Vec<Mutant>> {
    let output = Command::new("cargo")
        .args(["mutants", "--list", "--json", "--package", "tminus"])
        .args(options)
        .output()
        .context("cargo cannot be run")?;
    ensure!(
        output.status.success(),
        "cargo mutants: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let listed: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    let numbered = listed.iter().enumerate();
    Ok(numbered
        .filter_map(|(index, listed)| Mutant::of(index + 1, listed))
        .collect())
}
