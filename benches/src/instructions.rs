//! Instructions, counted by callgrind. Unlike times, they are equal in every run, and on every machine of a kind.

use std::{env, mem, process::Command};

use crate::{Comparison, memory::uncounted};

/// The argument with which the program does the work of one contender, so that callgrind can count the instructions.
pub(crate) const COUNT: &str = "--count";

impl Comparison {
    /// Returns the number of instructions that each contender takes for the measured runs.
    ///
    /// The number is the difference between two counts, one of them with twice the runs, so it does not include the
    /// preparation. It is `None` if the contender does not work under valgrind, or is another program.
    pub(crate) fn instructions(&self) -> Vec<Option<f64>> {
        self.contenders
            .iter()
            .map(|contender| {
                if contender.is_elsewhere() {
                    return None;
                }
                self.instructions_of(&contender.name)
            })
            .collect()
    }

    /// Returns the number of instructions that one contender takes for the measured runs.
    pub(crate) fn instructions_of(&self, contender: &str) -> Option<f64> {
        let [once, twice] = [1, 2].map(|times| callgrind(&self.name, contender, self.runs * times));
        Some((twice? - once?) as f64)
    }

    /// Does the work of one contender, and as little else as possible.
    pub(crate) fn count(&self, contender: &str, runs: u64) {
        let contender = self
            .contenders
            .iter()
            .find(|each| each.name == contender)
            .unwrap_or_else(|| panic!("{} has no contender {contender:?}", self.name));
        let mut work = contender
            .prepare()
            .expect("another program's instructions cannot be counted");
        println!("digest {:x}", uncounted(|| work(runs)));
        // Dropping the work is not part of it, and takes long if a million generators have to be closed.
        mem::forget(work);
    }
}

/// Returns the number of instructions that this program executes for a contender's work, from start to end.
fn callgrind(comparison: &str, contender: &str, runs: u64) -> Option<u64> {
    let program = env::current_exe().expect("the system knows which program this is");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([COUNT, comparison, contender, &runs.to_string()])
        .output()
        .expect("valgrind has to be installed and on the PATH");
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected :"));
    collected
        .filter(|_| output.status.success())
        .and_then(|(_, instructions)| instructions.trim().parse().ok())
}
