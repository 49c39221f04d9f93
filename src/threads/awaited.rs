//! Promises in a loop: Python's `asyncio.wrap_future`.

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use super::promise::Promise;
use crate::{
    Exception,
    event_loop::{EventLoop, FutureKind, Kernel, LoopFuture, Reply, running, take_thrown},
};

/// A future of the loop that follows a promise.
pub(super) struct Awaited<T: 'static> {
    pub(super) future: LoopFuture<T>,
    kernel: Rc<Kernel>,
    /// What the loop expects for it.
    reply: u64,
    /// The promise's callback that replies, and how to withdraw it.
    withdraws: Box<dyn Fn()>,
}

impl<T: 'static> Awaited<T> {
    /// The loop's future ends as the promise does, with what is `read` from that. If the future is cancelled, the promise
    /// is cancelled in the next round.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    /// - `RuntimeError` if the loop is simulated, and the promise is made by another thread.
    pub(super) fn new<P: Send + 'static>(
        kernel: &Rc<Kernel>,
        promise: &Promise<P>,
        read: impl FnOnce(&Promise<P>) -> Result<T, Exception> + 'static,
    ) -> Result<Self, Exception> {
        kernel.open()?;
        let from = promise.expected_in(kernel)?;
        let (words, party) = promise.words();
        let future =
            LoopFuture::new_for(kernel, FutureKind::Outside(words, Rc::new(party.clone())));
        let (ends, source) = (future.clone(), promise.clone());
        let reply = Reply::new(kernel, from, move || {
            if ends.done() {
                return Ok(()); // it was cancelled
            }
            match source.cancelled() {
                true => drop(ends.cancel()),
                false => ends.end(read(&source))?,
            }
            Ok(())
        });
        let (id, weak) = (reply.id(), Rc::downgrade(kernel));
        let source = promise.clone();
        future.add_done_callback(move |future| {
            if future.cancelled() && !source.cancel() {
                // The job runs on, and the loop does not wait for it.
                if let Some(kernel) = weak.upgrade() {
                    kernel.expects_no_longer(id);
                }
            }
        });
        let callback = promise.calls_when_over(move |_| reply.arrives());
        let source = promise.clone();
        Ok(Self {
            future,
            kernel: kernel.clone(),
            reply: id,
            withdraws: Box::new(move || source.forgets(callback)),
        })
    }

    /// Nobody waits for the promise in this way any longer.
    pub(super) fn ends(&self) {
        (self.withdraws)();
        self.kernel.expects_no_longer(self.reply);
    }
}

impl EventLoop {
    /// Returns a future of this loop that ends as `promise` does: Python's `asyncio.wrap_future`.
    ///
    /// If the future is cancelled, the promise is cancelled, too, unless its job has begun. To await a [`Promise`], you
    /// need no future: `promise.await` creates one. A [`LoopFuture`] can do more, for instance call a callback on the
    /// loop's thread.
    ///
    /// ```
    /// use tminus::{EventLoop, Exception, run, threads::ThreadPoolExecutor};
    ///
    /// let pool = ThreadPoolExecutor::new(1)?;
    /// let fuel = pool.submit(|| 6 * 7)?;
    /// let litres = run(async move {
    ///     let future = EventLoop::running()?.wrap_future(&fuel)?;
    ///     future.add_done_callback(|future| println!("{:?}", future.result()));
    ///     future.await
    /// })?;
    /// assert_eq!(litres, 42);
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    /// - `RuntimeError` if the loop is simulated, and the promise's job runs on another thread.
    pub fn wrap_future<T: Clone + Send + 'static>(
        &self,
        promise: &Promise<T>,
    ) -> Result<LoopFuture<T>, Exception> {
        Ok(Awaited::new(self.kernel(), promise, Promise::result)?.future)
    }
}

/// The future of a [`Promise`]'s result. `promise.await` creates one, and so does [`Promise::wait`].
///
/// A task of any loop can await the future. If the task is cancelled while it waits, the promise is cancelled, too,
/// unless the job has begun. Dropping the future leaves the promise alone.
///
/// ```
/// use tminus::{Exception, run, threads::ThreadPoolExecutor};
///
/// let pool = ThreadPoolExecutor::new(1)?;
/// let fuel = pool.submit(|| 6 * 7)?;
/// let litres = run(async move { Ok(fuel.wait().await? + fuel.await?) })?;
/// assert_eq!(litres, 84);
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "a future does nothing unless it is awaited"]
pub struct PromiseFuture<T: 'static> {
    promise: Promise<T>,
    /// While it is awaited.
    awaited: Option<Awaited<T>>,
}

impl<T: Clone + Send + 'static> Promise<T> {
    /// Returns a future of the result, which a task can await. `promise.wait().await` does the same as `promise.await`, and
    /// keeps the promise.
    ///
    /// # Errors
    ///
    /// Awaiting the future fails with
    ///
    /// - `Cancelled` if the promise was cancelled, or the task is cancelled while it waits.
    /// - `Panic` if the job panicked. The text is that of the panic.
    /// - The exception of a coroutine: the kind, the name and the text, without the cause.
    /// - `RuntimeError` if no event loop is running on this thread.
    /// - `RuntimeError` if the loop is simulated, and the promise's job runs on another thread.
    /// - `InvalidState` if the result was taken by [`into_result`](Promise::into_result).
    pub fn wait(&self) -> PromiseFuture<T> {
        self.clone().into_future()
    }
}

/// Awaiting a promise returns a clone of its result. See [`Promise::wait`] for the errors.
impl<T: Clone + Send + 'static> IntoFuture for Promise<T> {
    type Output = Result<T, Exception>;
    type IntoFuture = PromiseFuture<T>;

    fn into_future(self) -> PromiseFuture<T> {
        PromiseFuture {
            promise: self,
            awaited: None,
        }
    }
}

impl<T: Clone + Send + 'static> Future for PromiseFuture<T> {
    type Output = Result<T, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { promise, awaited } = &mut *self;
        if let Some(awaited) = awaited {
            return Pin::new(&mut awaited.future).poll(cx);
        }
        if let Some(thrown) = take_thrown(cx) {
            return Poll::Ready(Err(thrown)); // nothing is awaited yet, so nothing is cancelled
        }
        let new = Awaited::new(&running()?, promise, Promise::result)?;
        Pin::new(&mut awaited.insert(new).future).poll(cx)
    }
}

impl<T: 'static> Drop for PromiseFuture<T> {
    fn drop(&mut self) {
        if let Some(awaited) = &self.awaited {
            awaited.ends();
        }
    }
}

impl<T> std::fmt::Debug for PromiseFuture<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PromiseFuture").field(&self.promise).finish()
    }
}
