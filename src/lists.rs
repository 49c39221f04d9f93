//! Doubly linked lists that share one vector: appending, and removing from any place, take constant time.
//!
//! The timers are made of such lists, one for each bucket. A [`List`] is only the index of its first node, so a list
//! takes four bytes, and an empty one has no node.
//!
//! | a node is | its value | `next` | `previous` |
//! |---|---|---|---|
//! | in a list | `Some` | the node after it; of the last node, the first | the node before it; of the first node, the last |
//! | free | `None` | the next free node, or `NONE` | its *stamp*, a number that the last owner left |
//! | retired | `None` | `NONE` | `RETIRED` |
//!
//! Invariant: every node is in exactly one list, or is reachable from `free`, or is retired.
//!
//! The memory of a rush of nodes is kept for the next one, and released when the [`Lists`] are dropped. It could not be
//! released earlier: nodes are named by their index, so they cannot move, and their stamps have to survive.
//!
//! Strictly, these are two vectors, one of links and one of values. Walking a long list is bound by cache misses, because
//! each link is known only after the one before it. A cache line has eight links, but only two nodes with a value of 24
//! bytes. And the misses of the values do not depend on each other.

/// No node.
const NONE: u32 = u32::MAX;

/// The stamp of a node that is never used again.
pub(crate) const RETIRED: u32 = u32::MAX;

const IN_A_LIST: &str = "the node is in a list";

/// The nodes of any number of circular lists.
///
/// A node is named by its index, which stays the same until the node is removed. Then another value can get that index.
/// Whoever keeps an index for longer has to recognise its value, or to use stamps: see [`Lists::append_with`].
#[derive(Debug)]
pub(crate) struct Lists<T> {
    links: Vec<Link>,
    /// The values of the nodes. If `T` has a niche, such as a `NonZero`, the `Option` takes no memory of its own.
    values: Vec<Option<T>>,
    free: u32,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Link {
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
            links: Vec::new(),
            values: Vec::new(),
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
        self.values.get(node as usize)?.as_ref()
    }

    /// Returns the value of a node, or `None` if the node is in no list.
    #[inline]
    pub(crate) fn get_mut(&mut self, node: u32) -> Option<&mut T> {
        self.values.get_mut(node as usize)?.as_mut()
    }

    /// Appends a value to a list, and returns the index of its node.
    #[inline]
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
        let Some(&Link { next, previous }) = self.links.get(node as usize) else {
            return self.append_new(list, value(0));
        };
        self.free = next;
        self.values[node as usize] = Some(value(previous));
        self.len += 1;
        self.link(list, node);
        node
    }

    #[cold]
    #[inline(never)]
    fn append_new(&mut self, list: &mut List, value: T) -> u32 {
        let node = u32::try_from(self.links.len())
            .ok()
            .filter(|&node| node != NONE)
            .expect("fewer than 2^32 nodes fit into memory");
        push(&mut self.values, Some(value));
        push(
            &mut self.links,
            Link {
                next: NONE,
                previous: NONE,
            },
        );
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
    pub(crate) fn remove(&mut self, list: &mut List, node: u32) -> T {
        self.remove_stamped(list, node, |_| 0)
    }

    /// Like [`remove`](Lists::remove), but leaves a stamp for the next value of the node. The stamp is computed
    /// from the removed value.
    ///
    /// A node with the stamp [`RETIRED`] never gets another value.
    #[inline(always)] // Otherwise the value goes through memory, which costs 15 instructions a timer.
    pub(crate) fn remove_stamped(
        &mut self,
        list: &mut List,
        node: u32,
        stamp: impl FnOnce(&T) -> u32,
    ) -> T {
        let place = &mut self.values[node as usize];
        // Before anything else: `previous` of a free node is no index, and following it would mix up lists.
        let stamp = stamp(place.as_ref().expect(IN_A_LIST));
        unlink(&mut self.links, list, node);
        let link = &mut self.links[node as usize];
        link.previous = stamp;
        link.next = NONE;
        if stamp != RETIRED {
            link.next = self.free;
            self.free = node;
        }
        self.len -= 1;
        place.take().expect(IN_A_LIST) // the last of all, so that the value is moved only once
    }

    /// Moves a node to the end of another list. Its index stays the same.
    ///
    /// # Panics
    ///
    /// Panics if the node is in no list. If it is in another list than `from`, lists get mixed up.
    #[inline]
    #[cfg_attr(not(test), allow(dead_code, reason = "the timers move whole lists"))]
    pub(crate) fn move_to(&mut self, from: &mut List, to: &mut List, node: u32) {
        assert!(self.get(node).is_some(), "{IN_A_LIST}");
        unlink(&mut self.links, from, node);
        self.link(to, node);
    }

    /// Moves all nodes of a list to the ends of other lists, in their order. `to` chooses one of `lists` for each value.
    ///
    /// Unlike repeated [`move_to`](Lists::move_to), it writes no link that the next step overwrites. No choice can be the
    /// list itself, which is out of date afterwards.
    #[inline]
    pub(crate) fn distribute(
        &mut self,
        list: List,
        lists: &mut [List],
        mut to: impl FnMut(&T) -> usize,
    ) {
        let Some(first) = list.first() else { return };
        let mut node = first;
        loop {
            let next = self.links[node as usize].next;
            let to = to(self.values[node as usize].as_ref().expect(IN_A_LIST));
            self.link(&mut lists[to], node);
            if next == first {
                return;
            }
            node = next;
        }
    }

    /// Returns the node after `node`, which is in `list`. `None` if it is the last one.
    #[inline]
    pub(crate) fn after(&self, list: List, node: u32) -> Option<u32> {
        let next = self.links.get(node as usize)?.next;
        (next != list.first).then_some(next)
    }

    /// Iterates over the nodes of a list and their values, from the first to the last.
    #[inline]
    pub(crate) fn iter(&self, list: List) -> impl Iterator<Item = (u32, &T)> {
        let mut next = list.first();
        std::iter::from_fn(move || {
            let node = next?;
            let after = self.links[node as usize].next;
            next = (after != list.first).then_some(after);
            Some((node, self.get(node)?))
        })
    }

    #[inline]
    fn link(&mut self, list: &mut List, node: u32) {
        let (first, last) = match list.first() {
            Some(first) => {
                let last = std::mem::replace(&mut self.links[first as usize].previous, node);
                self.links[last as usize].next = node;
                (first, last)
            }
            None => {
                list.first = node;
                (node, node)
            }
        };
        let place = &mut self.links[node as usize];
        place.next = first;
        place.previous = last;
    }
}

#[inline]
fn unlink(links: &mut [Link], list: &mut List, node: u32) {
    let Link { next, previous } = links[node as usize];
    if next == node {
        *list = List::EMPTY;
        return;
    }
    links[previous as usize].next = next;
    links[next as usize].previous = previous;
    if list.first == node {
        list.first = next;
    }
}

/// Appends to a vector, which grows by a quarter.
///
/// `Vec` itself would double. With millions of nodes half of that lies empty, and copying is cheap.
pub(crate) fn push<T>(to: &mut Vec<T>, value: T) {
    if to.len() == to.capacity() {
        to.reserve_exact((to.len() / 4).max(16));
    }
    to.push(value);
}

#[cfg(test)]
impl<T> Lists<T> {
    pub(crate) const BYTES_PER_NODE: usize = size_of::<Link>() + size_of::<Option<T>>();

    /// Returns the number of nodes, whether or not they are in a list.
    pub(crate) fn nodes(&self) -> usize {
        self.links.len()
    }
}

#[cfg(test)]
mod tests;
