//! Handing things over.

use std::{
    cell::{Cell, RefCell},
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    fmt,
    ops::Deref,
    rc::Rc,
};

use super::{
    Event,
    line::{Line, Waited, wait_in_line},
};
use crate::{Exception, Kind, event_loop::Reason};

/// Items that some tasks put in and others get out, first in, first out: Python's `asyncio.Queue`. Clones are the same queue.
///
/// See the [module](crate::sync) for a producer and a consumer.
pub struct Queue<T>(Rc<Inner<T>>);

struct Inner<T> {
    items: RefCell<Box<dyn Items<T>>>,
    /// How many items there is room for; 0 for any number.
    maxsize: usize,
    getters: Line,
    putters: Line,
    /// How many items were put in and are not [done](Queue::task_done).
    unfinished: Cell<usize>,
    /// Set while there are none.
    finished: Event,
    shut_down: Cell<bool>,
}

impl<T: 'static> Queue<T> {
    /// One with room for any number of items.
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// One with room for so many items; 0 for any number.
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self::of(VecDeque::new(), maxsize)
    }
}

impl<T> Queue<T> {
    fn of(items: impl Items<T> + 'static, maxsize: usize) -> Self {
        let finished = Event::new();
        finished.set();
        Self(Rc::new(Inner {
            items: RefCell::new(Box::new(items)),
            maxsize,
            getters: Line::default(),
            putters: Line::default(),
            unfinished: Cell::new(0),
            finished,
            shut_down: Cell::new(false),
        }))
    }

    /// How many items are in it.
    pub fn qsize(&self) -> usize {
        self.0.items.borrow().len()
    }

    /// How many items there is room for; 0 for any number.
    pub fn maxsize(&self) -> usize {
        self.0.maxsize
    }

    /// Whether no item is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.0.is_full()
    }

    /// Waits for room, and puts an item in.
    ///
    /// # Errors
    ///
    /// `QueueShutDown` where it is shut down, before or meanwhile; `Cancelled` where the task is cancelled meanwhile;
    /// `RuntimeError` where it has to wait, and no loop runs. The item is dropped then.
    pub fn put(&self, item: T) -> impl Future<Output = Result<(), Exception>> + use<T> {
        let queue = self.clone();
        async move {
            while queue.is_full() {
                queue.0.refuse_if_shut_down()?;
                wait_in_line(
                    &Putters(&queue.0),
                    Reason::Sync(&("queue", "room in a queue")),
                )
                .await?;
            }
            queue.put_nowait(item)
        }
    }

    /// Puts an item in.
    ///
    /// # Errors
    ///
    /// `QueueFull` where there is no room, and `QueueShutDown`. The item is dropped then: to keep it, ask
    /// [`is_full`](Queue::is_full) before.
    pub fn put_nowait(&self, item: T) -> Result<(), Exception> {
        self.0.refuse_if_shut_down()?;
        if self.is_full() {
            return Err(Kind::QueueFull.into());
        }
        self.0.items.borrow_mut().put(item);
        self.0.unfinished.set(self.0.unfinished.get() + 1);
        self.0.finished.clear();
        self.0.getters.wake_next();
        Ok(())
    }

    /// Waits for an item, and gets it out.
    ///
    /// # Errors
    ///
    /// `QueueShutDown` where it is shut down, before or meanwhile, and empty; `Cancelled` where the task is cancelled
    /// meanwhile; `RuntimeError` where it has to wait, and no loop runs.
    pub fn get(&self) -> impl Future<Output = Result<T, Exception>> + use<T> {
        let queue = self.clone();
        async move {
            while queue.is_empty() {
                queue.0.refuse_if_shut_down()?;
                wait_in_line(
                    &Getters(&queue.0),
                    Reason::Sync(&("queue", "an item of a queue")),
                )
                .await?;
            }
            queue.get_nowait()
        }
    }

    /// Gets an item out.
    ///
    /// # Errors
    ///
    /// `QueueEmpty` where there is none; `QueueShutDown` where there never will be.
    pub fn get_nowait(&self) -> Result<T, Exception> {
        let item = self.0.items.borrow_mut().take();
        let Some(item) = item else {
            self.0.refuse_if_shut_down()?;
            return Err(Kind::QueueEmpty.into());
        };
        self.0.putters.wake_next();
        Ok(item)
    }

    /// Says that the work on an item is done that was got before, for who waits in [`join`](Queue::join).
    ///
    /// # Errors
    ///
    /// `ValueError` where it is said more often than items were put in.
    pub fn task_done(&self) -> Result<(), Exception> {
        let Some(left) = self.0.unfinished.get().checked_sub(1) else {
            return Err(Exception::new(
                Kind::ValueError,
                "task_done() called too many times",
            ));
        };
        self.0.are_left(left);
        Ok(())
    }

    /// Waits until the work on each item that was put in is [done](Queue::task_done).
    ///
    /// # Errors
    ///
    /// `Cancelled` where the task is cancelled meanwhile; `RuntimeError` where it has to wait, and no loop runs.
    pub fn join(&self) -> impl Future<Output = Result<(), Exception>> + use<T> {
        self.0
            .finished
            .wait_for(Reason::Sync(&("queue", "the work on the items of a queue")))
    }

    /// Shuts it down: nothing can be put in any more, and once what is in it was got, nothing can be got. Those who wait for
    /// that are told.
    pub fn shutdown(&self) {
        self.0.shut_down.set(true);
        // Each looks again, and finds that it is shut down.
        self.0.getters.wake_all();
        self.0.putters.wake_all();
    }

    /// Shuts it down, and drops what is in it, as if the work on that were done. Python's `shutdown(immediate=True)`.
    pub fn shutdown_immediate(&self) {
        self.0.shut_down.set(true);
        while let Some(item) = { self.0.items.borrow_mut().take() } {
            drop(item);
            self.0.are_left(self.0.unfinished.get().saturating_sub(1));
        }
        self.shutdown();
    }
}

