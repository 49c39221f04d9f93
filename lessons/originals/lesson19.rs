//! Your turn. Everything compiles, and nothing is right yet.
//!
//! 1. Close the page, and write the mechanism again: the promise, the pool, and the wait of the executor.
//! 2. `Mailbox`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tminus_lessons::lesson15_async_await::MUST_CANCEL;
use tminus_lessons::lesson19_threads::{Failure, fire_timers};

/// A result to come from another thread. Clones are handles to the same promise.
#[derive(Clone)]
pub struct Promise<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    has_ended: Condvar,
}

struct State<T> {
    stage: Stage<T>,
    wakers: Vec<Waker>, // of the tasks that wait; none when it has ended
}

enum Stage<T> {
    Pending,
    Running,
    Ended(Result<T, Failure>),
}

impl<T> Default for Promise<T> {
    fn default() -> Self {
        let (stage, wakers) = (Stage::Pending, Vec::new());
        Self(Arc::new(Shared {
            state: Mutex::new(State { stage, wakers }),
            has_ended: Condvar::new(),
        }))
    }
}

impl<T: Clone> Promise<T> {
    /// Returns the result. Blocks the thread until there is one.
    pub fn result(&self) -> Result<T, Failure> {
        // TODO: this does not wait (step 1).
        let _ = &self.0.has_ended;
        Err(Failure::Cancelled)
    }

    /// Cancels the promise, and so its job. Returns `false` if the job has begun: then it runs to its end.
    pub fn cancel(&self) -> bool {
        // TODO: this cancels nothing (step 4).
        false
    }

    fn begin(&self) -> bool {
        // TODO: may a job begin whose promise was cancelled (step 4)?
        true
    }

    fn end(&self, state: MutexGuard<State<T>>, outcome: Result<T, Failure>) {
        // TODO: keep the outcome, and wake the threads and the tasks that wait for it (steps 1 and 3).
        let _ = (state, outcome);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nothing panics while it holds the lock";

impl<T: Clone> Future for Promise<T> {
    type Output = Result<T, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // TODO: this leaves no waker, and knows of no cancellation (steps 3 and 4).
        let _ = (cx, &MUST_CANCEL);
        Poll::Ready(self.result())
    }
}

/// A fixed number of threads that run jobs. Dropping the pool waits until all jobs have ended.
pub struct Pool {
    jobs: Option<mpsc::Sender<Job>>, // none only in `drop`
    workers: Vec<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Pool {
    /// Creates a pool with `size` workers.
    pub fn new(size: usize) -> Self {
        // TODO: start the workers (step 2).
        let (jobs, queue) = mpsc::channel();
        let _ = (size, || thread::spawn(move || work(&Mutex::new(queue))));
        Self {
            jobs: Some(jobs),
            workers: Vec::new(),
        }
    }

    /// Leaves a job for the next free worker, and returns the promise of its result.
    pub fn submit<T: Clone + Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Promise<T> {
        // TODO: nobody does this job (step 2). And what if it panics?
        let promise = Promise::default();
        let _ = (job, &self.jobs);
        promise
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    // TODO: the life of a worker (step 2).
    let _ = queue;
}

impl Drop for Pool {
    fn drop(&mut self) {
        // TODO: this waits for nobody (step 2).
        self.jobs = None;
    }
}

/// Returns the id of the next task that was woken. While there is none, the thread sleeps. The executor of the lesson
/// uses it, and [`fire_timers`] returns the time until the next deadline, if there is one.
pub fn next_ready(ready: &mpsc::Receiver<usize>) -> usize {
    // TODO: this does not sleep, but has the first task polled again and again (step 3).
    let _: Option<Duration> = fire_timers();
    ready.try_recv().unwrap_or(0)
}

/// Letters from any thread, for one task. Clones are handles to the same mailbox.
///
/// It knows no cancellation. Add the fields that you need.
#[derive(Clone)]
pub struct Mailbox<T>(Arc<Mutex<VecDeque<T>>>);

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Mailbox<T> {
    /// Puts a letter in. If the task waits for one, wakes that task.
    pub fn send(&self, letter: T) {
        // TODO: the task that waits does not learn of it.
        self.0.lock().expect(NO_PANIC).push_back(letter);
    }

    /// Says that no more letters will be sent.
    pub fn close(&self) {
        // TODO: nobody learns of it.
    }

    /// Waits for the next letter. `None` means that the mailbox is closed, and that no letter is left.
    pub async fn receive(&self) -> Option<T> {
        // TODO: this takes "nothing is there yet" for the end.
        self.0.lock().expect(NO_PANIC).pop_front()
    }
}
