//! Futures that outlive the task that polled them, or are polled by tasks of two loops. What they know of their wait must not
//! be taken for the wait of another task.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Poll, Waker},
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use tminus::{
    EventLoop, Exception, Kind,
    clock::Clock,
    event_loop::cancellable,
    sleep, spawn,
    sync::{Event, Lock},
    yield_now,
};

use crate::{HOUR, handler_calls, kind, ms, new_loop};

/// A future that tasks lend each other.
type Left = Rc<RefCell<Option<Pin<Box<dyn Future<Output = Result<(), Exception>>>>>>>;

fn left(future: impl Future<Output = Result<(), Exception>> + 'static) -> Left {
    Rc::new(RefCell::new(Some(Box::pin(future))))
}

/// Polls what was left once.
async fn poll_once(left: Left) -> Result<Poll<Result<(), Exception>>, Exception> {
    let poll = poll_fn(|cx| {
        let mut left = left.borrow_mut();
        let future = left.as_mut().expect("it was not dropped");
        Poll::Ready(future.as_mut().poll(cx))
    });
    Ok(poll.await)
}

/// A task polls a future once and ends. The task that has its row next sleeps, while `act` does something with the future.
/// Returns when that task woke up.
fn sleeps_undisturbed(left: Left, act: impl FnOnce(Left) + 'static) -> u128 {
    let event_loop = new_loop();
    let main = async move {
        let first = spawn(poll_once(left.clone()))?;
        assert!(first.clone().await?.is_pending());
        drop(first);
        let next = spawn(sleep(ms(5)))?;
        yield_now().await?;
        yield_now().await?;
        act(left);
        next.await
    };
    event_loop.run_until_complete(main).unwrap();
    event_loop.time().as_millis()
}

#[test]
fn a_sleep_that_is_dropped_late_does_not_end_the_sleep_of_the_next_task_in_the_row() {
    assert_eq!(sleeps_undisturbed(left(sleep(HOUR)), drop_it), 5);
}

fn drop_it(left: Left) {
    drop(left.take());
}

#[test]
fn a_place_in_a_line_that_is_left_late_is_not_that_of_the_next_task_in_the_row() {
    let event = Event::new();
    let waits = event.clone();
    let set = sleeps_undisturbed(left(async move { waits.wait().await }), move |_| {
        event.set()
    });
    assert_eq!(set, 5);
}

