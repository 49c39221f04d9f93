use std::{cell::RefCell, pin::Pin, rc::Rc};

use tminus::clock::VirtualClock;
use tminus::spawn;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Job, Kind, sleep};

use crate::lesson17::{all_or_none, first_success, gather};

type AnyJob = Pin<Box<dyn Future<Output = Result<u64, Exception>>>>;

/// What happened, and after how many milliseconds.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, what: &str) {
        let now = EventLoop::running().unwrap().time().as_millis();
        self.0.borrow_mut().push(format!("{now} ms: {what}"));
    }

    /// Takes `n` milliseconds and returns `n`. If it is cancelled, it takes a tenth of that to clean up.
    fn job(&self, n: u64) -> AnyJob {
        let log = self.clone();
        Box::pin(async move {
            let slept = sleep(ms(n)).await;
            if slept.is_err() {
                sleep(ms(n / 10)).await?;
                log.add(&format!("job {n} has cleaned up"));
            } else {
                log.add(&format!("job {n} returns"));
            }
            slept.map(|()| n)
        })
    }

    /// Takes `n` milliseconds and returns `n`. If it is cancelled, it returns immediately, as if nothing had happened.
    fn stubborn(&self, n: u64) -> AnyJob {
        let log = self.clone();
        Box::pin(async move {
            let _ = sleep(ms(n)).await;
            log.add(&format!("job {n} returns"));
            Ok(n)
        })
    }

    /// Takes `n` milliseconds and fails.
    fn failing(&self, n: u64) -> AnyJob {
        Box::pin(async move {
            sleep(ms(n)).await?;
            Err(Exception::new(Kind::ValueError, n.to_string()))
        })
    }

    /// Runs `main`, and then for `more` milliseconds the tasks that are left. Logs the outcome, and what the loop reports.
    fn run<T: std::fmt::Debug + Clone + 'static>(&self, main: impl Job<T>, more: u64) {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let log = self.clone();
        event_loop.set_exception_handler(move |report| log.add(&format!("reported: {report}")));
        let log = self.clone();
        let main = async move {
            match main.await {
                Ok(result) => log.add(&format!("the caller gets {result:?}")),
                Err(exception) => log.add(&format!("the caller gets {exception}")),
            }
            sleep(ms(more)).await
        };
        if let Err(exception) = event_loop.run_until_complete(main) {
            self.0.borrow_mut().push(exception.to_string());
        }
    }

    /// Compares the log, line by line, and clears it.
    #[track_caller]
    fn check<const N: usize>(&self, want: [&str; N]) {
        let (got, want) = (self.0.take().join("\n  "), want.join("\n  "));
        assert!(
            got == want,
            "\nwhat happened:\n  {got}\nwhat should happen:\n  {want}\n"
        );
    }
}

/// Runs it in a task that is cancelled after ten milliseconds.
async fn cancelled_at_10<T: Clone + 'static>(main: impl Job<T>) -> Result<T, Exception> {
    let task = spawn(main)?;
    sleep(ms(10)).await?;
    task.cancel();
    task.await
}

#[test]
fn gather_returns_the_results_in_the_order_of_the_jobs() {
    let log = Log::default();
    log.run(gather(vec![log.job(30), log.job(10), log.job(20)]), 0);
    log.check([
        "10 ms: job 10 returns",
        "20 ms: job 20 returns",
        "30 ms: job 30 returns",
        "30 ms: the caller gets [30, 10, 20]",
    ]);
    log.run(gather(Vec::<AnyJob>::new()), 0);
    log.check(["0 ms: the caller gets []"]);
}

#[test]
fn gather_fails_as_soon_as_a_job_does_and_the_others_run_on() {
    let log = Log::default();
    let jobs = vec![log.job(30), log.failing(10), log.job(20)];
    log.run(gather(jobs), 50);
    log.check([
        "10 ms: the caller gets ValueError: 10",
        "20 ms: job 20 returns",
        "30 ms: job 30 returns",
    ]);
}

#[test]
fn the_first_failure_counts_and_no_later_one_is_reported() {
    let log = Log::default();
    let jobs = vec![log.failing(30), log.failing(10), log.failing(20)];
    log.run(gather(jobs), 50);
    log.check(["10 ms: the caller gets ValueError: 10"]);
    let jobs = vec![log.failing(30), log.failing(10), log.failing(10)];
    log.run(all_or_none(jobs), 50);
    log.check(["10 ms: the caller gets ValueError: 10"]);
}

