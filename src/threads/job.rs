//! What a thread pool runs.

use super::promise::{Maker, Promise, Stage};
use crate::{
    Kind,
    event_loop::{LineWords, Party},
    exception::Error,
    panics::caught,
};

const A_JOB: LineWords = LineWords {
    kind: "thread",
    words: "a job of",
};

/// A job, whatever it returns. Dropped before it has run, it is cancelled.
pub(super) trait Job: Send {
    /// Returns `false` if the job was cancelled before.
    fn begins(&self) -> bool;

    /// Runs it, once, and keeps the promise. Does not panic.
    fn runs(&mut self);
}

struct JobOf<T, F> {
    /// `None` once it has run.
    work: Option<F>,
    promise: Promise<T>,
}

/// Makes a job of the pool with this name, and the promise of its result.
pub(super) fn job<T, F>(name: &str, made_by: Maker, work: F) -> (Box<dyn Job>, Promise<T>)
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let party = Party::Words(format!("thread pool {name}").into());
    let promise = Promise::new(&A_JOB, party, made_by);
    let job = JobOf {
        work: Some(work),
        promise: promise.clone(),
    };
    (Box::new(job), promise)
}

impl<T: Send, F: FnOnce() -> T + Send> Job for JobOf<T, F> {
    fn begins(&self) -> bool {
        self.promise.begins()
    }

    fn runs(&mut self) {
        if let Some(work) = self.work.take() {
            self.promise.ends(match caught(work) {
                Ok(result) => Stage::Done(result),
                Err(text) => Stage::Failed(Error::raised(Kind::Panic, text)),
            });
        }
    }
}

/// A job that was never run, because the loop of a simulation was closed for instance, is cancelled, even if it counts as
/// begun.
impl<T, F> Drop for JobOf<T, F> {
    fn drop(&mut self) {
        self.promise.ends(Stage::Cancelled);
    }
}
