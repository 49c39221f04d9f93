use std::{cell::RefCell, future::poll_fn, pin::pin, rc::Rc, time::Duration};

use tminus::{EventLoop, Kind, Task, clock::VirtualClock, spawn};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{Exception, Tank, gather, run_virtual, sleep};

use crate::lesson18::{Lock, Queue, pour};

type Outcome = Result<(), Exception>;

/// What happened, and after how many milliseconds.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, what: &str) -> Outcome {
        let now = EventLoop::running()?.time().as_millis();
        self.0.borrow_mut().push(format!("{now} ms: {what}"));
        Ok(())
    }

    /// Runs `main` on a virtual clock. Logs it if that fails, and what the loop reports.
    fn run(&self, main: impl AsyncFnOnce(Log) -> Outcome) {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let log = self.clone();
        event_loop.set_exception_handler(move |report| {
            let _ = log.add(&format!("reported: {report}"));
        });
        if let Err(exception) = event_loop.run_until_complete(pin!(main(self.clone()))) {
            self.0.borrow_mut().push(exception.to_string());
        }
    }

    /// Compares the log, line by line.
    #[track_caller]
    fn check<const N: usize>(&self, want: [&str; N]) {
        let (got, want) = (self.0.take().join("\n  "), want.join("\n  "));
        assert!(
            got == want,
            "\nwhat happened:\n  {got}\nwhat should happen:\n  {want}\n"
        );
    }
}

/// Polls a future to its end, and panics if that takes many polls: a waiting task is not polled before it is woken.
async fn in_a_few_polls<T>(
    future: impl Future<Output = Result<T, Exception>>,
) -> Result<T, Exception> {
    let (mut future, mut polls) = (Box::pin(future), 0);
    poll_fn(move |cx| {
        polls += 1;
        assert!(
            polls <= 5,
            "polled more than five times: a task that waits does not ask again and again, but is woken"
        );
        future.as_mut().poll(cx)
    })
    .await
}

/// Holds the lock for a time, and logs both ends.
fn holds(log: &Log, lock: &Lock, name: &str, time: Duration) -> Result<Task<()>, Exception> {
    let (log, lock, name) = (log.clone(), lock.clone(), name.to_owned());
    spawn(async move {
        let _guard = in_a_few_polls(lock.acquire()).await?;
        log.add(&format!("{name} has the lock"))?;
        sleep(time).await?;
        log.add(&format!("{name} releases it"))
    })
}

/// Cancels a task, waits for it, and logs how it ended.
async fn cancel<T: Clone>(log: &Log, name: &str, task: Task<T>) -> Outcome {
    task.cancel();
    let kind = task.await.map(drop).map_err(|exception| exception.kind());
    let how = if kind == Err(Kind::Cancelled) {
        "is"
    } else {
        "is not"
    };
    log.add(&format!("{name} {how} cancelled"))
}

#[test]
fn tasks_hold_the_lock_one_after_the_other_in_their_order() {
    let log = Log::default();
    log.run(async |log| {
        let lock = Lock::default();
        let tasks = ["a", "b", "c"].map(|name| holds(&log, &lock, name, ms(10)));
        let [a, b, c] = tasks;
        gather([a?, b?, c?]).await?;
        holds(&log, &lock, "d", ms(10))?.await
    });
    log.check([
        "0 ms: a has the lock",
        "10 ms: a releases it",
        "10 ms: b has the lock",
        "20 ms: b releases it",
        "20 ms: c has the lock",
        "30 ms: c releases it",
        "30 ms: d has the lock",
        "40 ms: d releases it",
    ]);
}

#[test]
fn a_lock_that_is_handed_over_is_not_free_in_between() {
    let log = Log::default();
    log.run(async |log| {
        let lock = Lock::default();
        let guard = lock.acquire().await?;
        let waits = holds(&log, &lock, "the task that waited", ms(10))?;
        sleep(ms(5)).await?;
        drop(guard);
        let _again = in_a_few_polls(lock.acquire()).await?; // in the same turn
        log.add("main has it again")?;
        waits.await
    });
    log.check([
        "5 ms: the task that waited has the lock",
        "15 ms: the task that waited releases it",
        "15 ms: main has it again",
    ]);
}

#[test]
fn a_cancelled_task_no_longer_waits() {
    let log = Log::default();
    log.run(async |log| {
        let lock = Lock::default();
        let jobs = ["first", "second", "third"].map(|name| holds(&log, &lock, name, ms(10)));
        let [first, second, third] = jobs;
        sleep(ms(5)).await?;
        cancel(&log, "second", second?).await?;
        gather([first?, third?]).await?;
        Ok(())
    });
    log.check([
        "0 ms: first has the lock",
        "5 ms: second is cancelled",
        "10 ms: first releases it",
        "10 ms: third has the lock",
        "20 ms: third releases it",
    ]);
}

