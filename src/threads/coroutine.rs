//! Coroutines from other threads: Python's `asyncio.run_coroutine_threadsafe`.

use super::promise::{Maker, Promise, Stage};
use crate::{
    Exception, Kind,
    event_loop::{ExpectedFrom, LineWords, Outcome, Party, RemoteLoop, Reply, running, spawn},
    exception::{Error, catching},
};

const THE_RESULT: LineWords = LineWords {
    kind: "thread",
    words: "the result of",
};

impl RemoteLoop {
    /// Runs a coroutine as a task of the loop, and returns the promise of its result: Python's
    /// `asyncio.run_coroutine_threadsafe`.
    ///
    /// A future stays on its thread, so the argument is a closure that makes it, on the loop's thread: `|| async { … }`.
    ///
    /// [`Promise::cancel`] cancels the task. If the task ends as cancelled, the promise is cancelled. If the loop is
    /// closed before the task is done, the promise fails. An exception crosses to the other thread as its kind, its name
    /// and its text.
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use tminus::{EventLoop, Exception, run, sleep, threads::to_thread};
    ///
    /// let answer = run(async {
    ///     let remote = EventLoop::running()?.remote();
    ///     let job = move || {
    ///         let countdown = remote.run_coroutine_threadsafe(|| async {
    ///             sleep(Duration::from_millis(1)).await?;
    ///             Ok("lift-off")
    ///         });
    ///         countdown.and_then(|promise| promise.result()).map_err(|error| error.to_string())
    ///     };
    ///     Ok(to_thread(job).await?)
    /// })?;
    /// assert_eq!(answer.as_deref(), Ok("lift-off"));
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// On a virtual clock, time stands still while a job runs for which the loop waits, but not while such a job blocks
    /// in [`Promise::result`] for a coroutine of the loop. A job that waits for the loop's time by other means, such as a
    /// channel, waits forever there.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the loop is closed.
    /// - `RuntimeError` if the loop is simulated, and this is another thread: when the call arrived would be left to
    ///   chance.
    pub fn run_coroutine_threadsafe<T, F>(
        &self,
        coroutine: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Promise<T>, Exception>
    where
        T: Clone + Send + 'static,
        F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    {
        let party = Party::Words("run_coroutine_threadsafe".into());
        let promise = Promise::new(&THE_RESULT, party, Maker::Loop(self.clone()));
        let kept = Kept(promise.clone());
        self.call_soon_threadsafe(move || starts(kept, coroutine))?;
        Ok(promise)
    }
}

/// A promise that a loop is to keep. It is dropped with the loop.
struct Kept<T>(Promise<T>);

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        if !self.0.done() {
            let text = "the event loop was closed before the coroutine was done: keep the loop running until it is, \
                        or handle this error";
            self.0
                .ends(Stage::Failed(Error::raised(Kind::RuntimeError, text)));
        }
    }
}

impl<T> Kept<T> {
    fn ends(&self, result: Result<T, Exception>) {
        self.0.ends(match result {
            Ok(result) => Stage::Done(result),
            Err(exception) => Stage::Failed(Error::from(exception)),
        });
    }
}

/// As in CPython, a coroutine whose promise was cancelled before this begins, and is then cancelled.
fn starts<T, F>(promise: Kept<T>, coroutine: impl FnOnce() -> F) -> Result<(), Exception>
where
    T: Clone + Send + 'static,
    F: IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
{
    let task = match catching(coroutine).and_then(spawn) {
        Ok(task) => task,
        Err(exception) => {
            promise.ends(Err(exception.clone()));
            return Err(exception);
        }
    };
    let cancelled = task.any();
    let reply = Reply::new(&running()?, ExpectedFrom::Inside, move || {
        cancelled.cancel_if_open();
        Ok(())
    });
    promise
        .0
        .calls_when_over(move |promise| match promise.cancelled() {
            true => reply.arrives(),
            false => reply.withdraws(),
        });
    task.add_done_callback(move |task| {
        match task.cancelled() {
            true => drop(promise.0.cancel()),
            false => promise.ends(task.result()),
        };
    });
    Ok(())
}
