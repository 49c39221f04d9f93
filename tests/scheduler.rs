//! The scheduler, rule by rule.

mod support;

use std::hash::{BuildHasher, RandomState};

use proptest::prelude::*;
use support::{Fields, Log, Record, records_while, reported};
use tminus::{Exception, Generator, Kind, Spawner, TaskId, TaskScheduler, Turn};

type Task<R = ()> = Generator<(), (), R>;

/// Logs `A0`, `A1` … and gives way after each.
fn counter(log: &Log, name: &'static str, steps: u32) -> Task<u32> {
    let log = log.clone();
    Generator::new(async move |co| {
        for i in 0..steps {
            log.add(format!("{name}{i}"));
            co.yield_(()).await?;
        }
        Ok(steps)
    })
}

/// Gives way until it is closed, and logs that.
fn patient(log: &Log, name: &'static str) -> Task<u32> {
    let log = log.clone();
    Generator::new(async move |co| {
        loop {
            if let Err(exit) = co.yield_(()).await {
                log.add(format!("{name} {exit}"));
                return Err(exit);
            }
        }
    })
}

fn ids<'a>(keys: impl Iterator<Item = &'a TaskId>) -> Vec<u64> {
    keys.map(|id| id.get()).collect()
}

#[test]
fn tasks_take_turns() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    scheduler.spawn(counter(&log, "A", 3));
    scheduler.spawn(counter(&log, "B", 1));
    scheduler.spawn(counter(&log, "C", 2));
    assert_eq!(log.take(), [""; 0]);
    scheduler.run();
    assert_eq!(log.take(), ["A0", "B0", "C0", "A1", "C1", "A2"]);
    assert!(scheduler.is_idle());
}

#[test]
fn a_step_is_one_turn_of_one_task() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    let a = scheduler.spawn(counter(&log, "A", 1));
    let b = scheduler.spawn(counter(&log, "B", 1));
    assert!(!scheduler.is_idle());
    assert_eq!(scheduler.step(), Some(Turn::Yielded(a)));
    assert_eq!(scheduler.step(), Some(Turn::Yielded(b)));
    assert_eq!(scheduler.step(), Some(Turn::Returned(a)));
    assert_eq!(scheduler.step(), Some(Turn::Returned(b)));
    assert_eq!(scheduler.step(), None);
}

#[test]
fn ids_count_from_zero_and_results_come_in_the_order_of_completion() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    let slow = scheduler.spawn(counter(&log, "slow", 5));
    let quick = scheduler.spawn(counter(&log, "quick", 1));
    let medium = scheduler.spawn(counter(&log, "medium", 3));
    assert_eq!([slow, quick, medium].map(TaskId::get), [0, 1, 2]);
    assert_eq!(quick.to_string(), "1");
    scheduler.run();
    assert_eq!(ids(scheduler.results().keys()), [1, 2, 0]);

    assert_eq!(scheduler.take_result(quick), Some(1));
    assert_eq!(scheduler.take_result(quick), None);
    assert_eq!(ids(scheduler.results().keys()), [2, 0]);

    let next = scheduler.spawn(counter(&log, "next", 0));
    assert_eq!(next.get(), 3);
    scheduler.run();
    assert_eq!(ids(scheduler.take_results().keys()), [2, 0, 3]);
    assert!(scheduler.results().is_empty());
}

#[test]
fn a_failing_task_does_not_stop_the_others() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    let bad = scheduler.spawn(Generator::new(async |co| {
        co.yield_(()).await?;
        Ok("ten".parse::<u32>()?)
    }));
    let good = scheduler.spawn(counter(&log, "good", 3));
    scheduler.run();
    assert_eq!(scheduler.take_result(good), Some(3));
    assert_eq!(ids(scheduler.errors().keys()), [bad.get()]);
    let error = scheduler.take_error(bad).unwrap();
    assert_eq!(error.to_string(), "invalid digit found in string");
    assert!(scheduler.take_errors().is_empty());
}

