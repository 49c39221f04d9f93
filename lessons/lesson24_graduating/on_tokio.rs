//! What the program needs of a loop, on tokio: the second use list, and what its names stand for.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tminus::{Exception, Kind};
use tminus_lessons::lesson15_async_await::MUST_CANCEL;
use tokio::task::{JoinHandle, LocalSet, spawn_local};

#[path = "program.rs"]
pub mod program;
#[path = "statuses.rs"]
pub mod statuses;
mod tokio_net;

pub use tokio_net::{TcpListener, TcpStream};

/// A task of tokio that can be cancelled as in the crate.
pub struct Task<T> {
    handle: JoinHandle<Result<T, Exception>>,
    request: Rc<Request>,
    caller_cancelled: bool, // while it awaited this task
}

/// A request to cancel, on its way to the task.
#[derive(Default)]
struct Request {
    must_cancel: Cell<bool>,
    waker: RefCell<Option<Waker>>, // of the task, from its last turn
}

/// A turn of a task. When it ends, even with a panic, a request that nothing has raised goes back to the task.
struct Turn<'a>(&'a Request);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if MUST_CANCEL.take() {
            self.0.must_cancel.set(true); // nothing has raised it yet
        }
    }
}

/// Spawns a task on tokio's thread.
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
    /// Has a `Cancelled` raised in the task's next turn, at the `.await` at which the task is suspended.
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

/// Awaits a future that knows nothing of cancellations. If the task is cancelled, drops it and raises `Cancelled`.
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

/// Waits until `duration` has passed.
pub async fn sleep(duration: Duration) -> Result<(), Exception> {
    cancellable(tokio::time::sleep(duration)).await
}

/// Awaits a future for at most `limit`. As a task, it is cancelled in time, and can clean up.
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

/// Runs `main` on this thread.
pub fn run<T>(main: impl Future<Output = Result<T, Exception>>) -> Result<T, Exception> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    LocalSet::new().block_on(&runtime.enable_all().build()?, main)
}
