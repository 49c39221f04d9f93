//! Synchronisation between tasks: asyncio's locks, events, conditions, semaphores, barriers and queues.
//!
//! ```
//! use tminus::{Exception, TaskGroup, run, sync::Queue};
//!
//! let total = run(async {
//!     let numbers = Queue::with_maxsize(2);
//!     let group = TaskGroup::new();
//!     let total = group
//!         .run(async {
//!             let (source, sink) = (numbers.clone(), numbers);
//!             group.create_task(async move {
//!                 for n in 1..=10 {
//!                     source.put(n).await?; // waits while the queue holds two
//!                 }
//!                 source.shutdown();
//!                 Ok(())
//!             })?;
//!             group.create_task(async move {
//!                 let mut total = 0;
//!                 while let Ok(n) = sink.get().await {
//!                     total += n;
//!                 }
//!                 Ok(total)
//!             })
//!         })
//!         .await?;
//!     total.result()
//! })?;
//! assert_eq!(total, 55);
//! # Ok::<(), Exception>(())
//! ```
//!
//! A lock, event, queue and so on belongs to the event loop in which a task first waited for it. Before that, it can be used in
//! any loop, and created without one. Clones are handles to the same lock, event or queue. Handles are equal if they are handles
//! to the same object, as in Python.
//!
//! # Order
//!
//! Waiting tasks are served in the order in which they arrived. A released [`Lock`] or [`Semaphore`] permit goes to the task
//! that has waited longest, and no later task can overtake this task. If the first waiter needs several permits and only one is
//! free, even a task that needs a single permit waits. A [`Queue`] is different, as in asyncio: an item belongs to the first
//! task that asks for it. If another task takes the item before the woken task runs, the woken task keeps waiting.
//!
//! Acquiring a free lock or permit does not suspend the task. `try_acquire` never suspends, and fails if other tasks are
//! already waiting.
//!
//! A task that is cancelled while it waits leaves its place. If the task was woken already, the next task is woken instead. The
//! same happens if the future that the task awaits is dropped. So no permit and no item is lost, and none exists twice.
//!
//! # Guards
//!
//! Acquiring a lock or a permit returns a guard, which releases it when dropped: Python's `async with`. To release it
//! elsewhere, [`forget`](LockGuard::forget) the guard, and call [`release`](Lock::release) there.

mod barrier;
mod condition;
mod event;
mod identity;
mod in_line;
mod lock;
mod queue;
mod semaphore;
mod truthy;
mod waiters;

pub use barrier::Barrier;
pub use condition::Condition;
pub use event::Event;
pub use lock::{Lock, LockGuard};
pub use queue::{LifoQueue, PriorityQueue, Queue, QueueStream};
pub use semaphore::{BoundedSemaphore, Permit, Semaphore};
pub use truthy::Truthy;

pub(crate) use waiters::{HasWaiters, Place, Waiters};