#[test]
fn a_panic_is_its_tasks_own_error() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    let bad = scheduler.spawn_named("bad", Generator::new(async |_| panic!("boom {}", 7)));
    let good = scheduler.spawn(counter(&log, "good", 1));
    let events = reported(|| scheduler.run());
    assert_eq!(events, ["panicked: Panic: boom 7"]);
    assert_eq!(scheduler.take_result(good), Some(1));
    let error = scheduler.take_error(bad).unwrap();
    assert_eq!((error.kind(), &*error.message()), (Kind::Panic, "boom 7"));
}

#[test]
fn a_task_can_spawn_tasks_and_knows_its_id() {
    fn family(tasks: Spawner<u32>, log: Log, depth: u32) -> Task<u32> {
        Generator::new(async move |co| {
            let me = tasks.current().expect("a task is running");
            log.add(format!("{me} runs"));
            if depth > 0 {
                let child = tasks.spawn(family(tasks.clone(), log.clone(), depth - 1));
                log.add(format!("{me} has {child}"));
            }
            co.yield_(()).await?;
            assert_eq!(tasks.current(), Some(me));
            log.add(format!("{me} ends"));
            Ok(depth)
        })
    }
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    let tasks = scheduler.spawner();
    scheduler.spawn(family(tasks.clone(), log.clone(), 2));
    assert_eq!(tasks.current(), None);
    scheduler.run();
    assert_eq!(
        log.take(),
        [
            "0 runs", "0 has 1", "1 runs", "1 has 2", "0 ends", "2 runs", "1 ends", "2 ends"
        ]
    );
    assert_eq!(tasks.current(), None);
}

#[test]
fn one_task_can_be_closed() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    let a = scheduler.spawn(patient(&log, "A"));
    let b = scheduler.spawn(counter(&log, "B", 1));
    scheduler.step();
    assert_eq!(scheduler.close(a).unwrap(), None);
    assert_eq!(log.take(), ["A GeneratorExit"]);
    assert_eq!(scheduler.close(a).unwrap(), None);
    scheduler.run();
    assert_eq!(ids(scheduler.results().keys()), [b.get()]);
}

#[test]
fn a_task_that_ignores_its_close_stays() {
    let mut scheduler = TaskScheduler::new();
    let stubborn = scheduler.spawn(Generator::new(async |co| {
        let _exit = co.yield_(()).await;
        co.yield_(()).await?;
        Ok(7)
    }));
    scheduler.step();
    let error = scheduler.close(stubborn).unwrap_err();
    assert_eq!(error.message(), "generator ignored GeneratorExit");
    scheduler.run();
    assert_eq!(scheduler.take_result(stubborn), Some(7));
}

#[test]
fn all_tasks_are_closed_in_the_order_of_their_ids() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    for name in ["A", "B", "C"] {
        scheduler.spawn(patient(&log, name));
    }
    let answers = scheduler.spawn(Generator::new(async |co| {
        let _exit = co.yield_(()).await;
        Ok(7)
    }));
    for _ in 0..5 {
        scheduler.step(); // B is next
    }
    scheduler.close_all();
    assert!(scheduler.is_idle());
    assert_eq!(
        log.take(),
        ["A GeneratorExit", "B GeneratorExit", "C GeneratorExit"]
    );
    assert_eq!(scheduler.take_result(answers), Some(7));
    assert!(scheduler.errors().is_empty());
}

#[test]
fn dropping_the_scheduler_closes_the_tasks_in_order() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    for name in ["A", "B"] {
        scheduler.spawn(patient(&log, name));
    }
    scheduler.spawn(Generator::new(async |co| {
        let _exit = co.yield_(()).await;
        panic!("while closing");
    }));
    for _ in 0..4 {
        scheduler.step();
    }
    let events = reported(|| drop(scheduler));
    assert_eq!(log.take(), ["A GeneratorExit", "B GeneratorExit"]);
    assert_eq!(events, ["panicked: Panic: while closing"]);
}

