//! Jobs in a simulation: they run on the loop's own thread, one at a time, when chance says.
//!
//! A pool has as many simulated workers as it could have threads. A worker takes the job that has waited longest, which
//! begins with that, and chance decides how long it takes; at the end of that time it runs, all at once. So jobs overtake each
//! other if the pool has more than one worker, and a job that waits for a worker can be cancelled.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use super::{job::Job, workers::Workers};
use crate::{
    Exception,
    dropping::report_panic,
    event_loop::{Handle, Kernel, hides_the_loop, simulated},
};

#[derive(Default)]
pub(super) struct Simulated {
    /// Those that no worker has taken.
    pub(super) waiting: VecDeque<Box<dyn Job>>,
    /// Those that a worker has taken, by their number.
    taken: BTreeMap<u64, Box<dyn Job>>,
    next: u64,
    /// How many run now: more than one if a job waits for the end of the pool of another.
    running: usize,
}

impl Simulated {
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.taken.is_empty() && self.running == 0
    }
}

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
        let mut queue = workers.lock();
        let id = queue.simulated.next;
        queue.simulated.next += 1;
        queue.simulated.taken.insert(id, job);
        drop(queue);
        let end = End {
            workers: workers.clone(),
            id,
        };
        let call = move || end.comes();
        match time_of_a_job(kernel) {
            None => drop(Handle::soon(kernel, call)),
            Some(time) => drop(Handle::at(kernel, kernel.now().saturating_add(time), call)),
        }
    }
}

fn next_job(workers: &Workers) -> Option<Box<dyn Job>> {
    let mut queue = workers.lock();
    match queue.simulated.taken.len() < workers.max_workers {
        true => queue.simulated.waiting.pop_front(),
        false => None,
    }
}

/// The end of a job's time.
struct End {
    workers: Arc<Workers>,
    id: u64,
}

impl End {
    fn takes(&self) -> Option<Box<dyn Job>> {
        self.workers.lock().simulated.taken.remove(&self.id)
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
        let mut queue = workers.lock();
        let first = queue.simulated.taken.pop_first().map(|(_, job)| job);
        let waiting = match &first {
            Some(_) => None,
            None => queue.simulated.waiting.pop_front(),
        };
        drop(queue);
        match (first, waiting) {
            (Some(job), _) => runs(workers, job),
            (None, Some(job)) if job.begins() => runs(workers, job),
            (None, Some(job)) => report_panic(|| drop(job)),
            (None, None) => return,
        }
    }
}
