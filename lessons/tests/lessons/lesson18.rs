use std::{cell::RefCell, rc::Rc};

use tminus::event_loop::{Deadlock, spawn_named};
use tminus::sync::{BoundedSemaphore, Lock, Queue, Semaphore};
use tminus::{EventLoop, Exception, Kind, spawn, yield_now};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::by_hand::LockByHand;
use tminus_lessons::lesson18_sync::forks::{Order, different_orders, dinner};
use tminus_lessons::lesson18_sync::{Tank, consume, gather, produce, run_virtual, sleep};

use crate::programs::{demo, lines_of_demo, recorded};

/// Of program 68 only what it says of queues and locks: the stream and the subprocess belong to a later lesson.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson18");
    let ours: Vec<&str> = ours
        .lines()
        .skip_while(|line| !line.starts_with("fetch"))
        .collect();
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
fn the_lanes_of_a_lost_update_and_of_the_lock_that_saves_it() {
    assert_eq!(
        lines_of_demo("lesson18", "100 + 20 without a lock: 20", 10),
        [
            "100 + 20 without a lock: 20",
            "ms      0    10",
            "Task-1  #--  --x",
            "first    #-  x",
            "second   .#  .x",
            "100 + 20 with a lock: 120",
            "ms      0    10  20",
            "Task-1  #--  --  -x",
            "first    #-  x",
            "second   .#  -#  x",
        ]
    );
}

#[test]
fn the_lanes_of_those_who_wait_for_an_event_or_a_queue() {
    assert_eq!(
        lines_of_demo("lesson18", "Task-1  #--  #--#-x", 11),
        [
            "Task-1  #--  #--#-x",
            "left     #-  -x",
            "right    .#  -.x",
            "late             x",
            "[9, 12]",
            "ms      0      10    20  30  40     70  100",
            "Task-1  #----  ----  --  --  ----#  --  --#--x",
            "odd      #---  #---  #-  #-  -.x",
            "even     .#--  .#--  .#  .#  --.x",
            "first    ..#-  -.#-  --  --  #----  #-  #--x",
            "second   ...#  --.#  --  --  .#---  .#  .#-.x",
        ]
    );
}

#[test]
fn the_lanes_of_those_who_wait_for_each_other() {
    assert_eq!(
        lines_of_demo("lesson18", "Task-1  #--  -c--C", 7),
        [
            "Task-1  #--  -c--C",
            "fuel     #-  #cC",
            "drain    .#  .c.C",
            "Task-1 waits for all of (task \"fuel\", task \"drain\")",
            "fuel waits for a lock that task \"drain\" has",
            "drain waits for a lock that task \"fuel\" has",
            "in a circle: fuel -> drain",
        ]
    );
}