#[test]
fn a_task_that_ignores_its_close_is_let_go_with_the_rest() {
    let mut scheduler = TaskScheduler::<()>::new();
    let stubborn = scheduler.spawn(Generator::new(async |co| {
        while co.yield_(()).await.is_err() {}
        Ok(())
    }));
    scheduler.step();
    let events = reported(|| scheduler.close_all());
    let ignored = "RuntimeError: generator ignored GeneratorExit";
    assert_eq!(
        events,
        [format!(
            "exception ignored while a generator was dropped: {ignored}"
        )]
    );
    assert_eq!(scheduler.take_error(stubborn).unwrap().to_string(), ignored);
    assert!(scheduler.is_idle());
}

#[test]
fn many_tasks_are_dropped_as_fast_as_they_are_made() {
    let mut scheduler = TaskScheduler::new();
    for _ in 0..100_000 {
        scheduler.spawn(counter(&Log::default(), "", 1));
    }
    scheduler.step();
    drop(scheduler); // in no time that grows with the square of their number
}

#[test]
fn a_task_that_was_spawned_and_never_run_is_let_go() {
    let log = Log::default();
    let scheduler = TaskScheduler::new();
    let tasks = scheduler.spawner();
    let held = tasks.clone();
    tasks.spawn(Generator::new(async move |co| {
        let _held = held;
        co.yield_(()).await?;
        Ok(())
    }));
    drop(scheduler);
    drop(log);
}

/// What the scheduler tells `tracing`, as lines. The names are those of the documentation.
/// (`scheduler` is left out: a number in the process, which other tests change, too.)
fn trace_of(run: impl FnOnce()) -> Vec<String> {
    let shown = |fields: &Fields| {
        let fields = fields
            .iter()
            .filter(|(name, _)| !["message", "scheduler"].contains(*name));
        fields
            .map(|(name, value)| format!(" {name}={value}"))
            .collect::<String>()
    };
    let line = |record: &Record| match record {
        Record::Event(level, fields) => format!("{level} {}{}", fields["message"], shown(fields)),
        Record::Enter(name, fields) => format!("{name}{} {{", shown(fields)),
        Record::Exit => "}".into(),
    };
    records_while(run).iter().map(line).collect()
}

#[test]
fn the_trace_tells_all_in_the_words_of_the_documentation() {
    let trace = trace_of(|| {
        let mut scheduler = TaskScheduler::new();
        scheduler.spawn_named("a", Generator::new(async |co| co.yield_(()).await));
        let bad = scheduler.spawn(Generator::new(async |_| {
            Err(Exception::new(Kind::ValueError, "no"))
        }));
        scheduler.run();
        drop(scheduler.take_error(bad));
        let last = scheduler.spawn(Generator::new(async |co| co.yield_(()).await));
        scheduler.step();
        scheduler.close(last).unwrap();
    });
    assert_eq!(
        trace,
        [
            "DEBUG spawned name=a task=0",
            "DEBUG spawned name= task=1",
            "turn name=a task=0 turn=1 {",
            "}",
            "TRACE yielded name=a task=0 turn=1",
            "turn name= task=1 turn=1 {",
            "}",
            "DEBUG failed exception=ValueError name= task=1 text=no turn=1",
            "turn name=a task=0 turn=2 {",
            "}",
            "DEBUG returned name=a task=0 turn=2",
            "DEBUG spawned name= task=2",
            "turn name= task=2 turn=1 {",
            "}",
            "TRACE yielded name= task=2 turn=1",
            "DEBUG closed name= task=2 turn=1",
        ]
    );
}

