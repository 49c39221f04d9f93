//! The public queue. Queues with another order are this queue with other items.

use std::{collections::VecDeque, fmt, rc::Rc};

use super::{
    super::{identity::compares_by_identity, in_line::wait_in_line, waiters::WaitEnd},
    items::Items,
    state::{Inner, Joiners, THE_WORK},
    stream::QueueStream,
    transfer::{Get, Put},
};
use crate::{Exception, Kind, event_loop::WaitKind};

/// A first-in, first-out queue through which tasks pass items to each other: Python's `asyncio.Queue`. Clones are handles to
/// the same queue.
///
/// If the queue has a maximum size, [`put`](Queue::put) waits while the queue is full. Any number of tasks can put items in and
/// take items out.
///
/// A panic in the `Drop` of an item that is left in the queue is logged through `tracing`, and goes no further.
///
/// The [module](crate::sync) shows a producer and a consumer in a task group. Here the consumer reports the work on each item:
///
/// ```
/// use tminus::{Exception, run, spawn, sync::Queue};
///
/// let fuelled = run(async {
///     let (stages, mut fuelled) = (Queue::new(), Vec::new());
///     let crew = stages.clone();
///     let crew = spawn(async move {
///         while let Ok(stage) = crew.get().await {
///             fuelled.push(stage);
///             crew.task_done()?;
///         }
///         Ok(fuelled)
///     })?;
///     stages.put("booster").await?;
///     stages.put("orbiter").await?;
///     stages.join().await?; // both are fuelled
///     stages.shutdown(); // with which the crew's `get` fails
///     crew.await
/// })?;
/// assert_eq!(fuelled, ["booster", "orbiter"]);
/// # Ok::<(), Exception>(())
/// ```
pub struct Queue<T: 'static>(Rc<Inner<T>>);

compares_by_identity!(Queue<T>, "queue");

