//! Waiting for many: asyncio's `gather`, `wait`, `as_completed`, `wait_for`, `timeout`, `shield` and `TaskGroup`.
//!
//! ```
//! use std::time::Duration;
//! use tminus::{EventLoop, Exception, clock::VirtualClock, gather, sleep};
//!
//! async fn fetch(page: &'static str, seconds: u64) -> Result<usize, Exception> {
//!     sleep(Duration::from_secs(seconds)).await?;
//!     Ok(page.len())
//! }
//!
//! let event_loop = EventLoop::with_clock(VirtualClock::new());
//! let lengths = event_loop.run_until_complete(async {
//!     gather([fetch("index", 3), fetch("news", 1), fetch("about", 2)]).await
//! })?;
//! assert_eq!(lengths, [5, 4, 5]);
//! assert_eq!(event_loop.time(), Duration::from_secs(3)); // and not 6
//! # Ok::<(), Exception>(())
//! ```
//!
//! | | waits for | returns | when one fails | when the waiting task is cancelled |
//! |---|---|---|---|---|
//! | [`gather`] | all | the results, in order | fails immediately; the others keep running | cancels all |
//! | [`gather_results`] | all | results and exceptions, in order | keeps waiting | cancels all |
//! | [`wait()`] | all, the first, or the first exception | two lists: what is done, and what is not | depends on [`ReturnWhen`] | cancels none |
//! | [`as_completed`] | one after the other | a stream or an iterator, in the order in which they are done | yields the failure like a result | cancels none |
//! | [`TaskGroup`] | all, at the end of a block | the block's result; [`TaskResults`] yield those of the tasks | cancels the others, and raises all exceptions | cancels all |
//! | [`wait_for`], [`timeout`] | one, until the time is up | the result | raises the exception | cancels the future or block |
//! | [`shield`] | one | the result | raises the exception | cancels nothing |
//!
//! # Where CPython's result is arbitrary
//!
//! asyncio keeps tasks in sets, whose order changes from run to run. Its heap of timers compares only deadlines. What happens
//! then is not specified; here the order is always the same:
//!
//! | what | here |
//! |---|---|
//! | timers with equal deadlines | in the order in which they were set |
//! | the tasks of a [`TaskGroup`] that are cancelled together | in the order of creation; so are the exceptions that they raise in response |
//! | [`as_completed`] over futures that are done already | in the order of the arguments |
//! | the two lists of [`wait()`] | each in the order of the arguments |
//! | [`all_tasks`](crate::event_loop::all_tasks), and the tasks that a run cancels at its end | in the order of creation |
//! | equal items of a [`PriorityQueue`](crate::sync::PriorityQueue) | in the order in which they were put in |
//! | a cycle of tasks that wait for each other, cancelled (CPython: `RecursionError`) | the last task in the cycle gets the `Cancelled` |
//!
//! The [guide](crate::guide::from_asyncio) lists all deliberate differences from CPython.

mod arrivals;
mod as_completed;
mod gather;
mod shield;
mod task_group;
mod task_results;
mod timeout;
mod wait;
mod wait_for;

pub use crate::exception::ExceptionGroup;
pub use as_completed::{AsCompleted, AsCompletedIter, NextCompleted, as_completed};
pub use gather::{Gather, gather, gather_results};
pub use shield::shield;
pub use task_group::TaskGroup;
pub use task_results::TaskResults;
pub use timeout::{Timeout, timeout, timeout_at};
pub use wait::{AsFuture, ReturnWhen, Wait, wait};
pub use wait_for::wait_for;
