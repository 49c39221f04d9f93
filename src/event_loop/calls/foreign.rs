//! Futures that are not the loop's: how a cancellation reaches whoever awaits one.
//!
//! Nothing can be raised inside a foreign future. When a task is cancelled that awaits one, the `Cancelled` is thrown into
//! the task's next turn, and the first of the loop's own futures that is polled there raises it. If none is polled, the
//! task's whole body is dropped at the end of that turn; unless [`Cancellable`] or a [`Block`] stands between, and takes the
//! exception.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::{
    super::{
        current::{self, take_thrown},
        outcome::Outcome,
        task_ref::TaskRef,
        tasks::State,
        waits::reason::WaitKind,
    },
    waiting::Waiting,
};
use crate::{Exception, Kind};

/// Awaits any future, such as one from the `futures` crate or from another thread, and lets the task catch a cancellation:
/// then `future` is dropped and `Err(Cancelled)` is returned.
///
/// A task that awaits a foreign future directly cannot be notified of a cancellation, and its body is dropped.
///
/// ```
/// use futures::channel::oneshot;
/// use tminus::{Exception, Kind, event_loop::cancellable, run, spawn, yield_now};
///
/// let cancelled = run(async {
///     let (_sender, answer) = oneshot::channel::<u32>();
///     let task = spawn(async {
///         let cancelled = cancellable(answer).await.unwrap_err();
///         Ok(cancelled.kind())
///     })?;
///     yield_now().await?;
///     task.cancel();
///     task.await
/// })?;
/// assert_eq!(cancelled, Kind::Cancelled);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - What is thrown into the task while it waits, such as `Cancelled`.
pub fn cancellable<F: Future>(future: F) -> Cancellable<F> {
    let wait = ForeignWait(None);
    Cancellable {
        future: Some(future),
        wait,
        waits_for_the_loop: false,
    }
}

pin_project! {
    /// The future of [`cancellable`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Cancellable<F> {
        #[pin]
        future: Option<F>,
        wait: ForeignWait,
        // Whether one of the loop's own futures in it is pending. Then that one raises a cancellation, and can clean up.
        waits_for_the_loop: bool,
    }
}

struct ForeignWait(Option<Waiting>);

impl Drop for ForeignWait {
    fn drop(&mut self) {
        if let Some(waiting) = &self.0 {
            waiting.stop();
        }
    }
}

impl<F: Future> Future for Cancellable<F> {
    type Output = Result<F::Output, Exception>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let state = this.wait.0.as_mut().map(|waiting| waiting.poll(cx));
        let mut raised = take_thrown(cx);
        if let (Some(State::Cancelled), Some(waiting)) = (state, &this.wait.0)
            && !*this.waits_for_the_loop
        {
            raised = Some(waiting.cancelled());
        }
        if matches!(state, Some(State::Cancelled | State::Lost)) {
            this.wait.0 = None; // it is over, or was another task's
        }
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("a future was polled again after it was done");
        };
        let waits_before = own_waits();
        let result = match raised {
            Some(exception) => Err(exception),
            None => match future.poll(cx) {
                Poll::Ready(output) => Ok(output),
                Poll::Pending => {
                    *this.waits_for_the_loop = own_waits() > waits_before;
                    if this.wait.0.is_none()
                        && let Some(kernel) = current::running()
                    {
                        let id = Waiting::begins(&kernel, WaitKind::Foreign, cx);
                        this.wait.0 = Some(Waiting { kernel, id });
                    }
                    return Poll::Pending;
                }
            },
        };
        this.future.set(None);
        if let Some(waiting) = this.wait.0.take() {
            waiting.stop();
        }
        Poll::Ready(result)
    }
}

/// How a limit or a group cancels the block that it runs.
///
/// | the block is polled by | to cancel it is | if nothing in it raises the `Cancelled` |
/// |---|---|---|
/// | the task itself | to cancel the task, as in CPython | it is dropped when what is thrown has passed it |
/// | something inside the task, as `FuturesUnordered` | to end the inner future's wait, and leave the task alone | it is dropped at its next poll |
#[derive(Default)]
pub(crate) struct BlockState {
    /// The waker with which something inside the task polls the block.
    inside: RefCell<Option<Waker>>,
    /// Whether it was cancelled, and is to be dropped if it waits for nothing of the loop's any longer.
    is_cancelled: Cell<bool>,
    /// Whether it is to be dropped at its next poll.
    is_to_raise: Cell<bool>,
}

impl BlockState {
    /// Cancels the block. Returns `true` if for that the task was cancelled, which counts as a request.
    pub(crate) fn cancel(&self, task: &TaskRef) -> bool {
        self.is_cancelled.set(true);
        let inside = self.inside.borrow().clone();
        let Some(waker) = inside else {
            task.cancel();
            return true;
        };
        let kernel = task.kernel();
        let raises = kernel.with(|tasks| tasks.cancels_inside(task.key(), &waker));
        if !raises {
            self.is_to_raise.set(true);
            waker.wake();
        }
        false
    }
}

pin_project! {
    /// Runs a block, and catches a cancellation for it that nothing in it raises: then the block is dropped, and not the
    /// task. `timeout`, `wait_for` and task groups run their blocks in it.
    pub(crate) struct Block<'a, B> {
        #[pin]
        block: Option<B>,
        state: &'a BlockState,
    }
}

impl<'a, B> Block<'a, B> {
    pub(crate) fn new(block: impl IntoFuture<IntoFuture = B>, state: &'a BlockState) -> Self {
        Self {
            block: Some(block.into_future()),
            state,
        }
    }
}

impl<B: Future<Output: Outcome>> Future for Block<'_, B> {
    type Output = Result<<B::Output as Outcome>::Value, Exception>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(block) = this.block.as_mut().as_pin_mut() else {
            panic!("a block was polled again after it was done");
        };
        let is_own = current::is_own(cx.waker());
        let inside = (!is_own).then(|| cx.waker().clone());
        let before = this.state.inside.replace(inside);
        drop(before); // when the cell is free
        let waits_before = own_waits();
        let polled = match this.state.is_to_raise.take() {
            true => Poll::Ready(Err(Kind::Cancelled.into())),
            false => block.poll(cx).map(Outcome::into_result),
        };
        let result = match polled {
            Poll::Ready(result) => result,
            // It was to be raised in this turn, and what the block waits for has not raised it: that is none of the loop's.
            Poll::Pending => match take_thrown(cx) {
                Some(thrown) => Err(thrown),
                // One branch of a `join!` has raised it, and the others never will.
                None if this.state.is_cancelled.get() && own_waits() == waits_before => {
                    Err(Kind::Cancelled.into())
                }
                None => return Poll::Pending,
            },
        };
        this.block.set(None);
        let last = this.state.inside.take();
        drop(last); // when the cell is free
        Poll::Ready(result)
    }
}

/// How many of the loop's own futures were polled in this turn and are pending. A turn that yields waits for the loop, too.
fn own_waits() -> usize {
    let kernel = current::running();
    let waits = kernel.map_or(0, |kernel| kernel.with(|tasks| tasks.own_waits()));
    waits + usize::from(current::yields())
}
