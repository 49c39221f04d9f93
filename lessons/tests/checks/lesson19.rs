use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use tminus_lessons::lesson15_async_await::WakeCounter;
use tminus_lessons::lesson19_threads::{Executor, Failure, sleep};

use crate::lesson19::{Mailbox, Pool, Promise, next_ready};

/// Runs a check on a thread of its own. No check takes a noticeable time: the limit is only for an answer in which
/// somebody waits forever.
fn ends(check: impl FnOnce() + Send + 'static) {
    let (ends, has_ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        check();
        let _ = ends.send(());
    });
    let ended = has_ended.recv_timeout(Duration::from_secs(20));
    assert!(
        ended != Err(RecvTimeoutError::Timeout),
        "nothing has happened for 20 seconds: a thread or a task waits for something that nobody will do"
    );
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

/// What threads and tasks say, line by line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    #[track_caller]
    fn check<const N: usize>(&self, want: [&str; N]) {
        let got = self.0.lock().unwrap().join("\n  ");
        let want = want.join("\n  ");
        assert!(
            got == want,
            "\nwhat happened:\n  {got}\nwhat should happen:\n  {want}\n"
        );
    }
}

/// A job that blocks until the gate is opened, or its sender dropped.
fn gated() -> (mpsc::Sender<u32>, impl FnOnce() -> u32 + Send) {
    let (gate, litres) = mpsc::channel();
    (gate, move || litres.recv().unwrap_or(0))
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

// Exercise 1: the promise and the pool.

#[test]
fn a_job_runs_on_another_thread() {
    ends(|| {
        let pool = Pool::new(1);
        let job = pool.submit(|| format!("{:?}", thread::current().id()));
        let its_thread = job.result().expect("nobody cancels the job");
        let ours = format!("{:?}", thread::current().id());
        assert_ne!(its_thread, ours, "the job's thread and the caller's");
    });
}

#[test]
fn a_result_is_there_as_often_as_it_is_asked_for() {
    ends(|| {
        let promise = Pool::new(1).submit(|| 90);
        let clone = promise.clone();
        let got = [promise.result(), promise.result(), clone.result()];
        assert_eq!(
            got,
            [Ok(90); 3],
            "twice from the promise, once from a clone"
        );
    });
}

#[test]
fn result_waits_for_a_job_that_has_not_ended() {
    ends(|| {
        let pool = Pool::new(1);
        let (gate, job) = gated();
        let promise = pool.submit(job);
        let opens = thread::spawn(move || gate.send(90));
        assert_eq!(promise.result(), Ok(90));
        opens.join().unwrap().unwrap();
    });
}

#[test]
fn all_threads_that_wait_for_a_result_are_woken() {
    ends(|| {
        let pool = Pool::new(1);
        let (gate, job) = gated();
        let promise = pool.submit(job);
        let waiting = [(); 3].map(|()| {
            let promise = promise.clone();
            thread::spawn(move || promise.result())
        });
        gate.send(90).unwrap();
        let got = waiting.map(|thread| thread.join().unwrap());
        assert_eq!(got, [Ok(90); 3], "what three threads got");
    });
}

#[test]
fn no_result_is_lost_among_two_thousand() {
    ends(|| {
        let pool = Pool::new(2);
        let lost = (0..2_000)
            .filter(|&n| pool.submit(move || n).result() != Ok(n))
            .count();
        assert_eq!(lost, 0, "lost results");
    });
}

#[test]
fn five_workers_run_five_jobs_at_the_same_time() {
    ends(|| {
        let five = Arc::new(Barrier::new(5)); // each job waits until five of them run
        let pool = Pool::new(5);
        let jobs = [1, 2, 3, 4, 5].map(|n| {
            let five = five.clone();
            pool.submit(move || {
                five.wait();
                n
            })
        });
        let got = jobs.map(|job| job.result());
        assert_eq!(got, [Ok(1), Ok(2), Ok(3), Ok(4), Ok(5)]);
    });
}

#[test]
fn one_worker_runs_the_jobs_in_their_order() {
    ends(|| {
        let (log, pool) = (Log::default(), Pool::new(1));
        let jobs = ["first", "second", "third"].map(|name| {
            let log = log.clone();
            pool.submit(move || log.add(name))
        });
        for job in jobs {
            assert_eq!(job.result(), Ok(()));
        }
        log.check(["first", "second", "third"]);
    });
}

#[test]
fn a_pool_that_is_dropped_waits_for_all_its_jobs() {
    ends(|| {
        let (log, pool) = (Log::default(), Pool::new(1));
        for name in ["first job", "second job"] {
            let log = log.clone();
            drop(pool.submit(move || log.add(name)));
        }
        drop(pool);
        log.add("the pool is dropped");
        log.check(["first job", "second job", "the pool is dropped"]);
    });
}

#[test]
fn a_job_that_panics_ends_its_promise_and_not_its_worker() {
    ends(|| {
        let pool = Pool::new(1);
        // It panics without a message on stderr.
        let leak = pool.submit(|| resume_unwind(Box::new("a leak")));
        let leak: Result<(), Failure> = leak.result();
        assert_eq!(leak, Err(Failure::Panicked), "the job that panicked");
        assert_eq!(pool.submit(|| 90).result(), Ok(90), "the next job");
    });
}

#[test]
fn a_job_that_is_cancelled_before_it_begins_never_runs() {
    ends(|| {
        let (log, pool) = (Log::default(), Pool::new(1));
        let (gate, job) = gated();
        let first = pool.submit(job);
        let its_log = log.clone();
        let second = pool.submit(move || its_log.add("the second job runs"));
        let cancelled = [second.cancel(), second.cancel()];
        assert_eq!(cancelled, [true, false], "`cancel`, twice");
        assert_eq!(second.result(), Err(Failure::Cancelled));
        gate.send(90).unwrap();
        assert_eq!(first.result(), Ok(90));
        drop(pool);
        log.check([]);
    });
}

#[test]
fn a_job_that_has_begun_cannot_be_cancelled() {
    ends(|| {
        let pool = Pool::new(1);
        let (gate, job) = gated();
        let (begins, has_begun) = mpsc::channel();
        let promise = pool.submit(move || {
            let _ = begins.send(());
            job()
        });
        has_begun.recv().expect("the job begins");
        assert!(!promise.cancel(), "`cancel` of a job that runs");
        gate.send(90).unwrap();
        assert_eq!(promise.result(), Ok(90));
        assert!(!promise.cancel(), "`cancel` of a job that has ended");
    });
}

// Exercise 1: the waker, and the executor that sleeps.

/// Submits a job that is over before this returns.
fn over(pool: &Pool) -> Promise<u32> {
    let promise = pool.submit(|| 90);
    promise.result().expect("nobody cancels the job");
    promise
}

#[test]
fn a_promise_wakes_every_task_that_waits_and_once() {
    ends(|| {
        let pool = Pool::new(1);
        let (gate, job) = gated();
        let mut promise = pool.submit(job);
        let counters: [Arc<WakeCounter>; 2] = Default::default();
        let wakers = counters.clone().map(Waker::from);
        let polls = wakers.each_ref().map(|waker| poll(&mut promise, waker));
        assert_eq!(polls, [Poll::Pending; 2], "the polls of two tasks");
        gate.send(90).unwrap();
        drop(pool);
        let wakes = counters.map(|counter| counter.count());
        assert_eq!(wakes, [1, 1], "the wakes of two tasks");
        let polls = wakers.each_ref().map(|waker| poll(&mut promise, waker));
        assert_eq!(polls, [Poll::Ready(Ok(90)); 2], "their next polls");
    });
}

#[test]
fn a_promise_that_is_kept_is_ready_in_the_first_poll() {
    ends(|| {
        let counter: Arc<WakeCounter> = Arc::default();
        let first = poll(&mut over(&Pool::new(1)), &Waker::from(counter.clone()));
        assert_eq!(first, Poll::Ready(Ok(90)), "the first poll");
        assert_eq!(counter.count(), 0, "the wakes");
    });
}

/// A waker that asks the promise something.
struct Curious {
    promise: Promise<u32>,
    log: Log,
}

impl Wake for Curious {
    fn wake(self: Arc<Self>) {
        self.log.add(format!("cancel(): {}", self.promise.cancel()));
    }
}

#[test]
fn a_waker_can_use_the_promise() {
    ends(|| {
        let (log, pool) = (Log::default(), Pool::new(1));
        let (gate, job) = gated();
        let mut promise = pool.submit(job);
        let waker = Waker::from(Arc::new(Curious {
            promise: promise.clone(),
            log: log.clone(),
        }));
        assert_eq!(poll(&mut promise, &waker), Poll::Pending);
        gate.send(90).unwrap();
        drop(pool);
        log.check(["cancel(): false"]);
    });
}

/// Awaits a promise, and says how it ended.
async fn says(name: &'static str, promise: Promise<u32>, log: Log) {
    let outcome = promise.await;
    log.add(format!("{name}: {outcome:?}"));
}

#[test]
fn the_executor_sleeps_until_another_thread_wakes_it() {
    ends(|| {
        let (log, pool) = (Log::default(), Pool::new(1));
        let (gate, job) = gated();
        let mut executor = Executor::default();
        executor.spawn("crew", says("crew", pool.submit(job), log.clone()));
        executor.spawn("chief", async move { gate.send(90).unwrap() });
        let polled = executor.run_with(next_ready).join(" ");
        assert_eq!(polled, "crew chief crew", "the polls");
        log.check(["crew: Ok(90)"]);
    });
}

#[test]
fn the_executor_sleeps_until_a_timer_or_another_thread_wakes_it() {
    ends(|| {
        let (log, pool) = (Log::default(), Pool::new(1));
        let (gate, job) = gated();
        let its_log = log.clone();
        let mut executor = Executor::default();
        executor.spawn("crew", says("crew", pool.submit(job), log.clone()));
        executor.spawn("chief", async move {
            for i in [2, 1] {
                its_log.add(format!("chief: {i}"));
                sleep(Duration::from_millis(1)).await.unwrap();
            }
            gate.send(90).unwrap();
        });
        let polled = executor.run_with(next_ready).join(" ");
        assert_eq!(polled, "crew chief chief chief crew", "the polls");
        log.check(["chief: 2", "chief: 1", "crew: Ok(90)"]);
    });
}

#[test]
fn the_executor_returns_when_its_tasks_are_done_though_a_timer_is_left() {
    ends(|| {
        let log = Log::default();
        let its_log = log.clone();
        let mut executor = Executor::default();
        let sleeps = executor.spawn("sleeps", async move {
            let outcome = sleep(Duration::from_secs(3600)).await;
            its_log.add(format!("sleeps: {outcome:?}"));
        });
        let pool = Pool::new(1);
        let promise = pool.submit(|| 90);
        let its_log = log.clone();
        executor.spawn("chief", async move {
            its_log.add(format!("chief: {:?}", promise.await));
            sleeps.cancel();
        });
        executor.run_with(next_ready);
        log.check(["chief: Ok(90)", "sleeps: Err(Cancelled)"]);
    });
}

#[test]
fn no_wake_up_is_lost_among_two_thousand() {
    ends(|| {
        let log = Log::default();
        let its_log = log.clone();
        let pool = Pool::new(2);
        let mut executor = Executor::default();
        executor.spawn("crew", async move {
            let mut sum = 0;
            for n in 0..2_000 {
                sum += pool.submit(move || n).await.unwrap_or(0);
            }
            its_log.add(format!("the sum is {sum}"));
        });
        executor.run_with(next_ready);
        log.check(["the sum is 1999000"]);
    });
}

#[test]
fn the_job_of_a_cancelled_task_is_cancelled_unless_it_has_begun() {
    ends(|| {
        let (log, pool) = (Log::default(), Pool::new(1));
        let (gate, job) = gated();
        let (begins, has_begun) = mpsc::channel();
        let begun = pool.submit(move || {
            let _ = begins.send(());
            job()
        });
        let has_run = Arc::new(AtomicBool::new(false));
        let runs = has_run.clone();
        let waiting = pool.submit(move || {
            runs.store(true, Ordering::Relaxed);
            90
        });
        has_begun.recv().expect("the first job begins");
        let mut executor = Executor::default();
        let tasks = [
            executor.spawn("first", says("first", begun.clone(), log.clone())),
            executor.spawn("second", says("second", waiting, log.clone())),
        ];
        executor.spawn("chief", async move {
            tasks.iter().for_each(|task| task.cancel());
        });
        let polled = executor.run_with(next_ready).join(" ");
        assert_eq!(polled, "first second chief first second", "the polls");
        gate.send(90).unwrap();
        drop(pool);
        log.add(format!("first job: {:?}", begun.result()));
        log.add(format!("second job: {}", has_run.load(Ordering::Relaxed)));
        log.check([
            "first: Err(Cancelled)",
            "second: Err(Cancelled)",
            "first job: Ok(90)",
            "second job: false",
        ]);
    });
}

// Exercise 2.

/// Receives letters until there are no more, and says each.
async fn reads(mailbox: Mailbox<u32>, log: Log) {
    while let Some(letter) = mailbox.receive().await {
        log.add(format!("letter {letter}"));
    }
    log.add("closed");
}

/// Polls a task that reads, and returns how often its waker was called since the last time.
struct Reader {
    task: Pin<Box<dyn Future<Output = ()>>>,
    counter: Arc<WakeCounter>,
    woken: usize,
}

impl Reader {
    fn new(mailbox: &Mailbox<u32>, log: &Log) -> Self {
        Self {
            task: Box::pin(reads(mailbox.clone(), log.clone())),
            counter: Arc::default(),
            woken: 0,
        }
    }

    fn poll(&mut self) {
        let waker = Waker::from(self.counter.clone());
        let _ = self.task.as_mut().poll(&mut Context::from_waker(&waker));
    }

    fn wakes(&mut self) -> usize {
        let new = self.counter.count() - self.woken;
        self.woken += new;
        new
    }
}

#[test]
fn letters_arrive_in_their_order_and_before_the_end() {
    ends(|| {
        let (log, mailbox) = (Log::default(), Mailbox::default());
        let mut reader = Reader::new(&mailbox, &log);
        mailbox.send(1);
        mailbox.send(2);
        reader.poll();
        log.add("nothing is left");
        mailbox.send(3);
        mailbox.close();
        reader.poll();
        log.check([
            "letter 1",
            "letter 2",
            "nothing is left",
            "letter 3",
            "closed",
        ]);
    });
}

#[test]
fn a_letter_wakes_the_task_that_waits_and_the_next_one_does_not() {
    ends(|| {
        let (log, mailbox) = (Log::default(), Mailbox::default());
        let mut reader = Reader::new(&mailbox, &log);
        reader.poll();
        for n in 1..=3 {
            mailbox.send(n);
        }
        assert_eq!(reader.wakes(), 1, "the wakes of three letters");
        reader.poll();
        mailbox.send(4);
        assert_eq!(reader.wakes(), 1, "the wakes of the next letter");
        log.check(["letter 1", "letter 2", "letter 3"]);
    });
}

#[test]
fn closing_wakes_the_task_that_waits() {
    ends(|| {
        let (log, mailbox) = (Log::default(), Mailbox::default());
        let mut reader = Reader::new(&mailbox, &log);
        reader.poll();
        mailbox.close();
        assert_eq!(reader.wakes(), 1, "the wakes of `close`");
        reader.poll();
        log.check(["closed"]);
    });
}

#[test]
fn a_letter_calls_the_waker_of_the_last_poll() {
    ends(|| {
        let (log, mailbox) = (Log::default(), Mailbox::default());
        let mut reader = Reader::new(&mailbox, &log);
        reader.poll();
        let earlier = std::mem::take(&mut reader.counter);
        reader.poll(); // as if another task had it now
        mailbox.send(1);
        let wakes = [earlier.count(), reader.counter.count()];
        assert_eq!(wakes, [0, 1], "the first waker and the second one");
    });
}

/// A waker that answers a letter with another one.
struct Answers {
    mailbox: Mailbox<u32>,
    log: Log,
}

impl Wake for Answers {
    fn wake(self: Arc<Self>) {
        self.mailbox.send(2);
        self.log.add("the waker has sent letter 2");
    }
}

#[test]
fn a_waker_can_use_the_mailbox() {
    ends(|| {
        let (log, mailbox) = (Log::default(), Mailbox::default());
        let mut task = Box::pin(reads(mailbox.clone(), log.clone()));
        let waker = Waker::from(Arc::new(Answers {
            mailbox: mailbox.clone(),
            log: log.clone(),
        }));
        let _ = poll(&mut task, &waker);
        mailbox.send(1);
        let _ = poll(&mut task, Waker::noop());
        log.check(["the waker has sent letter 2", "letter 1", "letter 2"]);
    });
}

#[test]
fn letters_from_two_threads_reach_a_task() {
    ends(|| {
        let (log, mailbox) = (Log::default(), Mailbox::<u32>::default());
        let its_log = log.clone();
        let (inbox, clerk) = (mailbox.clone(), Pool::new(2));
        let jobs = [1, 2].map(|_| {
            let mailbox = mailbox.clone();
            clerk.submit(move || (0..1_000).for_each(|n| mailbox.send(n)))
        });
        let mut executor = Executor::default();
        executor.spawn("reader", async move {
            let (mut letters, mut sum) = (0, 0);
            while let Some(letter) = inbox.receive().await {
                letters += 1;
                sum += letter;
            }
            its_log.add(format!("{letters} letters, their sum is {sum}"));
        });
        executor.spawn("chief", async move {
            for job in jobs {
                let _ = job.await;
            }
            mailbox.close();
        });
        executor.run_with(next_ready);
        log.check(["2000 letters, their sum is 999000"]);
    });
}
