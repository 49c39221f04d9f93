//! Whole programs with streams, which are to say what they say on CPython, in the same rounds of the loop.
//!
//! Each is here twice: `NAME.py`, with what CPython 3.13 says in `NAME.out`, and a function `NAME` in one of these modules. The
//! function runs on a simulated network without latency, with all choices 0. `recorder.py` describes the recordings.

#![cfg(unix)]

mod breaks;
mod cancelled;
mod ends;
mod full;
mod limits;
mod list;
mod log;
mod order;
mod servers;

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use log::Log;
use tminus::{Exception, simulation::Simulation};

/// One test a program.
macro_rules! programs {
    ($($module:ident: $($name:ident)*;)*) => {
        $($(
            #[test]
            fn $name() {
                check(stringify!($name), $module::$name);
            }
        )*)*

        #[test]
        fn every_recording_is_compared() {
            let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
            let recorded = files.filter(|file| file.extension().is_some_and(|extension| extension == "out"));
            let recorded: BTreeSet<_> =
                recorded.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
            let here = BTreeSet::from([$($(stringify!($name).to_owned(),)*)*]);
            assert_eq!(here, recorded);
        }
    };
}

list::with_programs!(programs);

fn folder() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/stream_programs"
    ))
}

fn check<F>(name: &str, program: fn(Log) -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let plain = "".parse().expect("a schedule without a choice");
    let simulation = Simulation::replay(plain).latency(Duration::ZERO..Duration::ZERO);
    let log = Log::default();
    let (result, _) = simulation.run(program(log.clone()));
    let said = log.lines();
    let recorded = fs::read_to_string(folder().join(name).with_extension("out")).unwrap();
    let recorded: Vec<&str> = recorded.lines().collect();
    let agree = said
        .iter()
        .zip(&recorded)
        .take_while(|(said, recorded)| said == recorded);
    let agree = agree.count();
    assert!(
        agree == said.len() && agree == recorded.len(),
        "line {}\n  CPython: {:?}\n  here:    {:?}\nall that was said here:\n{}",
        agree + 1,
        recorded.get(agree),
        said.get(agree),
        said.join("\n"),
    );
    result.unwrap();
}
