use std::{cell::RefCell, future::poll_fn, rc::Rc, time::Duration};

use tminus::{EventLoop, Kind, Task, spawn};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson18_sync::{Exception, Tank, gather, run_virtual, sleep};

use crate::lesson18::{Permits, pour};

/// What happened, and at which millisecond.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, what: &str) -> Result<(), Exception> {
        let now = EventLoop::running()?.time().as_millis();
        self.0.borrow_mut().push(format!("{now} {what}"));
        Ok(())
    }

    #[track_caller]
    fn check<const N: usize>(&self, wanted: [&str; N]) {
        assert_eq!(
            *self.0.borrow(),
            wanted,
            "left: what yours did, and at which millisecond; right: what is wanted"
        );
    }
}

/// Does what a future does, and panics if that takes many polls: who waits is polled when the wait is over.
async fn in_a_few_polls<T>(
    future: impl Future<Output = Result<T, Exception>>,
) -> Result<T, Exception> {
    let (mut future, mut polls) = (Box::pin(future), 0);
    poll_fn(move |cx| {
        polls += 1;
        assert!(
            polls <= 5,
            "polled more than five times: who waits is in a line, and does not ask again and again"
        );
        future.as_mut().poll(cx)
    })
    .await
}

/// Tanks with 100 litres each at 10 ms, and pours that are there from the start. Logs when each pour is over, and gives
/// what is in the tanks then.
fn poured<const N: usize>(log: &Log, tanks: usize, pours: [(usize, usize, u32); N]) -> Vec<u32> {
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
    log.check(["20 0 to 1", "30 0 to 2"]);
}

#[test]
fn two_pours_in_opposite_directions_end() {
    let log = Log::default();
    assert_eq!(poured(&log, 2, [(0, 1, 60), (1, 0, 20)]), [60, 140]);
    log.check(["20 0 to 1", "30 1 to 0"]);
}

#[test]
fn pours_all_around_a_circle_end() {
    let log = Log::default();
    let around = [(0, 1, 10), (1, 2, 20), (2, 3, 30), (3, 4, 40), (4, 0, 50)];
    assert_eq!(poured(&log, 5, around), [140, 90, 90, 90, 90]);
    let last = log.0.borrow().last().cloned().unwrap_or_default();
    let end: u32 = last.split(' ').next().unwrap_or_default().parse().unwrap();
    let possible = 40..=60; // three that have a tank in common, or five
    assert!(
        possible.contains(&end),
        "the last one was over at {end}: two that have a tank in common are one after the other, and others need not wait"
    );
}

#[test]
fn a_pour_into_the_same_tank_ends_and_changes_nothing() {
    let log = Log::default();
    assert_eq!(poured(&log, 1, [(0, 0, 30)]), [100]);
    log.check(["20 0 to 0"]);
}

#[test]
fn pours_that_have_no_tank_in_common_are_at_the_same_time() {
    let log = Log::default();
    let pours = [(0, 1, 10), (3, 2, 10), (1, 0, 30)];
    assert_eq!(poured(&log, 4, pours), [120, 80, 110, 90]);
    log.check(["20 0 to 1", "20 3 to 2", "30 1 to 0"]);
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
        its_log.add("the second one")
    };
    run_virtual(main).expect("the second one ends");
    log.check(["35 the second one"]);
    let litres = tanks.map(|tank| tank.litres());
    assert_eq!(litres, [120, 80], "only the second one pours");
}

/// Takes a permit, and gives it back after a time. Logs both.
fn job(log: &Log, permits: &Permits, name: &str, time: Duration) -> Result<Task<()>, Exception> {
    let (log, permits, name) = (log.clone(), permits.clone(), name.to_owned());
    spawn(async move {
        let _permit = in_a_few_polls(permits.acquire()).await?;
        log.add(&format!("{name} has one"))?;
        sleep(time).await?;
        log.add(&format!("{name} is over"))
    })
}

/// Runs what works with so many permits, and checks that they are all free in the end.
fn with_permits(
    count: usize,
    log: &Log,
    work: impl AsyncFnOnce(Log, Permits) -> Outcome + 'static,
) {
    let (permits, log) = (Permits::new(count), log.clone());
    let its_permits = permits.clone();
    run_virtual(async move { work(log, its_permits).await }).expect("all have their permits");
    assert_eq!(permits.free(), count, "permits that are free in the end");
}

