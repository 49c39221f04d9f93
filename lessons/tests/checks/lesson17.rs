use std::{cell::RefCell, pin::Pin, rc::Rc};

use tminus::clock::VirtualClock;
use tminus::spawn;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Job, Kind, sleep};

use crate::lesson17::{first_success, within};

type AnyJob = Pin<Box<dyn Future<Output = Result<u64, Exception>>>>;

/// What the jobs did, and after how many milliseconds.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, what: &str) {
        let now = EventLoop::running().unwrap().time().as_millis();
        self.0.borrow_mut().push(format!("{now} {what}"));
    }

    /// Takes `n` milliseconds and gives `n`. If it is cancelled, it takes a tenth of that to clean up.
    fn job(&self, n: u64) -> AnyJob {
        let log = self.clone();
        Box::pin(async move {
            let slept = sleep(ms(n)).await;
            if slept.is_err() {
                sleep(ms(n / 10)).await?;
                log.add(&format!("{n} is clean"));
            }
            slept.map(|()| n)
        })
    }

    /// Takes `n` milliseconds and fails.
    fn failing(&self, n: u64) -> AnyJob {
        Box::pin(async move {
            sleep(ms(n)).await?;
            Err(Exception::new(Kind::ValueError, n.to_string()))
        })
    }

    /// Runs it, and tells what came of it, and when. The tasks that are left are given no time to end.
    fn run<T: Clone + 'static>(&self, main: impl Job<T>, show: impl Fn(&T) -> String + 'static) {
        let log = self.clone();
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let main = async move {
            match main.await {
                Ok(result) => log.add(&show(&result)),
                Err(exception) => log.add(&exception.to_string()),
            }
            Ok(())
        };
        event_loop.run_until_complete(main).unwrap();
    }

    fn run_within(&self, limit: u64, jobs: Vec<AnyJob>) {
        self.run(within(ms(limit), jobs), |outcomes| show_all(outcomes));
    }

    fn run_first_success(&self, jobs: Vec<AnyJob>) {
        self.run(first_success(jobs), u64::to_string);
    }

    /// What was done since the last check.
    #[track_caller]
    fn check<const N: usize>(&self, wanted: [&str; N]) {
        let done = self.0.take();
        assert_eq!(
            done, wanted,
            "left: what yours did, and at which millisecond; right: what is wanted"
        );
    }
}

fn show_all(outcomes: &[Result<u64, Exception>]) -> String {
    let show = |outcome: &Result<u64, Exception>| match outcome {
        Ok(result) => result.to_string(),
        Err(exception) => exception.to_string(),
    };
    outcomes.iter().map(show).collect::<Vec<_>>().join(", ")
}

/// Runs it in a task that is cancelled after ten milliseconds.
async fn cancelled_at_10<T: Clone + 'static>(main: impl Job<T>) -> Result<T, Exception> {
    let task = spawn(main)?;
    sleep(ms(10)).await?;
    task.cancel();
    task.await
}

#[test]
fn who_is_in_time_keeps_its_result() {
    let log = Log::default();
    log.run_within(30, vec![log.job(25), log.failing(50), log.job(10)]);
    log.check(["30 25, Timeout, 10"]);
}

#[test]
fn an_exception_is_an_outcome_like_others() {
    let log = Log::default();
    log.run_within(30, vec![log.failing(10), log.failing(40), log.job(20)]);
    log.check(["30 ValueError: 10, Timeout, 20"]);
}

#[test]
fn each_has_all_of_the_time_and_no_more() {
    let log = Log::default();
    let three = || vec![log.job(28), log.job(29), log.failing(31)];
    log.run_within(30, three());
    log.check(["30 28, 29, Timeout"]);
    log.run_within(1000, three());
    log.check(["31 28, 29, ValueError: 31"]);
    log.run_within(30, Vec::new());
    log.check(["0 "]);
}

#[test]
fn who_is_late_is_cancelled_and_may_clean_up() {
    let log = Log::default();
    let jobs = vec![log.job(50), log.job(10), log.job(80), log.job(60)];
    log.run_within(30, jobs);
    log.check([
        "35 50 is clean",
        "36 60 is clean",
        "38 80 is clean",
        "38 Timeout, 10, Timeout, Timeout",
    ]);
}

#[test]
fn to_cancel_it_cancels_all_and_keeps_nothing() {
    let log = Log::default();
    log.run_within(5, vec![log.job(1), log.failing(6)]);
    log.check(["5 1, Timeout"]);
    let jobs = vec![log.job(5), log.job(20), log.job(60)];
    log.run(cancelled_at_10(within(ms(30), jobs)), |outcomes| {
        show_all(outcomes)
    });
    log.check(["12 20 is clean", "16 60 is clean", "16 Cancelled"]);
}

#[test]
fn who_fails_is_left_out() {
    let log = Log::default();
    log.run_first_success(vec![log.failing(30), log.failing(10), log.job(20)]);
    log.check(["20 20"]);
    log.run_first_success(vec![log.failing(20), log.job(20)]); // both in the same round
    log.check(["20 20"]);
}

#[test]
fn if_all_fail_it_fails_as_the_last_one_did() {
    let log = Log::default();
    log.run_first_success(vec![log.failing(20), log.failing(30), log.failing(10)]);
    log.check(["30 ValueError: 30"]);
}

#[test]
fn the_others_are_over_when_it_is() {
    let log = Log::default();
    let jobs = [50, 80, 20, 60].map(|n| log.job(n));
    log.run_first_success(jobs.into_iter().chain([log.failing(10)]).collect());
    log.check([
        "25 50 is clean",
        "26 60 is clean",
        "28 80 is clean",
        "28 20",
    ]);
}

#[test]
fn to_cancel_it_cancels_all_and_is_no_failure_of_theirs() {
    let log = Log::default();
    let jobs = vec![log.job(50), log.failing(5), log.job(20)];
    log.run(cancelled_at_10(first_success(jobs)), u64::to_string);
    log.check(["12 20 is clean", "15 50 is clean", "15 Cancelled"]);
}
