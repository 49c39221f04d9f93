#![doc = include_str!("README.md")]

use std::time::Duration;

use tminus::event_loop::{current_task, next};
use tminus::sync::Semaphore;
use tminus::{ReturnWhen, Task, TaskGroup, as_completed, clock::VirtualClock, shield, spawn, wait};

pub use tminus::{EventLoop, Exception, Kind, gather, sleep};
pub use tminus_lessons::lesson15_async_await::watch;

pub mod apis;
pub mod checks;
pub mod downloads;
pub mod programs;
pub mod spinner;
pub mod waits;

/// What a task can be made of.
pub trait Job<T>: Future<Output = Result<T, Exception>> + 'static {}

impl<T, F: Future<Output = Result<T, Exception>> + 'static> Job<T> for F {}

/// Runs a job to its end, on a loop with a virtual clock. Tasks that are left over then are cancelled.
pub fn run_virtual<T: Clone + 'static>(main: impl Job<T>) -> Result<T, Exception> {
    EventLoop::with_clock(VirtualClock::new()).run(main)
}

/// Gives the task that runs the job a name, for its lane.
pub async fn named<T>(name: impl Into<String>, job: impl Job<T>) -> Result<T, Exception> {
    current_task()?.set_name(name);
    job.await
}

/// Runs one after the other, and gives the results.
pub async fn in_a_row<T>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let mut results = Vec::new();
    for job in jobs {
        results.push(job.await?);
    }
    Ok(results)
}

/// Makes tasks.
pub fn spawn_all<T: 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<Task<T>>, Exception> {
    jobs.into_iter().map(spawn).collect()
}

/// Runs all at once, and gives the results in the order given. The crate's `gather` does more.
pub async fn all_at_once<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    in_a_row(spawn_all(jobs)?).await // they run whether or not they are awaited
}

/// Runs all at once, and gives the result of the first that is done. The others are cancelled.
pub async fn race<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<T, Exception> {
    let tasks = spawn_all(jobs)?;
    let (done, pending) = wait(&tasks).return_when(ReturnWhen::FirstCompleted).await?;
    for task in pending {
        task.cancel(); // `wait` cancels nobody
    }
    done[0].result()
}

/// Runs all at once, and tells of each result when it comes.
pub async fn as_they_come<T: Clone + 'static>(
    jobs: Vec<impl Job<T>>,
    mut tell: impl FnMut(T),
) -> Result<(), Exception> {
    let mut completed = as_completed(jobs);
    while let Some(done) = next(&mut completed).await {
        tell(done?.result()?);
    }
    Ok(())
}

/// Waits for a permit, and runs `job` with it. When the job is over, the permit is given back.
pub async fn with_permit<T>(permits: Semaphore, job: impl Job<T>) -> Result<T, Exception> {
    let _permit = permits.acquire().await?;
    job.await
}

/// Runs a job, for `limit` at most. One that is late is cancelled, and waited for. The crate's `wait_for` does more.
pub async fn wait_for_by_hand<T: Clone + 'static>(
    job: impl Job<T>,
    limit: Duration,
) -> Result<T, Exception> {
    let task = spawn(job)?;
    let (done, _) = wait([&task]).timeout(limit).await?;
    if done.is_empty() {
        task.cancel();
        wait([&task]).await?; // it may have to clean up
        return Err(Kind::Timeout.into());
    }
    task.result()
}

/// Makes a task that is not cancelled with who waits for it: that one waits for what comes back.
pub fn keep_alive<T: Clone + 'static>(
    job: impl Job<T>,
) -> Result<(Task<T>, impl Job<T>), Exception> {
    let task = spawn(job)?;
    Ok((task.clone(), shield(task)))
}

