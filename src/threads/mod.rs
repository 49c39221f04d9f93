//! Thread pools, which run what would block the loop, and calls from other threads into the loop.
//!
//! An event loop and its tasks stay on one thread. A call that blocks the thread stops every task: reading a large file, a
//! library without `async`, a long computation. [`to_thread`] runs such a call on another thread, and the task awaits the
//! result.
//!
//! ```
//! use tminus::{Exception, gather, run, threads::to_thread};
//!
//! fn checksum(stage: u64) -> u64 {
//!     (1..=1_000).fold(stage, |sum, n| sum.wrapping_mul(31).wrapping_add(n))
//! }
//!
//! let sums = run(async {
//!     let stages = [1, 2, 3];
//!     gather(stages.map(|stage| to_thread(move || checksum(stage)))).await
//! })?;
//! assert_eq!(sums[2], checksum(3));
//! # Ok::<(), Exception>(())
//! ```
//!
//! | what | for | Python's |
//! |---|---|---|
//! | [`to_thread`] | one call that blocks | `asyncio.to_thread` |
//! | [`ThreadPoolExecutor`] | a pool of your own, with or without a loop | `concurrent.futures.ThreadPoolExecutor` |
//! | [`ThreadPoolExecutor::map`] | many calls, and their results in order | `Executor.map` |
//! | [`EventLoop::run_in_executor`] | a job that begins now and is awaited later | `loop.run_in_executor` |
//! | [`Promise`] | a result to come from another thread | `concurrent.futures.Future` |
//! | [`RemoteLoop::run_coroutine_threadsafe`] | a task for the loop, from another thread | `asyncio.run_coroutine_threadsafe` |
//! | [`RemoteLoop::call_soon_threadsafe`] | a callback for the loop, from another thread | `loop.call_soon_threadsafe` |
//!
//! # What crosses between threads
//!
//! A job is `Send`, and so is its result. An [`Exception`](crate::Exception) is not, because it can hold anything of its
//! own thread. So a job that can fail returns a `Result` with another error: `to_thread(|| std::fs::read(path)).await??`.
//!
//! If a coroutine fails or a job panics, an exception has to cross all the same. Then its kind, its name and its text
//! cross. The cause does not, and [`downcast_ref`](crate::Exception::downcast_ref) no longer finds the original error.
//!
//! # Time and chance
//!
//! A job takes real time. On a virtual clock, no time passes while the loop waits for a job, so a job never makes a timeout
//! expire. In a simulation, a job runs on the loop's own thread, in a later turn that the simulation chooses, so that
//! every run is the same.
//!
//! # The end
//!
//! [`run`](crate::run) waits for the jobs of its loop's default pool, and runs the loop in that time. Dropping the last
//! handle to a pool of your own waits for its jobs, too. A job cannot be stopped from outside. If a job must end early,
//! let it check a flag, or wait on a channel that you close.
//!
//! There is no pool of processes. Python has one because only one thread of a process runs Python code at a time. Here
//! threads compute at the same time, and share their data. To run another program, start a process.
//!
//! [`EventLoop::run_in_executor`]: crate::EventLoop::run_in_executor
//! [`RemoteLoop::run_coroutine_threadsafe`]: crate::event_loop::RemoteLoop::run_coroutine_threadsafe
//! [`RemoteLoop::call_soon_threadsafe`]: crate::event_loop::RemoteLoop::call_soon_threadsafe

mod awaited;
mod coroutine;
mod executor;
mod job;
mod map;
mod pool;
mod promise;
mod simulated;
mod simulated_jobs;
mod workers;

pub use awaited::PromiseFuture;
pub use executor::to_thread;
pub use map::{Map, MapStream};
pub use pool::ThreadPoolExecutor;
pub use promise::Promise;
