//! One way to solve the exercises.
//!
//! **The promise.** All that two threads can get wrong is in the time between a look and what follows from it. One
//! thread looks, and finds nothing. The other thread sets the outcome, and wakes everybody who waits. The first thread
//! was not waiting yet. Now it begins to wait, and nobody will ever wake it. So looking and beginning to wait have to
//! be a single step, and the mutex makes them one. For a thread, this step is `Condvar::wait`, which takes the guard.
//! For a task, it is the whole `poll`, which looks and leaves the waker under one lock. `end` needs the same lock, so
//! it comes before both or after both. Lesson 15 had no such gap, because nobody else ran during a turn.
//!
//! The second rule: call nobody while you hold a lock. A waker is somebody else's code. A waker that asks the promise
//! anything would wait forever for the lock of its own thread.
//!
//! **The pool.** A worker must hold the lock of the queue while it takes a job, and not while it runs the job. In Rust
//! the difference is one semicolon: a guard without a name lives until the end of its statement, and the statement of a
//! `while let` is the whole loop. A job's panic must end at the job. Otherwise it ends the worker, too.
//!
//! **The executor.** `recv` looks and waits in one step, as `Condvar::wait` does. An id that is sent just before the
//! thread falls asleep is not lost. But the channel is the *only* thing that the loop waits for: what is to wake the
//! loop must send to it, or be a deadline.
//!
//! **`Mailbox`.** A promise is kept once; a mailbox has news again and again. So each letter takes the waker out: a
//! task that is awake needs no second wake, and leaves a new waker when it finds nothing. Only the latest waker counts.
//! `close` is news, too: otherwise the task waits for a letter that nobody can send.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};

use tminus_lessons::lesson15_async_await::MUST_CANCEL;
use tminus_lessons::lesson19_threads::{Failure, fire_timers};

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
    pub fn result(&self) -> Result<T, Failure> {
        let mut state = self.lock();
        loop {
            if let Stage::Ended(outcome) = &state.stage {
                return outcome.clone();
            }
            state = self.0.has_ended.wait(state).expect(NO_PANIC);
        }
    }

    pub fn cancel(&self) -> bool {
        let state = self.lock();
        let is_pending = matches!(state.stage, Stage::Pending);
        if is_pending {
            self.end(state, Err(Failure::Cancelled));
        }
        is_pending
    }

    fn begin(&self) -> bool {
        let mut state = self.lock();
        let is_pending = matches!(state.stage, Stage::Pending);
        if is_pending {
            state.stage = Stage::Running;
        }
        is_pending
    }

    fn end(&self, mut state: MutexGuard<State<T>>, outcome: Result<T, Failure>) {
        state.stage = Stage::Ended(outcome);
        let wakers = take(&mut state.wakers);
        drop(state); // unlocks it: a waker is somebody else's code
        self.0.has_ended.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nothing panics while it holds the lock";

impl<T: Clone> Future for Promise<T> {
    type Output = Result<T, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if MUST_CANCEL.take() {
            self.cancel(); // `false` if the job has begun: it runs on
            return Poll::Ready(Err(Failure::Cancelled));
        }
        let mut state = self.lock();
        if let Stage::Ended(outcome) = &state.stage {
            return Poll::Ready(outcome.clone());
        }
        state.wakers.push(cx.waker().clone());
        Poll::Pending
    }
}

pub struct Pool {
    jobs: Option<mpsc::Sender<Job>>, // none only in `drop`
    workers: Vec<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Pool {
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

pub fn next_ready(ready: &mpsc::Receiver<usize>) -> usize {
    loop {
        let woken = match fire_timers() {
            None => ready.recv().ok(),
            Some(time) => ready.recv_timeout(time).ok(),
        };
        if let Some(id) = woken {
            return id;
        } // no task was woken in this time, but a timer is due
    }
}

#[derive(Clone)]
pub struct Mailbox<T>(Arc<Mutex<Inside<T>>>);

struct Inside<T> {
    letters: VecDeque<T>,
    is_closed: bool,
    waker: Option<Waker>, // of the task that waits
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inside {
            letters: VecDeque::new(),
            is_closed: false,
            waker: None,
        })))
    }
}

impl<T> Mailbox<T> {
    pub fn send(&self, letter: T) {
        self.change(|inside| inside.letters.push_back(letter));
    }

    pub fn close(&self) {
        self.change(|inside| inside.is_closed = true);
    }

    fn change(&self, change: impl FnOnce(&mut Inside<T>)) {
        let mut inside = self.0.lock().expect(NO_PANIC);
        change(&mut inside);
        let waker = inside.waker.take();
        drop(inside);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub async fn receive(&self) -> Option<T> {
        poll_fn(|cx| {
            let mut inside = self.0.lock().expect(NO_PANIC);
            match inside.letters.pop_front() {
                Some(letter) => Poll::Ready(Some(letter)),
                None if inside.is_closed => Poll::Ready(None),
                None => {
                    inside.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}
