//! What counts as a failure, and what is left of it.

use std::{cell::Cell, collections::BTreeSet, rc::Rc, time::Duration};

use tminus::{
    Exception, Kind,
    event_loop::{Deadlock, EventLoop},
    gather,
    net::{TcpListener, TcpStream},
    simulation::{Simulation, choose, explore, explore_with},
    sleep, spawn, spawn_named,
    sync::Lock,
    yield_now,
};

#[test]
fn a_program_that_works_has_no_failure() {
    explore(0..100, || async { sleep(Duration::from_secs(1)).await }).unwrap();
}

#[test]
fn the_first_seed_that_fails_is_returned() {
    let runs = Cell::new(0);
    let program = || {
        runs.set(runs.get() + 1);
        async {
            match choose(100)? {
                77 => Err(Exception::new(Kind::RuntimeError, "found")),
                _ => Ok(()),
            }
        }
    };
    let failure = explore(0..1000, program).unwrap_err();
    let seed = failure.seed().unwrap();
    explore(0..seed, program).unwrap();
    assert_eq!(failure.schedule().to_string(), "0:77");
    assert_eq!(failure.exception().message(), "found");
}

#[test]
fn values_are_lowered_as_far_as_the_failure_allows() {
    let program = || async {
        let (one, other) = (choose(50)?, choose(50)?);
        match one + other > 30 {
            true => Err(Exception::new(Kind::RuntimeError, "too much")),
            false => Ok(()),
        }
    };
    let failure = explore(0..100, program).unwrap_err();
    assert_eq!(failure.schedule().len(), 1, "{}", failure.schedule());
    assert_eq!(failure.schedule().iter().next().unwrap().1, 31);
}

#[test]
fn values_far_above_what_is_needed_are_halved() {
    let program = || async {
        match choose(1_000_000)? > 30 {
            true => Err(Exception::new(Kind::RuntimeError, "too much")),
            false => Ok(()),
        }
    };
    let failure = explore(0..100, program).unwrap_err();
    assert_eq!(failure.schedule().to_string(), "0:31");
}

/// Each of 20 choices has to be 4 at least, and there are more pairs of them than runs.
#[test]
fn a_schedule_is_shrunk_in_at_most_a_thousand_runs() {
    let program = || async {
        for _ in 0..20 {
            if choose(32)? < 4 {
                return Ok(());
            }
        }
        Err(Exception::new(Kind::RuntimeError, "all of them"))
    };
    let failure = explore(0..1000, program).unwrap_err();
    assert!(failure.schedule().iter().all(|(_, chosen)| chosen == 4));
    assert_eq!(failure.runs(), 1000);
    let report = failure.to_string();
    assert!(
        report.contains("(before shrinking: 20; runs: 1000)"),
        "{report}"
    );
}

/// The schedules that are left of a program's failures with many seeds.
fn left<F>(program: impl Fn() -> F) -> BTreeSet<String>
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let failures = (0..200).filter_map(|seed| explore(seed..seed + 1, &program).err());
    failures
        .map(|failure| failure.schedule().to_string())
        .collect()
}

/// Without the two tasks, there is no order to choose, and the second throw has another number.
#[test]
fn an_entry_is_left_out_even_if_later_choices_get_other_numbers() {
    let program = || async {
        if choose(2)? == 1 {
            gather((yield_now(), yield_now())).await?;
        }
        match choose(6)? {
            5 => Err(Exception::new(Kind::RuntimeError, "a six")),
            _ => Ok(()),
        }
    };
    assert_eq!(left(program), BTreeSet::from(["1:5".to_owned()]));
}

/// With the two tasks, there is an order to choose first.
#[test]
fn an_entry_is_left_out_even_if_that_inserts_a_choice_before_the_last_one() {
    let program = || async {
        if choose(2)? == 0 {
            gather((yield_now(), yield_now())).await?;
        }
        match choose(6)? {
            5 => Err(Exception::new(Kind::RuntimeError, "a six")),
            _ => Ok(()),
        }
    };
    let left = left(program);
    assert!(left.len() == 1 && !left.contains("0:1,1:5"), "{left:?}");
}

/// Half of it is too little then.
#[test]
fn an_entry_is_left_out_together_with_lowering_another_one_by_a_quarter() {
    let program = || async {
        let window = match choose(2)? {
            0 => 75..80,
            _ => 100..120,
        };
        match window.contains(&choose(120)?) {
            true => Err(Exception::new(Kind::RuntimeError, "hit")),
            false => Ok(()),
        }
    };
    assert_eq!(left(program), BTreeSet::from(["1:75".to_owned()]));
}

#[derive(Debug)]
struct TooFast;

#[derive(Debug)]
struct TooSlow;

impl std::fmt::Display for TooFast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too fast")
    }
}

impl std::fmt::Display for TooSlow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too slow")
    }
}

impl std::error::Error for TooFast {}
impl std::error::Error for TooSlow {}

#[test]
fn a_failure_does_not_become_another_one() {
    let program = || async {
        match choose(6)? {
            1 => Err(TooSlow.into()),
            2 => Err(Exception::new(Kind::RuntimeError, "on fire")),
            5 => Err(TooFast.into()),
            _ => Ok(()),
        }
    };
    let three = ["0:1", "0:2", "0:5"].map(str::to_owned);
    assert_eq!(left(program), BTreeSet::from(three));
}

/// The second entry is as large as it is only because of the first one.
#[test]
fn an_entry_is_left_out_together_with_lowering_another_one() {
    let program = || async {
        let (latency, reset) = (40 * choose(2)?, choose(100)?);
        let window = latency..latency + 25;
        match reset > 0 && window.contains(&reset) {
            true => Err(Exception::new(Kind::RuntimeError, "hit")),
            false => Ok(()),
        }
    };
    assert_eq!(left(program), BTreeSet::from(["1:1".to_owned()]));
}