impl<T> Inner<T> {
    fn is_empty(&self) -> bool {
        self.items.borrow().len() == 0
    }

    fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items.borrow().len() >= self.maxsize
    }

    fn refuse_if_shut_down(&self) -> Result<(), Exception> {
        match self.shut_down.get() {
            true => Err(Kind::QueueShutDown.into()),
            false => Ok(()),
        }
    }

    fn are_left(&self, unfinished: usize) {
        self.unfinished.set(unfinished);
        if unfinished == 0 {
            self.finished.set();
        }
    }
}

/// Those who wait for an item.
struct Getters<'a, T>(&'a Inner<T>);

impl<T> Waited for Getters<'_, T> {
    fn line(&self) -> &Line {
        &self.0.getters
    }

    fn gave_up(&self, woken: bool) {
        if woken && !self.0.is_empty() {
            self.0.getters.wake_next();
        }
    }
}

/// Those who wait for room.
struct Putters<'a, T>(&'a Inner<T>);

impl<T> Waited for Putters<'_, T> {
    fn line(&self) -> &Line {
        &self.0.putters
    }

    fn gave_up(&self, woken: bool) {
        if woken && !self.0.is_full() {
            self.0.putters.wake_next();
        }
    }
}

/// What keeps the items, and says which is next.
trait Items<T> {
    fn put(&mut self, item: T);

    fn take(&mut self) -> Option<T>;

    fn len(&self) -> usize;
}

impl<T> Items<T> for VecDeque<T> {
    fn put(&mut self, item: T) {
        self.push_back(item);
    }

    fn take(&mut self) -> Option<T> {
        self.pop_front()
    }

    fn len(&self) -> usize {
        self.len()
    }
}

impl<T> Items<T> for Vec<T> {
    fn put(&mut self, item: T) {
        self.push(item);
    }

    fn take(&mut self) -> Option<T> {
        self.pop()
    }

    fn len(&self) -> usize {
        self.len()
    }
}

/// The smallest is next; of equal ones, the first.
struct Heap<T> {
    heap: BinaryHeap<Reverse<(T, u64)>>,
    put: u64,
}

impl<T: Ord> Items<T> for Heap<T> {
    fn put(&mut self, item: T) {
        self.heap.push(Reverse((item, self.put)));
        self.put += 1;
    }

    fn take(&mut self) -> Option<T> {
        self.heap.pop().map(|Reverse((item, _))| item)
    }

    fn len(&self) -> usize {
        self.heap.len()
    }
}

/// A [`Queue`] that gives the last item that was put in: Python's `asyncio.LifoQueue`.
///
/// ```
/// use tminus::{Exception, sync::LifoQueue};
///
/// let pages = LifoQueue::new();
/// pages.put_nowait("index")?;
/// pages.put_nowait("news")?;
/// assert_eq!(pages.get_nowait()?, "news");
/// # Ok::<(), Exception>(())
/// ```
pub struct LifoQueue<T>(Queue<T>);

impl<T: 'static> LifoQueue<T> {
    /// One with room for any number of items.
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// One with room for so many items; 0 for any number.
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self(Queue::of(Vec::new(), maxsize))
    }
}

/// A [`Queue`] that gives the smallest item that is in it, and of equal ones the first: Python's `asyncio.PriorityQueue`.
///
/// ```
/// use tminus::{Exception, sync::PriorityQueue};
///
/// let to_do = PriorityQueue::new();
/// to_do.put_nowait((2, "refuel"))?;
/// to_do.put_nowait((1, "put the fire out"))?;
/// assert_eq!(to_do.get_nowait()?, (1, "put the fire out"));
/// # Ok::<(), Exception>(())
/// ```
pub struct PriorityQueue<T>(Queue<T>);

impl<T: Ord + 'static> PriorityQueue<T> {
    /// One with room for any number of items.
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// One with room for so many items; 0 for any number.
    pub fn with_maxsize(maxsize: usize) -> Self {
        let heap = BinaryHeap::new();
        Self(Queue::of(Heap { heap, put: 0 }, maxsize))
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("qsize", &self.qsize())
            .field("maxsize", &self.maxsize())
            .field("unfinished", &self.0.unfinished.get())
            .field("shut_down", &self.0.shut_down.get())
            .finish()
    }
}

macro_rules! is_a_queue {
    ($($name:ident $(: $ord:ident)?),+) => {
        $(
            /// It is a queue.
            impl<T> Deref for $name<T> {
                type Target = Queue<T>;

                fn deref(&self) -> &Queue<T> {
                    &self.0
                }
            }

            impl<T> Clone for $name<T> {
                fn clone(&self) -> Self {
                    Self(self.0.clone())
                }
            }

            impl<T: $($ord +)? 'static> Default for $name<T> {
                fn default() -> Self {
                    Self::new()
                }
            }

            impl<T> fmt::Debug for $name<T> {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.debug_tuple(stringify!($name)).field(&self.0).finish()
                }
            }
        )+
    };
}

is_a_queue!(LifoQueue, PriorityQueue: Ord);
