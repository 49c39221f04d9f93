//! Changes the library in small ways, and expects a test to fail each time.
//!
//! `cargo mutants` finds the changes, and can try them, too. But it compiles all tests again for each change, which takes a
//! minute, and there are some five thousand changes. Here all changes are compiled once. At each changed place, the library
//! asks which mutant is switched on, in a variable of the environment. So a mutant takes as long as the tests that reach it, a
//! second or two.
//!
//! The price: changes that do not compile in this form are not tried, such as those in a `const fn`. `cargo mutants` itself can
//! try these. Documentation tests are not run.
//!
//! The steps, each in its file: the mutants (`mutant`), the source with all mutants (`switched`, `switch`), a copy of the
//! project in which this source compiles (`copy`), and the tests (`trial`).

mod copy;
mod mutant;
mod switched;
mod trial;

use std::{
    collections::{BTreeMap, HashSet},
    env, fs,
    path::Path,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result};

use copy::Copy;
use mutant::Mutant;
use trial::{Fate, Trial};

/// The mutants that no test can notice, each with the reason.
const SURVIVORS: &str = include_str!("../survivors.txt");

const USAGE: &str = "\
usage: cargo run -p tminus-mutants -- [--again] [OPTION...]
  --again   tries only what the last run did not catch
The other options are those with which `cargo mutants --list` selects: --file, --re, --in-diff, --shard.
Mutants can end any process that you may end: run this in a container, or see `.ci/mutants`.";

fn main() -> Result<ExitCode> {
    let options: Vec<String> = env::args().skip(1).collect();
    if options.iter().any(|option| option == "--help") {
        println!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let results = Path::new("target/mutants");
    fs::create_dir_all(results)?;
    let results = results.canonicalize()?;
    let (again, options): (Vec<_>, Vec<_>) =
        options.into_iter().partition(|option| option == "--again");
    let mut mutants = mutant::list(&options)?;
    if !again.is_empty() {
        let survived = survived(&results)?;
        mutants.retain(|mutant| survived.contains(&mutant.name()));
    }
    println!("{} mutants", mutants.len());
    if mutants.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let copy = Copy::of(&env::current_dir()?, results.join("copy"))?;
    let left_out = copy.switches(&mutants)?;
    println!(
        "{} do not compile with a switch, and are not tried",
        left_out.len()
    );
    let programs = copy.builds_tests()?;
    let trial = Trial::new(&copy, &programs)?;
    println!("{} tests in {} programs", trial.len(), programs.len());

    let tried: Vec<&Mutant> = mutants
        .iter()
        .filter(|mutant| !left_out.contains(&mutant.number))
        .collect();
    let count = AtomicUsize::new(0);
    let fates = trial.fates(&tried, |mutant, fate| {
        let count = 1 + count.fetch_add(1, Ordering::Relaxed);
        if fate >= Fate::Missed || count.is_multiple_of(100) {
            println!("{count} of {}: {fate:?}: {}", tried.len(), shown(mutant));
        }
    })?;
    report(&tried, &fates, &results)
}

/// Writes the survivors of each fate into files, and prints how many there are. A survivor that is not known is a failure.
fn report(tried: &[&Mutant], fates: &[Fate], results: &Path) -> Result<ExitCode> {
    let mut counts = BTreeMap::new();
    for fate in fates {
        *counts.entry(*fate).or_insert(0) += 1;
    }
    let known = survivors(SURVIVORS);
    let is_new = |mutant: &Mutant| !known.contains(&*mutant.name());
    let mut new = 0;
    for fate in [Fate::Missed, Fate::Unreached] {
        let survived = tried.iter().zip(fates).filter(|(_, its)| **its == fate);
        let (unlisted, listed): (Vec<_>, Vec<_>) = survived
            .map(|(mutant, _)| *mutant)
            .partition(|mutant| is_new(mutant));
        new += unlisted.len();
        let lines = |mutants: Vec<&Mutant>| -> String {
            mutants.iter().map(|mutant| shown(mutant) + "\n").collect()
        };
        let name = format!("{fate:?}").to_lowercase();
        fs::write(results.join(format!("{name}.txt")), lines(unlisted))?;
        fs::write(results.join(format!("{name}_known.txt")), lines(listed))?;
    }
    let caught = fates.iter().filter(|fate| **fate < Fate::Missed).count();
    println!("{counts:?}");
    println!(
        "{:.1} % of {} are caught; of the others, {new} are not in survivors.txt: see {}",
        100.0 * caught as f64 / tried.len() as f64,
        tried.len(),
        results.display()
    );
    Ok(if new == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The names of what the last run did not catch.
fn survived(results: &Path) -> Result<HashSet<String>> {
    let mut names = HashSet::new();
    for fate in ["missed", "missed_known", "unreached", "unreached_known"] {
        let lines = fs::read_to_string(results.join(format!("{fate}.txt")))
            .context("there was no run before")?;
        let in_pieces = lines.lines().filter_map(|line| {
            let (place, words) = line.split_once(": ")?;
            let (file, _line) = place.split_once(':')?;
            Some(format!("{file}: {words}"))
        });
        names.extend(in_pieces);
    }
    Ok(names)
}

fn shown(mutant: &Mutant) -> String {
    format!("{}:{}: {}", mutant.file, mutant.line, mutant.words)
}

/// The names in the list of survivors. Comments and reasons are not names: those begin with `#`, these are indented.
fn survivors(list: &str) -> HashSet<&str> {
    let lines = list.lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ' ']))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_and_comments_are_no_survivors() {
        let list = "# of a list\n\nsrc/a.rs: delete ! in b\nsrc/a.rs: c\n    only speed\n";
        let names = survivors(list);
        assert!(names.contains("src/a.rs: delete ! in b") && names.contains("src/a.rs: c"));
        assert_eq!(names.len(), 2);
    }

    #[test]
    fn each_survivor_has_a_reason() {
        let mut open = None;
        for line in SURVIVORS.lines().filter(|line| !line.starts_with('#')) {
            match line.starts_with("    ") {
                true => open = None,
                false if line.is_empty() => assert_eq!(open, None, "without a reason"),
                false => open = Some(line),
            }
        }
        assert_eq!(open, None, "without a reason");
    }
}
