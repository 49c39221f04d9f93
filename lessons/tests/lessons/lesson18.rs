use std::rc::Rc;

use tminus::event_loop::{Deadlock, spawn_named};
use tminus::sync::{BoundedSemaphore, Lock, Queue, Semaphore};
use tminus::{EventLoop, Exception, Kind, spawn, yield_now};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::forks::{Order, different_orders, dinner};
use tminus_lessons::lesson18_sync::launch::{consume, produce};
use tminus_lessons::lesson18_sync::{self as lesson18, Tank, gather, run_virtual, sleep};

use crate::programs::{demo, lines_of_demo, recorded};

/// The last program also has a stream and a subprocess, which belong to later lessons.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson18");
    let (_, ours) = ours.split_once("== as in CPython\n").expect("the heading");
    let ours: Vec<&str> = ours.lines().collect();
    let theirs = [
        recorded("60_semaphore_fetch"),
        recorded("68_high_level_api"),
    ]
    .concat();
    let elsewhere = |line: &&str| *line == "STREAM" || *line == "subprocess 0";
    let theirs: Vec<&str> = theirs.lines().filter(|line| !elsewhere(line)).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn two_tasks_take_more_than_there_is() {
    assert_eq!(
        lines_of_demo("lesson18", "== two tasks take 60 of 100 litres", 2),
        ["== two tasks take 60 of 100 litres", "-20 litres"]
    );
}

#[test]
fn a_task_that_asks_in_every_round_keeps_the_clock_from_moving() {
    assert_eq!(
        lines_of_demo("lesson18", "== a task asks for a flag in every round", 2)[1],
        "livelock: 1000 rounds at 0ns, and the virtual clock did not move; running: asks"
    );
}

#[test]
fn the_lanes_of_a_lost_update_and_of_the_lock_that_prevents_it() {
    assert_eq!(
        lines_of_demo("lesson18", "== 100 + 20 litres, without a lock: 20", 10),
        [
            "== 100 + 20 litres, without a lock: 20",
            "ms      0    10",
            "Task-1  #--  --x",
            "first    #-  x",
            "second   .#  .x",
            "== 100 + 20 litres, with a lock: 120",
            "ms      0    10  20",
            "Task-1  #--  --  -x",
            "first    #-  x",
            "second   .#  -#  x",
        ]
    );
}

#[test]
fn the_lanes_of_tasks_that_wait_for_an_event_or_a_queue() {
    assert_eq!(
        lines_of_demo("lesson18", "Task-1  #--  #--#-x", 12),
        [
            "Task-1  #--  #--#-x",
            "left     #-  -x",
            "right    .#  -.x",
            "late             x",
            "== two producers, a queue and two consumers",
            "[9, 12]",
            "ms      0      10    20  30  40     70  100",
            "Task-1  #----  ----  --  --  ----#  --  --x",
            "odd      #---  #---  #-  #-  -.x",
            "even     .#--  .#--  .#  .#  --.x",
            "first    ..#-  -.#-  --  --  #----  #-  x",
            "second   ...#  --.#  --  --  .#---  .#  .x",
        ]
    );
}

#[test]
fn the_lanes_of_tasks_that_wait_for_each_other() {
    assert_eq!(
        lines_of_demo("lesson18", "Task-1  #--  -c--C", 7),
        [
            "Task-1  #--  -c--C",
            "fuel     #-  #cC",
            "drain    .#  .c.C",
            "Task-1 waits for all of (task \"fuel\", task \"drain\")",
            "fuel waits for a lock that task \"drain\" has",
            "drain waits for a lock that task \"fuel\" has",
            "cycle: fuel -> drain",
        ]
    );
}

