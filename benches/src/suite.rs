//! The command line of a benchmark.

use std::{env, process::ExitCode};

use crate::{Comparison, Table, figures, instructions::COUNT};

const USAGE: &str = "\
what to add after `--`:
  (nothing)                          times, and all other tables
  NAME …                             only the comparisons and tables whose name starts with one of these
  --instructions [NAME …]            instructions instead of times; needs valgrind
  --instructions --check [NAME …]    compares ours with the committed figures, and fails if one differs by more than 3 %
  --instructions --save              writes the figures to be committed
  --count COMPARISON CONTENDER RUNS  only that work, for a profiler";

/// The number of times that each contender is timed.
const ROUNDS: u32 = 9;

/// A name on the command line, and the table that it stands for.
pub type NamedTable = (&'static str, fn() -> Table);

/// A benchmark program.
pub struct Suite {
    /// The name of the benchmark.
    pub name: &'static str,
    /// The comparisons that are timed.
    pub timed: fn() -> Vec<Comparison>,
    /// The comparisons in sizes that callgrind can do in seconds.
    pub counted: fn() -> Vec<Comparison>,
    /// What is no comparison of times, such as heap memory.
    pub tables: &'static [NamedTable],
}

impl Suite {
    /// Runs what the command line asks for.
    pub fn run(&self) -> ExitCode {
        let args: Vec<String> = env::args().skip(1).collect();
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        // `cargo bench` adds it; `cargo test --benches` does not.
        let benches = args.pop_if(|last| *last == "--bench").is_some();
        match args[..] {
            [COUNT, comparison, contender, runs] => self.count(comparison, contender, runs),
            ["--instructions", "--check", ref names @ ..] => {
                return figures::check(self.name, &chosen(self.counted, names));
            }
            ["--instructions", "--save"] => figures::save(self.name, &(self.counted)()),
            ["--instructions", ref names @ ..] => self.print_instructions(names),
            [flag, ..] if flag.starts_with('-') => println!("{USAGE}"),
            [] if !benches => self.check(),
            ref names => self.print_times(names),
        }
        ExitCode::SUCCESS
    }

    fn print_times(&self, names: &[&str]) {
        for comparison in chosen(self.timed, names) {
            let times = comparison.time(ROUNDS);
            let nanoseconds: Vec<_> = times
                .iter()
                .map(|time| time.map(|time| time.as_nanos() as f64))
                .collect();
            println!("{}", comparison.table("ns", &nanoseconds));
        }
        for (name, table) in self.tables {
            if is_chosen(name, names) {
                println!("{}", table());
            }
        }
    }

    fn print_instructions(&self, names: &[&str]) {
        for comparison in chosen(self.counted, names) {
            let instructions = comparison.instructions();
            println!("{}", comparison.table("instructions", &instructions));
        }
    }

    fn count(&self, comparison: &str, contender: &str, runs: &str) {
        let runs = runs.parse().expect("RUNS has to be a number");
        let all = (self.counted)().into_iter().chain((self.timed)());
        match all.into_iter().find(|each| each.name == comparison) {
            Some(comparison) => comparison.count(contender, runs),
            None => panic!("no comparison is called {comparison:?}"),
        }
    }

    /// Checks that all contenders produce the same values.
    fn check(&self) {
        for comparison in (self.counted)() {
            comparison.time(1);
        }
    }
}

fn chosen(all: fn() -> Vec<Comparison>, names: &[&str]) -> Vec<Comparison> {
    let mut chosen = all();
    chosen.retain(|comparison| is_chosen(&comparison.name, names));
    chosen
}

fn is_chosen(name: &str, names: &[&str]) -> bool {
    names.is_empty() || names.iter().any(|&start| name.starts_with(start))
}
