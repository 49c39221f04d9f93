//! Watchers on their own: the order in which they are notified, and the fate of those that leave.

use super::*;

impl<C> Watchers<C> {
    /// Those that are tasks, with their names.
    pub(in super::super) fn waits(&self) -> Vec<(CallbackId, WaitId)> {
        let (one, several) = match &self.kept {
            Kept::Nobody => (None, None),
            Kept::One(id, watcher) => (Some((id, watcher)), None),
            Kept::Several(several) => (None, Some(several)),
        };
        let all = one
            .into_iter()
            .chain(several.into_iter().flat_map(|several| several.iter()));
        let waits = all.filter_map(|(id, watcher)| match watcher {
            Watcher::Wakes(wait) => Some((*id, *wait)),
            Watcher::Calls(_) => None,
        });
        waits.collect()
    }
}

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

#[test]
fn whoever_comes_after_the_first_has_left_is_still_the_last() {
    let mut watchers = Watchers::default();
    let first = watchers.add(Watcher::Calls('a'));
    watchers.add(Watcher::Calls('b'));
    assert!(watchers.remove(first).is_some() && !watchers.is_empty());
    watchers.add(Watcher::Calls('c'));
    assert_eq!(calls(watchers), "bc");
}

fn wait(row: u32) -> WaitId {
    WaitId {
        row,
        ticket: std::num::NonZeroU32::MIN,
    }
}

#[test]
fn the_name_of_one_that_has_left_finds_nobody() {
    let mut watchers = Watchers::<char>::default();
    let left = watchers.add(Watcher::Wakes(wait(1)));
    watchers.remove(left);
    watchers.add(Watcher::Wakes(wait(2)));
    assert!(watchers.remove(left).is_none());
    watchers.redirect(left, wait(3));
    assert_eq!(watchers.take_only_wait(), Some(wait(2)));
}

#[test]
fn the_only_watcher_is_taken_alone_if_it_is_a_wait() {
    let mut watchers = Watchers::<char>::default();
    assert_eq!(watchers.take_only_wait(), None);
    watchers.add(Watcher::Wakes(wait(1)));
    assert_eq!(watchers.take_only_wait(), Some(wait(1)));
    assert!(watchers.is_empty());
    watchers.add(Watcher::Wakes(wait(2)));
    watchers.add(Watcher::Wakes(wait(3)));
    assert_eq!(watchers.take_only_wait(), None); // there are two
    let mut callback = Watchers::default();
    callback.add(Watcher::Calls('a'));
    assert_eq!(callback.take_only_wait(), None);
    assert_eq!(calls(callback), "a");
}
