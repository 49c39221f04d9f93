//! Jobs in a simulation: they run on the loop's own thread, one at a time, when chance says.
//!
//! A pool has as many simulated workers as it could have threads. A worker takes the job that has waited longest. The job
//! begins then, chance decides how long it takes, and all of it runs at the end of that time. So jobs overtake each other if
//! the pool has more than one worker, and a job that waits for a worker can be cancelled.

use std::{rc::Rc, sync::Arc, time::Duration};

use super::{job::Job, workers::Workers};
use crate::{
    Exception,
    dropping::report_panic,
    event_loop::{Handle, Kernel, hides_the_loop, simulated},
};

/// How many times chance can choose among: none, and then powers of two, from a millisecond on.
const TIMES: usize = 8;

/// How long a job takes. The plain choice is: no time, so it runs in the next round.
fn time_of_a_job(kernel: &Kernel) -> Option<Duration> {
    let chosen = kernel.chance()?.choose(TIMES, "thread");
    let doubled = u32::try_from(chosen).ok()?.checked_sub(1)?;
    Some(Duration::from_millis(1 << doubled))
}

/// Leaves a job for the next simulated worker.
///
/// # Errors
///
/// - `RuntimeError` if the pool was shut down.
pub(super) fn takes(
    workers: &Arc<Workers>,
    kernel: &Rc<Kernel>,
    job: Box<dyn Job>,
) -> Result<(), Exception> {
    let mut queue = workers.lock();
    Workers::accepts(&queue)?;
    queue.simulated.waiting.push_back(job);
    drop(queue);
    begins(workers, kernel);
    Ok(())
}

/// Lets idle workers take jobs.
fn begins(workers: &Arc<Workers>, kernel: &Rc<Kernel>) {
    while let Some(job) = next_job(workers) {
        if !job.begins() {
            report_panic(|| drop(job));
            continue;
        }
        let end = End {
            workers: workers.clone(),
            id: workers.lock().simulated.begins(job),
        };
        let call = move || end.comes();
        match time_of_a_job(kernel) {
            None => drop(Handle::soon(kernel, call)),
            Some(time) => drop(Handle::at(kernel, kernel.now().saturating_add(time), call)),
        }
    }
}

fn next_job(workers: &Workers) -> Option<Box<dyn Job>> {
    workers.lock().simulated.next_job(workers.max_workers)
}

/// The end of a job's time.
struct End {
    workers: Arc<Workers>,
    id: u64,
}

impl End {
    fn takes(&self) -> Option<Box<dyn Job>> {
        self.workers.lock().simulated.takes(self.id)
    }

    fn comes(self) {
        if let Some(job) = self.takes() {
            runs(&self.workers, job);
        }
        if let Some(kernel) = simulated() {
            begins(&self.workers, &kernel);
        }
        self.workers.ends_if_over(self.workers.lock());
    }
}

/// The loop was closed before: then the job never runs.
impl Drop for End {
    fn drop(&mut self) {
        let job = self.takes();
        report_panic(|| drop(job));
    }
}

fn runs(workers: &Workers, mut job: Box<dyn Job>) {
    workers.lock().simulated.running += 1;
    hides_the_loop(|| {
        workers.runs_here(&mut *job);
        report_panic(|| drop(job));
    });
    workers.lock().simulated.running -= 1;
}

