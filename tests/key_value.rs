//! The example `key_value`: a simulation finds its bug, and finds nothing in the version without it.

#[path = "../examples/key_value/client.rs"]
mod client;
#[path = "../examples/key_value/failures.rs"]
#[cfg_attr(not(feature = "io"), allow(dead_code, reason = "there is no loopback"))]
mod failures;
#[path = "../examples/key_value/log.rs"]
mod log;
#[path = "../examples/key_value/program.rs"]
#[cfg_attr(not(feature = "io"), allow(dead_code, reason = "there is no loopback"))]
mod program;
#[path = "../examples/key_value/server.rs"]
mod server;

use tminus::{
    Kind,
    simulation::{Failure, Schedule, Simulation, explore},
};

use log::Log;
#[cfg(feature = "io")]
use program::on_loopback;
use program::simulated;
use server::Version;

fn failure() -> Box<Failure> {
    explore(0..1000, || simulated(Version::Lossy, Log::default()))
        .expect_err("this version loses replies")
}

#[test]
fn the_bug_is_found_and_few_choices_are_left_of_it() {
    let failure = failure();
    assert_eq!(
        failure.exception().message(),
        "ada has set ada/engine, and now deletes it"
    );
    assert!(failure.seed() < Some(1000));
    assert!(failure.schedule().len() < 10, "{failure}");
    assert!(failure.divergence().is_none(), "{failure}");
}

#[test]
fn the_schedule_in_the_report_fails_again_and_not_without_the_bug() {
    let report = failure().to_string();
    let (_, schedule) = report.split_once("replay: TMINUS_SCHEDULE=").unwrap();
    let (schedule, _) = schedule.split_once(' ').unwrap();
    let replay = |version| {
        let schedule: Schedule = schedule.parse().unwrap();
        let (result, _) = Simulation::replay(schedule).run(simulated(version, Log::default()));
        result
    };
    assert_eq!(replay(Version::Lossy).unwrap_err().kind(), Kind::Panic);
    replay(Version::Fixed).unwrap();
}

#[test]
fn the_fixed_version_loses_nothing() {
    // A debug build is a tenth as fast.
    let seeds = if cfg!(debug_assertions) { 300 } else { 10_000 };
    if let Err(failure) = explore(0..seeds, || simulated(Version::Fixed, Log::default())) {
        panic!("{failure}");
    }
}

/// If nothing fails, nothing is lost.
#[test]
fn in_the_plain_run_both_versions_work_alike() {
    let plain = |version| {
        let log = Log::default();
        let program = simulated(version, log.clone());
        let simulation = Simulation::replay(Schedule::default());
        simulation.run(program).0.unwrap();
        log.take()
    };
    assert_eq!(
        plain(Version::Fixed).last().unwrap(),
        "   10 ms  grace is done, after 4 attempts at 4 requests"
    );
    assert_eq!(plain(Version::Lossy), plain(Version::Fixed));
}

#[cfg(feature = "io")]
#[test]
fn both_versions_work_on_loopback() {
    for version in [Version::Lossy, Version::Fixed] {
        let log = Log::default();
        tminus::run(on_loopback(version, log.clone())).unwrap();
        assert_eq!(log.take().len(), 12);
    }
}
