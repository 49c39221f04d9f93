//! Queues with another order.

use std::{
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

use super::{
    fifo::Queue,
    items::{Heap, Items},
};

/// A [`Queue`] that returns the newest item first: Python's `asyncio.LifoQueue`.
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
pub struct LifoQueue<T: 'static>(Queue<T>);

impl<T> LifoQueue<T> {
    /// Creates a queue that holds any number of items.
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Creates a queue that holds at most `maxsize` items. A `maxsize` of 0 means no limit.
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self(Queue::of(Items::Lifo(Vec::new()), maxsize))
    }
}

/// A [`Queue`] that returns the smallest item first: Python's `asyncio.PriorityQueue`. Equal items are returned in the order in
/// which they were put in.
///
/// If the `Ord` of an item panics, the queue stays unchanged, and no item is lost. An `Ord` that uses the queue panics.
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
pub struct PriorityQueue<T: 'static>(Queue<T>);

impl<T: Ord> PriorityQueue<T> {
    /// Creates a queue that holds any number of items.
    pub fn new() -> Self {
        Self::with_maxsize(0)
    }

    /// Creates a queue that holds at most `maxsize` items. A `maxsize` of 0 means no limit.
    pub fn with_maxsize(maxsize: usize) -> Self {
        Self(Queue::of(Items::Smallest(Heap::new()), maxsize))
    }
}

macro_rules! is_a_queue {
    ($($name:ident $(: $ord:ident)?),+) => {
        $(
            /// The methods are those of a queue.
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

            #[doc = "Two handles are equal if they are handles to the same queue."]
            impl<T> PartialEq for $name<T> {
                fn eq(&self, other: &Self) -> bool {
                    self.0 == other.0
                }
            }

            impl<T> Eq for $name<T> {}

            impl<T> Hash for $name<T> {
                fn hash<H: Hasher>(&self, state: &mut H) {
                    self.0.hash(state);
                }
            }

            impl<T $(: $ord)?> Default for $name<T> {
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