type Outcome = Result<(), Exception>;

#[test]
fn twelve_jobs_with_three_permits_are_in_the_order_of_coming() {
    let log = Log::default();
    with_permits(3, &log, async |log, permits| {
        let job = |a: u64| job(&log, &permits, &a.to_string(), ms(20 + a * 2));
        let jobs: Result<Vec<Task<()>>, Exception> = (0..12).map(job).collect();
        sleep(ms(1)).await?;
        assert_eq!(permits.free(), 0, "while three have them all");
        gather(jobs?).await?;
        Ok(())
    });
    let entries = log.0.borrow();
    let over = entries
        .iter()
        .filter_map(|entry| entry.strip_suffix(" is over"));
    assert_eq!(
        over.collect::<Vec<_>>(),
        [
            "20 0", "22 1", "24 2", "46 3", "50 4", "54 5", "78 6", "84 7", "90 8", "116 9",
            "124 10", "132 11",
        ]
    );
}

#[test]
fn who_comes_later_is_not_served_before() {
    let log = Log::default();
    with_permits(1, &log, async |log, permits| {
        let permit = permits.acquire().await?;
        let waits = job(&log, &permits, "who waits", ms(10))?;
        sleep(ms(5)).await?;
        drop(permit);
        assert_eq!(
            permits.free(),
            0,
            "one that is handed over is not free in between"
        );
        let _again = in_a_few_polls(permits.acquire()).await?; // in the same turn
        log.add("who was there has one again")?;
        waits.await
    });
    log.check([
        "5 who waits has one",
        "15 who waits is over",
        "15 who was there has one again",
    ]);
}

#[test]
fn who_is_cancelled_leaves_the_line() {
    let log = Log::default();
    with_permits(1, &log, async |log, permits| {
        let jobs = ["first", "second", "third"].map(|name| job(&log, &permits, name, ms(10)));
        let [first, second, third] = jobs;
        let second = second?;
        sleep(ms(5)).await?;
        second.cancel();
        let outcome = second.await.map_err(|exception| exception.kind());
        assert_eq!(outcome, Err(Kind::Cancelled), "of who is cancelled");
        assert_eq!(permits.free(), 0, "while the first one has it");
        gather([first?, third?]).await?;
        Ok(())
    });
    log.check([
        "0 first has one",
        "10 first is over",
        "10 third has one",
        "20 third is over",
    ]);
}

/// Cancels the one that waits first, in the turn in which it is handed the only permit.
async fn hand_over_and_cancel(log: &Log, permits: &Permits) -> Outcome {
    let permit = permits.acquire().await?;
    let cancelled = job(log, permits, "who is cancelled", ms(10))?;
    sleep(ms(5)).await?;
    drop(permit);
    cancelled.cancel();
    let outcome = cancelled.await.map_err(|exception| exception.kind());
    assert_eq!(outcome, Err(Kind::Cancelled), "of who is cancelled");
    Ok(())
}

#[test]
fn a_permit_handed_to_who_is_cancelled_goes_to_the_next() {
    let log = Log::default();
    with_permits(1, &log, async |log, permits| {
        let (its_log, its_permits) = (log.clone(), permits.clone());
        let first = spawn(async move { hand_over_and_cancel(&its_log, &its_permits).await })?;
        sleep(ms(1)).await?;
        let next = job(&log, &permits, "the next", ms(10))?;
        first.await?;
        next.await
    });
    log.check(["5 the next has one", "15 the next is over"]);
}

#[test]
fn a_permit_handed_to_who_is_cancelled_is_free_if_nobody_waits() {
    let log = Log::default();
    with_permits(1, &log, async |log, permits| {
        hand_over_and_cancel(&log, &permits).await?;
        assert_eq!(permits.free(), 1, "nobody wants the one that came back");
        job(&log, &permits, "who comes later", ms(10))?.await
    });
    log.check(["5 who comes later has one", "15 who comes later is over"]);
}