#[test]
fn the_philosophers_starve_unless_one_takes_the_other_fork_first() {
    assert_eq!(
        lines_of_demo("lesson18", "ms         0       10", 23),
        [
            "ms         0       10",
            "Task-1     #-----  ----c-----C",
            "Plato       #----  #---cC",
            "Aristotle   .#---  .#--c.C",
            "Hypatia     ..#--  ..#-c..C",
            "Descartes   ...#-  ...#c...C",
            "Spinoza     ....#  ....c....C",
            "Task-1 waits for all of (task \"Plato\", task \"Aristotle\", task \"Hypatia\" and 2 more)",
            "Plato waits for a lock that task \"Aristotle\" has",
            "Aristotle waits for a lock that task \"Hypatia\" has",
            "Hypatia waits for a lock that task \"Descartes\" has",
            "Descartes waits for a lock that task \"Spinoza\" has",
            "Spinoza waits for a lock that task \"Plato\" has",
            "cycle: Plato -> Aristotle -> Hypatia -> Descartes -> Spinoza",
            "== five philosophers, the lower fork first",
            "ms         0       10    20  30  40  50  60  70",
            "Task-1     #-----  ----  --  --  --  --  -   -x",
            "Plato       #----  #---  --  --  -#  x",
            "Aristotle   .#---  .#--  --  -#  x",
            "Hypatia     ..#--  ..#-  -#  x",
            "Descartes   ...#-  ...#  x",
            "Spinoza     ....#  ----  --  --  --  -#  #   x",
            "all are done",
        ]
    );
}

/// The names of the tasks in the cycle.
fn cycle(outcome: Result<(), Exception>) -> Vec<String> {
    let error = outcome.unwrap_err();
    let deadlock = error.downcast_ref::<Deadlock>();
    deadlock.expect("they wait for each other").cycle.clone()
}

#[test]
fn the_error_of_a_deadlock_names_the_cycle() {
    let outcome = run_virtual(different_orders());
    assert!(
        outcome
            .as_ref()
            .unwrap_err()
            .to_string()
            .ends_with(r#"; these wait for each other: "fuel" -> "drain" -> "fuel""#)
    );
    assert_eq!(cycle(outcome), ["fuel", "drain"]);
    assert_eq!(cycle(run_virtual(dinner(Order::LeftFirst))).len(), 5);
    run_virtual(dinner(Order::LowerFirst)).unwrap();
}

/// A task cannot acquire a lock twice, as in Python.
#[test]
fn a_task_that_acquires_its_lock_again_waits_for_itself() {
    let outcome = run_virtual(async {
        let forgetful = spawn_named("forgetful", async {
            let lock = Lock::new();
            let _first = lock.acquire().await?;
            let _again = lock.acquire().await?;
            Ok(())
        })?;
        forgetful.await
    });
    assert_eq!(cycle(outcome), ["forgetful"]);
}

#[test]
fn a_consumer_of_a_queue_that_is_not_shut_down_waits_forever() {
    let queue = Rc::new(lesson18::Queue::new(2));
    let error = run_virtual(consume(queue)).unwrap_err();
    assert!(error.downcast_ref::<Deadlock>().is_some(), "{error}");
}

#[test]
fn join_waits_for_the_work_and_not_only_for_the_items() -> Result<(), Exception> {
    run_virtual(async {
        let queue = Queue::new();
        queue.put_nowait(1)?;
        let joins = spawn(queue.join())?;
        queue.get().await?;
        sleep(ms(1)).await?;
        assert!(queue.is_empty() && !joins.done());
        queue.task_done()?;
        joins.await?;
        let once_too_often = queue.task_done().unwrap_err();
        assert_eq!(once_too_often.kind(), Kind::ValueError);
        Ok(())
    })
}

#[test]
fn a_waiter_that_is_cancelled_leaves_the_permit_to_the_next() -> Result<(), Exception> {
    run_virtual(async {
        let permits = Semaphore::new(1);
        let first = permits.acquire().await?;
        let cancelled = spawn(permits.acquire())?;
        let next = spawn({
            let permit = permits.acquire();
            async move { permit.await.map(drop) }
        });
        sleep(ms(1)).await?;
        drop(first); // it is handed to the task that waited first,
        cancelled.cancel(); // which no longer wants it
        next?.await?;
        assert_eq!(permits.value(), 1);
        Ok(())
    })
}

#[test]
fn a_bounded_semaphore_notices_a_permit_that_is_released_twice() {
    let error = BoundedSemaphore::new(1).release().unwrap_err();
    assert_eq!(
        error.to_string(),
        "ValueError: BoundedSemaphore released too many times"
    );
}

/// The milliseconds on the clock of the loop.
fn now() -> Result<u128, Exception> {
    Ok(EventLoop::running()?.time().as_millis())
}

#[test]
fn twelve_fetches_take_132_with_three_permits_42_with_twelve_and_372_with_one() {
    let time = |permits| {
        run_virtual(async move {
            let sema = Semaphore::new(permits);
            let fetch = |a: u64| {
                let permit = sema.acquire();
                async move {
                    let _permit = permit.await?;
                    sleep(ms(20 + a * 2)).await
                }
            };
            gather((0..12).map(fetch).collect::<Vec<_>>()).await?;
            now()
        })
    };
    assert_eq!([3, 12, 1].map(|n| time(n).unwrap()), [132, 42, 372]);
    assert_eq!(24 + 30 + 36 + 42, 132);
}

/// The litres in a tank when two pumps have filled it, and after how many milliseconds.
fn two_pumps<F>(pump: impl Fn(Tank, i32) -> F) -> (i32, u128)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let tank = Tank::default();
    let both = [pump(tank.clone(), 100), pump(tank.clone(), 20)];
    let time = run_virtual(async {
        gather(both).await?;
        now()
    });
    (tank.litres(), time.unwrap())
}

