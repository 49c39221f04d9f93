//! A job queue: workers that start at most 50 jobs a second, retry a job that fails, and drop it after the fifth failure.
//!
//! ```console
//! cargo run --example job_queue
//! ```
//!
//! The clock is virtual: it jumps from one timer to the next, so the program is done at once.

use std::{cell::Cell, collections::BTreeMap, num::ParseIntError, rc::Rc, time::Duration};

use tminus::{
    EventLoop, Exception, ResultExt, clock::VirtualClock, raising, sleep, spawn_named, sync::Queue,
    timeout,
};

const WORKERS: usize = 4;
const JOBS: u32 = 100;
/// The longest time that an attempt can take.
const LIMIT: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 5;

#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error("busy: status {status}")]
    Busy { status: u16 },
    #[error("bad payload: {0}")]
    BadPayload(#[from] ParseIntError),
    #[error("timed out")]
    TimedOut,
    /// An exception of the loop, such as a cancellation. `?` converts this variant back to the cancellation.
    #[error(transparent)]
    Task(tminus::Error),
}

/// With this, `?` converts exceptions in a function that fails with a `JobError`. A `JobError` inside of an exception is taken out.
impl From<Exception> for JobError {
    fn from(exception: Exception) -> Self {
        match exception.is_timeout() {
            true => Self::TimedOut,
            false => exception
                .downcast()
                .unwrap_or_else(|other| Self::Task(other.into())),
        }
    }
}

impl JobError {
    fn is_worth_a_retry(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::TimedOut)
    }
}

struct Job {
    id: u32,
    payload: String,
}

#[derive(Default)]
struct Stats {
    done: u32,
    total: u64,
    retries: u32,
    failed: BTreeMap<u32, String>,
}

impl Stats {
    fn add(&mut self, other: Stats) {
        self.done += other.done;
        self.total += other.total;
        self.retries += other.retries;
        self.failed.extend(other.failed);
    }
}

/// Lets one caller pass in each period.
struct RateLimiter {
    period: Duration,
    next: Cell<Duration>,
}

impl RateLimiter {
    async fn pass(&self) -> Result<(), Exception> {
        let now = EventLoop::running()?.time();
        let start = self.next.get().max(now);
        self.next.set(start + self.period);
        sleep(start - now).await
    }
}

/// Does a job. Some jobs are busy at first, some always, and some hang.
async fn work(job: &Job, attempt: u32) -> Result<u64, JobError> {
    let number = job.payload.parse()?;
    match job.id % 10 {
        3 if attempt < 3 => return Err(JobError::Busy { status: 503 }),
        7 if attempt < 2 => sleep(Duration::from_secs(60)).await?,
        9 => return Err(JobError::Busy { status: 429 }),
        _ => sleep(Duration::from_millis(50)).await?,
    }
    Ok(number)
}

/// Attempts a job until it succeeds, with pauses that double.
async fn with_retries(job: &Job, stats: &mut Stats) -> Result<u64, JobError> {
    let mut pause = Duration::from_millis(100);
    let mut attempt = 1;
    loop {
        // `raising` makes an exception of a `JobError`, because a limit raises exceptions.
        let limited = timeout(LIMIT).run(raising(work(job, attempt)));
        match limited.await.map_err(JobError::from) {
            Err(error) if error.is_worth_a_retry() && attempt < ATTEMPTS => stats.retries += 1,
            result => return result,
        }
        sleep(pause).await?;
        pause *= 2;
        attempt += 1;
    }
}

async fn worker(queue: Queue<Job>, limiter: Rc<RateLimiter>) -> Result<Stats, Exception> {
    let mut stats = Stats::default();
    while let Some(job) = queue.next().await? {
        limiter.pass().await?;
        match with_retries(&job, &mut stats).await {
            Ok(number) => {
                stats.done += 1;
                stats.total += number;
            }
            // The worker was cancelled, for example. That is no failure of the job.
            Err(JobError::Task(error)) => return Err(error.into()),
            Err(error) => {
                stats.failed.insert(job.id, error.to_string());
            }
        }
        queue.task_done()?;
    }
    Ok(stats)
}

async fn all_jobs(stats: &mut Stats) -> Result<(), Exception> {
    let limiter = Rc::new(RateLimiter {
        period: Duration::from_millis(20),
        next: Cell::default(),
    });
    // The queue is bounded, so `put` waits for the workers.
    let queue = Queue::with_maxsize(8);
    let mut workers = Vec::new();
    for n in 0..WORKERS {
        let body = worker(queue.clone(), limiter.clone());
        workers.push(spawn_named(&format!("worker {n}"), body)?);
    }
    for id in 0..JOBS {
        let payload = match id {
            50 => "fifty".to_owned(),
            id => id.to_string(),
        };
        queue.put(Job { id, payload }).await?;
    }
    // The workers end when they have taken what is left in the queue.
    queue.shutdown();
    for worker in workers {
        stats.add(worker.await?);
    }
    Ok(())
}

pub fn main() -> anyhow::Result<()> {
    let mut stats = Stats::default();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    // An `Exception` stays on its thread, and `anyhow` needs an error that is `Send`. `into_error` converts it.
    event_loop
        .run_until_complete(all_jobs(&mut stats))
        .into_error()?;
    println!("{} jobs done, and their sum is {}", stats.done, stats.total);
    println!("{} retries", stats.retries);
    for (id, error) in &stats.failed {
        println!("job {id} failed: {error}");
    }
    println!("{:?} on the virtual clock", event_loop.time());
    Ok(())
}
