//! So many at a time.

use tminus::{
    Kind, Task, sleep, spawn,
    sync::{BoundedSemaphore, Semaphore},
    yield_now,
};

use crate::{
    at_once, dropped_after, ms, new_loop, run,
    support::{Log, reported},
    turns,
};

/// A task that takes a permit, notes its name, and keeps it for that many turns.
fn taker(semaphore: &Semaphore, log: &Log, name: &'static str, for_turns: u32) -> Task<()> {
    let (semaphore, log) = (semaphore.clone(), log.clone());
    let body = async move {
        let _permit = semaphore.acquire().await?;
        log.add(name);
        turns(for_turns).await
    };
    spawn(body).unwrap()
}

#[test]
fn so_many_are_had_at_once_and_given_back_by_dropping() {
    let semaphore = Semaphore::new(2);
    let (a, b) = (at_once(semaphore.acquire()), at_once(semaphore.acquire()));
    assert!(semaphore.locked() && semaphore.value() == 0);
    drop((a, b));
    assert!(!semaphore.locked() && semaphore.value() == 2);
    assert_eq!(format!("{semaphore:?}"), "Semaphore { value: 2 }");
    assert!(Semaphore::new(0).locked());
}

#[test]
fn who_waits_is_served_in_the_order_of_coming() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let semaphore = Semaphore::new(2);
        let tasks = ["a", "b", "c", "d", "e"].map(|name| taker(&semaphore, &logged, name, 2));
        tminus::gather(tasks).await?;
        assert_eq!(semaphore.value(), 2);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["a", "b", "c", "d", "e"]);
}

#[test]
fn nobody_who_comes_later_is_served_before() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let semaphore = Semaphore::new(1);
        let permit = semaphore.acquire().await?;
        let first = taker(&semaphore, &logged, "first", 0);
        yield_now().await?;
        drop(permit);
        assert!(semaphore.locked()); // the first was given it
        let again = semaphore.acquire().await?;
        logged.add("second");
        drop(again);
        first.await
    })
    .unwrap();
    assert_eq!(log.take(), ["first", "second"]);
}

#[test]
fn a_woken_waiter_that_is_cancelled_hands_its_permit_on() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let semaphore = Semaphore::new(1);
        let permit = semaphore.acquire().await?;
        let [a, b] = ["a", "b"].map(|name| taker(&semaphore, &logged, name, 0));
        yield_now().await?;
        drop(permit);
        a.cancel();
        b.await?;
        assert!(a.cancelled());
        assert_eq!(semaphore.value(), 1);
        Ok(())
    })
    .unwrap();
    assert_eq!(log.take(), ["b"]);
}

#[test]
fn a_woken_waiter_that_is_dropped_hands_its_permit_on() {
    run(async {
        let semaphore = Semaphore::new(1);
        let permit = semaphore.acquire().await?;
        let mut waits = Box::pin(semaphore.acquire());
        assert!(futures::poll!(&mut waits).is_pending());
        let next = taker(&semaphore, &Log::default(), "next", 0);
        yield_now().await?;
        drop(permit);
        drop(waits);
        next.await?;
        assert_eq!(semaphore.value(), 1);
        assert!(dropped_after(1, semaphore.acquire()).await.is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn two_waiters_that_are_cancelled_when_one_was_woken_lose_no_permit() {
    run(async {
        let (semaphore, log) = (Semaphore::new(0), Log::default());
        let tasks = ["a", "b", "c"].map(|name| taker(&semaphore, &log, name, 0));
        yield_now().await?;
        semaphore.release()?;
        tasks[0].cancel();
        tasks[1].cancel();
        turns(4).await?;
        assert_eq!((log.take(), semaphore.value()), (vec!["c".to_owned()], 1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn several_permits_that_come_at_once_serve_several() {
    let log = Log::default();
    let logged = log.clone();
    run(async move {
        let semaphore = Semaphore::new(0);
        for name in ["a", "b", "c"] {
            drop(taker(&semaphore, &logged, name, 50));
        }
        yield_now().await?;
        semaphore.release()?;
        semaphore.release()?;
        turns(3).await?;
        logged.add("third");
        semaphore.release()?;
        turns(3).await
    })
    .unwrap();
    assert_eq!(log.take(), ["a", "b", "third", "c"]);
}

#[test]
fn a_permit_that_is_forgotten_is_one_less_until_somebody_releases_it() {
    let semaphore = Semaphore::new(1);
    at_once(semaphore.acquire()).forget();
    assert_eq!(semaphore.value(), 0);
    semaphore.release().unwrap();
    semaphore.release().unwrap(); // one more than at first: only a bounded one minds
    assert_eq!(semaphore.value(), 2);
}

#[test]
fn a_bounded_one_refuses_one_too_many_and_counts_those_that_wait_to_run() {
    let semaphore = BoundedSemaphore::new(1);
    let text = "ValueError: BoundedSemaphore released too many times";
    assert_eq!(semaphore.release().unwrap_err().to_string(), text);
    let permit = at_once(semaphore.acquire());
    semaphore.release().unwrap();
    let errors = reported(|| drop(permit));
    assert_eq!(errors, ["a permit was released twice"]);
    run(async move {
        let permit = semaphore.acquire().await?;
        let next = taker(&semaphore, &Log::default(), "next", 5);
        yield_now().await?;
        drop(permit);
        next.await?;
        assert_eq!(semaphore.release().unwrap_err().kind(), Kind::ValueError);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_limit_on_how_many_work_at_a_time_holds() {
    let event_loop = new_loop();
    let semaphore = Semaphore::new(3);
    let work = |_| {
        let semaphore = semaphore.clone();
        event_loop
            .create_task(async move {
                let _permit = semaphore.acquire().await?;
                sleep(ms(10)).await
            })
            .unwrap()
    };
    let all = tminus::gather((0..30).map(work).collect::<Vec<_>>());
    event_loop.run_until_complete(all).unwrap();
    assert_eq!(event_loop.time(), ms(100));
}

#[test]
fn one_without_a_bound_refuses_what_cannot_be_counted() {
    let semaphore = Semaphore::new(usize::MAX);
    let text = semaphore.release().unwrap_err().to_string();
    assert_eq!(text, "ValueError: Semaphore released too many times");
}
