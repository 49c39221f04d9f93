//! Simulations in tests, and the environment variables that steer them.

use std::{env, ops::Range};

use super::{
    builder::Simulation,
    explore::{Explorer, run_of},
    failure::Failure,
    schedule::Schedule,
};
use crate::Exception;

/// How many seeds are tried if nobody says otherwise.
const SEEDS: u64 = 1000;

/// Runs a program with many seeds, and panics with a report if it fails. This is for tests.
///
/// ```
/// use tminus::{sync::Lock, gather, simulation, yield_now};
///
/// // In a function with #[test]:
/// simulation::check(|| async {
///     let lock = Lock::new();
///     let task = || {
///         let lock = lock.clone();
///         async move {
///             let _guard = lock.acquire().await?;
///             yield_now().await
///         }
///     };
///     gather((task(), task())).await?;
///     assert!(!lock.locked());
///     Ok(())
/// });
/// ```
///
/// A run fails in the cases that [`explore`](super::explore) lists. Environment variables change which runs are made, in all
/// tests of the process:
///
/// | variable | effect |
/// |---|---|
/// | `TMINUS_SEEDS=10000` | seeds 0 to 9999 instead of the first 1000 |
/// | `TMINUS_SEEDS=500..600` | seeds 500 to 599 |
/// | `TMINUS_SCHEDULE=8:5,15:2` | one run with this schedule, as in a report; an empty one is the plain run |
/// | `TMINUS_TIMELINE=folder` | if a run fails, its timeline and that of the plain run are written there, as SVG and HTML (feature `timeline`) |
///
/// # Panics
///
/// - If a run fails. The text is the report of the [`Failure`].
/// - If an environment variable has a wrong value.
#[track_caller]
pub fn check<T, F>(program: impl Fn() -> F)
where
    T: Clone + 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    check_with(|simulation| simulation, program);
}

/// Runs a program with many seeds, as [`check`] does, in simulations that are set up by `configure`.
///
/// ```
/// use std::time::Duration;
/// use tminus::{Exception, simulation::{self, Simulation}};
///
/// # async fn program() -> Result<(), Exception> { Ok(()) }
/// let no_latency = |simulation: Simulation| simulation.latency(Duration::ZERO..Duration::ZERO);
/// simulation::check_with(no_latency, program);
/// ```
///
/// # Panics
///
/// - If a run fails. The text is the report of the [`Failure`].
/// - If an environment variable has a wrong value.
#[track_caller]
pub fn check_with<T, F>(configure: impl Fn(Simulation) -> Simulation, program: impl Fn() -> F)
where
    T: Clone + 'static,
    F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
{
    let plan = match Plan::of(|name| env::var(name).ok()) {
        Ok(plan) => plan,
        Err(wrong) => panic!("{wrong}"),
    };
    let explorer = Explorer(&|by, is_logged| run_of(&configure, &program, by, is_logged));
    let checked = match plan.runs {
        Runs::Seeds(seeds) => explorer.explores(seeds),
        Runs::Schedule(schedule) => explorer.replays(schedule),
    };
    if let Err(failure) = checked {
        let written = written(&failure, plan.folder.as_deref());
        panic!("{failure}{written}");
    }
}

/// What the environment asks for.
#[derive(Debug, PartialEq)]
struct Plan {
    runs: Runs,
    folder: Option<String>,
}

#[derive(Debug, PartialEq)]
enum Runs {
    Seeds(Range<u64>),
    Schedule(Schedule),
}

impl Plan {
    fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let runs = match (variable("TMINUS_SCHEDULE"), variable("TMINUS_SEEDS")) {
            (Some(schedule), _) => Runs::Schedule(
                schedule
                    .parse()
                    .map_err(|error| format!("TMINUS_SCHEDULE={schedule}: {error}"))?,
            ),
            (None, Some(seeds)) => Runs::Seeds(parse_seeds(&seeds).ok_or_else(|| {
                format!("TMINUS_SEEDS={seeds}: expected a number of seeds, such as 10000, or a range, such as 500..600")
            })?),
            (None, None) => Runs::Seeds(0..SEEDS),
        };
        let folder = variable("TMINUS_TIMELINE").filter(|folder| !folder.is_empty());
        Ok(Self { runs, folder })
    }
}

/// A count or a range. An empty one is a mistake: it would test nothing.
fn parse_seeds(text: &str) -> Option<Range<u64>> {
    let seeds = match text.split_once("..") {
        Some((start, end)) => start.trim().parse().ok()?..end.trim().parse().ok()?,
        None => 0..text.trim().parse().ok()?,
    };
    (!seeds.is_empty()).then_some(seeds)
}

