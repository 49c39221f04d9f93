//! Those who watch a task or a future for its end.

use std::{collections::BTreeMap, mem, num::NonZeroU64};

use super::super::keys::{CallbackId, WaitId};

/// In the order in which they began, which is the order in which they are notified. `C` is a callback.
///
/// Few tasks and futures have more than one watcher, and a single watcher takes no memory of its own. A task that is shielded
/// again and again can have a hundred thousand watchers, and each can leave: hence the map.
pub(in super::super) struct Watchers<C> {
    /// If it is there, it began before the others.
    first: Option<(CallbackId, Watcher<C>)>,
    /// (Boxed, because they are rare, and would be large.)
    #[expect(clippy::box_collection, reason = "the box is what makes it small")]
    others: Option<Box<BTreeMap<CallbackId, Watcher<C>>>>,
    next: NonZeroU64,
}

pub(in super::super) enum Watcher<C> {
    /// A task waits.
    Wakes(WaitId),
    Calls(C),
}

impl<C> Default for Watchers<C> {
    fn default() -> Self {
        Self {
            first: None,
            others: None,
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
        match self.first.is_none() && self.others.is_none() {
            true => self.first = Some((id, watcher)),
            false => self.adds_another(id, watcher),
        }
        id
    }

    #[cold]
    fn adds_another(&mut self, id: CallbackId, watcher: Watcher<C>) {
        self.others.get_or_insert_default().insert(id, watcher);
    }

    pub(in super::super) fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.as_ref().is_none_or(|others| others.is_empty())
    }

    /// Takes a watcher out. (A caller under a borrow ends the borrow before it drops the returned watcher: a callback owns
    /// values of the program's.)
    #[inline]
    pub(in super::super) fn remove(&mut self, id: CallbackId) -> Option<Watcher<C>> {
        match self.first.take_if(|(first, _)| *first == id) {
            Some((_, watcher)) => Some(watcher),
            None => self.others.as_mut()?.remove(&id),
        }
    }

    /// Lets a watcher wake another wait from now on.
    pub(in super::super) fn redirect(&mut self, id: CallbackId, wait: WaitId) {
        let watcher = match &mut self.first {
            Some((first, watcher)) if *first == id => Some(watcher),
            Some(_) | None => self.others.as_mut().and_then(|others| others.get_mut(&id)),
        };
        if let Some(Watcher::Wakes(wakes)) = watcher {
            *wakes = wait;
        }
    }

    /// Takes all out. There is nothing to be notified of twice.
    #[inline]
    pub(in super::super) fn take(&mut self) -> Self {
        let (first, others, next) = (self.first.take(), self.others.take(), self.next);
        Self {
            first,
            others,
            next,
        }
    }

    /// Takes the only watcher, if it is a wait. Most futures are awaited by one task and have no callback.
    #[inline]
    pub(in super::super) fn take_only_wait(&mut self) -> Option<WaitId> {
        match self.first {
            Some((_, Watcher::Wakes(wait))) if self.others.is_none() => {
                mem::forget(self.first.take()); // there is nothing to drop in it
                Some(wait)
            }
            Some(_) | None => None,
        }
    }

    #[inline]
    pub(in super::super) fn for_each(self, notify: impl FnMut(Watcher<C>)) {
        let others = self.others.map(|others| *others).unwrap_or_default();
        let first = self.first.into_iter().map(|(_, watcher)| watcher);
        first.chain(others.into_values()).for_each(notify);
    }
}

#[cfg(test)]
mod tests;
