//! A list that holds one item as a rule.

use std::{mem, slice};

/// A list that takes no memory of its own as long as it has one item at most.
#[derive(Clone, Debug, Default)]
pub(super) enum Few<T> {
    #[default]
    None,
    One(T),
    Many(Vec<T>),
}

impl<T> Few<T> {
    #[inline]
    pub(super) fn push(&mut self, item: T) {
        match self {
            Few::None => *self = Few::One(item),
            Few::One(_) | Few::Many(_) => self.push_more(item),
        }
    }

    #[cold]
    fn push_more(&mut self, item: T) {
        *self = Few::Many(match mem::take(self) {
            Few::None => vec![item],
            Few::One(first) => vec![first, item],
            Few::Many(mut items) => {
                items.push(item);
                items
            }
        });
    }

    /// Takes the item at that place.
    pub(super) fn remove(&mut self, place: usize) -> T {
        match mem::take(self) {
            Few::One(item) if place == 0 => item,
            Few::Many(mut items) => {
                let item = items.remove(place);
                *self = Few::Many(items);
                item
            }
            Few::None | Few::One(_) => panic!("there is no place {place}"),
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Few::None => true,
            Few::One(_) => false,
            Few::Many(items) => items.is_empty(),
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Few::None => &[],
            Few::One(item) => slice::from_ref(item),
            Few::Many(items) => items,
        }
    }

    #[inline]
    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        match self {
            Few::None => &mut [],
            Few::One(item) => slice::from_mut(item),
            Few::Many(items) => items,
        }
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Few::None => Vec::new(),
            Few::One(item) => vec![item],
            Few::Many(items) => items,
        }
    }

    #[inline]
    pub(super) fn for_each(self, mut act: impl FnMut(T)) {
        match self {
            Few::None => {}
            Few::One(item) => act(item),
            Few::Many(items) => items.into_iter().for_each(act),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stay_in_order() {
        let mut few = Few::default();
        assert!(few.is_empty());
        for i in 0..4 {
            few.push(i);
            assert_eq!(few.as_slice(), Vec::from_iter(0..=i));
        }
        assert_eq!(few.remove(1), 1);
        few.as_mut_slice()[0] = 7;
        assert_eq!(few.clone().into_vec(), [7, 2, 3]);
        let mut seen = Vec::new();
        few.for_each(|item| seen.push(item));
        assert_eq!(seen, [7, 2, 3]);
    }

    #[test]
    fn the_only_item_can_be_taken() {
        let mut few = Few::One('a');
        assert_eq!(few.remove(0), 'a');
        assert!(few.is_empty());
        few.push('b');
        assert_eq!(few.into_vec(), ['b']);
    }
}