#[test]
fn a_lock_handed_to_a_cancelled_task_goes_to_the_next() {
    let log = Log::default();
    log.run(async |log| {
        let lock = Lock::default();
        let guard = lock.acquire().await?;
        let first = holds(&log, &lock, "first", ms(10))?;
        let second = holds(&log, &lock, "second", ms(10))?;
        sleep(ms(5)).await?;
        drop(guard); // it is handed to the first,
        cancel(&log, "first", first).await?; // and that is cancelled before its turn
        second.await
    });
    log.check([
        "5 ms: second has the lock",
        "5 ms: first is cancelled",
        "15 ms: second releases it",
    ]);
}

#[test]
fn a_lock_handed_to_a_cancelled_task_is_free_if_no_other_waits() {
    let log = Log::default();
    log.run(async |log| {
        let lock = Lock::default();
        let guard = lock.acquire().await?;
        let first = holds(&log, &lock, "first", ms(10))?;
        sleep(ms(5)).await?;
        drop(guard);
        cancel(&log, "first", first).await?;
        holds(&log, &lock, "a later task", ms(10))?.await
    });
    log.check([
        "5 ms: first is cancelled",
        "5 ms: a later task has the lock",
        "15 ms: a later task releases it",
    ]);
}

/// Puts numbers into a queue, and logs when each is in.
fn puts(log: &Log, queue: &Rc<Queue<u32>>, numbers: u32) -> Result<Task<()>, Exception> {
    let (log, queue) = (log.clone(), queue.clone());
    spawn(async move {
        for n in 1..=numbers {
            in_a_few_polls(queue.put(n)).await?;
            log.add(&format!("{n} is in"))?;
        }
        Ok(())
    })
}

/// Takes numbers out of a queue, one every 10 ms, and logs them, and the exception at the end.
fn gets(log: &Log, queue: &Rc<Queue<u32>>, name: &str) -> Result<Task<()>, Exception> {
    let (log, queue, name) = (log.clone(), queue.clone(), name.to_owned());
    spawn(async move {
        loop {
            match in_a_few_polls(queue.get()).await {
                Ok(n) => log.add(&format!("{name} gets {n}"))?,
                Err(exception) => return log.add(&format!("{name} gets {exception}")),
            }
            sleep(ms(10)).await?;
        }
    })
}

#[test]
fn a_full_queue_stops_the_producer() {
    let log = Log::default();
    log.run(async |log| {
        let queue = Rc::new(Queue::new(2));
        let producer = puts(&log, &queue, 5)?;
        sleep(ms(5)).await?;
        let consumer = gets(&log, &queue, "a")?;
        producer.await?;
        sleep(ms(30)).await?;
        queue.shutdown();
        consumer.await
    });
    log.check([
        "0 ms: 1 is in",
        "0 ms: 2 is in",
        "5 ms: a gets 1",
        "5 ms: 3 is in",
        "15 ms: a gets 2",
        "15 ms: 4 is in",
        "25 ms: a gets 3",
        "25 ms: 5 is in",
        "35 ms: a gets 4",
        "45 ms: a gets 5",
        "55 ms: a gets QueueShutDown",
    ]);
}

#[test]
fn an_empty_queue_stops_the_consumers_and_each_item_wakes_one() {
    let log = Log::default();
    log.run(async |log| {
        let queue = Rc::new(Queue::new(2));
        let (a, b) = (gets(&log, &queue, "a")?, gets(&log, &queue, "b")?);
        sleep(ms(5)).await?;
        queue.put(1).await?;
        sleep(ms(1)).await?;
        queue.put(2).await?;
        sleep(ms(20)).await?;
        queue.shutdown();
        gather([a, b]).await?;
        Ok(())
    });
    log.check([
        "5 ms: a gets 1",
        "6 ms: b gets 2",
        "26 ms: a gets QueueShutDown",
        "26 ms: b gets QueueShutDown",
    ]);
}

#[test]
fn an_item_meant_for_a_cancelled_task_goes_to_the_next() {
    let log = Log::default();
    log.run(async |log| {
        let queue = Rc::new(Queue::new(2));
        let (a, b) = (gets(&log, &queue, "a")?, gets(&log, &queue, "b")?);
        sleep(ms(5)).await?;
        queue.put(1).await?; // it wakes the first task,
        a.cancel(); // which is cancelled before its turn
        sleep(ms(20)).await?;
        queue.shutdown();
        b.await
    });
    log.check([
        "5 ms: a gets Cancelled",
        "5 ms: b gets 1",
        "25 ms: b gets QueueShutDown",
    ]);
}

#[test]
fn room_meant_for_a_cancelled_task_goes_to_the_next() {
    let log = Log::default();
    log.run(async |log| {
        let queue = Rc::new(Queue::new(1));
        queue.put(0).await?;
        let (first, second) = (puts(&log, &queue, 1)?, puts(&log, &queue, 1)?);
        sleep(ms(5)).await?;
        let n = queue.get().await?; // it wakes the first task,
        log.add(&format!("main gets {n}"))?;
        cancel(&log, "the first", first).await?; // which is cancelled before its turn
        second.await
    });
    log.check([
        "5 ms: main gets 0",
        "5 ms: 1 is in",
        "5 ms: the first is cancelled",
    ]);
}

