//! The committed figures: instructions per unit of our own contender, a line for each comparison.
//!
//! Instructions repeat exactly, but another version of the compiler or of libc can take a few more. So a check fails only if a
//! figure differs by more than 3 %, in either direction: a gain has to be committed, too, or it can be lost unseen.

use std::{fs, path::PathBuf, process::ExitCode};

use crate::Comparison;

/// Our contender. In a comparison without one, such as that of recordings, all contenders are ours.
const OURS: &str = "tminus";

/// How far a figure may be from the committed one, as a part of it.
const TOLERANCE: f64 = 0.03;

/// Writes the figures of all comparisons.
pub(crate) fn save(bench: &str, comparisons: &[Comparison]) {
    let lines = comparisons.iter().map(|comparison| {
        let figure = ours(comparison);
        println!("{:<24} {figure:>10.1}", comparison.name);
        format!("{} {figure:.1}\n", comparison.name)
    });
    let lines: String = lines.collect();
    let file = file(bench);
    fs::create_dir_all(file.parent().expect("it is in a folder")).expect("the folder can be made");
    fs::write(&file, lines).expect("the figures can be written");
}

/// Compares the figures of these comparisons with the committed ones.
pub(crate) fn check(bench: &str, comparisons: &[Comparison]) -> ExitCode {
    let file = file(bench);
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let committed_for = |name: &str| {
        let mut lines = committed.lines().filter_map(|line| line.split_once(' '));
        let figure = lines.find(|(known, _)| *known == name)?.1;
        figure.parse::<f64>().ok()
    };
    let mut is_well = true;
    for comparison in comparisons {
        let now = ours(comparison);
        let name = &comparison.name;
        let Some(before) = committed_for(name) else {
            println!(
                "{name:<24} {now:>10.1}  there is no figure in {}",
                file.display()
            );
            is_well = false;
            continue;
        };
        let change = now / before - 1.0;
        let verdict = match change {
            _ if change.abs() <= TOLERANCE => "",
            _ if change > 0.0 => "  MORE",
            _ => "  LESS: commit the gain, with --instructions --save",
        };
        println!(
            "{name:<24} {now:>10.1}  committed {before:>10.1}  {:>+6.1} %{verdict}",
            change * 100.0
        );
        is_well &= verdict.is_empty();
    }
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Returns our own instructions per unit.
fn ours(comparison: &Comparison) -> f64 {
    let ours = comparison.contenders.iter().find(|each| each.name == OURS);
    let name = ours.map_or(comparison.baseline, |ours| &ours.name);
    let instructions = comparison.instructions_of(name);
    let units = (comparison.runs * comparison.units_per_run) as f64;
    instructions.expect("valgrind can run ours") / units
}

fn file(bench: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    folder.join("figures").join(format!("{bench}.txt"))
}
