//! Your turn. Everything compiles, and nothing is right yet.
//!
//! 1. Close the page, and write again what the program needs of tokio.
//! 2. `both`.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
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
        // TODO: nothing goes back (step 3).
        let _ = self.0;
    }
}

/// Spawns a task on tokio's thread.
pub fn spawn<T: 'static>(
    future: impl Future<Output = Result<T, Exception>> + 'static,
) -> Result<Task<T>, Exception> {
    // TODO: the task does not learn of the request, not even if it comes in the last turn (step 3).
    let request = Rc::new(Request::default());
    drop(Turn(&request));
    let handle = spawn_local(future);
    Ok(Task {
        handle,
        request,
        caller_cancelled: false,
    })
}

impl<T> Task<T> {
    /// Has a `Cancelled` raised in the task's next turn, at the `.await` at which the task is suspended.
    pub fn cancel(&self) {
        // TODO: this drops the task in the middle (step 3).
        let _ = (&self.request.must_cancel, &self.request.waker);
        self.handle.abort();
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // TODO: what if the task that awaits this one is to be cancelled? And if this one has ended (step 3)?
        let _ = self.caller_cancelled;
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
    // TODO: this raises nothing (step 4).
    let _ = &MUST_CANCEL;
    Ok(future.await)
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
    // TODO: this drops the future in the middle, and its caller may be cancelled, too (step 4).
    let outcome = tokio::time::timeout(limit, future).await;
    outcome.unwrap_or(Err(Kind::Timeout.into()))
}

/// Awaits two futures at the same time, in this task, and returns both results. If one fails, raises its error.
pub async fn both<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = Result<B, E>>,
) -> Result<(A, B), E> {
    // TODO: this awaits them one after the other.
    Ok((first.await?, second.await?))
}
