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
//! | | waits for | gives | when one fails | when the waiting task is cancelled |
//! |---|---|---|---|---|
//! | [`gather`] | all | the results, in order | gives that exception at once; the others run on | cancels all |
//! | [`gather_results`] | all | results and exceptions, in order | goes on | cancels all |
//! | [`wait()`] | all, the first, or the first exception | what is done and what is not | as was asked | cancels none |
//! | [`as_completed`] | one after the other | each when it is done | gives it as one of them | cancels none |
//! | [`TaskGroup`] | all, at the end of a block | the block's result | cancels the others, and gives all exceptions | cancels all |
//! | [`wait_for`], [`timeout`] | one, for a time | its result | gives its exception | cancels it |
//! | [`shield`] | one | its result | gives its exception | cancels nothing |
//!
//! # Where CPython's result is arbitrary
//!
//! asyncio keeps tasks in sets, and sets are iterated in an order that changes from run to run. Its heap of timers
//! compares deadlines only. What happens then is not specified; here it is always this:
//!
//! | what | here |
//! |---|---|
//! | timers of one deadline | in the order of setting |
//! | the members of a [`TaskGroup`] that are cancelled together | in the order of creation; so are the exceptions that they raise in answer |
//! | [`as_completed`] over what is done already | in the order given |
//! | the two lists of [`wait()`] | each in the order given |
//! | [`all_tasks`](crate::event_loop::all_tasks), and the tasks that a run cancels at its end | in the order of creation |
//! | equal items of a [`PriorityQueue`](crate::sync::PriorityQueue) | first come, first served |
//! | a circle of tasks that wait for each other, cancelled (CPython: `RecursionError`) | the last in the circle gets the `Cancelled` |

mod as_completed;
mod gather;
mod shield;
mod task_group;
mod timeout;
mod wait;

pub use crate::exception::ExceptionGroup;
pub use as_completed::{AsCompleted, as_completed};
pub use gather::{Gather, gather, gather_results};
pub use shield::shield;
pub use task_group::TaskGroup;
pub use timeout::{Timeout, timeout, timeout_at, wait_for};
pub use wait::{AsFuture, ReturnWhen, Wait, wait};