#[test]
fn if_the_caller_of_gather_is_cancelled_so_are_all_jobs() {
    let log = Log::default();
    let jobs = vec![log.job(5), log.job(20), log.job(60)];
    log.run(cancelled_at_10(gather(jobs)), 100);
    log.check([
        "5 ms: job 5 returns",
        "12 ms: job 20 has cleaned up",
        "16 ms: job 60 has cleaned up",
        "16 ms: the caller gets Cancelled",
    ]);
}

#[test]
fn a_cancelled_caller_gets_no_results_even_if_all_jobs_return_one() {
    let log = Log::default();
    let jobs = vec![log.stubborn(20), log.stubborn(60)];
    log.run(cancelled_at_10(gather(jobs)), 100);
    log.check([
        "10 ms: job 20 returns",
        "10 ms: job 60 returns",
        "10 ms: the caller gets Cancelled",
    ]);
    let jobs = vec![log.stubborn(20), log.stubborn(60)];
    log.run(cancelled_at_10(all_or_none(jobs)), 100);
    log.check([
        "10 ms: job 20 returns",
        "10 ms: job 60 returns",
        "10 ms: the caller gets Cancelled",
    ]);
}

#[test]
fn all_or_none_returns_the_results_in_the_order_of_the_jobs() {
    let log = Log::default();
    log.run(all_or_none(vec![log.job(20), log.job(10)]), 0);
    log.check([
        "10 ms: job 10 returns",
        "20 ms: job 20 returns",
        "20 ms: the caller gets [20, 10]",
    ]);
}

#[test]
fn if_a_job_of_all_or_none_fails_the_others_are_cancelled_and_done_before_it_returns() {
    let log = Log::default();
    let jobs = vec![log.job(50), log.job(5), log.failing(10), log.job(80)];
    log.run(all_or_none(jobs), 100);
    log.check([
        "5 ms: job 5 returns",
        "15 ms: job 50 has cleaned up",
        "18 ms: job 80 has cleaned up",
        "18 ms: the caller gets ValueError: 10",
    ]);
}

#[test]
fn if_the_caller_of_all_or_none_is_cancelled_so_are_all_jobs() {
    let log = Log::default();
    let jobs = vec![log.job(20), log.job(60)];
    log.run(cancelled_at_10(all_or_none(jobs)), 100);
    log.check([
        "12 ms: job 20 has cleaned up",
        "16 ms: job 60 has cleaned up",
        "16 ms: the caller gets Cancelled",
    ]);
}

#[test]
fn a_job_that_fails_does_not_count() {
    let log = Log::default();
    let jobs = vec![log.failing(30), log.failing(10), log.job(20)];
    log.run(first_success(jobs), 50);
    log.check(["20 ms: job 20 returns", "20 ms: the caller gets 20"]);
    let jobs = vec![log.failing(20), log.job(20)]; // both in the same round
    log.run(first_success(jobs), 50);
    log.check(["20 ms: job 20 returns", "20 ms: the caller gets 20"]);
}

#[test]
fn if_all_fail_it_fails_as_the_last_one_did() {
    let log = Log::default();
    let jobs = vec![log.failing(20), log.failing(30), log.failing(10)];
    log.run(first_success(jobs), 50);
    log.check(["30 ms: the caller gets ValueError: 30"]);
}

#[test]
fn the_other_jobs_are_done_when_it_returns() {
    let log = Log::default();
    let jobs = [50, 80, 20, 60].map(|n| log.job(n));
    let jobs = jobs.into_iter().chain([log.failing(10)]).collect();
    log.run(first_success(jobs), 100);
    log.check([
        "20 ms: job 20 returns",
        "25 ms: job 50 has cleaned up",
        "26 ms: job 60 has cleaned up",
        "28 ms: job 80 has cleaned up",
        "28 ms: the caller gets 20",
    ]);
}

#[test]
fn if_its_caller_is_cancelled_so_are_all_jobs() {
    let log = Log::default();
    let jobs = vec![log.job(50), log.failing(5), log.job(20)];
    log.run(cancelled_at_10(first_success(jobs)), 100);
    log.check([
        "12 ms: job 20 has cleaned up",
        "15 ms: job 50 has cleaned up",
        "15 ms: the caller gets Cancelled",
    ]);
}