proptest! {
    /// With `n` live tasks, between two turns of one there is exactly one turn of each other.
    #[test]
    fn turns_are_fair(lengths in prop::collection::vec(0_u32..20, 1..12)) {
        let log = Log::default();
        let mut scheduler = TaskScheduler::new();
        for &length in &lengths {
            scheduler.spawn(counter(&log, "", length));
        }
        let mut turns = Vec::new();
        while let Some(turn) = scheduler.step() {
            turns.push(turn);
        }
        let mut live: Vec<u64> = (0..lengths.len() as u64).collect();
        let mut turns = turns.into_iter();
        while !live.is_empty() {
            // One round: every live task, once, in the same order as ever.
            for id in live.clone() {
                match turns.next() {
                    Some(Turn::Yielded(task)) => prop_assert_eq!(task.get(), id),
                    Some(Turn::Returned(task)) => {
                        prop_assert_eq!(task.get(), id);
                        live.retain(|&other| other != id);
                    }
                    other => prop_assert!(false, "{:?} in the turn of {}", other, id),
                }
            }
        }
        prop_assert_eq!(turns.next(), None);
    }

    /// The same while tasks come and fail at any time.
    #[test]
    fn turns_are_fair_to_newcomers(script in prop::collection::vec((0_u32..6, 0_u32..6), 1..20)) {
        let mut scheduler = TaskScheduler::new();
        let mut live = std::collections::VecDeque::new();
        for (length, run) in script {
            let task: Task = Generator::new(async move |co| {
                for _ in 0..length {
                    co.yield_(()).await?;
                }
                Err(Exception::new(Kind::RuntimeError, "enough"))
            });
            live.push_back(scheduler.spawn(task));
            for _ in 0..run {
                let Some(expected) = live.pop_front() else { break };
                match scheduler.step() {
                    Some(Turn::Yielded(id)) => {
                        prop_assert_eq!(id, expected);
                        live.push_back(id);
                    }
                    Some(Turn::Failed(id)) => prop_assert_eq!(id, expected),
                    other => prop_assert!(false, "{:?} in the turn of {}", other, expected),
                }
            }
        }
    }
}

#[test]
fn tasks_are_listed_in_the_order_of_their_turns_and_have_names() {
    let mut scheduler = TaskScheduler::new();
    let yields_once = || Generator::new(async |co| co.yield_(()).await);
    let first = scheduler.spawn_named("first", yields_once());
    let second = scheduler.spawn(yields_once());
    let third = scheduler.spawner().spawn_named("third", yields_once());
    assert_eq!(scheduler.tasks(), [first, second, third]);
    assert_eq!(scheduler.name(first).as_deref(), Some("first"));
    assert_eq!(scheduler.name(second), None);
    assert_eq!(scheduler.name(third).as_deref(), Some("third")); // though it is not in the queue yet

    assert_eq!(scheduler.step().map(Turn::task), Some(first));
    assert_eq!(scheduler.tasks(), [second, third, first]);
    scheduler.run();
    assert_eq!(scheduler.tasks(), []);
    assert_eq!(scheduler.name(first), None);
}

#[test]
fn an_outcome_is_taken_once() {
    let mut scheduler = TaskScheduler::new();
    let returns = scheduler.spawn(Generator::new(async |_| Ok(1)));
    let raises = scheduler.spawn(Generator::new(async |_| Err(Kind::ValueError.into())));
    assert!(scheduler.take_outcome(returns).is_none());
    scheduler.run();
    assert_eq!(scheduler.take_outcome(returns).unwrap().unwrap(), 1);
    let error = scheduler.take_outcome(raises).unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::ValueError);
    assert!(scheduler.take_outcome(returns).is_none());
    assert!(scheduler.take_outcome(raises).is_none());
}

#[test]
#[expect(
    clippy::mutable_key_type,
    reason = "a spawner is hashed by its scheduler's identity"
)]
fn spawners_are_equal_if_they_belong_to_the_same_scheduler() {
    let (one, other) = (TaskScheduler::<()>::new(), TaskScheduler::<()>::new());
    assert_eq!(one.spawner(), one.spawner());
    assert_ne!(one.spawner(), other.spawner());
    let all: std::collections::HashSet<_> = [one.spawner(), other.spawner(), one.spawner()].into();
    assert_eq!(all.len(), 2);
}

#[test]
fn handles_to_one_scheduler_are_equal_and_others_are_not() {
    let (scheduler, other) = (TaskScheduler::<()>::new(), TaskScheduler::<()>::new());
    let (one, same, other) = (scheduler.spawner(), scheduler.spawner(), other.spawner());
    assert_eq!(one, same);
    assert_ne!(one, other);
    let state = RandomState::new();
    assert_eq!(state.hash_one(&one), state.hash_one(&same));
    assert_ne!(state.hash_one(&one), state.hash_one(&other));
}