#[test]
fn a_lock_that_is_released_does_not_wake_the_next_task_in_the_row() {
    let lock = Lock::new();
    let waits = lock.clone();
    let event_loop = new_loop();
    let main = async move {
        let guard = lock.acquire().await?;
        let left = left(async move { waits.acquire().await.map(drop) });
        let first = spawn(poll_once(left.clone()))?;
        assert!(first.clone().await?.is_pending());
        drop(first);
        let next = spawn(sleep(ms(5)))?;
        yield_now().await?;
        yield_now().await?;
        drop(guard);
        next.await?;
        drop_it(left);
        lock.acquire().await.map(drop)
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(event_loop.time(), ms(5));
}

#[test]
fn a_task_that_was_awaited_by_one_that_has_ended_does_not_wake_the_next_in_the_row() {
    let event_loop = new_loop();
    let main = async {
        let awaited = spawn(sleep(ms(2)))?;
        assert_eq!(sleeps_beside(left(awaited)).await?, ms(5));
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
}

async fn sleeps_beside(left: Left) -> Result<Duration, Exception> {
    drop(spawn(poll_once(left.clone()))?.await?);
    let next = spawn(sleep(ms(5)))?;
    yield_now().await?;
    drop_it(left);
    next.await?;
    Ok(EventLoop::running()?.time())
}

/// The handle's first wait was lost with the task that polled it. The next one has to wake the `FuturesUnordered`, which
/// polls only what has woken it, and not the task around that.
#[test]
fn a_handle_that_an_ended_task_has_polled_wakes_futures_unordered() {
    let event_loop = new_loop();
    event_loop.set_single_threaded(true); // so that it does not wait for the waker that is held
    let main = async {
        let awaited = left(spawn(sleep(ms(5)))?);
        drop(spawn(poll_once(awaited.clone()))?.await?);
        let handle = awaited.take().expect("it was not dropped");
        let mut handles: FuturesUnordered<_> = [handle].into_iter().collect();
        handles.next().await.expect("there is one")
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(event_loop.time(), ms(5));
}

/// A clock that a task sets.
#[derive(Clone, Default)]
struct SetClock(Rc<Cell<Duration>>);

impl Clock for SetClock {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn wait(&self, until: Option<Duration>) {
        self.0.set(until.expect("there is a timer"));
    }
}

/// When the other task polls the sleep, its timer has been taken already, and would find nobody.
#[test]
fn a_sleep_that_another_task_polls_in_the_round_in_which_it_is_due_is_over() {
    let clock = SetClock::default();
    let event_loop = EventLoop::with_clock(clock.clone());
    let main = async move {
        let sleeps = left(sleep(ms(5)));
        let other = sleeps.clone();
        let first = spawn(async move {
            drop(poll_once(other).await?);
            sleep(HOUR).await
        })?;
        yield_now().await?;
        clock.0.set(ms(5));
        yield_now().await?;
        let sleeps = sleeps.take().expect("it was not dropped");
        sleeps.await?;
        drop(first);
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
    assert_eq!(event_loop.time(), ms(5));
}

/// The other loop would never wake that task, and its own table has no row for it.
#[test]
fn a_sleep_of_one_loop_is_refused_in_another_and_disturbs_neither() {
    let (first, second) = (new_loop(), new_loop());
    let handled = handler_calls(&first);
    let sleeps = left(sleep(ms(3)));
    let poll = first.run_until_complete(poll_once(sleeps.clone()));
    assert!(poll.unwrap().is_pending());
    let outlives = left(sleep(ms(3)));
    let other = outlives.clone();
    let lives = first.create_task(async {
        drop(poll_once(other).await?);
        sleep(ms(9)).await
    });
    first.run_until_complete(sleep(ms(1))).unwrap();
    for left in [sleeps, outlives] {
        let Poll::Ready(refused) = second.run_until_complete(poll_once(left)).unwrap() else {
            panic!("a task of the other loop waits");
        };
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("got a sleep attached to a different loop"),
            "{error}"
        );
    }
    first.run_until_complete(lives.unwrap()).unwrap();
    assert_eq!((first.time(), handled.get()), (ms(9), 0));
}

#[test]
fn what_is_cancellable_moves_to_another_loop() {
    let (first, second) = (new_loop(), new_loop());
    let foreign = left(async { cancellable(pending::<()>()).await });
    let poll = first.run_until_complete(poll_once(foreign.clone()));
    assert!(poll.unwrap().is_pending());
    let awaits = async move { foreign.take().expect("it was not dropped").await };
    let task = second.create_task(awaits).unwrap();
    second.run_until_complete(sleep(ms(1))).unwrap();
    assert!(task.cancel());
    let cancelled = second.run_until_complete(task);
    assert_eq!(kind(cancelled), Some(Kind::Cancelled));
    first.run_until_complete(sleep(ms(1))).unwrap();
}

/// After a panic the waker that was lent to the task would be lent to the next one, and the clone would wake that.
#[test]
fn the_waker_that_a_panicking_task_leaves_wakes_nobody() {
    let event_loop = new_loop();
    let kept: Rc<RefCell<Option<Waker>>> = Rc::default();
    let keeps = kept.clone();
    let main = async move {
        let panics = poll_fn(move |cx| -> Poll<Result<(), Exception>> {
            keeps.replace(Some(cx.waker().clone()));
            panic!("boom")
        });
        let panics = spawn(panics)?;
        let polls = Rc::new(Cell::new(0));
        let counts = polls.clone();
        let next = spawn(poll_fn(move |_| -> Poll<Result<(), Exception>> {
            counts.set(counts.get() + 1);
            Poll::Pending
        }))?;
        assert_eq!(kind(panics.await), Some(Kind::Panic));
        kept.take().expect("it was kept").wake();
        yield_now().await?;
        yield_now().await?;
        drop(next);
        Ok(polls.get())
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), 1);
}
