//! `Task`: what runs, by what name, in what order, and how it ends.

use futures::join;
use tminus::{
    Exception, Generator, Kind, TaskScheduler,
    event_loop::{current_task, spawn_named},
    sleep, spawn, yield_now,
};

use crate::{
    error, ms, new_loop,
    support::{Log, reported},
};

/// Logs `A2`, `A1` and gives way after each: a task of the scheduler, and of the loop.
fn countdown(log: &Log, name: &'static str, from: u32) -> Generator<(), (), &'static str> {
    let log = log.clone();
    Generator::new(async move |co| {
        for i in (1..=from).rev() {
            log.add(format!("{name}{i}"));
            co.yield_(()).await?;
        }
        Ok(name)
    })
}

#[test]
fn the_countdowns_of_the_scheduler_run_on_the_loop_unchanged() {
    let log = Log::default();
    let mut scheduler = TaskScheduler::new();
    for (name, from) in [("A", 3), ("B", 1), ("C", 2)] {
        scheduler.spawn(countdown(&log, name, from));
    }
    scheduler.run();
    let on_the_scheduler = log.take();

    let event_loop = new_loop();
    let on_the_loop = log.clone();
    let main = async move {
        let mut tasks = Vec::new();
        for (name, from) in [("A", 3), ("B", 1), ("C", 2)] {
            tasks.push(spawn(countdown(&on_the_loop, name, from))?);
        }
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await?);
        }
        Ok(results)
    };
    assert_eq!(
        event_loop.run_until_complete(main).unwrap(),
        ["A", "B", "C"]
    );
    assert_eq!(log.take(), on_the_scheduler);
    assert_eq!(on_the_scheduler, ["A3", "B1", "C2", "A2", "C1", "A1"]);
}

#[test]
fn what_cancels_a_generator_is_thrown_into_it() {
    let log = Log::default();
    let caught = log.clone();
    let event_loop = new_loop();
    let generator: Generator<(), (), &str> = Generator::new(async move |co| {
        loop {
            if let Err(exception) = co.yield_(()).await {
                caught.add(exception.to_string());
                return Ok("cleaned up");
            }
        }
    });
    let task = event_loop.create_task(generator).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    task.cancel_with("enough");
    assert_eq!(event_loop.run_until_complete(task).unwrap(), "cleaned up");
    assert_eq!(log.take(), ["Cancelled: enough"]);
}

#[test]
fn a_generator_can_be_main_too() {
    let log = Log::default();
    let event_loop = new_loop();
    let result = event_loop.run_until_complete(countdown(&log, "A", 2));
    assert_eq!(result.unwrap(), "A");
    assert_eq!(log.take(), ["A2", "A1"]);
}

#[test]
fn tasks_start_in_the_next_turn_in_the_order_of_creation() {
    let event_loop = new_loop();
    let log = Log::default();
    let logged = log.clone();
    let main = async move {
        for name in ["a", "b"] {
            let log = logged.clone();
            spawn(async move {
                log.add(name);
                Ok(())
            })?;
        }
        logged.add("main");
        yield_now().await?;
        logged.add("main again");
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["main", "a", "b", "main again"]);
}

#[test]
fn tasks_have_names() {
    let event_loop = new_loop();
    let first = event_loop.create_task(async { Ok(()) }).unwrap();
    let named = event_loop
        .create_named_task("named", async { Ok(()) })
        .unwrap();
    let third = event_loop.create_task(async { Ok(()) }).unwrap();
    assert_eq!(
        [first.name(), named.name(), third.name()],
        ["Task-1", "named", "Task-3"]
    );
    named.set_name("renamed");
    assert_eq!(named.any().name(), "renamed");
    let inside = async {
        let task = spawn_named("inner", async { Ok(current_task()?.name()) })?;
        Ok((current_task()?.name(), task.await?))
    };
    let inside = event_loop.run_until_complete(inside).unwrap();
    assert_eq!(inside, ("Task-4".into(), "inner".into()));
}

#[test]
fn current_task_and_all_tasks_in_the_order_of_creation() {
    let event_loop = new_loop();
    let log = Log::default();
    let (all, logged) = (event_loop.clone(), log.clone());
    let names = move || {
        all.all_tasks()
            .iter()
            .map(|task| task.name())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let main = async move {
        let mut tasks = Vec::new();
        for (name, millis) in [("c", 3), ("a", 1), ("b", 2)] {
            tasks.push(spawn_named(name, sleep(ms(millis)))?);
        }
        logged.add(names());
        for task in [&tasks[1], &tasks[2], &tasks[0]] {
            task.clone().await?;
            logged.add(names());
        }
        Ok(())
    };
    let main = event_loop.create_named_task("main", main).unwrap();
    assert!(event_loop.current_task().is_none());
    event_loop.run_until_complete(main.clone()).unwrap();
    assert_eq!(log.take(), ["main c a b", "main c b", "main c", "main"]);
    assert!(event_loop.all_tasks().is_empty());
}

#[test]
fn a_task_is_awaited_by_several_and_each_gets_the_result() {
    let event_loop = new_loop();
    let main = async {
        let task = spawn(async {
            sleep(ms(5)).await?;
            Ok(String::from("result"))
        })?;
        let other = spawn(task.clone())?;
        let (a, b) = join!(task.clone(), other);
        Ok([a?, b?, task.await?])
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), ["result"; 3]);
}

#[test]
fn to_drop_the_handle_does_not_end_the_task() {
    let event_loop = new_loop();
    let log = Log::default();
    let logged = log.clone();
    let main = async move {
        drop(spawn(async move {
            sleep(ms(5)).await?;
            logged.add("ran");
            Ok(())
        })?);
        sleep(ms(10)).await
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["ran"]);
}

