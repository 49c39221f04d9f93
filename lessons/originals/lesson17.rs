//! Your turn. Everything compiles, and nothing is right yet.
//!
//! Close the page, and write the mechanism again. The checks call only the three `async` functions: the methods of
//! `Bundle` may be others, if you prefer.

use std::{cell::Cell, rc::Rc};

use tminus::LoopFuture;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Job, Kind, Task, in_a_row, spawn_all};

/// Tasks that were spawned together, and two futures that tell how far they are.
pub struct Bundle<T: 'static> {
    tasks: Vec<Task<T>>,
    left: Cell<usize>,           // how many tasks are not done
    outcome: LoopFuture<Vec<T>>, // all results, or the first exception
    all_done: LoopFuture<()>,    // set when no task is left
}

impl<T: Clone + 'static> Bundle<T> {
    /// Spawns a task for each job. Each task calls back when it is done.
    pub fn new(jobs: Vec<impl Job<T>>) -> Result<Rc<Self>, Exception> {
        let event_loop = EventLoop::running()?;
        let tasks = spawn_all(jobs)?;
        // TODO: no task calls back yet (step 2). There may be no jobs at all.
        Ok(Rc::new(Self {
            left: Cell::new(tasks.len()),
            outcome: event_loop.create_future(),
            all_done: event_loop.create_future(),
            tasks,
        }))
    }

    fn one_is_done(&self, task: &LoopFuture<T>) {
        // TODO: who sets the two futures, and when (step 2)?
        let _ = (task, &self.left, &self.outcome, &self.all_done);
    }

    async fn cancel_the_rest(&self) -> Result<(), Exception> {
        // TODO: a cancel only asks (step 3).
        let _ = &self.tasks;
        Ok(())
    }
}

/// Runs all jobs at the same time, and returns the results in the order of the jobs. Fails as soon as one of them does,
/// and leaves the others running. If the caller is cancelled, cancels all of them, and waits until they are done.
pub async fn gather<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    // TODO: this is step 2 without its callbacks.
    Bundle::new(jobs)?.outcome.clone().await
}

/// Runs all jobs at the same time, and returns the results in the order of the jobs. If one of them fails, or the caller
/// is cancelled, cancels the others. In every case it returns when all of them are done.
pub async fn all_or_none<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    // TODO: step 3.
    Bundle::new(jobs)?.outcome.clone().await
}

/// Runs all jobs at the same time, and returns the first result. A job that fails does not count. If all fail, raises
/// the exception of the job that failed last; if there are no jobs, a `ValueError`. Cancels the other jobs, and returns
/// when all of them are done. Does the same if the caller is cancelled.
pub async fn first_success<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<T, Exception> {
    // TODO: this takes the sum of their times, and ends at the first failure.
    let results = in_a_row(jobs).await?;
    let no_jobs = || Exception::new(Kind::ValueError, "no jobs");
    results.first().cloned().ok_or_else(no_jobs)
}
