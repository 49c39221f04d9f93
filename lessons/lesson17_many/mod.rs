#![doc = include_str!("README.md")]

use std::{cell::Cell, rc::Rc};

use tminus::{LoopFuture, spawn};

pub use tminus::{EventLoop, Exception, Kind, Task, sleep};
pub use tminus_lessons::lesson15_async_await::watch;

pub mod apis;
pub mod checks;
pub mod downloads;
mod jobs;
mod limits;
pub mod programs;
pub mod spinner;
pub mod waits;

pub use jobs::{Job, as_they_come, named, run_virtual, with_permit};
pub use limits::{shield, wait_for};

/// Awaits one job after the other, and returns the results.
pub async fn in_a_row<T>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let mut results = Vec::new();
    for job in jobs {
        results.push(job.await?);
    }
    Ok(results)
}

/// Spawns a task for each job.
pub fn spawn_all<T: 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<Task<T>>, Exception> {
    jobs.into_iter().map(spawn).collect()
}

/// Runs all jobs at the same time, and looks at one task after the other.
pub async fn all_at_once<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    in_a_row(spawn_all(jobs)?).await // a task runs whether or not it is awaited
}

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
        bundle.set_if_all_done(); // there may be no jobs
        Ok(bundle)
    }

    fn one_is_done(&self, task: &LoopFuture<T>) {
        self.left.set(self.left.get() - 1);
        if let Err(exception) = task.result() {
            let _ = self.outcome.set_exception(exception); // refused if it is set: the first counts
        }
        self.set_if_all_done();
    }

    fn set_if_all_done(&self) {
        if self.left.get() > 0 {
            return;
        }
        if let Ok(results) = self.tasks.iter().map(Task::result).collect() {
            let _ = self.outcome.set_result(results); // refused if the caller was cancelled
        }
        let _ = self.all_done.set_result(());
    }

    async fn cancel_the_rest(&self) -> Result<(), Exception> {
        for task in &self.tasks {
            task.cancel(); // does nothing to a task that is done
        }
        self.all_done.clone().await // a cancel only asks: some tasks have to clean up
    }
}

/// Runs all jobs at the same time. Fails as soon as one of them does. If the caller is cancelled, the tasks run on.
pub async fn gather_first_try<T: Clone + 'static>(
    jobs: Vec<impl Job<T>>,
) -> Result<Vec<T>, Exception> {
    Bundle::new(jobs)?.outcome.clone().await
}

/// Runs all jobs at the same time. Fails as soon as one of them does, and leaves the others running. If the caller is
/// cancelled, cancels all of them, and waits until they are done.
pub async fn gather<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let bundle = Bundle::new(jobs)?;
    let outcome = bundle.outcome.clone().await;
    if bundle.outcome.cancelled() {
        bundle.cancel_the_rest().await?;
    }
    outcome
}

/// Runs all jobs at the same time. If one of them fails, or the caller is cancelled, cancels the others. In every case
/// it returns when all of them are done.
pub async fn all_or_none<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let bundle = Bundle::new(jobs)?;
    let outcome = bundle.outcome.clone().await;
    if outcome.is_err() {
        bundle.cancel_the_rest().await?;
    }
    outcome
}