#[test]
fn a_guard_without_a_name_is_dropped_immediately() {
    let lock = Lock::new();
    let careless = |tank: Tank, litres| {
        let lock = lock.clone();
        async move {
            let _ = lock.acquire().await?;
            tank.fill_without_lock(litres).await
        }
    };
    assert_eq!(two_pumps(careless), (20, 10));
}

/// Our lock and the crate's: a task is cancelled after the lock was handed to it, and the next one gets the lock.
#[test]
fn the_locks_survive_a_task_that_is_cancelled_between_two_turns() -> Result<(), Exception> {
    run_virtual(async {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        let waits = || {
            let acquired = lock.acquire();
            spawn(async move { acquired.await.map(drop) })
        };
        let (first, second) = (waits()?, waits()?);
        yield_now().await?;
        drop(guard);
        first.cancel();
        second.await
    })?;
    run_virtual(async {
        let lock = lesson18::Lock::default();
        let guard = lock.acquire().await?;
        let waits = || {
            let lock = lock.clone();
            spawn(async move { lock.acquire().await.map(drop) })
        };
        let (first, second) = (waits()?, waits()?);
        yield_now().await?;
        drop(guard);
        first.cancel();
        second.await
    })
}

#[test]
fn without_a_limit_two_thirds_of_the_numbers_are_in_the_queue_when_the_producers_are_done() {
    let left = |each: u32| {
        run_virtual(async move {
            let queue = Rc::new(lesson18::Queue::new(usize::MAX));
            for _ in 0..2 {
                drop(spawn(consume(queue.clone()))?);
            }
            let producer = |queue| produce(queue, (0..each).collect());
            gather([producer(queue.clone()), producer(queue.clone())]).await?;
            queue.shutdown();
            let (time, mut left) = (now()?, 0);
            while queue.get().await.is_ok() {
                left += 1;
            }
            Ok((time, left))
        })
    };
    assert_eq!(left(3).unwrap(), (30, 4));
    assert_eq!(left(15).unwrap(), (150, 20));
}

/// Consumes until it gets a `None`.
async fn consume_until_none(queue: Queue<Option<u32>>) -> Result<(), Exception> {
    while queue.get().await?.is_some() {}
    Ok(())
}

#[test]
fn one_none_at_the_end_ends_one_of_two_consumers() {
    let stuck = |consumers| {
        let run = run_virtual(async move {
            let queue = Queue::new();
            let consumers = vec![queue.clone(); consumers];
            for item in [Some(1), Some(2), None] {
                queue.put(item).await?;
            }
            gather(
                consumers
                    .into_iter()
                    .map(consume_until_none)
                    .collect::<Vec<_>>(),
            )
            .await
        });
        run.map_err(|error| error.to_string())
    };
    assert!(stuck(1).is_ok());
    let error = stuck(2).unwrap_err();
    assert!(
        error.ends_with(r#"task "Task-3" waits for an item of a queue"#),
        "{error}"
    );
}

#[test]
fn join_waits_for_a_task_done_that_was_forgotten() {
    let forgetful = run_virtual(async {
        let queue = Queue::new();
        let its_queue = queue.clone();
        let consumer = spawn(async move {
            its_queue.get().await?;
            Ok(())
        })?;
        queue.put(1).await?;
        consumer.await?;
        queue.join().await
    });
    assert!(
        forgetful
            .unwrap_err()
            .to_string()
            .ends_with(r#"task "Task-1" waits for the work on the items of a queue"#)
    );
}

#[test]
fn python_does_not_await_a_semaphore() {
    let wants = "TypeError: object Semaphore can't be used in 'await' expression\n";
    assert_eq!(recorded("lesson18_with"), wants);
}
