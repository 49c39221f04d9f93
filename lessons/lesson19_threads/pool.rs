//! A pool: a few threads, and one queue of jobs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};

use tminus_lessons::lesson19_threads::{Failure, NO_PANIC, Promise};

/// A fixed number of threads that run jobs. Dropping the pool waits until all jobs have ended.
pub struct Pool {
    jobs: Option<mpsc::Sender<Job>>, // none only in `drop`
    workers: Vec<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Pool {
    /// Creates a pool with `size` workers.
    pub fn new(size: usize) -> Self {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let worker = |_| {
            let queue = queue.clone();
            thread::spawn(move || work(&queue))
        };
        Self {
            jobs: Some(jobs),
            workers: (0..size).map(worker).collect(),
        }
    }

    /// Leaves a job for the next free worker, and returns the promise of its result.
    pub fn submit<T: Clone + Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Promise<T> {
        let promise = Promise::default();
        let kept = promise.clone();
        let boxed: Job = Box::new(move || {
            if kept.begin() {
                let outcome = catch_unwind(AssertUnwindSafe(job));
                let outcome = outcome.map_err(|_| Failure::Panicked);
                kept.end(kept.lock(), outcome);
            }
        });
        let jobs = self.jobs.as_ref().expect("it is none only in `drop`");
        jobs.send(boxed).expect("workers live as long as the pool");
        promise
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let job = queue.lock().expect(NO_PANIC).recv(); // unlocked at the `;`
        match job {
            Ok(job) => job(),
            Err(_) => return, // the pool was dropped, and no job is left
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for worker in self.workers.drain(..) {
            worker.join().expect("a job's panic was caught");
        }
    }
}
