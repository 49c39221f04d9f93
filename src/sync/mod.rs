//! Taking turns: asyncio's locks, events, conditions, semaphores, barriers and queues.
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
//!                     source.put(n).await?; // waits while two are in it
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
//! All of them are for the tasks of one loop; clones are the same lock, event, queue and so on. None needs a loop to be made.
//!
//! # Turns
//!
//! Who waits is served in the order of coming. A [`Lock`] or a permit of a [`Semaphore`] that is released goes to who waits
//! first, and nobody who comes later is served before. (Of a [`Queue`], as in asyncio, an item goes to who asks first once it is
//! there: a task that runs before the woken one may take it, and that waits on.) What is free is had at once, without giving
//! way.
//!
//! A task that is cancelled while it waits leaves its place. If it was woken already, its turn goes to the next. The same
//! holds where what it awaits is dropped. So no permit and no item is lost, and none is given twice.
//!
//! # Guards
//!
//! A lock or a permit is had as a guard, which gives it back when it is dropped: Python's `async with`. To give it back
//! elsewhere, [`forget`](LockGuard::forget) the guard, and call [`release`](Lock::release) there.

mod barrier;
mod condition;
mod event;
mod line;
mod lock;
mod queue;
mod semaphore;

pub use barrier::Barrier;
pub use condition::Condition;
pub use event::Event;
pub use lock::{Lock, LockGuard};
pub use queue::{LifoQueue, PriorityQueue, Queue};
pub use semaphore::{BoundedSemaphore, Permit, Semaphore};
