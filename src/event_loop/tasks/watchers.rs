//! Those who watch a task or a future for its end.

use std::{collections::BTreeMap, mem, num::NonZeroU64};

use super::super::keys::{CallbackId, WaitId};

/// In the order in which they began, which is the order in which they are notified. `C` is a callback.
///
/// Few things have more than one watcher, and one takes no memory of its own. A task that is shielded again and again can
/// have a hundred thousand, and each can leave: hence the map.
pub(in super::super) struct Watchers<C> {
    list: List<C>,
    next: NonZeroU64,
}

enum List<C> {
    None,
    One(CallbackId, Watcher<C>),
    /// (Boxed, because it is rare, and all would be as large.)
    #[expect(
        clippy::box_collection,
        reason = "the box is what makes the others small"
    )]
    Many(Box<BTreeMap<CallbackId, Watcher<C>>>),
}

pub(in super::super) enum Watcher<C> {
    /// A task waits.
    Wakes(WaitId),
    Calls(C),
}

impl<C> Default for Watchers<C> {
    fn default() -> Self {
        Self {
            list: List::None,
            next: NonZeroU64::MIN,
        }
    }
}

impl<C> Watchers<C> {
    /// The name of a watcher that is not kept here.
    #[inline]
    pub(in super::super) fn next_id(&mut self) -> CallbackId {
        let id = self.next;
        self.next = id.saturating_add(1);
        CallbackId(id)
    }

    #[inline]
    pub(in super::super) fn add(&mut self, watcher: Watcher<C>) -> CallbackId {
        let id = self.next_id();
        match &mut self.list {
            List::None => self.list = List::One(id, watcher),
            List::One(..) | List::Many(_) => self.add_another(id, watcher),
        }
        id
    }

    #[cold]
    fn add_another(&mut self, id: CallbackId, watcher: Watcher<C>) {
        let mut all = match mem::replace(&mut self.list, List::None) {
            List::None => Box::default(),
            List::One(first, first_watcher) => Box::new(BTreeMap::from([(first, first_watcher)])),
            List::Many(all) => all,
        };
        all.insert(id, watcher);
        self.list = List::Many(all);
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        match &self.list {
            List::None => true,
            List::One(..) => false,
            List::Many(all) => all.is_empty(),
        }
    }

    /// Takes one out. (A caller under a borrow lets go of that before it drops what this returns: a callback owns values
    /// of the program's.)
    #[inline]
    pub(in super::super) fn remove(&mut self, id: CallbackId) -> Option<Watcher<C>> {
        match &mut self.list {
            List::One(only, _) if *only == id => self.pop_only(),
            List::None | List::One(..) => None,
            List::Many(all) => all.remove(&id),
        }
    }

    fn pop_only(&mut self) -> Option<Watcher<C>> {
        match mem::replace(&mut self.list, List::None) {
            List::One(_, watcher) => Some(watcher),
            List::None | List::Many(_) => None,
        }
    }

    /// Lets a watcher wake another wait from now on.
    pub(in super::super) fn redirect(&mut self, id: CallbackId, wait: WaitId) {
        let watcher = match &mut self.list {
            List::One(only, watcher) if *only == id => Some(watcher),
            List::None | List::One(..) => None,
            List::Many(all) => all.get_mut(&id),
        };
        if let Some(Watcher::Wakes(wakes)) = watcher {
            *wakes = wait;
        }
    }

    /// Takes all out. There is nothing to be notified of twice.
    #[inline]
    pub(in super::super) fn take(&mut self) -> Self {
        let list = mem::replace(&mut self.list, List::None);
        let next = self.next;
        Self { list, next }
    }

    /// Takes the only watcher, if it is a wait. Most futures are awaited by one task and have no callback.
    #[inline]
    pub(in super::super) fn take_only_wait(&mut self) -> Option<WaitId> {
        match self.list {
            List::One(_, Watcher::Wakes(wait)) => {
                mem::forget(mem::replace(&mut self.list, List::None)); // there is nothing to drop in it
                Some(wait)
            }
            List::None | List::One(..) | List::Many(_) => None,
        }
    }

    #[inline]
    pub(in super::super) fn for_each(self, mut notify: impl FnMut(Watcher<C>)) {
        match self.list {
            List::None => {}
            List::One(_, watcher) => notify(watcher),
            List::Many(all) => all.into_values().for_each(notify),
        }
    }
}

#[cfg(test)]
impl<C> Watchers<C> {
    /// Those that are tasks, with their names.
    pub(super) fn waits(&self) -> Vec<(CallbackId, WaitId)> {
        let all: Vec<_> = match &self.list {
            List::None => Vec::new(),
            List::One(id, watcher) => vec![(*id, watcher)],
            List::Many(all) => all.iter().map(|(id, watcher)| (*id, watcher)).collect(),
        };
        let waits = all.into_iter().filter_map(|(id, watcher)| match watcher {
            Watcher::Wakes(wait) => Some((id, *wait)),
            Watcher::Calls(_) => None,
        });
        waits.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(watchers: Watchers<char>) -> String {
        let mut called = String::new();
        watchers.for_each(|watcher| match watcher {
            Watcher::Calls(name) => called.push(name),
            Watcher::Wakes(_) => called.push('?'),
        });
        called
    }

    #[test]
    fn watchers_are_notified_in_the_order_of_their_beginning() {
        let mut watchers = Watchers::default();
        let ids: Vec<_> = "abcd"
            .chars()
            .map(|name| watchers.add(Watcher::Calls(name)))
            .collect();
        assert!(matches!(watchers.remove(ids[1]), Some(Watcher::Calls('b'))));
        assert!(watchers.remove(ids[1]).is_none());
        watchers.add(Watcher::Calls('e'));
        assert_eq!(calls(watchers.take()), "acde");
        assert!(watchers.is_empty());
    }

    #[test]
    fn the_only_one_can_leave_and_another_can_come() {
        let mut watchers = Watchers::default();
        let first = watchers.add(Watcher::Calls('a'));
        assert!(watchers.remove(first).is_some() && watchers.is_empty());
        assert_ne!(watchers.add(Watcher::Calls('b')), first);
        assert_eq!(calls(watchers), "b");
    }
}
