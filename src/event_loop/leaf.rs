//! What a task can do inside the loop: sleep, give way, spawn, wait for what is not the loop's.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    rc::{Rc, Weak},
    task::{Context, Poll},
    time::Duration,
};

use futures_core::Stream;

use super::{
    any_task::TaskRef,
    handle::Handle,
    kernel::Kernel,
    signal::{Signal, Waits},
    step,
    task::Task,
    waiting::{Awaited, Reason, take_thrown, waits_for},
};
use crate::{Exception, Generator, Kind, Step, timers::TimerId};

/// The loop that runs.
pub(crate) fn running() -> Result<Rc<Kernel>, Exception> {
    Kernel::running().ok_or_else(|| {
        Exception::new(
            Kind::RuntimeError,
            "no loop runs on this thread: call this in a task, and start that by `tminus::run`",
        )
    })
}

/// Waits for that long on the loop's clock: Python's `asyncio.sleep`. Not shorter; zero gives way once.
///
/// # Errors
///
/// `Cancelled` where the task is cancelled meanwhile; `RuntimeError` outside a loop.
pub async fn sleep(duration: Duration) -> Result<(), Exception> {
    if duration.is_zero() {
        return yield_now().await;
    }
    let mut sleep = Sleep::new(duration)?;
    (&mut sleep.over).await
}

/// Who waits for the time. (A body that sleeps must not hold the loop that holds it.)
struct Sleep {
    over: Waits,
    timer: TimerId,
    kernel: Weak<Kernel>,
}

impl Sleep {
    fn new(duration: Duration) -> Result<Self, Exception> {
        let kernel = running()?;
        let until = kernel.now().saturating_add(duration);
        let over = Signal::new(Reason::Sleep(until));
        Ok(Self {
            timer: kernel.wake_at(until, over.clone()),
            over: Waits(over),
            kernel: Rc::downgrade(&kernel),
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if !self.over.0.is_given()
            && let Some(kernel) = self.kernel.upgrade()
        {
            kernel.cancel_timer(self.timer);
        }
    }
}

/// A callback that is taken back once nobody waits for it any more.
pub(crate) struct Alarm(Handle);

impl Alarm {
    /// Calls `callback` after `delay`.
    pub(crate) fn after(
        kernel: &Rc<Kernel>,
        delay: Duration,
        callback: impl FnOnce() + 'static,
    ) -> Self {
        Self(kernel.call_at(kernel.now().saturating_add(delay), callback))
    }

    /// Calls `callback` at `when`; where that is past, in the next turn.
    pub(crate) fn at(
        kernel: &Rc<Kernel>,
        when: Duration,
        callback: impl FnOnce() + 'static,
    ) -> Self {
        if when > kernel.now() {
            return Self(kernel.call_at(when, callback));
        }
        let handle = Handle::new(callback);
        kernel.schedule(handle.clone());
        Self(handle)
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Gives way: the task goes on in the loop's next turn. Python's `asyncio.sleep(0)`.
///
/// # Errors
///
/// As [`sleep`].
pub fn yield_now() -> impl Future<Output = Result<(), Exception>> {
    GiveWay::default()
}

#[derive(Default)]
struct GiveWay {
    gave_way: bool,
}

impl Future for GiveWay {
    type Output = Result<(), Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.gave_way {
            return Poll::Ready(take_thrown().map_or(Ok(()), Err));
        }
        self.gave_way = true;
        if !step::give_way(cx.waker()) {
            // Who polls it may do so again as soon as it is woken, and that is to be in the next turn.
            let waker = cx.waker().clone();
            match running() {
                Ok(kernel) => kernel.schedule(Handle::new(|| waker.wake())),
                Err(none_runs) => return Poll::Ready(Err(none_runs)),
            }
        }
        Poll::Pending
    }
}

/// Makes a task of a future, or of a generator, in the loop that runs: Python's `asyncio.create_task`. It runs from the
/// next turn on.
///
/// # Errors
///
/// `RuntimeError` outside a loop.
pub fn spawn<T: 'static>(
    body: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
) -> Result<Task<T>, Exception> {
    Ok(Task::new(&running()?, None, body.into_future()))
}

/// The same, with a name.
///
/// # Errors
///
/// `RuntimeError` outside a loop.
pub fn spawn_named<T: 'static>(
    name: &str,
    body: impl IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
) -> Result<Task<T>, Exception> {
    Ok(Task::new(
        &running()?,
        Some(name.into()),
        body.into_future(),
    ))
}

/// The task that runs: Python's `asyncio.current_task`.
///
/// # Errors
///
/// `RuntimeError` outside a loop, and in a callback.
pub fn current_task() -> Result<TaskRef, Exception> {
    let current = running()?.current().map(TaskRef);
    current.ok_or_else(|| Exception::new(Kind::RuntimeError, "no task runs: this is a callback"))
}

/// The tasks that have not ended, in the order of creation: Python's `asyncio.all_tasks`.
///
/// # Errors
///
/// `RuntimeError` outside a loop.
pub fn all_tasks() -> Result<Vec<TaskRef>, Exception> {
    Ok(running()?.all_tasks())
}

/// Waits for any future, such as one of the `futures` crate or of another thread, so that a cancellation can be caught:
/// it comes as `Err(Cancelled)`, and the future is dropped.
///
/// A task that awaits such a future directly cannot be told that it is cancelled, and is dropped where it stands.
///
/// # Errors
///
/// What is thrown into the task meanwhile.
pub async fn cancellable<F: Future>(future: F) -> Result<F::Output, Exception> {
    let mut future = pin!(future);
    let waits = Rc::new(Foreign);
    poll_fn(move |cx| {
        if let Some(thrown) = take_thrown() {
            return Poll::Ready(Err(thrown));
        }
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            waits_for(waits.clone());
        }
        polled.map(Ok)
    })
    .await
}