/// Runs all jobs at the same time, and returns their tasks when all are done. Raises no exception of theirs.
pub async fn wait_all<T: Clone + 'static>(
    jobs: Vec<impl Job<T>>,
) -> Result<Vec<Task<T>>, Exception> {
    let bundle = Bundle::new(jobs)?;
    bundle.all_done.clone().await?;
    Ok(bundle.tasks.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, pin::Pin};
    use tminus::{clock::VirtualClock, sync::Semaphore};
    use tminus_lessons::lesson11_timers::programs::ms;

    type AnyJob = Pin<Box<dyn Future<Output = Result<u64, Exception>>>>;

    /// Takes `n` milliseconds and returns `n`.
    fn job(n: u64) -> AnyJob {
        Box::pin(async move {
            sleep(ms(n)).await?;
            Ok(n)
        })
    }

    /// Takes `n` milliseconds and fails.
    fn failing(n: u64) -> AnyJob {
        Box::pin(async move {
            sleep(ms(n)).await?;
            Err(Exception::new(Kind::ValueError, format!("{n}")))
        })
    }

    /// Takes 50 ms and, if it is cancelled, 5 ms to clean up.
    fn careful() -> AnyJob {
        Box::pin(async {
            let slept = sleep(ms(50)).await;
            sleep(ms(5)).await?;
            slept.map(|()| 50)
        })
    }

    /// Runs a job on a new loop. Returns the outcome, and after how many milliseconds it was known.
    fn timed<T: Clone + 'static>(main: impl Job<T>) -> (Result<T, String>, u128) {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let outcome = event_loop.run_until_complete(main);
        let outcome = outcome.map_err(|exception| exception.to_string());
        (outcome, event_loop.time().as_millis())
    }

    /// Runs it in a task that is cancelled after ten milliseconds.
    async fn cancelled_at_10<T: Clone + 'static>(main: impl Job<T>) -> Result<T, Exception> {
        let task = spawn(main)?;
        sleep(ms(10)).await?;
        task.cancel();
        task.await
    }

    #[test]
    fn in_a_row_takes_the_sum_and_at_the_same_time_the_longest() {
        let jobs = || vec![job(30), job(10), job(20)];
        let results = Ok(vec![30, 10, 20]);
        assert_eq!(timed(in_a_row(jobs())), (results.clone(), 60));
        assert_eq!(timed(all_at_once(jobs())), (results.clone(), 30));
        assert_eq!(timed(gather_first_try(jobs())), (results.clone(), 30));
        assert_eq!(timed(gather(jobs())), (results.clone(), 30));
        assert_eq!(timed(all_or_none(jobs())), (results, 30));
        assert_eq!(timed(gather(Vec::<AnyJob>::new())), (Ok(vec![]), 0));
    }

    #[test]
    fn a_failure_is_seen_when_its_turn_comes_or_immediately() {
        let jobs = || vec![job(30), failing(10)];
        let error = Err("ValueError: 10".to_owned());
        assert_eq!(timed(all_at_once(jobs())), (error.clone(), 30));
        assert_eq!(timed(gather_first_try(jobs())), (error.clone(), 10));
        assert_eq!(timed(gather(jobs())), (error.clone(), 10));
        assert_eq!(timed(all_or_none(jobs())), (error, 10));
        let done = async { Ok(wait_all(vec![job(30), failing(10)]).await?.len()) };
        assert_eq!(timed(done), (Ok(2), 30));
    }

    #[test]
    fn only_the_first_try_leaves_before_its_jobs_have_cleaned_up() {
        let cancelled = |time| (Err("Cancelled".to_owned()), time);
        let first_try = cancelled_at_10(gather_first_try(vec![careful()]));
        assert_eq!(timed(first_try), cancelled(10));
        let second = cancelled_at_10(gather(vec![careful()]));
        assert_eq!(timed(second), cancelled(15));
        let group = cancelled_at_10(all_or_none(vec![careful()]));
        assert_eq!(timed(group), cancelled(15));
        let failed = (Err("ValueError: 10".to_owned()), 15);
        assert_eq!(timed(all_or_none(vec![careful(), failing(10)])), failed);
    }

    #[test]
    fn a_job_that_cancels_itself_is_a_failure_like_others() {
        let suicide: AnyJob = Box::pin(async { Err(Kind::Cancelled.into()) });
        let main = async {
            let log = Rc::new(RefCell::new(Vec::new()));
            let its_log = log.clone();
            let other: AnyJob = Box::pin(async move {
                let slept = sleep(ms(20)).await;
                its_log.borrow_mut().push(slept.is_ok());
                Ok(20)
            });
            let error = gather(vec![suicide, other]).await.unwrap_err();
            sleep(ms(30)).await?;
            let log = log.borrow().clone();
            Ok((error.kind(), log))
        };
        assert_eq!(timed(main), (Ok((Kind::Cancelled, vec![true])), 30));
    }

    #[test]
    fn as_they_come_is_the_order_of_their_ends() {
        let main = async {
            let mut order = Vec::new();
            as_they_come(vec![job(30), job(10), job(20)], |n| order.push(n)).await?;
            Ok(order)
        };
        assert_eq!(timed(main), (Ok(vec![10, 20, 30]), 30));
    }

    #[test]
    fn two_permits_are_two_at_a_time() {
        let permits = Semaphore::new(2);
        let jobs = (0..6)
            .map(|_| with_permit(permits.clone(), job(10)))
            .collect();
        assert_eq!(timed(gather(jobs)), (Ok(vec![10; 6]), 30));
    }

    #[test]
    fn a_job_that_is_late_is_cancelled_and_may_clean_up() {
        let late = (Err("Timeout".to_owned()), 15);
        assert_eq!(timed(wait_for(careful(), ms(10))), late);
        assert_eq!(timed(tminus::wait_for(careful(), ms(10))), late);
        assert_eq!(timed(wait_for(job(5), ms(10))), (Ok(5), 5));
        let failed = (Err("ValueError: 5".to_owned()), 5);
        assert_eq!(timed(wait_for(failing(5), ms(10))), failed);
        let cancelled = (Err("Cancelled".to_owned()), 15);
        assert_eq!(
            timed(cancelled_at_10(wait_for(careful(), ms(20)))),
            cancelled
        );
    }

    #[test]
    fn a_shield_keeps_the_task_and_not_its_caller() {
        let main = async {
            let task = spawn(job(10))?;
            let caller = spawn(shield(task.clone()))?;
            sleep(ms(5)).await?;
            caller.cancel();
            let caller = caller.await.unwrap_err().kind();
            Ok((caller, task.cancelled(), task.await?))
        };
        assert_eq!(timed(main), (Ok((Kind::Cancelled, false, 10)), 10));
    }

    #[test]
    fn a_shield_does_not_help_a_task_that_is_cancelled_itself() {
        let main = async {
            let task = spawn(job(10))?;
            let caller = spawn(shield(task.clone()))?;
            sleep(ms(5)).await?;
            task.cancel();
            Ok(caller.await.unwrap_err().kind())
        };
        assert_eq!(timed(main), (Ok(Kind::Cancelled), 5));
    }
}
