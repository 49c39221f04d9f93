//! One way to solve the exercises.
//!
//! **`Task`.** tokio polls futures, and calls wakers. It shares no more with the crate's loop, and no more is needed:
//! what lesson 15 put into its executor, a flag and a wake, fits around a future, into `poll_fn`. So a cancellation
//! that can be caught is not the loop's work. Two parties have to agree: a task raises the flag, and each wait looks at
//! the flag. This is also the limit of the method. A future that does not know the flag, such as tokio's own `sleep`,
//! sleeps on. `cancellable` looks at the flag in place of such a future, and drops the future.
//!
//! The flag is moved twice: into `MUST_CANCEL` before the turn, and back after the turn, if nobody has taken the flag.
//! Without the way back, a task that was cancelled while it awaited something foreign would never learn of it. And
//! `main` could learn of it instead: all futures of the thread share the one `MUST_CANCEL`, and nothing sets it before
//! a turn of `main`. The way back is in a `drop`, because a turn can also end with a panic. tokio catches the panic,
//! and the thread lives on with the flag.
//!
//! A request is easy to lose in two places. If the awaited task has ended, passing the request on to it does nothing,
//! and the flag is gone: so `poll` raises `Cancelled` itself. And if a task returns a result while a request is still
//! open, no turn is left in which `Cancelled` could be raised: so the result is dropped. Lesson 14 has both, as cases 3
//! and 4.
//!
//! **`wait_for`.** tokio's `timeout` drops the late future. Ours runs the future as a task, cancels this task, and
//! awaits its end. So the task can clean up, and the price is that `wait_for` can take longer than the limit. asyncio
//! has made the same choice.
//!
//! Here a request can be lost in a third place. If the caller is cancelled, too, its request is passed on to the late
//! task. That task ends with `Cancelled`, as it does for the limit alone. So `poll` sets a mark when it takes a request
//! from the caller, and before its inner `if`, because the late task may just have ended. asyncio counts requests
//! instead.
//!
//! **`both`.** It needs no loop at all. It polls two futures with the waker of its own task. News for either future
//! wakes the task, and then the task polls both. Each future is polled until it is ready, and not after that. There is
//! no second task, so a cancellation of the task reaches whichever of the two takes the flag first, and an early error
//! drops the other one in the middle. A combinator that runs everywhere has that price.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tminus::{Exception, Kind};
use tminus_lessons::lesson15_async_await::MUST_CANCEL;
use tokio::task::{JoinHandle, spawn_local};

#[path = "program.rs"]
pub mod program;
mod tokio_net;

pub use tokio_net::{TcpListener, TcpStream};

pub struct Task<T> {
    handle: JoinHandle<Result<T, Exception>>,
    request: Rc<Request>,
    caller_cancelled: bool, // while it awaited this task
}

#[derive(Default)]
struct Request {
    must_cancel: Cell<bool>,
    waker: RefCell<Option<Waker>>, // of the task, from its last turn
}

struct Turn<'a>(&'a Request);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if MUST_CANCEL.take() {
            self.0.must_cancel.set(true); // nothing has raised it yet
        }
    }
}

pub fn spawn<T: 'static>(
    future: impl Future<Output = Result<T, Exception>> + 'static,
) -> Result<Task<T>, Exception> {
    let request = Rc::new(Request::default());
    let its_request = request.clone();
    let mut future = Box::pin(future);
    let handle = spawn_local(poll_fn(move |cx| {
        its_request.waker.replace(Some(cx.waker().clone()));
        MUST_CANCEL.set(its_request.must_cancel.take());
        let turn = Turn(&its_request);
        let polled = future.as_mut().poll(cx);
        drop(turn); // a panic drops it, too
        match polled {
            Poll::Ready(Ok(_)) if its_request.must_cancel.take() => {
                Poll::Ready(Err(Kind::Cancelled.into())) // lesson 14, case 4
            }
            polled => polled,
        }
    }));
    Ok(Task {
        handle,
        request,
        caller_cancelled: false,
    })
}

impl<T> Task<T> {
    pub fn cancel(&self) {
        self.request.must_cancel.set(true);
        if let Some(waker) = self.request.waker.take() {
            waker.wake();
        } // otherwise it has not begun, or was woken by an earlier cancel
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if MUST_CANCEL.take() {
            self.caller_cancelled = true; // step 4: even if the task has just ended
            if self.handle.is_finished() {
                return Poll::Ready(Err(Kind::Cancelled.into())); // lesson 14, case 3
            }
            self.cancel(); // the awaited task goes first
        }
        Pin::new(&mut self.handle)
            .poll(cx)
            .map(|ended| match ended {
                Ok(outcome) => outcome,
                Err(error) => Err(Exception::new(Kind::Panic, error.to_string())),
            })
    }
}

pub async fn cancellable<F: Future>(future: F) -> Result<F::Output, Exception> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if MUST_CANCEL.take() {
            return Poll::Ready(Err(Kind::Cancelled.into()));
        }
        future.as_mut().poll(cx).map(Ok)
    })
    .await
}

pub async fn sleep(duration: Duration) -> Result<(), Exception> {
    cancellable(tokio::time::sleep(duration)).await
}

pub async fn wait_for<T: 'static>(
    future: impl Future<Output = Result<T, Exception>> + 'static,
    limit: Duration,
) -> Result<T, Exception> {
    let mut task = spawn(future)?;
    if let Ok(outcome) = tokio::time::timeout(limit, &mut task).await {
        return outcome;
    }
    task.cancel();
    match (&mut task).await {
        Err(end) if end == Kind::Cancelled && !task.caller_cancelled => Err(Kind::Timeout.into()),
        outcome => outcome,
    }
}

pub async fn both<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = Result<B, E>>,
) -> Result<(A, B), E> {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut a, mut b) = (None, None);
    poll_fn(|cx| {
        if a.is_none()
            && let Poll::Ready(result) = first.as_mut().poll(cx)
        {
            a = Some(result?);
        }
        if b.is_none()
            && let Poll::Ready(result) = second.as_mut().poll(cx)
        {
            b = Some(result?);
        }
        match (a.take(), b.take()) {
            (Some(a), Some(b)) => Poll::Ready(Ok((a, b))),
            (one, other) => {
                (a, b) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}