struct Foreign;

/// As far as the loop knows, it is never done.
impl Awaited for Foreign {
    fn done(&self) -> bool {
        false
    }

    fn gives_cancelled(&self) -> bool {
        false
    }

    fn reason(&self) -> &Reason {
        &Reason::Foreign
    }

    fn end_cancelled(self: Rc<Self>, _: &str) -> bool {
        false // there is nobody to tell; it is thrown in
    }
}

/// The next item of an async iterator, or `None` at its end. `while let Some(item) = next(&mut stream).await` is Python's
/// `async for item in stream`.
pub async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// An async context manager: what `async with` enters and leaves.
pub trait AsyncContext {
    /// What the block gets: Python's `as value`.
    type Value;

    /// Enters: Python's `__aenter__`.
    fn enter(&mut self) -> impl Future<Output = Result<Self::Value, Exception>>;

    /// Leaves: Python's `__aexit__`. `error` is what ended the block, if something did; `true` swallows it.
    ///
    /// It may await. It runs however the block ends, a cancellation included; only a task that is dropped (its loop is
    /// closed, or it is cancelled while it waits for a future that is not the loop's) does not run it.
    fn exit(&mut self, error: Option<&Exception>) -> impl Future<Output = Result<bool, Exception>>;
}

/// Runs a block in a context: Python's `async with context as value`. `None` where the context swallowed an exception.
///
/// # Errors
///
/// What entering, the block or leaving raises; of the last two the later.
pub async fn with<C: AsyncContext, T>(
    mut context: C,
    block: impl AsyncFnOnce(C::Value) -> Result<T, Exception>,
) -> Result<Option<T>, Exception> {
    let value = context.enter().await?;
    match block(value).await {
        Ok(result) => {
            context.exit(None).await?;
            Ok(Some(result))
        }
        Err(exception) => match context.exit(Some(&exception)).await? {
            true => Ok(None),
            false => Err(exception),
        },
    }
}

/// As a task, a generator gives way at each yield. What cancels the task is thrown into it.
impl<R: 'static> IntoFuture for Generator<(), (), R> {
    type Output = Result<R, Exception>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<R, Exception>>>>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut step = self.resume()?;
            loop {
                step = match step {
                    Step::Returned(result) => return Ok(result),
                    Step::Yielded(()) => match yield_now().await {
                        Ok(()) => self.resume()?,
                        Err(exception) => self.throw(exception)?,
                    },
                };
            }
        })
    }
}
