//! Loops that are dropped at the end of their thread, when the crate's own thread-locals may already be destroyed.

use std::{
    cell::Cell,
    pin::Pin,
    sync::{Arc, Mutex},
    thread,
};

use futures::{StreamExt, future::pending, stream::FuturesUnordered};
use tminus::{
    EventLoop, Exception, TaskGroup,
    event_loop::current_task,
    gather, sleep, spawn,
    sync::{Lock, Queue},
    timeout, yield_now,
};

use crate::{HOUR, closing::scatter_bombs, ms, new_loop};

thread_local! {
    static KEPT: Cell<Option<EventLoop>> = const { Cell::new(None) };
}

type Wait = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

fn set_of<F: Future>(futures: impl IntoIterator<Item = F>) -> FuturesUnordered<F> {
    futures.into_iter().collect()
}

/// A body at each kind of wait.
fn waits() -> [Wait; 8] {
    let lock = Lock::new();
    let waits_for_lock = async move {
        let _guard = lock.acquire().await?;
        lock.acquire().await.map(drop)
    };
    let group = async {
        let group = TaskGroup::new();
        let block = async { group.create_task(sleep(HOUR)).map(drop) };
        group.run(block).await
    };
    [
        Box::pin(sleep(HOUR)),
        Box::pin(async { EventLoop::running()?.create_future().await }),
        Box::pin(async { timeout(HOUR).run(pending::<()>()).await }),
        Box::pin(async { gather([sleep(HOUR)]).await.map(drop) }),
        Box::pin(async { Queue::new().get().await }),
        Box::pin(waits_for_lock),
        Box::pin(group),
        // Each of them is registered with the waker of the set, and not with the task.
        Box::pin(async {
            set_of([sleep(HOUR), sleep(HOUR)])
                .next()
                .await
                .expect("two")
        }),
    ]
}

/// Ends a thread whose loop has a task at each kind of wait.
fn end_thread(kept_before_it_runs: bool) -> thread::Result<()> {
    let body = move || {
        let event_loop = new_loop();
        if kept_before_it_runs {
            KEPT.set(Some(event_loop.clone()));
        }
        for wait in waits() {
            event_loop.create_task(wait).unwrap();
        }
        event_loop.run_until_complete(sleep(ms(1))).unwrap();
        KEPT.set(Some(event_loop));
    };
    thread::spawn(body).join()
}

#[test]
fn a_loop_that_was_kept_before_it_ran_is_dropped() {
    end_thread(true).unwrap();
}

#[test]
fn a_loop_that_was_kept_after_it_ran_is_dropped() {
    end_thread(false).unwrap();
}

/// The crate's thread-locals may be destroyed before the body is: its functions must return errors, and not panic.
#[test]
fn a_body_that_uses_the_crate_in_its_last_moment_gets_errors() {
    struct Asks(Arc<Mutex<Vec<String>>>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let refusals = [
                current_task().map(drop),
                EventLoop::running().map(drop),
                spawn(async { Ok(()) }).map(drop),
            ];
            let refusals = refusals.map(|refusal| refusal.unwrap_err().name().to_owned());
            self.0.lock().unwrap().extend(refusals);
        }
    }
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let asks = Asks(heard.clone());
    let body = move || {
        let event_loop = new_loop();
        KEPT.set(Some(event_loop.clone()));
        let body = async move {
            let _asks = asks;
            sleep(HOUR).await
        };
        event_loop.create_task(body).unwrap();
        event_loop.run_until_complete(yield_now()).unwrap();
    };
    thread::spawn(body).join().unwrap();
    assert_eq!(*heard.lock().unwrap(), ["RuntimeError"; 3]);
}

#[test]
fn a_loop_with_what_panics_in_it_is_dropped() {
    let body = || {
        let event_loop = new_loop();
        KEPT.set(Some(event_loop.clone()));
        event_loop.run_until_complete(yield_now()).unwrap();
        scatter_bombs(&event_loop);
    };
    thread::spawn(body).join().unwrap();
}