impl<T> Queue<T> {
    /// Creates a queue that holds any number of items.
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Creates a queue that holds at most `maxsize` items. A `maxsize` of 0 means no limit.
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self::of(Items::Fifo(VecDeque::new()), maxsize)
    }

    pub(super) fn of(items: Items<T>, maxsize: usize) -> Self {
        Self(Rc::new(Inner::new(items, maxsize)))
    }

    /// Returns the number of items in the queue, like [`len`](Queue::len): Python's `asyncio.Queue.qsize`.
    pub fn qsize(&self) -> usize {
        self.len()
    }

    /// Returns the number of items in the queue.
    pub fn len(&self) -> usize {
        self.0.items().len()
    }

    /// Returns the number of items that the queue can hold. 0 means that there is no limit.
    pub fn maxsize(&self) -> usize {
        self.0.maxsize()
    }

    /// Returns `true` if the queue holds no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns `true` if the queue holds as many items as it can.
    pub fn is_full(&self) -> bool {
        self.0.is_full()
    }

    /// Puts an item into the queue, and waits for room if the queue is full.
    ///
    /// # Errors
    ///
    /// In each case, the item is dropped.
    ///
    /// - `QueueShutDown` if the queue is shut down, also while the task waits.
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or the queue belongs to
    ///   another loop.
    pub fn put(&self, item: T) -> impl Future<Output = Result<(), Exception>> + use<T> {
        Put::new(self.0.clone(), item)
    }

    /// Puts an item into the queue without waiting.
    ///
    /// # Errors
    ///
    /// In each case, the item is dropped. To keep it, check [`is_full`](Queue::is_full) before.
    ///
    /// - `QueueShutDown` if the queue is shut down.
    /// - `QueueFull` if the queue is full.
    pub fn put_nowait(&self, item: T) -> Result<(), Exception> {
        self.0.refuse_if_shut_down()?;
        if self.0.is_full() {
            return Err(Kind::QueueFull.into());
        }
        self.0.put(item);
        Ok(())
    }

    /// Takes the next item out of the queue, and waits for one if the queue is empty.
    ///
    /// # Errors
    ///
    /// - `QueueShutDown` if the queue is empty and shut down, also while the task waits.
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or the queue belongs to
    ///   another loop.
    #[inline]
    pub fn get(&self) -> impl Future<Output = Result<T, Exception>> + use<T> {
        Get::new(self.0.clone())
    }

    /// Takes the next item out of the queue, as [`get`](Queue::get) does, or returns `None` if the queue is empty and
    /// [shut down](Queue::shutdown). Several tasks can wait: each item goes to one of them.
    ///
    /// ```
    /// use tminus::{Exception, run, spawn, sync::Queue};
    ///
    /// run(async {
    ///     let jobs = Queue::new();
    ///     let queue = jobs.clone();
    ///     let worker = spawn(async move {
    ///         let mut done = Vec::new();
    ///         while let Some(job) = queue.next().await? {
    ///             done.push(job);
    ///             queue.task_done()?;
    ///         }
    ///         Ok(done)
    ///     })?;
    ///     for job in ["fuel", "ignite"] {
    ///         jobs.put(job).await?;
    ///     }
    ///     jobs.shutdown();
    ///     assert_eq!(worker.await?, ["fuel", "ignite"]);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Exception>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or the queue belongs to
    ///   another loop.
    pub fn next(&self) -> impl Future<Output = Result<Option<T>, Exception>> + use<T> {
        let get = self.get();
        async {
            match get.await {
                Err(exception) if exception.kind() == Kind::QueueShutDown => Ok(None),
                item => item.map(Some),
            }
        }
    }

    /// Takes the next item out of the queue without waiting.
    ///
    /// # Errors
    ///
    /// - `QueueEmpty` if the queue is empty.
    /// - `QueueShutDown` if the queue is empty and shut down.
    pub fn get_nowait(&self) -> Result<T, Exception> {
        if let Some(item) = self.0.take() {
            return Ok(item);
        }
        self.0.refuse_if_shut_down()?;
        Err(Kind::QueueEmpty.into())
    }

    /// Returns a stream that takes items out of the queue, as [`get`](Queue::get) does. The stream ends when the queue is empty and
    /// [shut down](Queue::shutdown).
    ///
    /// Each item of the stream is a `Result`, because the task can be cancelled while it waits. See [`QueueStream`].
    ///
    /// ```
    /// use tminus::{Exception, next, run, spawn, sync::Queue};
    ///
    /// let total = run(async {
    ///     let numbers = Queue::new();
    ///     let mut stream = numbers.stream();
    ///     let source = spawn(async move {
    ///         for n in 1..=10 {
    ///             numbers.put(n).await?;
    ///         }
    ///         numbers.shutdown();
    ///         Ok(())
    ///     })?;
    ///     let mut total = 0;
    ///     while let Some(n) = next(&mut stream).await {
    ///         total += n?;
    ///     }
    ///     source.await?;
    ///     Ok(total)
    /// })?;
    /// assert_eq!(total, 55);
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn stream(&self) -> QueueStream<T> {
        QueueStream::new(self.0.clone())
    }

    /// Reports that one item taken from the queue has been processed: Python's `asyncio.Queue.task_done`.
    ///
    /// A consumer calls this once for each item, when the work on the item is done. [`join`](Queue::join) waits
    /// until there has been one call for every item put into the queue.
    ///
    /// # Errors
    ///
    /// - `ValueError` if it is called more times than items were put into the queue.
    pub fn task_done(&self) -> Result<(), Exception> {
        let Some(left) = self.0.unfinished().checked_sub(1) else {
            return Err(Exception::new(
                Kind::ValueError,
                "task_done() called too many times",
            ));
        };
        self.0.are_left(left);
        Ok(())
    }

    /// Waits until the work on every item that was put into the queue is [done](Queue::task_done).
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread or the queue belongs to
    ///   another loop.
    pub fn join(&self) -> impl Future<Output = Result<(), Exception>> + use<T> {
        let queue = self.0.clone();
        async move {
            // It does not look again once it is woken: as in asyncio, the work was done at that time, whatever was put since.
            while queue.unfinished() > 0 {
                let wait = WaitKind::Line(&THE_WORK);
                if wait_in_line(&Joiners(&queue), wait).await? == WaitEnd::Woken {
                    break;
                }
            }
            Ok(())
        }
    }

    /// Shuts down the queue. [`put`](Queue::put) now fails with `QueueShutDown`. [`get`](Queue::get) returns the remaining
    /// items and then fails, too. Tasks waiting in either are woken.
    pub fn shutdown(&self) {
        self.0.shuts_down();
    }

    /// Shuts down the queue as [`shutdown`](Queue::shutdown) does, and drops the items in it, as if the work on them were done:
    /// Python's `shutdown(immediate=True)`.
    pub fn shutdown_immediate(&self) {
        self.0.shuts_down_immediately();
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("qsize", &self.qsize())
            .field("maxsize", &self.maxsize())
            .field("unfinished", &self.0.unfinished())
            .field("shut_down", &self.0.is_shut_down())
            .finish()
    }
}
