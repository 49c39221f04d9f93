//! Instructions, counted by callgrind. Unlike times, they are the same in every run and on every machine of a kind.

use std::{env, mem, process::Command};

use crate::{Comparison, memory::uncounted};

/// What the program is called with to do the work of one contender, so that callgrind can count it.
pub(crate) const COUNT: &str = "--count";

impl Comparison {
    /// How many instructions each contender takes for the measured runs.
    ///
    /// It is the difference between twice as many runs and as many, so that preparation is not in it. `None` where
    /// the contender does not work under valgrind, or is another program.
    pub(crate) fn instructions(&self) -> Vec<Option<f64>> {
        self.contenders
            .iter()
            .map(|contender| {
                let [once, twice] =
                    [1, 2].map(|times| callgrind(&self.name, &contender.name, self.runs * times));
                Some((twice? - once?) as f64)
            })
            .collect()
    }

    /// The work of one contender, and as little else as can be.
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
        // Its end is not part of the work, and takes long where a million generators have to be closed.
        mem::forget(work);
    }
}

/// How many instructions this program takes for that work, from its start to its end.
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
