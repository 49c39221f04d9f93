//! What tasks of one loop have waited for cannot be waited for in another one, as in CPython 3.13.

use std::pin::Pin;

use futures::FutureExt;
use tminus::{
    Exception, Kind,
    sync::{Barrier, Condition, Event, Lock, PriorityQueue, Queue, Semaphore},
    wait_for,
};

use crate::{ms, new_loop};

type Waits = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// Waits in one loop until it times out, and then waits in another loop; returns that error.
fn in_a_second_loop(wait: impl Fn() -> Waits) -> String {
    let (first, second) = (new_loop(), new_loop());
    let end = first.run_until_complete(wait_for(wait(), ms(5)));
    assert_eq!(end.unwrap_err().kind(), Kind::Timeout);
    second
        .run_until_complete(wait_for(wait(), ms(5)))
        .unwrap_err()
        .to_string()
}

fn is_bound_elsewhere(error: &str) {
    let fits =
        error.starts_with("RuntimeError: ") && error.contains("is bound to a different event loop");
    assert!(fits, "{error}");
}

/// Acquires what is free, without a loop.
fn immediately<T>(acquire: impl Future<Output = Result<T, Exception>>) -> T {
    acquire
        .now_or_never()
        .expect("it is free")
        .expect("it does not fail")
}

#[test]
fn a_lock_is_bound_to_the_loop_in_which_it_was_waited_for() {
    let lock = Lock::new();
    let guard = immediately(lock.acquire());
    let wait = || {
        let acquire = lock.acquire();
        Box::pin(async { acquire.await.map(drop) }) as Waits
    };
    is_bound_elsewhere(&in_a_second_loop(wait));
    drop(guard);
    assert!(!lock.locked());
}

#[test]
fn an_event_is_bound_to_the_loop_in_which_it_was_waited_for() {
    let event = Event::new();
    is_bound_elsewhere(&in_a_second_loop(|| Box::pin(event.wait())));
}

#[test]
fn a_semaphore_is_bound_to_the_loop_in_which_it_was_waited_for() {
    let semaphore = Semaphore::new(0);
    let wait = || {
        let acquire = semaphore.acquire();
        Box::pin(async { acquire.await.map(drop) }) as Waits
    };
    is_bound_elsewhere(&in_a_second_loop(wait));
    semaphore.release().unwrap();
    assert_eq!(semaphore.value(), 1); // the refused one did not take it
}

/// The wait is refused before the lock is released, so the task still holds the lock.
#[test]
fn a_condition_is_bound_to_the_loop_in_which_it_was_waited_for() {
    let condition = Condition::new();
    let wait = || {
        let condition = condition.clone();
        Box::pin(async move {
            let _guard = condition.acquire().await?;
            let waited = condition.wait().await;
            assert!(condition.locked());
            waited
        }) as Waits
    };
    is_bound_elsewhere(&in_a_second_loop(wait));
    assert!(!condition.locked());
}

#[test]
fn a_barrier_is_bound_to_the_loop_in_which_it_was_waited_for() {
    let barrier = Barrier::new(2).unwrap();
    let wait = || {
        let waits = barrier.wait();
        Box::pin(async { waits.await.map(drop) }) as Waits
    };
    is_bound_elsewhere(&in_a_second_loop(wait));
    assert_eq!(barrier.n_waiting(), 0);
}

#[test]
fn a_queue_is_bound_to_the_loop_in_which_it_was_waited_for() {
    let queue = Queue::<()>::new();
    let get = || Box::pin(queue.get()) as Waits;
    is_bound_elsewhere(&in_a_second_loop(get));

    let full = Queue::with_maxsize(1);
    full.put_nowait(()).unwrap();
    is_bound_elsewhere(&in_a_second_loop(|| Box::pin(full.put(()))));
    assert_eq!(full.qsize(), 1);

    let unfinished = PriorityQueue::new();
    unfinished.put_nowait(1).unwrap();
    is_bound_elsewhere(&in_a_second_loop(|| Box::pin(unfinished.join())));
}

/// Once bound to a loop for getting, a queue is bound to it for putting, too.
#[test]
fn the_two_ends_of_a_queue_belong_to_one_loop() {
    let queue = Queue::with_maxsize(1);
    let (first, second) = (new_loop(), new_loop());
    let end = first.run_until_complete(wait_for(queue.get(), ms(5)));
    assert_eq!(end.unwrap_err().kind(), Kind::Timeout);
    queue.put_nowait(()).unwrap();
    let end = second.run_until_complete(queue.put(())).unwrap_err();
    is_bound_elsewhere(&end.to_string());
}

/// Only a wait binds.
#[test]
fn what_is_free_can_be_acquired_in_any_loop() {
    let (lock, semaphore, queue) = (Lock::new(), Semaphore::new(1), Queue::new());
    let event = Event::new();
    event.set();
    for _ in 0..2 {
        let (lock, semaphore) = (lock.acquire(), semaphore.acquire());
        let (put, get, wait) = (queue.put(()), queue.get(), event.wait());
        let main = async move {
            drop((lock.await?, semaphore.await?));
            put.await?;
            get.await?;
            wait.await
        };
        new_loop().run_until_complete(main).unwrap();
    }
}
