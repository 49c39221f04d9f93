//! Asks CPython 3.13 about fresh random programs, and replays its answers here. Ignored, for it needs a Python 3.13.
//!
//! ```sh
//! cargo test --test live_oracle -- --ignored                               # 2,000 scenarios of each kind
//! TMINUS_ORACLE_COUNT=200000 cargo test --test live_oracle -- --ignored    # a night's run
//! ```
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `TMINUS_ORACLE_COUNT` | how many scenarios of each kind | 2000 |
//! | `TMINUS_ORACLE_SEED` | the seed of the first slice, to repeat a run; each further slice has the next | the time |
//! | `TMINUS_PYTHON` | the interpreter | `python3.13` on the `PATH`, `python3` if that is 3.13, or what pyenv has |
//!
//! What it does is written as it happens, past the capture of the tests. The recordings of a slice in which something
//! differs are kept, and the command that replays them is shown.

#[path = "conformance/classes.rs"]
mod classes;
#[path = "conformance/corpus.rs"]
mod corpus;
#[path = "conformance/generators.rs"]
mod generators;
#[path = "conformance/loops.rs"]
mod loops;
#[path = "conformance/parts.rs"]
mod parts;
#[path = "live_oracle/python.rs"]
mod python;
#[path = "conformance/streams.rs"]
mod streams;
mod support;
#[cfg(unix)]
#[path = "conformance/writers.rs"]
mod writers;

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use corpus::Corpus;
use python::Python;

/// A family of scenarios and who records them.
struct Family {
    name: &'static str,
    script: &'static str,
    /// What to tell the script, before the seed.
    mode: &'static str,
}

const GENERATORS: Family = Family {
    name: "generators",
    script: "gen_fuzz.py",
    mode: "fuzz",
};
const LOOP: Family = Family {
    name: "loop",
    script: "loop_vm.py",
    mode: "fuzz",
};
/// With every step of the language.
const WIDE: Family = Family {
    name: "loop, wide",
    script: "loop_vm.py",
    mode: "wide",
};
const STREAMS: Family = Family {
    name: "streams",
    script: "stream_vm.py",
    mode: "fuzz",
};
const WRITERS: Family = Family {
    name: "writers",
    script: "writer_vm.py",
    mode: "fuzz",
};

const DEFAULT_COUNT: u64 = 2000;
/// How many scenarios have one seed.
const SLICE: u64 = 500;
/// For a slice, which takes seconds. Some seeds make a program that does not end.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// After so many seeds without a recording, one after the other, something else is wrong.
const MOST_FAILURES_IN_A_ROW: usize = 3;

#[test]
#[ignore = "needs a Python 3.13"]
fn fresh_generators_agree_with_cpython() {
    agree(&GENERATORS);
}

#[test]
#[ignore = "needs a Python 3.13"]
fn fresh_loops_agree_with_cpython() {
    agree(&LOOP);
}

#[test]
#[ignore = "needs a Python 3.13"]
fn fresh_loops_with_every_step_agree_with_cpython() {
    agree(&WIDE);
}

#[test]
#[ignore = "needs a Python 3.13"]
fn fresh_streams_agree_with_cpython() {
    agree(&STREAMS);
}

#[test]
#[ignore = "needs a Python 3.13"]
fn fresh_writers_agree_with_cpython() {
    agree(&WRITERS);
}

/// The corpora in `tests/corpus` are what the scripts beside them record.
#[test]
#[ignore = "needs a Python 3.13"]
fn our_corpora_can_be_recorded_again() {
    let python = found();
    let ours: [(&Family, &[&str], &str); 9] = [
        (&GENERATORS, &["curated"], "generators_curated.json"),
        (
            &GENERATORS,
            &["fuzz", "11", "1000"],
            "generators_fuzz_a.json",
        ),
        (&LOOP, &["curated"], "loop_curated.json"),
        (&LOOP, &["fuzz", "101", "500"], "loop_fuzz_a.json"),
        (&WIDE, &["wide", "201", "500"], "loop_wide_a.json"),
        (&STREAMS, &["curated"], "stream_curated.json"),
        (&STREAMS, &["fuzz", "7", "3000"], "stream_fuzz_a.json"),
        (&WRITERS, &["curated"], "writer_curated.json"),
        (&WRITERS, &["fuzz", "301", "1500"], "writer_fuzz_a.json"),
    ];
    for (family, arguments, name) in ours {
        let folder = fresh_folder(&format!("again_{name}"));
        let recorded = folder.join(name);
        record(&python, family, arguments, &recorded).unwrap();
        let again = fs::read_to_string(&recorded).unwrap();
        // They are from 3.13.0, and another 3.13 names itself in the first line.
        let its_version = format!("\"cpython\": \"{}\"", python.version);
        let ours = fs::read_to_string(corpora().join(name)).unwrap();
        let ours = ours.replacen("\"cpython\": \"3.13.0\"", &its_version, 1);
        assert!(again == ours, "{} is not {name}", recorded.display());
        fs::remove_dir_all(folder).unwrap();
    }
}

