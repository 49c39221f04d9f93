//! Destructors that panic. Each such panic is the error of one task or is passed to the exception handler. The other tasks
//! continue, and nothing aborts.

use std::{cell::Cell, rc::Rc};

use futures::future::pending;
use tminus::{
    EventLoop, Exception, Kind, Task,
    event_loop::{Handle, cancellable, spawn_named},
    sleep, spawn, yield_now,
};

use crate::{Bomb, HOUR, error, handler_calls, ms, new_loop, support::Log};

/// Runs `act` in a task beside another one, which must end in its time; returns the number of calls of the exception
/// handler, and how the task ended.
fn beside_another<T: 'static>(
    act: impl Future<Output = Result<T, Exception>> + 'static,
) -> (usize, Option<Kind>) {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let log = Log::default();
    let logged = log.clone();
    let ended = Rc::new(Cell::new(None));
    let end = ended.clone();
    let acts = event_loop.create_task(act).unwrap();
    acts.any().add_done_callback(move |task| {
        let failed = task.exception().unwrap_or_else(Some);
        end.set(failed.map(|exception| exception.kind()));
    });
    drop(acts);
    let other = async move {
        sleep(ms(5)).await?;
        logged.add("the other ended");
        Ok(())
    };
    event_loop.run_until_complete(other).unwrap();
    assert_eq!(log.take(), ["the other ended"]);
    event_loop.close().unwrap();
    (handled.get(), ended.get())
}

/// The loop holds the last handle.
#[test]
fn a_result_that_nobody_takes_may_panic() {
    let act = async {
        spawn(async { Ok(Bomb) })?;
        spawn_named("slow", async { sleep(ms(1)).await.map(|()| Bomb) })?;
        sleep(ms(2)).await
    };
    assert_eq!(beside_another(act), (2, None));
}

#[test]
fn a_result_of_a_cancelled_task_may_panic() {
    let act = async {
        let task = spawn(async {
            drop(sleep(HOUR).await);
            Ok(Bomb)
        })?;
        yield_now().await?;
        task.cancel();
        drop(task);
        sleep(ms(1)).await
    };
    assert_eq!(beside_another(act), (1, None));
}

#[test]
fn a_result_whose_last_handle_a_done_callback_drops_may_panic() {
    let act = async {
        let task = spawn(async { Ok(Bomb) })?;
        let held = Cell::new(Some(task.any()));
        task.any().add_done_callback(move |_| drop(held.take()));
        drop(task);
        sleep(ms(1)).await
    };
    assert_eq!(beside_another(act), (1, None));
}

#[derive(Debug)]
struct BadError(Bomb);

impl std::fmt::Debug for Bomb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bomb")
    }
}

impl std::fmt::Display for BadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an error with {:?}", self.0)
    }
}

impl std::error::Error for BadError {}

/// It is reported as never retrieved, and its own panic as well.
#[test]
fn an_error_that_nobody_sees_may_panic_when_it_is_dropped() {
    let act = async {
        spawn(async { Err::<(), _>(Exception::from(BadError(Bomb))) })?;
        sleep(ms(1)).await
    };
    let (handled, ended) = beside_another(act);
    assert!(handled >= 1, "{handled}");
    assert_eq!(ended, None);
}

#[test]
fn the_error_of_a_callback_may_panic_when_it_is_dropped() {
    let act = async {
        EventLoop::running()?.call_soon(|| Err(Exception::from(BadError(Bomb))))?;
        sleep(ms(1)).await
    };
    let (handled, ended) = beside_another(act);
    assert!(handled >= 1, "{handled}");
    assert_eq!(ended, None);
}

#[test]
fn a_body_may_panic_when_it_ends() {
    let act = async {
        let _bomb = Bomb;
        yield_now().await
    };
    assert_eq!(beside_another(act), (0, Some(Kind::Panic)));
}

/// The body is dropped at the foreign future. The panic is this task's error alone.
#[test]
fn a_body_that_is_dropped_by_a_cancellation_may_panic() {
    let act = async {
        let task: Task<()> = spawn(async {
            let _bomb = Bomb;
            pending::<()>().await;
        })?;
        yield_now().await?;
        task.cancel();
        task.await
    };
    assert_eq!(beside_another(act), (0, Some(Kind::Panic)));
}