async fn panics() -> Result<u8, tminus::Exception> {
    panic!("boom {}", 7)
}

#[test]
fn a_task_ends_with_a_result_an_exception_a_cancellation_or_a_panic_and_shows_it() {
    let event_loop = new_loop();
    let ok = event_loop.create_task(async { Ok(7) }).unwrap();
    let failed = event_loop
        .create_task(async { Err::<u8, _>(error("no")) })
        .unwrap();
    let panicked = event_loop.create_task(panics());
    let panicked = panicked.unwrap();
    let cancelled = event_loop.create_task(sleep(ms(1000))).unwrap();
    let waiting = event_loop.create_task(sleep(ms(1000))).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    cancelled.cancel();
    event_loop.run_until_complete(sleep(ms(1))).unwrap();

    assert_eq!(ok.result().unwrap(), 7);
    assert!(ok.exception().unwrap().is_none());
    assert_eq!(failed.result().unwrap_err().to_string(), "ValueError: no");
    assert_eq!(panicked.result().unwrap_err().to_string(), "Panic: boom 7");
    assert_eq!(cancelled.result().unwrap_err().kind(), Kind::Cancelled);
    assert_eq!(waiting.result().unwrap_err().kind(), Kind::InvalidState);
    assert!(cancelled.cancelled() && !failed.cancelled());

    let shown = [
        format!("{ok:?}"),
        format!("{failed:?}"),
        format!("{panicked:?}"),
        format!("{cancelled:?}"),
        format!("{waiting:?}"),
        format!("{:?}", waiting.any()),
        format!("{:?}", ok.any()),
    ];
    assert_eq!(
        shown,
        [
            r#"Task { name: "Task-1", state: LoopFuture(done) }"#,
            r#"Task { name: "Task-2", state: LoopFuture(failed: ValueError: no) }"#,
            r#"Task { name: "Task-3", state: LoopFuture(failed: Panic: boom 7) }"#,
            r#"Task { name: "Task-4", state: LoopFuture(cancelled) }"#,
            r#"Task { name: "Task-5", state: LoopFuture(pending) }"#,
            r#"Task { name: "Task-5", waits_for: a sleep until 1s }"#,
            r#"Task { name: "Task-1", done: true }"#,
        ]
    );
}

#[test]
fn a_panic_is_its_tasks_own_end_even_in_a_destructor() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let event_loop = new_loop();
    let bomb = Bomb;
    let task = event_loop.create_task(async move {
        let _bomb = bomb;
        futures::future::pending::<Result<(), Exception>>().await
    });
    let task = task.unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    task.cancel(); // it is dropped where it stands
    let end = event_loop.run_until_complete(task).unwrap_err();
    assert_eq!(end.to_string(), "Panic: in a destructor");
}

#[test]
fn a_stop_iteration_that_escapes_becomes_a_runtime_error() {
    let event_loop = new_loop();
    let main = async { Err::<(), _>(Exception::stop_iteration(7)) };
    let end = event_loop.run_until_complete(main).unwrap_err();
    assert_eq!(
        end.to_string(),
        "RuntimeError: coroutine raised StopIteration"
    );
}

#[test]
fn an_exception_of_a_task_that_nobody_fetched_is_reported() {
    let event_loop = new_loop();
    let unseen = || {
        drop(event_loop.create_task(async { Err::<(), _>(error("unseen")) }));
        event_loop.run_until_complete(sleep(ms(1))).unwrap();
    };
    assert_eq!(
        reported(unseen),
        ["exception was never retrieved: ValueError: unseen"]
    );
}

#[test]
fn a_task_that_awaits_itself_gets_an_error() {
    let event_loop = new_loop();
    let slot = event_loop.create_future::<tminus::Task<()>>();
    let me = slot.clone();
    let task = event_loop
        .create_task(async move { me.await?.await })
        .unwrap();
    slot.set_result(task.clone()).unwrap();
    let end = event_loop.run_until_complete(task).unwrap_err();
    assert_eq!(end.to_string(), "RuntimeError: Task cannot await on itself");
}

#[test]
fn done_callbacks_of_a_task_run_in_the_turn_after_its_end() {
    let event_loop = new_loop();
    let log = Log::default();
    let (called, logged) = (log.clone(), log.clone());
    let task = event_loop.create_task(async { Ok(7) }).unwrap();
    task.add_done_callback(move |done| called.add(format!("{:?}", done.result())));
    let removed = task.add_done_callback(|_| Err(error("it is removed")));
    assert!(task.remove_done_callback(removed));
    let main = async move {
        logged.add("its turn");
        yield_now().await?;
        logged.add("next turn");
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(log.take(), ["its turn", "Ok(7)", "next turn"]);
}

#[test]
fn a_hundred_thousand_tasks_in_a_chain_end_one_after_the_other() {
    let event_loop = new_loop();
    let main = async {
        let mut last = spawn(async {
            sleep(ms(1)).await?;
            Ok(0)
        })?;
        for _ in 0..100_000 {
            last = spawn(async move { Ok(last.await? + 1) })?;
        }
        last.await
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 100_000);
}

#[test]
fn the_loop_knows_its_current_task_only_while_one_runs() {
    let event_loop = new_loop();
    assert!(event_loop.current_task().is_none());
    let (of_loop, of_thread) = event_loop
        .run_until_complete(async {
            let event_loop = tminus::EventLoop::running()?;
            Ok((
                event_loop.current_task(),
                tminus::event_loop::current_task()?,
            ))
        })
        .unwrap();
    assert_eq!(of_loop, Some(of_thread));
    assert!(event_loop.current_task().is_none());
}
