//! What keeps the items of a queue, and says which is next.
//!
//! Two kinds of foreign code can run here: `Ord` and `Drop` of the items. Both can panic, and both can use the queue.
//!
//! - `Ord` runs before anything is moved: first the place is found, and then the moves are made. So a panic in `Ord` leaves the
//!   items as they were. (The standard library's `BinaryHeap` moves first. If `Ord` panics in its `pop`, an item is lost.)
//! - An item that is put stays with the caller while it is compared. If the comparison panics, the item is dropped when the
//!   items are no longer borrowed.
//! - What is dropped is taken out before.

use std::{cmp::Ordering, collections::VecDeque, mem};

use crate::dropping::drop_in_turn_and_report;

#[repr(u8)] // A tag of its own: if it lay in one of the capacities, each access would take five instructions more to decode it.
pub(super) enum Items<T> {
    /// The first that was put in is next.
    Fifo(VecDeque<T>),
    /// The last that was put in is next.
    Lifo(Vec<T>),
    /// The smallest is next.
    Smallest(Heap<T>),
}

impl<T> Items<T> {
    #[inline]
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Fifo(items) => items.len(),
            Self::Lifo(items) => items.len(),
            Self::Smallest(heap) => heap.items.len(),
        }
    }

    #[inline]
    pub(super) fn put(&mut self, item: T, place: usize) {
        match self {
            Self::Fifo(items) => items.push_back(item),
            Self::Lifo(items) => items.push(item),
            Self::Smallest(heap) => heap.put(item, place),
        }
    }

    /// Finds the place to [put](Items::put) an item. Only a heap has more than one.
    #[inline]
    pub(super) fn place_for(&self, item: &T) -> usize {
        match self {
            Self::Fifo(_) | Self::Lifo(_) => 0,
            Self::Smallest(heap) => heap.place_for(item),
        }
    }

    /// Takes the next item out.
    #[inline]
    pub(super) fn take(&mut self) -> Option<T> {
        match self {
            Self::Fifo(items) => items.pop_front(),
            Self::Lifo(items) => items.pop(),
            Self::Smallest(heap) => heap.take(),
        }
    }

    /// Takes all items out: the next one first, except for those of a heap, which are in no particular order, because nothing
    /// is compared.
    pub(super) fn take_all(&mut self) -> Vec<T> {
        match self {
            Self::Fifo(items) => mem::take(items).into(),
            Self::Lifo(items) => items.drain(..).rev().collect(),
            Self::Smallest(heap) => {
                let numbered = mem::take(&mut heap.items).into_iter();
                numbered.map(|(item, _)| item).collect()
            }
        }
    }
}

/// Drops items one by one. Two panics in the drop of one collection would abort the process.
pub(super) fn drop_each<T: 'static>(items: Vec<T>) {
    if mem::needs_drop::<T>() {
        items.into_iter().for_each(drop_in_turn_and_report);
    }
}

/// A binary heap. Of equal items, the one that was put in first is next.
pub(super) struct Heap<T> {
    /// The items with their numbers. No item is smaller than its parent. The parent of the item at `i` is at `(i - 1) / 2`.
    items: Vec<(T, u64)>,
    /// The number of the next item.
    next: u64,
    /// `Ord::cmp` of the items. Kept here, because the other queues have items that are not `Ord`.
    compare: fn(&T, &T) -> Ordering,
}

impl<T: Ord> Heap<T> {
    pub(super) fn new() -> Self {
        Self {
            items: Vec::new(),
            next: 0,
            compare: T::cmp,
        }
    }
}

impl<T> Heap<T> {
    /// Finds the place for a new item: the end, or the place of one of the parents of the end.
    #[inline(never)]
    fn place_for(&self, item: &T) -> usize {
        let mut place = self.items.len();
        // It has the largest number, so among equals it stays below.
        while place > 0 && (self.compare)(item, &self.items[parent(place)].0).is_lt() {
            place = parent(place);
        }
        place
    }

    #[inline(never)] // so that it does not take registers from the other queues
    fn put(&mut self, item: T, place: usize) {
        let mut at = self.items.len();
        self.items.push((item, self.next));
        self.next += 1;
        while at > place {
            self.items.swap(at, parent(at));
            at = parent(at);
        }
    }

    #[inline(never)]
    fn take(&mut self) -> Option<T> {
        let place = self.place_for_the_last();
        let mut moved = self.items.pop()?;
        // Along the way from that place to the root, each item moves to its parent's place, and the root comes out.
        let mut at = place;
        while let Some(item) = self.items.get_mut(at) {
            mem::swap(item, &mut moved);
            if at == 0 {
                break;
            }
            at = parent(at);
        }
        Some(moved.0)
    }

