//! The threads of a pool, and the jobs that wait for them.
//!
//! | a worker is | counted in | leaves that state |
//! |---|---|---|
//! | starting | `living`, `starting` | its thread runs, and looks for a job |
//! | working | `living` | its job has ended, and it looks for the next one |
//! | idle | `living`, `idle` | there is a job, or the pool was shut down |
//! | gone | | |
//!
//! # Invariant
//!
//! - A job that waits has a worker that will look at the queue after it, because workers leave only when the queue is
//!   empty and the pool was shut down.
//! - A thread is created only if more jobs wait than workers are idle or starting, and fewer than `max_workers` live.
//!   This is CPython's rule since 3.8: an idle thread is reused first.

use std::{
    cell::Cell,
    collections::VecDeque,
    ptr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use super::{job::Job, promise::runs_jobs_here, simulated_jobs::SimulatedJobs};
use crate::{Exception, Kind, dropping::report_panic};

pub(super) struct Workers {
    pub(super) name: Box<str>,
    pub(super) max_workers: usize,
    queue: Mutex<Queue>,
    /// There is a job for an idle worker, or the pool was shut down.
    has_news: Condvar,
    /// The last worker has gone.
    has_ended: Condvar,
}

#[derive(Default)]
pub(super) struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    idle: usize,
    starting: usize,
    living: usize,
    /// The handles of all threads that were created. Their number is in the name of the next one.
    threads: Vec<JoinHandle<()>>,
    created: usize,
    is_shut_down: bool,
    /// Whether the last handle to the pool does not wait when it is dropped.
    is_let_go: bool,
    /// Called when the pool was shut down and all jobs have ended.
    when_over: Vec<Box<dyn FnOnce() + Send>>,
    pub(super) simulated: SimulatedJobs,
}

thread_local! {
    /// The pool of which this thread runs a job.
    static WORKER_OF: Cell<*const Workers> = const { Cell::new(ptr::null()) };
}