#[test]
fn a_body_that_never_began_may_panic_when_it_is_cancelled() {
    let act = async {
        let bomb = Bomb;
        let task = spawn(async move {
            drop(bomb);
            Ok(())
        })?;
        task.cancel();
        task.await
    };
    assert_eq!(beside_another(act), (0, Some(Kind::Panic)));
}

#[test]
fn a_foreign_future_that_cancellable_drops_may_panic() {
    let act = async {
        let task = spawn(cancellable(async {
            let _bomb = Bomb;
            pending::<()>().await
        }))?;
        yield_now().await?;
        task.cancel();
        task.await
    };
    assert_eq!(beside_another(act), (0, Some(Kind::Panic)));
}

/// The panic is raised in the caller or reported. The timer is cancelled in either case.
#[test]
fn a_callback_that_panics_when_its_handle_cancels_it_is_cancelled() {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let handles = [Bomb, Bomb].map(|bomb| event_loop.call_later(HOUR, move || drop(bomb)).unwrap());
    let [in_task, in_callback] = handles.clone();
    event_loop.call_soon(move || in_callback.cancel()).unwrap();
    let cancels = async move {
        in_task.cancel();
        Ok(())
    };
    let cancels = event_loop.create_task(cancels).unwrap();
    event_loop.run_until_complete(sleep(ms(5))).unwrap();
    let failed = usize::from(cancels.exception().unwrap().is_some());
    assert_eq!(handled.get() + failed, 2);
    assert!(handles.iter().all(Handle::cancelled));
    let never = event_loop.create_future::<()>();
    assert!(event_loop.run_until_complete(never).is_err());
    assert_eq!(event_loop.time(), ms(5)); // no timer was left to wait for
}

#[test]
fn a_done_callback_may_panic_when_it_is_dropped_after_its_call() {
    let event_loop = new_loop();
    let (handled, log) = (handler_calls(&event_loop), Log::default());
    let future = event_loop.create_future();
    let (bomb, after) = (Bomb, log.clone());
    future.add_done_callback(move |_| {
        let _held = &bomb;
    });
    future.add_done_callback(move |_| after.add("the next one"));
    future.set_result(()).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(
        (handled.get(), log.take()),
        (1, vec!["the next one".into()])
    );
}

/// The caller that removes the callback gets the panic. The future keeps its other callbacks.
#[test]
fn a_done_callback_that_panics_when_it_is_removed_does_not_stop_the_others() {
    let event_loop = new_loop();
    let log = Log::default();
    let future = event_loop.create_future();
    let (bomb, other) = (Bomb, log.clone());
    let removed = future.add_done_callback(move |_| drop(bomb));
    future.add_done_callback(move |_| other.add("the other"));
    let (removes, setter) = (future.clone(), future);
    let remove = async move {
        removes.remove_done_callback(removed);
        Ok(())
    };
    drop(event_loop.run_until_complete(remove));
    setter.set_result(()).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(log.take(), ["the other"]);
}

#[test]
fn the_payload_of_a_panic_may_panic_when_it_is_dropped() {
    let act = async { std::panic::panic_any(Bomb) as Result<(), Exception> };
    assert_eq!(beside_another(act), (0, Some(Kind::Panic)));
}

#[test]
fn a_value_that_is_set_too_late_may_panic() {
    let act = async {
        let future = EventLoop::running()?.create_future();
        future.cancel();
        let late = std::panic::AssertUnwindSafe(|| drop(future.set_result(Bomb)));
        drop(std::panic::catch_unwind(late)); // it is the caller's own value
        assert!(future.cancelled());
        Err::<(), _>(error("the end"))
    };
    assert_eq!(beside_another(act), (0, Some(Kind::ValueError)));
}

/// Whoever drops the last handle to a task that has ended may be unwinding already.
#[test]
fn a_result_may_panic_in_the_drop_of_the_last_handle() -> Result<(), Exception> {
    let event_loop = new_loop();
    let handled = handler_calls(&event_loop);
    let task = event_loop.create_task(async { Ok(Bomb) })?;
    event_loop.run_until_complete(yield_now())?;
    assert!(task.done());
    drop(task);
    assert_eq!(handled.get(), 1);
    Ok(())
}