    /// Finds the place for the last item when the root has left. From the root, the smaller child moves up each time, until both
    /// children are larger than the last item.
    fn place_for_the_last(&self) -> usize {
        let mut place = 0;
        let Some(last) = self.items.len().checked_sub(1) else {
            return place;
        };
        loop {
            let mut child = 2 * place + 1;
            if child >= last {
                return place;
            }
            if child + 1 < last && self.is_before(child + 1, child) {
                child += 1;
            }
            if !self.is_before(child, last) {
                return place;
            }
            place = child;
        }
    }

    fn is_before(&self, one: usize, other: usize) -> bool {
        let [(one, number), (other, other_number)] = [&self.items[one], &self.items[other]];
        (self.compare)(one, other)
            .then(number.cmp(other_number))
            .is_lt()
    }
}

fn parent(place: usize) -> usize {
    (place - 1) / 2
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        panic::{AssertUnwindSafe, catch_unwind},
        rc::Rc,
    };

    use super::*;

    /// Compared by `key` only. Panics when the given number of comparisons has been made.
    #[derive(Clone)]
    struct Fragile {
        key: u32,
        number: u32,
        left: Rc<Cell<Option<u32>>>,
    }

    impl Ord for Fragile {
        fn cmp(&self, other: &Self) -> Ordering {
            if let Some(left) = self.left.get() {
                assert_ne!(left, 0, "in Ord");
                self.left.set(Some(left - 1));
            }
            self.key.cmp(&other.key)
        }
    }

    impl PartialOrd for Fragile {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Fragile {
        fn eq(&self, other: &Self) -> bool {
            self.key == other.key
        }
    }

    impl Eq for Fragile {}

    fn put<T>(items: &mut Items<T>, item: T) {
        let place = items.place_for(&item);
        items.put(item, place);
    }

    fn pseudo_random(seed: u32) -> impl FnMut(u32) -> u32 {
        let mut state = seed;
        move |below| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state % below
        }
    }

    /// A model that is obviously right: the smallest key, and of equal ones the smallest number.
    fn smallest(model: &mut Vec<(u32, u32)>) -> Option<(u32, u32)> {
        let smallest = *model.iter().min()?;
        model.retain(|one| *one != smallest);
        Some(smallest)
    }

    #[test]
    fn a_heap_agrees_with_a_sorted_list_whichever_comparison_panics() {
        let mut random = pseudo_random(7);
        let left = Rc::new(Cell::new(None));
        let mut items = Items::Smallest(Heap::new());
        let (mut model, mut panics) = (Vec::new(), 0);
        for number in 0..20_000 {
            left.set((random(3) == 0).then(|| random(6)));
            let puts = random(100) < 52;
            let (key, left) = (random(20), left.clone());
            let done = catch_unwind(AssertUnwindSafe(|| match puts {
                true => {
                    put(&mut items, Fragile { key, number, left });
                    None
                }
                false => items.take().map(|item| (item.key, item.number)),
            }));
            match (done, puts) {
                (Ok(None), true) => model.push((key, number)),
                (Ok(taken), _) => assert_eq!(taken, smallest(&mut model)),
                (Err(_), _) => panics += 1, // and nothing has changed
            }
            assert_eq!(items.len(), model.len());
        }
        assert!(panics > 1_000 && !model.is_empty());
        left.set(None);
        while let Some(item) = items.take() {
            assert_eq!(Some((item.key, item.number)), smallest(&mut model));
        }
        assert_eq!(model, []);
    }

    /// The item that leaves is compared with none, and the last one not with itself.
    #[test]
    fn a_heap_compares_only_the_items_that_stay() {
        for (count, comparisons) in [(1, 0), (2, 0), (3, 1)] {
            let left = Rc::new(Cell::new(None));
            let mut items = Items::Smallest(Heap::new());
            for number in 0..count {
                let (key, left) = (number, left.clone());
                put(&mut items, Fragile { key, number, left });
            }
            left.set(Some(comparisons));
            assert_eq!(items.take().map(|item| item.key), Some(0));
            assert_eq!(left.get(), Some(0));
        }
    }

    #[test]
    fn each_kind_has_its_order() {
        let kinds = [
            Items::Fifo(VecDeque::new()),
            Items::Lifo(Vec::new()),
            Items::Smallest(Heap::new()),
        ];
        let orders = kinds.map(|mut items| {
            [2, 3, 1].into_iter().for_each(|n| put(&mut items, n));
            assert_eq!((items.len(), items.take_all().len()), (3, 3));
            [2, 3, 1].into_iter().for_each(|n| put(&mut items, n));
            [items.take(), items.take(), items.take(), items.take()]
        });
        let of = |order: [i32; 3]| [Some(order[0]), Some(order[1]), Some(order[2]), None];
        assert_eq!(orders, [[2, 3, 1], [1, 3, 2], [1, 2, 3]].map(of));
    }
}
