use tminus::event_loop::{Deadlock, spawn_named};
use tminus::lessons::lesson11_timers::programs::ms;
use tminus::lessons::lesson17_sync::forks::{Order, different_orders, dinner};
use tminus::lessons::lesson17_sync::{LEGEND, Lanes, consume, run_virtual};
use tminus::sync::{BoundedSemaphore, Lock, Queue, Semaphore};
use tminus::{Exception, Kind, sleep, spawn};

use crate::programs::{demo, recorded};

/// Of program 68 only what it says of queues and locks: the stream and the subprocess belong to a later lesson.
#[test]
fn the_programs_print_what_cpython_printed() {
    let ours = demo("lesson17");
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

/// So many lines of the demo, without legends, from the first that is `start`.
fn printed(start: &str, count: usize) -> Vec<String> {
    let all = demo("lesson17");
    let lines = all.lines().skip_while(|line| *line != start);
    let lines = lines.filter(|line| *line != LEGEND).take(count);
    lines.map(str::to_owned).collect()
}

#[test]
fn the_lanes_of_a_lost_update_and_of_the_lock_that_saves_it() {
    assert_eq!(
        printed("100 + 20 without a lock: 20", 8),
        [
            "100 + 20 without a lock: 20",
            "ms      0   10",
            "first   #-  x",
            "second  .#  -x",
            "100 + 20 with a lock: 120",
            "ms      0   10  20",
            "first   #-  x",
            "second  .#  -#  x",
        ]
    );
}

#[test]
fn the_lanes_of_those_who_wait_for_an_event_or_a_queue() {
    assert_eq!(
        printed("ms     0   10", 10),
        [
            "ms     0   10",
            "left   #-  x",
            "right  .#  -x",
            "late         x",
            "[9, 12]",
            "ms      0     10    20  30  40    70  100",
            "odd     ..#-  #---  #-  #-  --x",
            "even    ...#  -#--  -#  -#  ---x",
            "first   #---  --#-  --  --  #---  #-  #-x",
            "second  .#--  ---#  --  --  -#--  -#  -#-x",
        ]
    );
}

#[test]
fn the_lanes_of_those_who_wait_for_each_other() {
    assert_eq!(
        printed("fuel   #-  #-!", 6),
        [
            "fuel   #-  #-!",
            "drain  .#  -#-!",
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
        printed("ms         0      10", 20),
        [
            "ms         0      10",
            "Plato      #----  #----!",
            "Aristotle  .#---  -#----!",
            "Hypatia    ..#--  --#----!",
            "Descartes  ...#-  ---#----!",
            "Spinoza    ....#  ----#----!",
            "Task-1 waits for all of (task \"Plato\", task \"Aristotle\", task \"Hypatia\" and 2 more)",
            "Plato waits for a lock that task \"Aristotle\" has",
            "Aristotle waits for a lock that task \"Hypatia\" has",
            "Hypatia waits for a lock that task \"Descartes\" has",
            "Descartes waits for a lock that task \"Spinoza\" has",
            "Spinoza waits for a lock that task \"Plato\" has",
            "in a circle: Plato -> Aristotle -> Hypatia -> Descartes -> Spinoza",
            "ms         0      10    20  30  40  50  60  70",
            "Plato      #----  #---  --  --  -#  x",
            "Aristotle  .#---  -#--  --  -#  x",
            "Hypatia    ..#--  --#-  -#  x",
            "Descartes  ...#-  ---#  x",
            "Spinoza    ....#  ----  --  --  --  -#  #   x",
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
    let outcome = run_virtual(different_orders(Lanes::default()));
    assert!(
        outcome
            .as_ref()
            .unwrap_err()
            .to_string()
            .ends_with(r#"; these wait for each other: "fuel" -> "drain" -> "fuel""#)
    );
    assert_eq!(circle(outcome), ["fuel", "drain"]);
    assert_eq!(
        circle(run_virtual(dinner(Lanes::default(), Order::LeftFirst))).len(),
        5
    );
    run_virtual(dinner(Lanes::default(), Order::LowerFirst)).unwrap();
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
