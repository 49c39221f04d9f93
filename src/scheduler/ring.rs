//! A circular queue whose elements keep their places in memory.
//!
//! Moving the front element to the back advances the front by one place. So a scheduler's tasks are never moved, however
//! many turns they have.

/// The invariant: the places of the queue form a cycle by `next`, from the front to the back, and from there to the front.
/// If the queue is empty, the front is a free place that leads to itself.
pub(super) struct Ring<T> {
    places: Vec<Place<T>>,
    front: u32,
    back: u32,
    free: Vec<u32>,
}

struct Place<T> {
    /// `None` in a free place.
    element: Option<T>,
    next: u32,
}

impl<T> Ring<T> {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            front: 0,
            back: 0,
            free: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(super) fn front_mut(&mut self) -> Option<&mut T> {
        self.places.get_mut(self.front as usize)?.element.as_mut()
    }

    /// Moves the front element to the back.
    #[inline]
    pub(super) fn rotate(&mut self) {
        if let Some(front) = self.places.get(self.front as usize) {
            self.back = self.front;
            self.front = front.next;
        }
    }

    pub(super) fn push_back(&mut self, element: T) {
        let was_empty = self.is_empty();
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place {
                element: None,
                next: 0,
            });
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 tasks fit into memory")
        });
        if was_empty {
            self.front = place;
        } else {
            self.places[self.back as usize].next = place;
        }
        self.places[place as usize] = Place {
            element: Some(element),
            next: self.front,
        };
        self.back = place;
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        let front = self.places.get_mut(self.front as usize)?;
        let element = front.element.take()?;
        let next = front.next;
        self.free.push(self.front);
        // A single element is both the front and the back, and its place leads to itself already.
        self.places[self.back as usize].next = next;
        self.front = next;
        Some(element)
    }

    /// Removes the elements that are not to be kept, front first. The others keep their order.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        for _ in 0..self.len() {
            match self.front_mut().is_some_and(&mut keep) {
                true => self.rotate(),
                false => drop(self.pop_front()),
            }
        }
    }

    /// Returns the elements, from the front to the back.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let next = |place: &u32| Some(self.places[*place as usize].next);
        let places = std::iter::successors(Some(self.front), next);
        let elements = places.map(|place| self.places[place as usize].element.as_ref());
        elements.take(self.len()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[test]
    fn goes_round_like_a_queue() {
        let mut ring = Ring::new();
        let mut queue = VecDeque::new();
        assert_eq!(ring.pop_front(), None);
        for round in 0..200 {
            match round % 7 {
                0..3 => {
                    ring.push_back(round);
                    queue.push_back(round);
                }
                3 => {
                    ring.retain(|&mut n| n % 5 != 0);
                    queue.retain(|&n| n % 5 != 0);
                }
                4 => assert_eq!(ring.pop_front(), queue.pop_front()),
                _ => {
                    ring.rotate();
                    if let Some(front) = queue.pop_front() {
                        queue.push_back(front);
                    }
                }
            }
            assert!(ring.iter().eq(queue.iter()));
            assert_eq!(ring.front_mut().copied(), queue.front().copied());
            assert_eq!(
                (ring.len(), ring.is_empty()),
                (queue.len(), queue.is_empty())
            );
        }
    }
}