/// Draws the two runs into a folder, and says where.
#[cfg(feature = "timeline")]
fn written(failure: &Failure, folder: Option<&str>) -> String {
    use std::{fs, io, path::Path};

    let write = |folder: &Path| -> io::Result<String> {
        fs::create_dir_all(folder)?;
        let mut files = String::new();
        for (name, timeline) in [
            ("failing", failure.timeline()),
            ("plain", failure.plain_timeline()),
        ] {
            for (ending, text) in [("svg", timeline.svg()), ("html", timeline.html())] {
                let file = folder.join(name).with_extension(ending);
                fs::write(&file, text)?;
                files += &format!("written: {}\n", file.display());
            }
        }
        Ok(files)
    };
    match folder.map(|folder| (folder, write(Path::new(folder)))) {
        None => String::new(),
        Some((_, Ok(files))) => format!("\n{files}"),
        Some((folder, Err(error))) => {
            format!("\nTMINUS_TIMELINE={folder}: the timelines cannot be written there: {error}\n")
        }
    }
}

#[cfg(not(feature = "timeline"))]
fn written(_failure: &Failure, folder: Option<&str>) -> String {
    match folder {
        None => String::new(),
        Some(_) => {
            "\nTMINUS_TIMELINE needs the feature `timeline` of the crate tminus\n".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(variables: &[(&str, &str)]) -> Result<Plan, String> {
        Plan::of(|name| {
            let mut all = variables.iter();
            all.find(|one| one.0 == name).map(|one| one.1.to_owned())
        })
    }

    fn seeds(text: &str) -> Runs {
        plan(&[("TMINUS_SEEDS", text)]).unwrap().runs
    }

    #[test]
    fn seeds_are_a_count_or_a_range() {
        assert_eq!(plan(&[]).unwrap().runs, Runs::Seeds(0..1000));
        assert_eq!(seeds("20"), Runs::Seeds(0..20));
        assert_eq!(seeds("5..8"), Runs::Seeds(5..8));
    }

    #[test]
    fn a_schedule_comes_before_seeds_and_an_empty_one_is_the_plain_run() {
        let both = plan(&[("TMINUS_SEEDS", "20"), ("TMINUS_SCHEDULE", "8:5")]).unwrap();
        assert_eq!(both.runs, Runs::Schedule("8:5".parse().unwrap()));
        let plain = plan(&[("TMINUS_SCHEDULE", "")]).unwrap();
        assert_eq!(plain.runs, Runs::Schedule(Schedule::default()));
    }

    #[test]
    fn wrong_values_are_refused_with_what_is_expected() {
        for text in ["", "many", "0", "5..5", "8..5", "-1"] {
            assert_eq!(
                plan(&[("TMINUS_SEEDS", text)]).unwrap_err(),
                format!(
                    "TMINUS_SEEDS={text}: expected a number of seeds, such as 10000, or a range, such as 500..600"
                )
            );
        }
        assert_eq!(
            plan(&[("TMINUS_SCHEDULE", "8")]).unwrap_err(),
            "TMINUS_SCHEDULE=8: no schedule: \"8\" at byte 0: expected two numbers and a colon, such as `8:5`"
        );
    }

    #[test]
    fn an_empty_folder_is_none() {
        let folder = |text| plan(&[("TMINUS_TIMELINE", text)]).unwrap().folder;
        assert_eq!(folder("target/runs").as_deref(), Some("target/runs"));
        assert_eq!(folder(""), None);
    }

    #[cfg(not(feature = "timeline"))]
    #[test]
    fn a_folder_for_timelines_needs_the_feature() {
        let fails = || async { Err::<(), _>(crate::Exception::new(crate::Kind::ValueError, "no")) };
        let failure = super::super::explore(0..1, fails).unwrap_err();
        assert_eq!(written(&failure, None), "");
        let text = written(&failure, Some("target/runs"));
        assert!(text.contains("needs the feature `timeline`"), "{text}");
    }

    #[cfg(feature = "timeline")]
    #[test]
    fn timelines_are_written_only_if_there_is_a_folder_and_a_folder_that_cannot_be_is_named() {
        let fails = || async { Err::<(), _>(crate::Exception::new(crate::Kind::ValueError, "no")) };
        let failure = super::super::explore(0..1, fails).unwrap_err();
        assert_eq!(written(&failure, None), "");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let text = written(&failure, Some(file));
        let expected = format!("\nTMINUS_TIMELINE={file}: the timelines cannot be written there: ");
        assert!(text.starts_with(&expected), "{text}");
    }
}
