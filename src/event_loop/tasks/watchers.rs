//! Those who watch a task or a future for its end.

use std::{collections::BTreeMap, mem, num::NonZeroU64};

use super::super::keys::{CallbackId, WaitId};

/// In the order in which they began, which is the order in which they are notified. `C` is a callback.
pub(in super::super) struct Watchers<C> {
    kept: Kept<C>,
    next: NonZeroU64,
}

/// Few tasks and futures have more than one watcher, and a single watcher takes no memory of its own. A task that is shielded
/// again and again can have a hundred thousand watchers, and each can leave: hence the map.
enum Kept<C> {
    Nobody,
    One(CallbackId, Watcher<C>),
    /// By name, because names count up. The map can be empty, if all have left.
    #[expect(clippy::box_collection, reason = "the box is what makes it small")]
    Several(Box<BTreeMap<CallbackId, Watcher<C>>>),
}

pub(in super::super) enum Watcher<C> {
    /// A task waits.
    Wakes(WaitId),
    Calls(C),
}

impl<C> Default for Watchers<C> {
    fn default() -> Self {
        Self {
            kept: Kept::Nobody,
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
        match self.kept {
            // (Forgotten, so that nothing looks for what is to be dropped in it.)
            Kept::Nobody => mem::forget(mem::replace(&mut self.kept, Kept::One(id, watcher))),
            Kept::One(..) | Kept::Several(_) => self.adds_another(id, watcher),
        }
        id
    }

    #[cold]
    fn adds_another(&mut self, id: CallbackId, watcher: Watcher<C>) {
        let mut several = match mem::replace(&mut self.kept, Kept::Nobody) {
            Kept::Nobody => Box::default(),
            Kept::One(first, earlier) => Box::new(BTreeMap::from([(first, earlier)])),
            Kept::Several(several) => several,
        };
        several.insert(id, watcher);
        self.kept = Kept::Several(several);
    }

    #[inline]
    pub(in super::super) fn is_empty(&self) -> bool {
        match &self.kept {
            Kept::Nobody => true,
            Kept::One(..) => false,
            Kept::Several(several) => several.is_empty(),
        }
    }

    /// Takes a watcher out. (A caller under a borrow ends the borrow before it drops the returned watcher: a callback owns
    /// values of the program's.)
    #[inline]
    pub(in super::super) fn remove(&mut self, id: CallbackId) -> Option<Watcher<C>> {
        match &mut self.kept {
            Kept::One(one, _) if *one == id => match mem::replace(&mut self.kept, Kept::Nobody) {
                Kept::One(_, watcher) => Some(watcher),
                Kept::Nobody | Kept::Several(_) => None,
            },
            Kept::Nobody | Kept::One(..) => None,
            Kept::Several(several) => several.remove(&id),
        }
    }

    /// Lets a watcher wake another wait from now on.
    pub(in super::super) fn redirect(&mut self, id: CallbackId, wait: WaitId) {
        let watcher = match &mut self.kept {
            Kept::One(one, watcher) if *one == id => Some(watcher),
            Kept::Nobody | Kept::One(..) => None,
            Kept::Several(several) => several.get_mut(&id),
        };
        if let Some(Watcher::Wakes(wakes)) = watcher {
            *wakes = wait;
        }
    }

    /// Takes all out. There is nothing to be notified of twice.
    #[inline]
    pub(in super::super) fn take(&mut self) -> Self {
        let kept = mem::replace(&mut self.kept, Kept::Nobody);
        let next = self.next;
        Self { kept, next }
    }

    /// Takes the only watcher, if it is a wait. Most futures are awaited by one task and have no callback.
    #[inline]
    pub(in super::super) fn take_only_wait(&mut self) -> Option<WaitId> {
        match self.kept {
            Kept::One(_, Watcher::Wakes(wait)) => {
                mem::forget(mem::replace(&mut self.kept, Kept::Nobody)); // there is nothing to drop in it
                Some(wait)
            }
            Kept::Nobody | Kept::One(..) | Kept::Several(_) => None,
        }
    }

    #[inline]
    pub(in super::super) fn for_each(self, mut notify: impl FnMut(Watcher<C>)) {
        match self.kept {
            Kept::Nobody => {}
            Kept::One(_, watcher) => notify(watcher),
            Kept::Several(several) => several.into_values().for_each(notify),
        }
    }
}

#[cfg(test)]
mod tests;