#[test]
fn the_philosophers_starve_in_a_circle_unless_one_takes_the_other_fork_first() {
    assert_eq!(
        lines_of_demo("lesson18", "ms         0       10", 22),
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
            "in a circle: Plato -> Aristotle -> Hypatia -> Descartes -> Spinoza",
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

/// The names of those in the circle.
fn circle(outcome: Result<(), Exception>) -> Vec<String> {
    let error = outcome.unwrap_err();
    let deadlock = error.downcast_ref::<Deadlock>();
    deadlock.expect("they wait for each other").cycle.clone()
}

#[test]
fn the_error_of_a_deadlock_names_the_circle() {
    let outcome = run_virtual(different_orders());
    assert!(
        outcome
            .as_ref()
            .unwrap_err()
            .to_string()
            .ends_with(r#"; these wait for each other: "fuel" -> "drain" -> "fuel""#)
    );
    assert_eq!(circle(outcome), ["fuel", "drain"]);
    assert_eq!(circle(run_virtual(dinner(Order::LeftFirst))).len(), 5);
    run_virtual(dinner(Order::LowerFirst)).unwrap();
}

/// A lock of the loop's is not given twice to the same task, as in Python.
#[test]
fn who_takes_a_lock_again_waits_for_itself() {
    let outcome = run_virtual(async {
        let forgetful = spawn_named("forgetful", async {
            let lock = Lock::new();
            let _first = lock.acquire().await?;
            let _again = lock.acquire().await?;
            Ok(())
        })?;
        forgetful.await
    });
    assert_eq!(circle(outcome), ["forgetful"]);
}

#[test]
fn a_consumer_that_nobody_tells_that_there_is_no_more_waits_for_ever() {
    let error = run_virtual(consume(Queue::new())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "deadlock: nothing can run, and nobody is left to change that; \
         task \"Task-1\" waits for an item of a queue"
    );
}

#[test]
fn who_joins_a_queue_waits_for_the_work_and_not_only_for_the_items() -> Result<(), Exception> {
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
        drop(first); // it is given to the one who waited first,
        cancelled.cancel(); // who does not want it any more
        next?.await?;
        assert_eq!(permits.value(), 1);
        Ok(())
    })
}

#[test]
fn a_bounded_semaphore_notices_a_permit_that_is_given_back_twice() {
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

#[test]
fn who_asks_again_and_again_whether_a_lock_is_free_keeps_the_clock_from_moving() {
    run_virtual(async {
        let lock = Lock::new();
        let tank = lock.clone();
        let has_it = spawn(async move {
            let _guard = tank.acquire().await?;
            sleep(ms(10)).await
        })?;
        yield_now().await?;
        for _ in 0..1_000 {
            assert!(lock.locked());
            yield_now().await?;
        }
        assert_eq!(now()?, 0);
        has_it.await
    })
    .unwrap();
}

/// What two pumps leave in a tank, one with 100 litres and one with 20, and when.
fn two_pumps<F>(pump: impl Fn(Tank, u32) -> F) -> (u32, u128)
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
fn the_lock_by_hand_saves_the_update_too() {
    let lock = LockByHand::default();
    let careful = |tank: Tank, litres| {
        let lock = lock.clone();
        async move {
            let _guard = lock.acquire().await?;
            tank.fill_without_lock(litres).await
        }
    };
    assert_eq!(two_pumps(careful), (120, 20));
}

#[test]
fn a_guard_without_a_name_is_dropped_at_once() {
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

#[test]
fn who_releases_the_lock_by_hand_and_asks_again_is_served_last() -> Result<(), Exception> {
    let (order, lock) = (Rc::new(RefCell::new(Vec::new())), LockByHand::default());
    let log = order.clone();
    run_virtual(async move {
        let guard = lock.acquire().await?;
        let waits = ["first", "second"].map(|name| {
            let (lock, log) = (lock.clone(), log.clone());
            spawn(async move {
                let _guard = lock.acquire().await?;
                log.borrow_mut().push(name);
                Ok(())
            })
        });
        yield_now().await?;
        drop(guard);
        let _again = lock.acquire().await?;
        log.borrow_mut().push("who had it");
        drop(waits);
        Ok(())
    })?;
    assert_eq!(*order.borrow(), ["first", "second", "who had it"]);
    Ok(())
}

/// Cancels a task that waits for a lock: in the line, or in the turn in which it is handed the lock. Does the next one
/// get it?
fn cancel_one_of_two<F, G>(
    acquire: impl Fn() -> F + 'static,
    handed_over: bool,
) -> Result<(), Exception>
where
    F: Future<Output = Result<G, Exception>> + 'static,
    G: 'static,
{
    run_virtual(async move {
        let guard = acquire().await?;
        let waits = |acquired: F| spawn(async move { acquired.await.map(drop) });
        let (task, next) = (waits(acquire())?, waits(acquire())?);
        yield_now().await?;
        if handed_over {
            drop(guard);
            task.cancel();
        } else {
            task.cancel();
            drop(guard);
        }
        next.await
    })
}

#[test]
fn the_lock_by_hand_is_lost_if_who_was_handed_it_is_cancelled_and_the_lock_of_the_crate_is_not() {
    let by_hand = || {
        let lock = LockByHand::default();
        move || {
            let lock = lock.clone();
            async move { lock.acquire().await }
        }
    };
    cancel_one_of_two(by_hand(), false).unwrap();
    let error = cancel_one_of_two(by_hand(), true).unwrap_err();
    assert!(error.downcast_ref::<Deadlock>().is_some(), "{error}");
    for handed_over in [false, true] {
        let lock = Lock::new();
        cancel_one_of_two(move || lock.acquire(), handed_over).unwrap();
    }
}

#[test]
fn without_a_limit_two_thirds_of_the_numbers_are_in_the_queue_when_the_producers_are_done() {
    let left = |each: u32| {
        run_virtual(async move {
            let queue = Queue::new();
            for _ in 0..2 {
                drop(spawn(consume(queue.clone()))?);
            }
            let producer = |queue| produce(queue, (0..each).collect());
            gather([producer(queue.clone()), producer(queue.clone())]).await?;
            Ok((now()?, queue.qsize()))
        })
    };
    assert_eq!(left(3).unwrap(), (30, 4));
    assert_eq!(left(15).unwrap(), (150, 20));
}

/// Consumes until it gets a `None`, as in program 68.
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
        produce(queue.clone(), vec![1]).await?;
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
fn in_the_notes_a_semaphore_is_awaited_and_python_refuses_that() {
    let wants = "TypeError: object Semaphore can't be used in 'await' expression\n";
    assert_eq!(recorded("lesson18_with"), wants);
}
