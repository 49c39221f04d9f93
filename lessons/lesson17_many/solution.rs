//! One way to solve the exercises.
//!
//! **`Bundle`.** Two questions look like one: is there an outcome, and is everything done? The first failure answers the
//! first question, and says nothing about the second. Functions that wait for many differ mostly in which answer they
//! return at. `gather` returns at the outcome. `wait` returns when all is done. A task group acts on the outcome, and
//! returns when all is done. So the bundle has a future for each question, and each function is a few lines.
//!
//! No callback asks whether a future is set before it sets it. A future can be set once, and refuses the second time:
//! so the first exception wins without a line that says so. A caller that was cancelled has its future set, too, by the
//! cancel, and the bundle's later attempts to set it are refused in the same way.
//!
//! A cancel is not an end. If `cancel_the_rest` returned right after its loop, the tasks would still run, and clean up
//! at a time when their caller believes that they are gone. In a program with one task a missing wait is invisible,
//! because `run` waits at the end. It shows when the caller closes the file that a clean-up still writes to.
//!
//! **`first_success`.** It is `gather` with the two sides of `Result` exchanged: the first *result* sets the future, and
//! an exception counts only if it is the last. The counting is the same, and so is the second future. The lines that
//! cancel the rest come after the `await` on every path, whether it returned, raised or was cancelled. In Python they
//! would be in a `finally`. With the outcome kept in a variable, Rust needs no `finally`.

use std::{cell::Cell, rc::Rc};

use tminus::LoopFuture;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Job, Kind, Task, spawn_all};

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
        let bundle = Rc::new(Self {
            left: Cell::new(tasks.len()),
            outcome: event_loop.create_future(),
            all_done: event_loop.create_future(),
            tasks,
        });
        for task in &bundle.tasks {
            let bundle = bundle.clone();
            task.add_done_callback(move |task| bundle.one_is_done(task));
        }
        bundle.set_if_all_done();
        Ok(bundle)
    }

    fn one_is_done(&self, task: &LoopFuture<T>) {
        self.left.set(self.left.get() - 1);
        if let Err(exception) = task.result() {
            let _ = self.outcome.set_exception(exception);
        }
        self.set_if_all_done();
    }

    fn set_if_all_done(&self) {
        if self.left.get() > 0 {
            return;
        }
        if let Ok(results) = self.tasks.iter().map(Task::result).collect() {
            let _ = self.outcome.set_result(results);
        }
        let _ = self.all_done.set_result(());
    }

    async fn cancel_the_rest(&self) -> Result<(), Exception> {
        for task in &self.tasks {
            task.cancel();
        }
        self.all_done.clone().await
    }
}

/// Runs all jobs at the same time, and returns the results in the order of the jobs. Fails as soon as one of them does,
/// and leaves the others running. If the caller is cancelled, cancels all of them, and waits until they are done.
pub async fn gather<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let bundle = Bundle::new(jobs)?;
    let outcome = bundle.outcome.clone().await;
    if bundle.outcome.cancelled() {
        bundle.cancel_the_rest().await?;
    }
    outcome
}

/// Runs all jobs at the same time, and returns the results in the order of the jobs. If one of them fails, or the caller
/// is cancelled, cancels the others. In every case it returns when all of them are done.
pub async fn all_or_none<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let bundle = Bundle::new(jobs)?;
    let outcome = bundle.outcome.clone().await;
    if outcome.is_err() {
        bundle.cancel_the_rest().await?;
    }
    outcome
}

/// Runs all jobs at the same time, and returns the first result. A job that fails does not count. If all fail, raises
/// the exception of the job that failed last; if there are no jobs, a `ValueError`. Cancels the other jobs, and returns
/// when all of them are done. Does the same if the caller is cancelled.
pub async fn first_success<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<T, Exception> {
    let event_loop = EventLoop::running()?;
    let tasks = spawn_all(jobs)?;
    if tasks.is_empty() {
        return Err(Exception::new(Kind::ValueError, "no jobs"));
    }
    let (first, all_done) = (event_loop.create_future(), event_loop.create_future());
    let left = Rc::new(Cell::new(tasks.len()));
    for task in &tasks {
        let (first, all_done, left) = (first.clone(), all_done.clone(), left.clone());
        task.add_done_callback(move |task| {
            left.set(left.get() - 1);
            let is_last = left.get() == 0;
            match task.result() {
                Ok(result) => drop(first.set_result(result)),
                Err(exception) if is_last => drop(first.set_exception(exception)),
                Err(_) => (), // another one may succeed
            }
            if is_last {
                let _ = all_done.set_result(());
            }
        });
    }
    let outcome = first.await;
    for task in &tasks {
        task.cancel();
    }
    all_done.await?;
    outcome
}
