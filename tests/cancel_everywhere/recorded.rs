//! The recorded programs of `tests/corpus`.

use std::{env, fs, path::Path};

use serde_json::Value;

use crate::{
    counted::Shared,
    interpreter,
    moments::Moments,
    program::Program,
    quiet::run_until_quiet,
    tally::{Tally, every},
};

#[test]
fn programs_written_by_hand() {
    cancel_everywhere_in("loop_curated.json");
}

#[test]
fn random_programs() {
    cancel_everywhere_in("loop_fuzz_a.json");
}

#[test]
fn random_programs_with_every_step() {
    cancel_everywhere_in("loop_wide_a.json");
}

fn cancel_everywhere_in(file: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let tally = tally(&folder.join(file), every());
    tally.check(file);
}

/// Recordings of other programs, such as `loop_vm.py wide 7 20000 more.json` in `tests/corpus/recording` makes them.
#[test]
fn programs_in_tminus_cancel_corpus() {
    let Some(folder) = env::var_os("TMINUS_CANCEL_CORPUS") else {
        return; // nothing was asked for
    };
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        tally(&file, 1).check(&file.display().to_string());
    }
}

fn tally(file: &Path, every: usize) -> Tally {
    let text = fs::read_to_string(file).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let mut tally = Tally::default();
    for scenario in file["scenarios"].as_array().unwrap().iter().step_by(every) {
        let program = Program::parse(scenario).unwrap();
        tally.cancel_everywhere(&scenario["id"], |moments| run(&program, moments));
    }
    tally
}

/// Runs a program, and then all that it has left, until nothing can happen.
fn run(program: &Program, moments: &Moments) {
    let shared = Shared::new(&program.objects, moments);
    interpreter::run(program, shared, |event_loop, shared| {
        run_until_quiet(event_loop);
        shared.check();
    });
}