#[test]
fn a_queue_that_is_shut_down_keeps_its_items_and_refuses_more() {
    let log = Log::default();
    log.run(async |log| {
        let queue = Rc::new(Queue::new(2));
        let producer = puts(&log, &queue, 3)?;
        sleep(ms(5)).await?;
        queue.shutdown();
        let refused = producer.await.map_err(|exception| exception.kind());
        log.add(&format!("the producer ends with {refused:?}"))?;
        gets(&log, &queue, "a")?.await
    });
    log.check([
        "0 ms: 1 is in",
        "0 ms: 2 is in",
        "5 ms: the producer ends with Err(QueueShutDown)",
        "5 ms: a gets 1",
        "15 ms: a gets 2",
        "25 ms: a gets QueueShutDown",
    ]);
}

/// Fills each tank with 100 litres until 10 ms, while the pours wait. Logs when each pour is done, and returns
/// the litres in the tanks after that.
fn poured<const N: usize>(log: &Log, tanks: usize, pours: [(usize, usize, i32); N]) -> Vec<i32> {
    let tanks: Rc<[Tank]> = (0..tanks).map(|_| Tank::default()).collect();
    let (all, log) = (tanks.clone(), log.clone());
    let main = async move {
        let one = |tank: Tank| async move { tank.fill(100).await };
        let fills = gather(all.iter().cloned().map(one).collect::<Vec<_>>());
        let pours = pours.map(|(from, to, litres)| {
            let (all, log) = (all.clone(), log.clone());
            async move {
                in_a_few_polls(pour(all, from, to, litres)).await?;
                log.add(&format!("{from} to {to}"))
            }
        });
        gather((fills, gather(pours))).await?;
        Ok(())
    };
    run_virtual(main).expect("all pours end");
    tanks.iter().map(Tank::litres).collect()
}

#[test]
fn two_pours_out_of_the_same_tank_are_one_after_the_other() {
    let log = Log::default();
    assert_eq!(poured(&log, 3, [(0, 1, 60), (0, 2, 40)]), [0, 160, 140]);
    log.check(["20 ms: 0 to 1", "30 ms: 0 to 2"]);
}

#[test]
fn two_pours_in_opposite_directions_end() {
    let log = Log::default();
    assert_eq!(poured(&log, 2, [(0, 1, 60), (1, 0, 20)]), [60, 140]);
    log.check(["20 ms: 0 to 1", "30 ms: 1 to 0"]);
}

#[test]
fn pours_all_around_a_cycle_end() {
    let log = Log::default();
    let around = [(0, 1, 10), (1, 2, 20), (2, 3, 30), (3, 4, 40), (4, 0, 50)];
    assert_eq!(poured(&log, 5, around), [140, 90, 90, 90, 90]);
    let last = log.0.borrow().last().cloned().unwrap_or_default();
    let end: u32 = last.split(' ').next().unwrap_or_default().parse().unwrap();
    let possible = 40..=60; // three that have a tank in common, or five
    assert!(
        possible.contains(&end),
        "the last pour was done at {end} ms: two pours with a tank in common are one after the other, and others do not wait"
    );
}

#[test]
fn a_pour_into_the_same_tank_ends_and_changes_nothing() {
    let log = Log::default();
    assert_eq!(poured(&log, 1, [(0, 0, 30)]), [100]);
    log.check(["20 ms: 0 to 0"]);
}

#[test]
fn pours_that_have_no_tank_in_common_are_at_the_same_time() {
    let log = Log::default();
    let pours = [(0, 1, 10), (3, 2, 10), (1, 0, 30)];
    assert_eq!(poured(&log, 4, pours), [120, 80, 110, 90]);
    log.check(["20 ms: 0 to 1", "20 ms: 3 to 2", "30 ms: 1 to 0"]);
}

#[test]
fn a_pour_that_is_cancelled_changes_nothing_and_leaves_the_tanks_to_the_next() {
    let (log, tanks) = (Log::default(), [Tank::default(), Tank::default()]);
    let (all, its_log): (Rc<[Tank]>, Log) = (tanks.clone().into(), log.clone());
    let main = async move {
        all[0].fill(100).await?;
        all[1].fill(100).await?;
        let first = spawn(pour(all.clone(), 0, 1, 50))?;
        let second = spawn(in_a_few_polls(pour(all.clone(), 1, 0, 20)))?;
        sleep(ms(5)).await?;
        first.cancel();
        second.await?;
        its_log.add("the second pour is done")
    };
    run_virtual(main).expect("the second one ends");
    log.check(["35 ms: the second pour is done"]);
    let litres = tanks.map(|tank| tank.litres());
    assert_eq!(litres, [120, 80], "litres after the second pour alone");
}
