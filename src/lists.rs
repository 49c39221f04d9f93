//! Doubly linked lists that share one vector: appending, and removing from any place, take constant time.
//!
//! The timers are made of such lists, one for each bucket. A [`List`] is only the index of its first node, so a list
//! takes four bytes, and an empty one has no node.
//!
//! | a node is | `value` | `next` | `previous` |
//! |---|---|---|---|
//! | in a list | `Some` | the node after it; of the last node, the first | the node before it; of the first node, the last |
//! | free | `None` | the next free node, or `NONE` | its *stamp*, a number that the last owner left |
//! | retired | `None` | `NONE` | `RETIRED` |
//!
//! Invariant: every node is in exactly one list, or is reachable from `free`, or is retired.
//!
//! The vector never shrinks: what a rush of nodes took is kept for the next one. It is released when the [`Lists`] are
//! dropped. (Nodes are named by their index, so they cannot move, and the stamps have to survive.)

/// No node.
const NONE: u32 = u32::MAX;

/// The stamp of a node that is never used again.
pub(crate) const RETIRED: u32 = u32::MAX;

/// The nodes of any number of circular lists.
///
/// A node is named by its index, which stays the same until the node is removed. Then another value can get that index.
/// Whoever keeps an index for longer has to recognise its value, or to use stamps: see [`Lists::append_with`].
#[derive(Debug)]
pub(crate) struct Lists<T> {
    nodes: Vec<Node<T>>,
    free: u32,
    len: usize,
}

/// If `T` has a niche, such as a `NonZero`, the `Option` takes no memory of its own.
#[derive(Debug)]
struct Node<T> {
    value: Option<T>,
    next: u32,
    previous: u32,
}

/// The handle to one of the lists in a [`Lists`].
///
/// It is `Copy`, so that it fits anywhere. A copy is out of date once the list has another first node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    first: u32,
}

impl List {
    /// A list without nodes. All of them are equal, and belong to no `Lists` in particular.
    pub(crate) const EMPTY: Self = Self { first: NONE };

    /// Returns `true` if the list has no node.
    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// Returns the index of the first node.
    #[inline]
    pub(crate) fn first(self) -> Option<u32> {
        (!self.is_empty()).then_some(self.first)
    }
}

impl<T> Lists<T> {
    /// Creates a vector without nodes. It allocates nothing.
    pub(crate) const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            free: NONE,
            len: 0,
        }
    }

    /// Returns the number of nodes in all lists together.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the value of a node, or `None` if the node is in no list.
    #[inline]
    pub(crate) fn get(&self, node: u32) -> Option<&T> {
        self.nodes.get(node as usize)?.value.as_ref()
    }

    /// Appends a value to a list, and returns the index of its node.
    #[inline]
    #[cfg_attr(not(test), allow(dead_code, reason = "the timers need stamps"))]
    pub(crate) fn append(&mut self, list: &mut List, value: T) -> u32 {
        self.append_with(list, |_| value)
    }

    /// Appends a value that depends on the stamp of its node, and returns the index of the node.
    ///
    /// The stamp is the number that was passed when the last value of the node was [removed](Lists::remove_stamped). It
    /// is 0 if the node is new. An owner that counts the values of a node in its stamp can tell them apart.
    #[inline]
    pub(crate) fn append_with(&mut self, list: &mut List, value: impl FnOnce(u32) -> T) -> u32 {
        let node = self.free;
        let Some(place) = self.nodes.get_mut(node as usize) else {
            return self.append_new(list, value(0));
        };
        self.free = place.next;
        place.value = Some(value(place.previous));
        self.len += 1;
        self.link(list, node);
        node
    }

    #[cold]
    #[inline(never)]
    fn append_new(&mut self, list: &mut List, value: T) -> u32 {
        let node = u32::try_from(self.nodes.len())
            .ok()
            .filter(|&node| node != NONE)
            .expect("fewer than 2^32 nodes fit into memory");
        if self.nodes.len() == self.nodes.capacity() {
            // `Vec` would double. With millions of nodes half of that lies empty, and copying is cheap.
            self.nodes.reserve_exact((self.nodes.len() / 4).max(16));
        }
        self.nodes.push(Node {
            value: Some(value),
            next: NONE,
            previous: NONE,
        });
        self.len += 1;
        self.link(list, node);
        node
    }

    /// Removes a node, and returns its value.
    ///
    /// # Panics
    ///
    /// Panics if the node is in no list. If it is in another list than `list`, lists get mixed up.
    #[inline]
    #[cfg_attr(not(test), allow(dead_code, reason = "the timers need stamps"))]
    pub(crate) fn remove(&mut self, list: &mut List, node: u32) -> T {
        self.remove_stamped(list, node, |_| 0)
    }

    /// Like [`remove`](Lists::remove), but leaves a stamp, computed from the value, for the node's next value.
    ///
    /// A node with the stamp [`RETIRED`] never gets another value.
    #[inline]
    pub(crate) fn remove_stamped(
        &mut self,
        list: &mut List,
        node: u32,
        stamp: impl FnOnce(&T) -> u32,
    ) -> T {
        self.unlink(list, node);
        let place = &mut self.nodes[node as usize];
        let value = place.value.take().expect("the node is in a list");
        let stamp = stamp(&value);
        place.previous = stamp;
        place.next = NONE;
        if stamp != RETIRED {
            place.next = self.free;
            self.free = node;
        }
        self.len -= 1;
        value
    }

    /// Moves a node to the end of another list. Its index stays the same.
    #[inline]
    pub(crate) fn move_to(&mut self, from: &mut List, to: &mut List, node: u32) {
        self.unlink(from, node);
        self.link(to, node);
    }

    /// Iterates over the nodes of a list and their values, from the first to the last.
    #[inline]
    pub(crate) fn iter(&self, list: List) -> impl Iterator<Item = (u32, &T)> {
        let mut next = list.first();
        std::iter::from_fn(move || {
            let node = next?;
            let place = &self.nodes[node as usize];
            next = (place.next != list.first).then_some(place.next);
            Some((node, place.value.as_ref()?))
        })
    }

    #[inline]
    fn link(&mut self, list: &mut List, node: u32) {
        let (first, last) = match list.first() {
            Some(first) => {
                let last = std::mem::replace(&mut self.nodes[first as usize].previous, node);
                self.nodes[last as usize].next = node;
                (first, last)
            }
            None => {
                list.first = node;
                (node, node)
            }
        };
        let place = &mut self.nodes[node as usize];
        place.next = first;
        place.previous = last;
    }

    #[inline]
    fn unlink(&mut self, list: &mut List, node: u32) {
        let Node {
            ref value,
            next,
            previous,
        } = self.nodes[node as usize];
        // Before anything is changed: `previous` of a free node is no index.
        assert!(value.is_some(), "the node is in a list");
        if next == node {
            *list = List::EMPTY;
            return;
        }
        self.nodes[previous as usize].next = next;
        self.nodes[next as usize].previous = previous;
        if list.first == node {
            list.first = next;
        }
    }
}

#[cfg(test)]
impl<T> Lists<T> {
    pub(crate) const BYTES_PER_NODE: usize = size_of::<Node<T>>();

    /// Returns the number of nodes, whether or not they are in a list.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }
}

#[cfg(test)]
mod tests;