/// Runs all jobs now. On the loop's thread nobody can wait for them.
pub(super) fn joins(workers: &Workers) {
    loop {
        let next = workers.lock().simulated.next_to_end();
        match next {
            Some((job, has_begun)) if has_begun || job.begins() => runs(workers, job),
            Some((job, _)) => report_panic(|| drop(job)),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::VecDeque, sync::mpsc, thread};

    use super::*;
    use crate::{
        EventLoop, Kind,
        clock::VirtualClock,
        event_loop::{
            Deadlock, ExpectedFrom,
            outside::{Chance, Interrupt, Outside},
        },
        gather, spawn,
        threads::{ThreadPoolExecutor, to_thread},
        yield_now,
    };

    /// Chance as the test says, and then the plain choices.
    struct Chosen(RefCell<VecDeque<usize>>);

    impl Chance for Chosen {
        fn choose(&self, count: usize, what: &'static str) -> usize {
            let is_thread = what == "thread";
            let chosen = is_thread.then(|| self.0.borrow_mut().pop_front()).flatten();
            chosen.unwrap_or_default().min(count - 1)
        }
    }

    impl Outside for Chosen {
        fn may_arrive(&self) -> bool {
            false
        }

        fn look(&self, _: Duration) {}

        fn closes(&self) {}

        fn wait(&self, _: Duration, _: Option<Duration>) -> bool {
            false
        }

        fn interrupter(&self) -> Option<Arc<dyn Interrupt>> {
            None
        }

        fn chance(&self) -> Option<&dyn Chance> {
            Some(self)
        }
    }

    fn simulation(chosen: impl Into<VecDeque<usize>>) -> EventLoop {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let chosen = Chosen(RefCell::new(chosen.into()));
        event_loop.kernel().has_outside(Rc::new(chosen));
        event_loop
    }

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_job_runs_on_the_loops_thread_and_takes_the_time_that_chance_gives() -> Result<(), Exception>
    {
        let event_loop = simulation([0, 3]);
        let here = thread::current().id();
        event_loop.clone().run(async move {
            let now = || EventLoop::running().map(|event_loop| event_loop.time());
            assert_eq!(to_thread(|| thread::current().id()).await?, here);
            assert_eq!(now()?, ms(0));
            assert_eq!(to_thread(|| thread::current().id()).await?, here);
            assert_eq!(now()?, ms(4));
            Ok(())
        })
    }

    #[test]
    fn jobs_overtake_each_other_unless_there_is_one_worker() -> Result<(), Exception> {
        for (workers, order) in [(1, [0, 1, 2]), (3, [1, 2, 0])] {
            let (says, said) = mpsc::channel();
            simulation([5, 1, 2]).run(async move {
                let pool = ThreadPoolExecutor::new(workers)?;
                let jobs = (0..3).map(|n| {
                    let says = says.clone();
                    let job = move || says.send(n).expect("somebody listens");
                    EventLoop::running()?.run_in_executor(Some(&pool), job)
                });
                let jobs = jobs.collect::<Result<Vec<_>, _>>()?;
                gather(jobs).await.map(drop)
            })?;
            assert_eq!(said.iter().collect::<Vec<_>>(), order);
        }
        Ok(())
    }

    /// As on a thread of its own, the job sees no loop. It can run another loop, and afterwards the outer loop is visible
    /// again.
    #[test]
    fn a_job_sees_no_loop() -> Result<(), Exception> {
        simulation([]).run(async {
            let seen = to_thread(|| {
                let outer = EventLoop::running().map(drop).map_err(|error| error.kind());
                (outer, crate::run(async { Ok(42) }).ok())
            });
            assert_eq!(seen.await?, (Err(Kind::RuntimeError), Some(42)));
            spawn(async { Ok(1) })?.await?;
            let panic: Result<(), _> = to_thread(|| panic!("a leak")).await;
            assert_eq!(panic.unwrap_err().to_string(), "Panic: a leak");
            EventLoop::running().map(drop)
        })
    }

    #[test]
    fn to_block_is_refused_also_in_a_job() -> Result<(), Exception> {
        simulation([]).run(async {
            let pool = ThreadPoolExecutor::new(1)?;
            let promise = pool.submit(|| 42)?;
            let same = promise.clone();
            assert_eq!(same.result().unwrap_err().kind(), Kind::RuntimeError);
            let inner = pool.clone();
            let job = to_thread(move || {
                let promise = inner.submit(|| 1).map_err(|error| error.kind())?;
                promise.result().map_err(|error| error.kind())
            });
            assert_eq!(job.await?, Err(Kind::RuntimeError));
            assert_eq!(promise.await?, 42);
            pool.submit(|| ())?.await
        })
    }

    #[test]
    fn a_job_that_waits_for_a_worker_can_be_cancelled() -> Result<(), Exception> {
        simulation([3]).run(async {
            let pool = ThreadPoolExecutor::new(1)?;
            let first = pool.submit(|| "first")?;
            let second = pool.submit(|| unreachable!("it was cancelled"))?;
            assert!(first.running() && !first.cancel());
            let task = spawn(second.wait())?;
            yield_now().await?;
            task.cancel();
            assert_eq!(task.await.map(|()| 0).unwrap_err().kind(), Kind::Cancelled);
            assert!(second.cancelled());
            assert_eq!(first.await?, "first");
            pool.submit(|| ())?.await
        })
    }

    /// Nobody else could run them while the loop's thread waits.
    #[test]
    fn the_drop_of_a_pool_runs_its_jobs() -> Result<(), Exception> {
        simulation([7, 6]).run(async {
            let pool = ThreadPoolExecutor::new(2)?;
            let jobs = [1, 2, 3].map(|n| pool.submit(move || n));
            drop(pool);
            for (job, n) in jobs.into_iter().zip(1..) {
                assert_eq!(job?.result()?, n);
            }
            Ok(())
        })
    }

    #[test]
    fn the_drop_of_a_pool_runs_no_job_that_was_cancelled() -> Result<(), Exception> {
        let (says, said) = mpsc::channel();
        simulation([7]).run(async move {
            let pool = ThreadPoolExecutor::new(1)?;
            let first = says.clone();
            let jobs = [
                pool.submit(move || first.send("first").unwrap())?,
                pool.submit(move || says.send("second").unwrap())?,
            ];
            assert!(jobs[1].cancel()); // it waits for the worker
            drop(pool);
            assert!(jobs[0].done() && jobs[1].cancelled());
            Ok(())
        })?;
        assert_eq!(said.iter().collect::<Vec<_>>(), ["first"]);
        Ok(())
    }

    #[test]
    fn the_default_pool_is_shut_down_when_its_jobs_have_ended() -> Result<(), Exception> {
        simulation([4, 0]).run(async {
            let event_loop = EventLoop::running()?;
            let jobs = [1, 2].map(|n| event_loop.run_in_executor(None, move || n));
            event_loop.shutdown_default_executor().await?;
            assert_eq!(event_loop.time(), ms(8));
            for (job, n) in jobs.into_iter().zip(1..) {
                assert_eq!(job?.result()?, n);
            }
            Ok(())
        })
    }

    #[test]
    fn run_waits_for_the_jobs_and_a_closed_loop_cancels_them() -> Result<(), Exception> {
        let (says, said) = mpsc::channel();
        let event_loop = simulation([4]);
        event_loop.clone().run(async move {
            let job = move || says.send("ran").expect("somebody listens");
            EventLoop::running()?.run_in_executor(None, job).map(drop)
        })?;
        assert_eq!((said.recv(), event_loop.time()), (Ok("ran"), ms(8)));

        let (event_loop, pool) = (simulation([4]), ThreadPoolExecutor::new(1)?);
        let same = pool.clone();
        let promise = event_loop.run_until_complete(async move { same.submit(|| 42) })?;
        assert!(promise.running());
        event_loop.close()?;
        assert!(promise.cancelled());
        drop(pool);
        Ok(())
    }

    #[test]
    fn other_threads_cannot_call_into_a_simulation() -> Result<(), Exception> {
        let event_loop = simulation([]);
        let remote = event_loop.remote();
        let kinds = thread::spawn(move || {
            let call = remote.call_soon_threadsafe(|| Ok(()));
            let run = remote.run_coroutine_threadsafe(|| async { Ok(()) });
            [call.unwrap_err().kind(), run.unwrap_err().kind()]
        });
        assert_eq!(
            kinds.join().expect("it does not panic"),
            [Kind::RuntimeError; 2]
        );
        let promise = ThreadPoolExecutor::new(1)?.submit(|| 1)?;
        promise.result()?;
        let (go, gate) = mpsc::channel::<()>();
        let pool = ThreadPoolExecutor::new(1)?;
        let elsewhere = pool.submit(move || gate.recv().is_err())?;
        event_loop.run(async move {
            assert_eq!(promise.await?, 1); // it is done
            assert_eq!(elsewhere.await.unwrap_err().kind(), Kind::RuntimeError);
            // What the loop's own thread asks for is part of the simulation, also in a job.
            let remote = EventLoop::running()?.remote();
            let made = remote.run_coroutine_threadsafe(|| async { Ok(2) })?;
            assert_eq!(made.await?, 2);
            let made = to_thread(move || remote.run_coroutine_threadsafe(|| async { Ok(3) }).ok());
            let made = made.await?.expect("it is the loop's own thread");
            assert_eq!(made.await?, 3);
            Ok(())
        })?;
        drop(go);
        Ok(())
    }

    #[test]
    fn a_stuck_task_is_reported_when_no_job_is_left() -> Result<(), Exception> {
        let event_loop = simulation([2]);
        let end = event_loop.run_until_complete(async {
            to_thread(|| ()).await?;
            EventLoop::running()?.create_future::<()>().await
        });
        assert!(end.unwrap_err().is::<Deadlock>());
        assert_eq!(event_loop.time(), ms(2));
        Ok(())
    }

    #[test]
    fn a_loop_that_is_not_simulated_waits_for_a_job_of_a_simulation() -> Result<(), Exception> {
        let job = simulation([]).run_until_complete(async {
            let pool = ThreadPoolExecutor::new(1)?;
            let job = pool.submit(|| ())?;
            let here = job.expected_in(EventLoop::running()?.kernel())?;
            assert!(here == ExpectedFrom::Inside);
            let elsewhere = job.expected_in(EventLoop::new().kernel())?;
            assert!(elsewhere == ExpectedFrom::Outside);
            job.clone().await?;
            Ok(job)
        })?;
        assert!(job.expected_in(EventLoop::new().kernel())? == ExpectedFrom::Inside); // it is done
        Ok(())
    }

    #[test]
    fn the_refusal_to_await_another_thread_names_the_pool() -> Result<(), Exception> {
        let pool = ThreadPoolExecutor::with_thread_name_prefix(1, "engine")?;
        let (go, gate) = mpsc::channel::<()>();
        let job = pool.submit(move || gate.recv().is_err())?;
        let refused = simulation([]).run(job.clone()).unwrap_err().to_string();
        let begins =
            "RuntimeError: a simulated event loop cannot await a job of thread pool engine, which";
        assert!(refused.starts_with(begins), "{refused}");
        drop(go);
        Ok(())
    }

    /// The loop's own pool is over when its last job has run.
    #[test]
    fn the_end_of_the_jobs_is_told_when_all_have_run() -> Result<(), Exception> {
        simulation([1, 2]).run_until_complete(async {
            let event_loop = EventLoop::running()?;
            let jobs = [1, 2].map(|n| event_loop.run_in_executor(None, move || n));
            event_loop.shutdown_default_executor().await?;
            for (job, n) in jobs.into_iter().zip(1..) {
                assert_eq!(job?.await?, n);
            }
            Ok(())
        })
    }
}