/// Runs all at once, and gives the results in the order given. If one fails, the others are cancelled, and waited for.
pub async fn all_or_none<T: Clone + 'static>(jobs: Vec<impl Job<T>>) -> Result<Vec<T>, Exception> {
    let group = TaskGroup::new();
    let block = async { jobs.into_iter().map(|job| group.create_task(job)).collect() };
    let tasks: Vec<Task<T>> = group.run(block).await?; // when that is over, so are they
    tasks.iter().map(Task::result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, pin::Pin, rc::Rc};
    use tminus::wait_for;
    use tminus_lessons::lesson11_timers::programs::ms;

    type AnyJob = Pin<Box<dyn Future<Output = Result<u64, Exception>>>>;

    /// Takes `n` milliseconds and gives `n`.
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

    /// What comes of it, and after how many milliseconds.
    fn timed<T: Clone + 'static>(main: impl Job<T>) -> (Result<T, String>, u128) {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let outcome = event_loop.run_until_complete(main);
        let outcome = outcome.map_err(|exception| exception.to_string());
        (outcome, event_loop.time().as_millis())
    }

    #[test]
    fn in_a_row_takes_the_sum_and_all_at_once_the_longest() {
        let jobs = || vec![job(30), job(10), job(20)];
        let results = Ok(vec![30, 10, 20]);
        assert_eq!(timed(in_a_row(jobs())), (results.clone(), 60));
        assert_eq!(timed(all_at_once(jobs())), (results.clone(), 30));
        assert_eq!(timed(async move { gather(jobs()).await }), (results, 30));
    }

    #[test]
    fn by_hand_a_failure_is_seen_when_its_turn_comes_and_by_gather_at_once() {
        let jobs = || vec![job(30), failing(10)];
        let error = Err("ValueError: 10".to_owned());
        assert_eq!(timed(all_at_once(jobs())), (error.clone(), 30));
        assert_eq!(timed(async move { gather(jobs()).await }), (error, 10));
    }

    #[test]
    fn a_race_gives_the_first_and_cancels_the_others() {
        let log = Rc::new(RefCell::new(Vec::new()));
        let its_log = log.clone();
        let slow: AnyJob = Box::pin(async move {
            let slept = sleep(ms(50)).await;
            its_log.borrow_mut().push(slept.clone().unwrap_err().kind());
            slept.map(|()| 50)
        });
        let main = async move {
            let first = race(vec![slow, job(10)]).await?;
            sleep(ms(1)).await?;
            Ok(first)
        };
        assert_eq!(timed(main), (Ok(10), 11));
        assert_eq!(*log.borrow(), [Kind::Cancelled]);
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
        assert_eq!(timed(all_at_once(jobs)), (Ok(vec![10; 6]), 30));
    }

    #[test]
    fn who_is_late_is_cancelled_and_may_clean_up() {
        let careful: fn() -> AnyJob = || {
            Box::pin(async {
                let slept = sleep(ms(50)).await;
                sleep(ms(5)).await?; // to clean up
                slept.map(|()| 50)
            })
        };
        let late = (Err("Timeout".to_owned()), 15);
        assert_eq!(timed(wait_for_by_hand(careful(), ms(10))), late);
        assert_eq!(timed(wait_for(careful(), ms(10))), late);
        assert_eq!(timed(wait_for_by_hand(job(5), ms(10))), (Ok(5), 5));
        let failed = (Err("ValueError: 5".to_owned()), 5);
        assert_eq!(timed(wait_for_by_hand(failing(5), ms(10))), failed);
    }

    #[test]
    fn a_shield_keeps_the_task_and_not_who_waits() {
        let main = async {
            let (task, shielded) = keep_alive(job(10))?;
            let waiter = spawn(shielded)?;
            sleep(ms(5)).await?;
            waiter.cancel();
            let waiter = waiter.await.unwrap_err().kind();
            Ok((waiter, task.cancelled(), task.await?))
        };
        assert_eq!(timed(main), (Ok((Kind::Cancelled, false, 10)), 10));
    }

    #[test]
    fn a_shield_does_not_help_a_task_that_is_cancelled_itself() {
        let main = async {
            let (task, shielded) = keep_alive(job(10))?;
            let waiter = spawn(shielded)?;
            sleep(ms(5)).await?;
            task.cancel();
            Ok(waiter.await.unwrap_err().kind())
        };
        assert_eq!(timed(main), (Ok(Kind::Cancelled), 5));
    }

    #[test]
    fn all_or_none_is_over_when_each_of_them_is() {
        assert_eq!(
            timed(all_or_none(vec![job(30), job(10)])),
            (Ok(vec![30, 10]), 30)
        );
        let careful: AnyJob = Box::pin(async {
            let slept = sleep(ms(50)).await;
            sleep(ms(5)).await?; // to clean up
            slept.map(|()| 50)
        });
        let (error, time) = timed(all_or_none(vec![careful, failing(10)]));
        let group = "unhandled errors in a TaskGroup (1 sub-exception: ValueError: 10)";
        assert_eq!((error, time), (Err(group.to_owned()), 15));
    }
}