#[test]
fn a_panic_of_the_program_is_its_failure() {
    let program = || async {
        assert!(choose(3)? < 2, "the third");
        Ok(())
    };
    let failure = explore(0..100, program).unwrap_err();
    assert_eq!(failure.exception().kind(), Kind::Panic);
    assert_eq!(failure.exception().message(), "the third");
    assert_eq!(failure.schedule().to_string(), "0:2");
    let report = failure.to_string();
    assert!(
        report.contains("panicked at tests/simulation/exploring.rs:"),
        "{report}"
    );
}

/// And not that of a longer schedule that was tried on the way.
#[test]
fn the_place_of_a_panic_is_that_of_the_shortest_schedule() {
    const NEAR: u32 = line!() + 4;
    let program = || async {
        match choose(3)? {
            2 => panic!("far"),
            1 => panic!("near"),
            _ => Ok(()),
        }
    };
    for seed in 0..50 {
        let Err(failure) = explore(seed..seed + 1, program) else {
            continue;
        };
        assert_eq!(failure.schedule().to_string(), "0:1");
        let (report, place) = (failure.to_string(), format!("exploring.rs:{NEAR}:"));
        assert!(report.contains(&place), "{report}");
    }
}

#[test]
fn a_panic_that_nobody_awaits_is_a_failure_and_an_exception_is_not() {
    let raises = || async {
        drop(spawn(async {
            Err::<(), _>(Exception::new(Kind::RuntimeError, "unseen"))
        })?);
        yield_now().await
    };
    explore(0..10, raises).unwrap();
    let panics = || async {
        drop(spawn(async { panic!("unseen") as Result<(), Exception> })?);
        yield_now().await
    };
    let failure = explore(0..10, panics).unwrap_err();
    assert_eq!(failure.exception().message(), "unseen");
    let in_a_callback = || async {
        EventLoop::running()?.call_soon(|| assert_eq!(1, 2, "in a callback"))?;
        yield_now().await
    };
    let failure = explore(0..10, in_a_callback).unwrap_err();
    assert!(failure.exception().message().contains("in a callback"));
}

#[test]
fn a_panic_while_the_program_is_created_is_a_failure() {
    let program = || -> tminus::event_loop::Sleep { panic!("no program") };
    let failure = explore(0..10, program).unwrap_err();
    assert_eq!(failure.exception().message(), "no program");
}

/// Each has what the other one wants, if both get their first lock.
async fn locks() -> Result<(), Exception> {
    let (left, right) = (Lock::new(), Lock::new());
    let task = |first: Lock, second: Lock| async move {
        let _first = first.acquire().await?;
        yield_now().await?;
        let _second = second.acquire().await?;
        Ok(())
    };
    let one = spawn_named("one", task(left.clone(), right.clone()))?;
    for _ in 0..2 {
        yield_now().await?;
    }
    let other = spawn_named("other", task(right, left))?;
    gather((one, other)).await?;
    Ok(())
}

#[test]
fn a_deadlock_is_a_failure_that_names_the_tasks() {
    let program = || async {
        if choose(2)? == 0 {
            return locks().await;
        }
        let (left, right) = (Lock::new(), Lock::new());
        let _left = left.acquire().await?;
        let holds = right.clone();
        let other = spawn_named("other", async move {
            let _right = holds.acquire().await?;
            left.acquire().await.map(drop)
        })?;
        yield_now().await?;
        let _right = right.acquire().await?;
        other.await
    };
    let failure = explore(0..100, program).unwrap_err();
    let deadlock = failure.exception().downcast_ref::<Deadlock>().unwrap();
    assert_eq!(deadlock.cycle.len(), 2);
    assert!(failure.to_string().starts_with("deadlock: "), "{failure}");
}

#[test]
fn the_network_can_be_set_up() {
    let program = || async {
        let listener = TcpListener::bind("127.0.0.2:80").await?;
        let mut client = TcpStream::connect("127.0.0.2:80").await?;
        let (mut server, _) = listener.accept().await?;
        client.write_all(&[7; 1000]).await?;
        let read = server.read(&mut [0; 1000]).await?;
        let event_loop = EventLoop::running()?;
        Ok((read, event_loop.time()))
    };
    let ms = Duration::from_millis;
    let (result, made) = Simulation::new(1)
        .latency(ms(10)..ms(10))
        .short_reads(false)
        .bandwidth(10_000)
        .run(program());
    // There and back to connect, and 1000 bytes at 10,000 bytes a second.
    assert_eq!(result.unwrap(), (1000, ms(10 + 10 + 100 + 10)));
    assert!(made.is_empty());
    let is_whole = |simulation: Simulation| simulation.short_reads(false);
    explore_with(is_whole, 0..50, || async move {
        assert_eq!(program().await?.0, 1000);
        Ok(())
    })
    .unwrap();
    let failure = explore(0..50, || async move {
        assert_eq!(program().await?.0, 1000);
        Ok(())
    });
    assert_eq!(failure.unwrap_err().schedule().len(), 1);
}

#[test]
fn explorations_can_be_nested_in_nothing_but_ordinary_code() {
    let inside = Rc::new(Cell::new(0));
    let counts = inside.clone();
    let program = move || {
        let counts = counts.clone();
        async move {
            let (result, _) = Simulation::new(1).run(yield_now());
            assert_eq!(result.unwrap_err().kind(), Kind::RuntimeError);
            counts.set(counts.get() + 1);
            Ok(())
        }
    };
    explore(0..5, program).unwrap();
    assert_eq!(inside.get(), 5);
}