impl Workers {
    pub(super) fn new(name: Box<str>, max_workers: usize) -> Self {
        Self {
            name,
            max_workers,
            queue: Mutex::default(),
            has_news: Condvar::new(),
            has_ended: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing that runs under the lock panics half-way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Errors
    ///
    /// - `RuntimeError` if the pool was shut down.
    pub(super) fn accepts(queue: &Queue) -> Result<(), Exception> {
        match queue.is_shut_down {
            false => Ok(()),
            true => Err(Exception::new(
                Kind::RuntimeError,
                "cannot schedule new futures after shutdown",
            )),
        }
    }

    /// Leaves a job for the next worker.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the pool was shut down.
    /// - `RuntimeError` if there is no worker, and the operating system creates no thread.
    pub(super) fn takes(self: &Arc<Self>, job: Box<dyn Job>) -> Result<(), Exception> {
        let mut queue = self.lock();
        Self::accepts(&queue)?;
        queue.jobs.push_back(job);
        let needs_another = queue.jobs.len() > queue.idle + queue.starting;
        if needs_another
            && queue.living < self.max_workers
            && let Err(error) = self.creates_a_thread(&mut queue)
            && queue.living == 0
        {
            let refused = queue.jobs.pop_back();
            drop(queue);
            drop(refused); // when the queue is free
            return Err(
                Exception::new(Kind::RuntimeError, "can't start new thread").with_cause(error)
            );
        }
        drop(queue);
        self.has_news.notify_one();
        Ok(())
    }

    fn creates_a_thread(self: &Arc<Self>, queue: &mut Queue) -> std::io::Result<()> {
        let name = format!("{}_{}", self.name, queue.created);
        let workers = self.clone();
        let thread = thread::Builder::new().name(name);
        let thread = thread.spawn(move || workers.works())?;
        queue.threads.push(thread);
        queue.created += 1;
        queue.living += 1;
        queue.starting += 1;
        Ok(())
    }

    /// The life of a worker.
    fn works(&self) {
        runs_jobs_here();
        WORKER_OF.set(self);
        self.lock().starting -= 1;
        while let Some(mut job) = self.next_job() {
            if job.begins() {
                job.runs();
            }
            report_panic(|| drop(job)); // it holds what the program's closure has captured, if that was not called
        }
        let mut queue = self.lock();
        queue.living -= 1;
        if queue.living == 0 {
            self.has_ended.notify_all();
        }
        self.ends_if_over(queue);
    }

    fn next_job(&self) -> Option<Box<dyn Job>> {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.is_shut_down {
                return None;
            }
            queue.idle += 1;
            queue = self
                .has_news
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }

    /// Accepts no more jobs. Those that have not begun run all the same, unless they are cancelled.
    pub(super) fn shuts_down(&self, cancels: bool) {
        let mut queue = self.lock();
        queue.is_shut_down = true;
        let mut cancelled: Vec<_> = match cancels {
            true => queue.jobs.drain(..).collect(),
            false => Vec::new(),
        };
        if cancels {
            cancelled.extend(queue.simulated.waiting.drain(..));
        }
        drop(queue);
        self.has_news.notify_all();
        for job in cancelled {
            report_panic(|| drop(job)); // which cancels it
        }
        self.ends_if_over(self.lock());
    }

    /// Calls `over` when all jobs have ended. The pool was shut down.
    pub(super) fn when_over(&self, over: Box<dyn FnOnce() + Send>) {
        let mut queue = self.lock();
        queue.when_over.push(over);
        self.ends_if_over(queue);
    }

    pub(super) fn ends_if_over(&self, mut queue: MutexGuard<'_, Queue>) {
        let is_over = queue.is_shut_down && queue.living == 0 && queue.simulated.is_over();
        if is_over {
            let over = std::mem::take(&mut queue.when_over);
            drop(queue);
            over.into_iter().for_each(|over| over());
        }
    }

    /// Blocks until the last worker has gone. The pool was shut down, and this is none of its workers.
    pub(super) fn joins(&self) {
        let mut queue = self.lock();
        while queue.living > 0 {
            queue = self
                .has_ended
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let threads = std::mem::take(&mut queue.threads);
        drop(queue);
        for thread in threads {
            // They are at their end: only the destructors of their thread-local values are left, which may panic.
            drop(thread.join());
        }
    }

    /// Returns `true` if this thread runs a job of the pool.
    pub(super) fn are_here(&self) -> bool {
        ptr::eq(WORKER_OF.get(), self)
    }

    /// Runs a job as if this were a worker.
    pub(super) fn runs_here(&self, job: &mut dyn Job) {
        let outer = WORKER_OF.replace(self);
        job.runs();
        WORKER_OF.set(outer);
    }

    pub(super) fn living(&self) -> usize {
        self.lock().living
    }

    pub(super) fn is_let_go(&self) -> bool {
        self.lock().is_let_go
    }

    /// The last handle to the pool does not wait when it is dropped.
    pub(super) fn lets_go(&self) {
        self.lock().is_let_go = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::ThreadPoolExecutor;

    /// An idle worker is used before a thread is created.
    #[test]
    fn threads_are_created_lazily_and_reused() -> Result<(), Exception> {
        let pool = ThreadPoolExecutor::new(3)?;
        let workers = pool.workers();
        assert_eq!(workers.lock().created, 0);
        for _ in 0..5 {
            pool.submit(|| ())?.result()?;
            while workers.lock().idle == 0 {
                thread::yield_now(); // the promise is kept a moment before
            }
        }
        assert_eq!(workers.lock().created, 1);
        let gates: Vec<_> = (0..5).map(|_| std::sync::mpsc::channel::<()>()).collect();
        let (keys, gates): (Vec<_>, Vec<_>) = gates.into_iter().unzip();
        for gate in gates {
            pool.submit(move || gate.recv().is_err())?;
        }
        assert_eq!(workers.lock().created, 3);
        drop(keys);
        pool.shutdown(true)?;
        assert_eq!(workers.lock().living, 0);
        assert!(workers.lock().threads.is_empty());
        Ok(())
    }
}