/// The programs in `tests/stream_programs` say on this Python what their recordings say.
#[test]
#[ignore = "needs a Python 3.13"]
fn our_stream_programs_can_be_recorded_again() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stream_programs");
    let complaints = fresh_folder("stream_programs").join("stderr");
    let mut command = found().command();
    command.arg(programs.join("recorder.py"));
    python::run(command, &complaints, TIME_LIMIT).unwrap();
}

#[test]
fn without_a_python_it_says_so() {
    let error = Python::find(Some("no/such/python".into())).unwrap_err();
    assert!(
        error.starts_with("no Python 3.13 was found: no/such/python: "),
        "{error}"
    );
    assert!(error.contains("TMINUS_PYTHON"), "{error}");
}

/// Records slices of scenarios, replays them, and fails where anything differs, or nothing could be recorded.
fn agree(family: &Family) {
    let python = found();
    let count = number("TMINUS_ORACLE_COUNT").unwrap_or(DEFAULT_COUNT);
    let first = number("TMINUS_ORACLE_SEED").unwrap_or_else(seed_of_now);
    let name = family.name;
    say(&format!(
        "{name}: {count} scenarios, asked of {python}; to repeat: TMINUS_ORACLE_SEED={first} TMINUS_ORACLE_COUNT={count}"
    ));

    let (mut replayed, mut differ) = (0, 0);
    let (mut kept, mut not_recorded, mut failures_in_a_row) = (Vec::new(), Vec::new(), 0);
    for seed in first.. {
        if replayed >= count || failures_in_a_row == MOST_FAILURES_IN_A_ROW {
            break;
        }
        let recording = format!("{}_{seed}", name.replace(", ", "_"));
        let folder = fresh_folder(&recording);
        let file = folder.join(recording + ".json");
        let size = SLICE.min(count - replayed);
        let arguments = [family.mode, &seed.to_string(), &size.to_string()];
        let corpus = record(&python, family, &arguments, &file).and_then(|()| Corpus::read(&file));
        let corpus = match corpus {
            Ok(corpus) => corpus,
            Err(why) => {
                say(&format!("{name}: seed {seed} is not recorded: {why}"));
                fs::remove_dir_all(folder).unwrap();
                not_recorded.push(seed);
                failures_in_a_row += 1;
                continue;
            }
        };
        failures_in_a_row = 0;
        let report = corpus.replay();
        replayed += corpus.len() as u64;
        differ += report.differ();
        say(&format!("{report} ({replayed} of {count} replayed)"));
        if report.differ() == 0 {
            fs::remove_dir_all(folder).unwrap();
            continue;
        }
        for difference in report.first_differences() {
            say(difference);
        }
        kept.push(format!(
            "TMINUS_CORPUS={} cargo test --test conformance",
            folder.display()
        ));
    }

    let skipped = match &not_recorded[..] {
        [] => String::new(),
        seeds => format!("; not recorded: the seeds {seeds:?}"),
    };
    say(&format!(
        "{name}: {replayed} replayed, {differ} differ{skipped}"
    ));
    assert!(
        differ == 0,
        "{differ} differ; to replay them:\n{}",
        kept.join("\n")
    );
    assert!(replayed > 0, "nothing was replayed{skipped}");
    assert!(
        replayed >= count,
        "only {replayed} of {count} were replayed{skipped}"
    );
}

/// Lets a script write a corpus file.
fn record(python: &Python, family: &Family, arguments: &[&str], file: &Path) -> Result<(), String> {
    let script = corpora().join("recording").join(family.script);
    let mut command = python.command();
    command.arg(script).args(arguments).arg(file);
    python::run(command, &file.with_extension("stderr"), TIME_LIMIT)
}

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

fn found() -> Python {
    Python::find(env::var_os("TMINUS_PYTHON")).unwrap_or_else(|error| panic!("{error}"))
}

/// An empty folder of this name among the temporary files of the tests.
fn fresh_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("live_oracle")
        .join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is no number: {value}")))
}

/// Milliseconds, so that the seeds of one run are not those of the next.
fn seed_of_now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("it is later than 1970").as_millis();
    u64::try_from(now).expect("it is earlier than the year 584,000,000")
}

/// Tells the user now: what goes through `println!` is shown after the test, if at all.
fn say(line: &str) {
    writeln!(io::stderr(), "{line}").expect("there is a standard error");
}
