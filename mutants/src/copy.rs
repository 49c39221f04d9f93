//! A copy of the project, in which the library has all mutants that compile.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{
    mutant::Mutant,
    switched::{Switched, switched},
};

pub struct Copy {
    pub folder: PathBuf,
    project: PathBuf,
}

/// Some tests need minutes if the library is not optimized at all.
const PROFILE: [&str; 2] = ["--config", "profile.dev.package.tminus.opt-level=1"];

impl Copy {
    /// Copies what git knows, or would add.
    pub fn of(project: &Path, folder: PathBuf) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let mut git = Command::new("git");
        git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let files = output(git.current_dir(project))?;
        for file in files.lines() {
            let (from, to) = (project.join(file), folder.join(file));
            if from.is_file() {
                fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
                fs::copy(from, to)?;
            }
        }
        let project = project.to_owned();
        Ok(Self { folder, project })
    }

    /// Puts all mutants into the library. Those with which it does not compile are left out: their numbers are returned.
    pub fn switches(&self, mutants: &[Mutant]) -> Result<BTreeSet<usize>> {
        let mut left_out = BTreeSet::new();
        loop {
            let files = self.writes(mutants, &mut left_out)?;
            let refused = self.refused(&files)?;
            let Some(refused) = refused else {
                return Ok(left_out);
            };
            println!("{} mutants do not compile", refused.len());
            let before = left_out.len();
            left_out.extend(refused);
            ensure!(
                left_out.len() > before,
                "the library does not compile, and no mutant is to blame: see {}",
                self.folder.display()
            );
        }
    }

    /// Writes the library with the mutants that are not left out.
    fn writes(
        &self,
        mutants: &[Mutant],
        left_out: &mut BTreeSet<usize>,
    ) -> Result<BTreeMap<String, Switched>> {
        let mut by_file: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
        for mutant in mutants {
            let of_file = by_file.entry(&mutant.file).or_default();
            if !left_out.contains(&mutant.number) {
                of_file.push(mutant);
            }
        }
        let mut written = BTreeMap::new();
        for (file, mutants) in by_file {
            let source = fs::read_to_string(self.project.join(file))?;
            let switched = switched(&source, &mutants).with_context(|| file.to_owned())?;
            left_out.extend(&switched.left_out);
            fs::write(self.folder.join(file), &switched.source)?;
            written.insert(file.to_owned(), switched);
        }
        fs::write(
            self.folder.join("src/mutants.rs"),
            include_str!("switch.rs"),
        )?;
        let root = fs::read_to_string(self.project.join("src/lib.rs"))?;
        let (before, after) = root
            .split_once("\nmod ")
            .context("src/lib.rs has no private module")?;
        let allows = "#![allow(arithmetic_overflow, unconditional_recursion, unused)]\n#![forbid(unsafe_code)]";
        let before = before.replace("#![forbid(unsafe_code)]", allows);
        fs::write(
            self.folder.join("src/lib.rs"),
            format!("{before}\nmod mutants;\nmod {after}"),
        )?;
        Ok(written)
    }

    /// Compiles the library and its own tests. Returns the mutants that the compiler refuses, or `None` if it has no complaint.
    fn refused(&self, files: &BTreeMap<String, Switched>) -> Result<Option<BTreeSet<usize>>> {
        let mut cargo = self.cargo();
        cargo.args(["check", "--package", "tminus", "--lib", "--profile", "test"]);
        let output = cargo.arg("--message-format=json").output()?;
        if output.status.success() {
            return Ok(None);
        }
        let errors = messages(&output.stdout);
        let errors = errors.filter(|message| message["message"]["level"] == "error");
        let refused = errors.flat_map(|error| to_blame(&error["message"], files));
        Ok(Some(refused.collect()))
    }

    /// Builds all tests. Returns their programs: the target's name, and the file.
    pub fn builds_tests(&self) -> Result<Vec<(String, PathBuf)>> {
        let mut cargo = self.cargo();
        cargo.args([
            "test",
            "--package",
            "tminus",
            "--lib",
            "--tests",
            "--no-run",
        ]);
        let output = cargo.args(PROFILE).arg("--message-format=json").output()?;
        if !output.status.success() {
            bail!(
                "the tests do not compile:\n{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let programs = messages(&output.stdout).filter_map(|artifact| {
            let program = artifact["executable"].as_str()?;
            let name = artifact["target"]["name"].as_str()?;
            let is_test = artifact["profile"]["test"] == true;
            is_test.then(|| (name.to_owned(), program.into()))
        });
        Ok(programs.collect())
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.with_extension("build"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0");
        cargo
    }
}

/// Returns the mutants at the place of an error. The first place that the compiler names comes first.
fn to_blame(error: &Value, files: &BTreeMap<String, Switched>) -> Vec<usize> {
    let spans = error["spans"].as_array().map_or(&[][..], Vec::as_slice);
    let (primary, others): (Vec<_>, Vec<_>) =
        spans.iter().partition(|span| span["is_primary"] == true);
    let places = primary.into_iter().chain(others).filter_map(|span| {
        let mut span = span;
        // In a macro, the place is where it is used.
        while !files.contains_key(span["file_name"].as_str()?) {
            span = &span["expansion"]["span"];
        }
        let at = |name: &str| usize::try_from(span[name].as_u64()?).ok();
        let (start, end) = (at("byte_start")?, at("byte_end")?);
        let all = &files[span["file_name"].as_str()?].places;
        let around = all
            .iter()
            .filter(|(place, _)| place.start <= start && end <= place.end);
        around.min_by_key(|(place, _)| place.len())
    });
    let mutants = places.map(|(_, mutants)| mutants.clone()).next();
    mutants.unwrap_or_else(|| elsewhere(spans, files))
}

/// A function that returns `impl Trait` has the type of its first `return`, so the compiler reports the error at the end of the
/// function, which belongs to no mutant. No span names the mutant's return. So all mutants that return an iterator are left
/// out.
fn elsewhere(spans: &[Value], files: &BTreeMap<String, Switched>) -> Vec<usize> {
    let named = spans.iter().filter_map(|span| span["file_name"].as_str());
    let sources = named.filter_map(|name| files.get(name));
    sources
        .flat_map(|switched| {
            let of = |place: &std::ops::Range<usize>| &switched.source[place.clone()];
            let places = switched.places.iter();
            places.filter(move |(place, mutants)| {
                mutants.len() == 1 && of(place).contains("=> return ::std::iter::")
            })
        })
        .flat_map(|(_, mutants)| mutants.clone())
        .collect()
}

fn messages(stdout: &[u8]) -> impl Iterator<Item = Value> {
    let lines = String::from_utf8_lossy(stdout).into_owned();
    let messages: Vec<Value> = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    messages.into_iter()
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
