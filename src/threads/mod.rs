//! Threads: pools of them, for what would block the loop, and calls from them into the loop.
//!
//! An event loop and its tasks stay on one thread. What blocks that thread stops all of them: a large file, a library without
//! `async`, a long computation. [`to_thread`] runs it on another thread, and the task awaits the result.
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
//! | [`EventLoop::run_in_executor`] | a job that begins now and is awaited later | `loop.run_in_executor` |
//! | [`Promise`] | a result to come from another thread | `concurrent.futures.Future` |
//! | [`RemoteLoop::run_coroutine_threadsafe`] | a task for the loop, from another thread | `asyncio.run_coroutine_threadsafe` |
//! | [`RemoteLoop::call_soon_threadsafe`] | a callback for the loop, from another thread | `loop.call_soon_threadsafe` |
//!
//! # What crosses between threads
//!
//! A job is `Send`, and so is its result. An [`Exception`](crate::Exception) is not, because it can hold anything of its own
//! thread. So a job that can fail returns a `Result` with an error of its own: `to_thread(|| std::fs::read(path)).await??`. If an
//! exception has to cross, because a coroutine failed or a job panicked, its kind, its name and its text do; its cause does not,
//! and [`downcast_ref`](crate::Exception::downcast_ref) no longer finds the error that it was made from.
//!
//! # Time and chance
//!
//! On a virtual clock, time stands still while a job runs for which the loop waits: the job takes real time, and the clock could
//! not know how much. In a simulation, a job runs on the loop's own thread, in a later turn that the simulation chooses, so that
//! every run is the same.
//!
//! # The end
//!
//! [`run`](crate::run) waits for the jobs of its loop's default pool, and runs the loop in that time. Dropping the last handle to
//! a pool of your own waits for its jobs, too. A job cannot be stopped: give it a flag to look at, or a channel that is closed.
//!
//! There is no pool of processes. Python has one because one process runs one thread of Python at a time; here threads compute
//! at the same time, and share what they compute with. To run another program, start a process.
//!
//! [`EventLoop::run_in_executor`]: crate::EventLoop::run_in_executor
//! [`RemoteLoop::run_coroutine_threadsafe`]: crate::event_loop::RemoteLoop::run_coroutine_threadsafe
//! [`RemoteLoop::call_soon_threadsafe`]: crate::event_loop::RemoteLoop::call_soon_threadsafe

mod awaited;
mod coroutine;
mod executor;
mod job;
mod pool;
mod promise;
mod simulated;
mod workers;

pub use awaited::PromiseFuture;
pub use executor::to_thread;
pub use pool::ThreadPoolExecutor;
pub use promise::Promise;
