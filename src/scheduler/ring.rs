//! A queue that goes round, and whose elements stay where they are.
//!
//! To put the front element at the back is to move on by one place. So a scheduler's tasks are never moved, however many
//! turns they have.

pub(super) struct Ring<T> {
    places: Vec<Place<T>>,
    /// The last place. The one after it is the front.
    back: Option<u32>,
    free: Vec<u32>,
}

struct Place<T> {
    element: Option<T>,
    next: u32,
}

impl<T> Ring<T> {
    pub(super) fn new() -> Self {
        Self {
            places: Vec::new(),
            back: None,
            free: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.back.is_none()
    }

    #[inline]
    pub(super) fn front_mut(&mut self) -> Option<&mut T> {
        let front = self.places[self.back? as usize].next;
        self.places[front as usize].element.as_mut()
    }

    /// Puts the front element at the back.
    #[inline]
    pub(super) fn rotate(&mut self) {
        if let Some(back) = &mut self.back {
            *back = self.places[*back as usize].next;
        }
    }

    pub(super) fn push_back(&mut self, element: T) {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place {
                element: None,
                next: 0,
            });
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 tasks fit into memory")
        });
        let next = match self.back {
            Some(back) => std::mem::replace(&mut self.places[back as usize].next, place),
            None => place,
        };
        self.places[place as usize] = Place {
            element: Some(element),
            next,
        };
        self.back = Some(place);
    }

    pub(super) fn pop_front(&mut self) -> Option<T> {
        let back = self.back?;
        let front = self.places[back as usize].next;
        let next = self.places[front as usize].next;
        if front == back {
            self.back = None;
        } else {
            self.places[back as usize].next = next;
        }
        self.free.push(front);
        self.places[front as usize].element.take()
    }

    /// Takes out what is not to be kept, front first; the others keep their order.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        for _ in 0..self.len() {
            match self.front_mut().is_some_and(&mut keep) {
                true => self.rotate(),
                false => drop(self.pop_front()),
            }
        }
    }

    /// From the front to the back.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let front = self.back.map(|back| self.places[back as usize].next);
        let places = std::iter::successors(front, |place| Some(self.places[*place as usize].next));
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
