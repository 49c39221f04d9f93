//! Runs the tests: first to see which mutants each one reaches, then with one mutant after the other.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{copy::Copy, mutant::Mutant};

/// A test that passes as long as no mutant is switched on.
struct Test {
    program: usize,
    /// `None` if the program is one test.
    name: Option<String>,
    took: Duration,
    reaches: Vec<usize>,
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A test failed.
    Caught,
    /// A test took much longer than without the mutant, and was ended.
    TimedOut,
    /// All tests that reach the mutant passed.
    Missed,
    /// No test reaches it.
    Unreached,
}

/// How long a test may take, at least, and how many times as long as without a mutant.
const PATIENCE: (Duration, u32) = (Duration::from_secs(5), 7);

/// How many tests run with a mutant before it is looked whether one has failed: the likely ones come first.
const PORTIONS: [usize; 4] = [12, 60, 300, usize::MAX];

pub struct Trial<'a> {
    copy: &'a Copy,
    programs: Vec<PathBuf>,
    tests: Vec<Test>,
}

impl<'a> Trial<'a> {
    /// Runs each test once, without a mutant. A test that fails now is left out.
    pub fn new(copy: &'a Copy, programs: &[(String, PathBuf)]) -> Result<Self> {
        let mut trial = Self {
            copy,
            programs: programs.iter().map(|(_, file)| file.clone()).collect(),
            tests: Vec::new(),
        };
        let mut names = Vec::new();
        for program in 0..programs.len() {
            let of = trial.names(program)?;
            names.extend(of.into_iter().map(|name| (program, name)));
        }
        let tests = in_parallel(&names, |(program, name)| {
            trial.first_run(*program, name.clone())
        });
        for (test, (program, name)) in tests.into_iter().zip(&names) {
            match test? {
                Some(test) => trial.tests.push(test),
                None => println!(
                    "left out, as it fails without a mutant: {} {}",
                    programs[*program].0,
                    name.as_deref().unwrap_or_default()
                ),
            }
        }
        ensure!(!trial.tests.is_empty(), "no test passes");
        Ok(trial)
    }

    pub fn len(&self) -> usize {
        self.tests.len()
    }

    /// Runs the tests with one mutant after the other, and tells the fate of each as it is known.
    pub fn fates(
        &self,
        mutants: &[&Mutant],
        tell: impl Fn(&Mutant, Fate) + Sync,
    ) -> Result<Vec<Fate>> {
        let mut reaching: HashMap<usize, Vec<&Test>> = HashMap::new();
        for test in &self.tests {
            for mutant in &test.reaches {
                reaching.entry(*mutant).or_default().push(test);
            }
        }
        for tests in reaching.values_mut() {
            // A quick test that reaches little is the likeliest to be about this.
            tests.sort_by_key(|test| test.took * (5 + test.reaches.len().isqrt() as u32));
        }
        let fates = in_parallel(mutants, |mutant| {
            let tests = reaching.get(&mutant.number).map_or(&[][..], Vec::as_slice);
            let fate = self.fate(mutant, tests)?;
            tell(mutant, fate);
            Ok(fate)
        });
        fates.into_iter().collect()
    }

    fn fate(&self, mutant: &Mutant, mut tests: &[&Test]) -> Result<Fate> {
        if tests.is_empty() {
            return Ok(Fate::Unreached);
        }
        for portion in PORTIONS {
            let (now, later) = tests.split_at(portion.min(tests.len()));
            tests = later;
            let mut by_program: BTreeMap<usize, Vec<&Test>> = BTreeMap::new();
            for test in now {
                by_program.entry(test.program).or_default().push(test);
            }
            for (program, tests) in by_program {
                let names = tests.iter().filter_map(|test| test.name.as_deref());
                let took = tests.iter().map(|test| test.took).sum::<Duration>();
                let mut command = self.command(program, names);
                command.env("TMINUS_MUTANT", mutant.number.to_string());
                match ends_within(&mut command, PATIENCE.0 + took * PATIENCE.1)? {
                    Some(status) if status.success() => {}
                    Some(_) => return Ok(Fate::Caught),
                    None => return Ok(Fate::TimedOut),
                }
            }
        }
        Ok(Fate::Missed)
    }

    /// Returns the names of a program's tests. A program without a harness is one test, without a name.
    fn names(&self, program: usize) -> Result<Vec<Option<String>>> {
        let list = |more: &[&str]| -> Result<Vec<String>> {
            let mut command =
                self.command(program, ["--list"].into_iter().chain(more.iter().copied()));
            let output = command.stdout(Stdio::piped()).output()?;
            let lines = String::from_utf8_lossy(&output.stdout).into_owned();
            let names = lines.lines().filter_map(|line| line.strip_suffix(": test"));
            Ok(names.map(str::to_owned).collect())
        };
        let (all, ignored) = (list(&[])?, list(&["--ignored"])?);
        match all.is_empty() {
            true => Ok(vec![None]),
            false => Ok(all
                .into_iter()
                .filter(|name| !ignored.contains(name))
                .map(Some)
                .collect()),
        }
    }

    fn first_run(&self, program: usize, name: Option<String>) -> Result<Option<Test>> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let notes = self.copy.folder.with_extension(format!("reached-{run}"));
        let mut command = self.command(program, name.as_deref());
        command.env("TMINUS_REACHED", &notes);
        let begun = Instant::now();
        let status = ends_within(&mut command, Duration::from_secs(300))?;
        let took = begun.elapsed();
        let noted = fs::read_to_string(&notes).unwrap_or_default();
        drop(fs::remove_file(&notes));
        let mut reaches: Vec<usize> = noted.lines().filter_map(|line| line.parse().ok()).collect();
        reaches.sort_unstable();
        reaches.dedup();
        Ok(status.filter(ExitStatus::success).map(|_| Test {
            program,
            name,
            took,
            reaches,
        }))
    }

    /// A program that runs these tests, in a session of its own. A mutant may ask for memory without end.
    fn command<'b>(&self, program: usize, names: impl IntoIterator<Item = &'b str>) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", "ulimit -c 0 -v 6000000; exec \"$0\" \"$@\""])
            .arg(&self.programs[program])
            .current_dir(&self.copy.folder)
            .env("CARGO_MANIFEST_DIR", &self.copy.folder)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let names: Vec<_> = names.into_iter().collect();
        if !names.is_empty() && !names[0].starts_with("--") {
            command.args(["-q", "--exact"]);
        }
        command.args(names);
        command
    }
}

/// Runs a command to its end. After `time`, kills the command with all its children, and returns `None`.
fn ends_within(command: &mut Command, time: Duration) -> Result<Option<ExitStatus>> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().context("a test cannot be run")?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if begun.elapsed() > time {
            break None;
        }
        thread::sleep(Duration::from_millis(3));
    };
    ends(&mut child);
    Ok(status)
}

#[cfg(unix)]
fn ends(child: &mut Child) {
    let group = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    drop(child.wait());
}

#[cfg(not(unix))]
fn ends(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

/// Does this for all, as many at a time as there are processors and one more: some only wait for their end.
fn in_parallel<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(place) else {
                return done;
            };
            done.push((place, work(one)));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from) + 1;
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let done = workers.into_iter().map(|worker| worker.join());
        done.flat_map(|done| done.expect("no worker panics"))
            .collect()
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
