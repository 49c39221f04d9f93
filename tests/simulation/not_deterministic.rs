//! What a simulation does not control is found out, with the place.

use std::{cell::Cell, collections::HashSet, rc::Rc, time::Duration};

use tminus::{Exception, Kind, gather, simulation::explore, sleep, spawn_named, sync::Event};

fn no_fuel<T>() -> Result<T, Exception> {
    Err(Exception::new(Kind::RuntimeError, "no fuel"))
}

#[test]
fn the_order_of_a_hash_set_in_the_names_of_tasks() {
    let program = || async {
        let rockets: HashSet<u32> = (0..20).collect();
        let mut tasks = Vec::new();
        for rocket in rockets {
            let wait = sleep(Duration::from_millis(1));
            tasks.push(spawn_named(&format!("rocket {rocket}"), wait)?);
        }
        gather(tasks).await?;
        no_fuel::<()>()
    };
    let failure = explore(0..10, program).unwrap_err();
    let divergence = failure.divergence().unwrap();
    // The main task waits for them in the order of the set.
    assert_eq!(divergence.turn(), Some(0));
    for side in [divergence.first(), divergence.second()] {
        let start = "at 0ns task \"Task-1\" has a turn, and then waits for all of (task \"rocket ";
        assert!(side.starts_with(start), "{side}");
    }
    assert_ne!(divergence.first(), divergence.second());
    let report = failure.to_string();
    assert!(
        report.contains("it is not deterministic: the runs differ at turn 0:"),
        "{report}"
    );
    assert!(report.contains("use a `BTreeMap`"), "{report}");
}

#[test]
fn a_global_variable_in_what_a_task_waits_for() {
    let runs = Rc::new(Cell::new(0));
    let program = || {
        runs.set(runs.get() + 1);
        let run = runs.get();
        async move {
            sleep(Duration::from_millis(3)).await?;
            drop(spawn_named("waits", async move {
                match run % 2 {
                    0 => sleep(Duration::from_secs(1)).await,
                    _ => Event::new().wait().await,
                }
            })?);
            sleep(Duration::from_millis(3)).await?;
            no_fuel::<()>()
        }
    };
    let failure = explore(0..10, program).unwrap_err();
    let divergence = failure.divergence().unwrap();
    assert_eq!(divergence.turn(), Some(2));
    assert_eq!(
        divergence.first(),
        "at 3ms task \"waits\" has a turn, and then waits for a sleep until 1.003s"
    );
    assert_eq!(
        divergence.second(),
        "at 3ms task \"waits\" has a turn, and then waits for an event"
    );
}

#[test]
fn a_failure_that_does_not_happen_again() {
    let runs = Rc::new(Cell::new(0));
    let program = || {
        runs.set(runs.get() + 1);
        let run = runs.get();
        async move { if run == 1 { no_fuel() } else { Ok(()) } }
    };
    let failure = explore(0..10, program).unwrap_err();
    let divergence = failure.divergence().unwrap();
    assert_eq!(divergence.turn(), None);
    assert_eq!(divergence.first(), "the run fails: RuntimeError: no fuel");
    assert_eq!(divergence.second(), "the run does not fail");
}
