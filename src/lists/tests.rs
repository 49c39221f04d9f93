use std::{
    cell::Cell,
    mem,
    num::NonZeroU32,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use super::*;

fn random() -> impl FnMut(usize) -> usize {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    move |below| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    }
}

fn values<T: Clone>(lists: &Lists<T>, list: List) -> Vec<T> {
    lists.iter(list).map(|(_, value)| value.clone()).collect()
}

/// Every node is in one of these lists, or free, or retired. Neighbours name each other.
fn assert_invariant<T>(lists: &Lists<T>, all: &[List]) {
    let mut seen = vec![false; lists.links.len()];
    let mut see = |node: u32| assert!(!mem::replace(&mut seen[node as usize], true));
    for &list in all {
        for (node, _) in lists.iter(list) {
            let next = lists.links[node as usize].next;
            assert_eq!(lists.links[next as usize].previous, node);
            see(node);
        }
    }
    let mut free = lists.free;
    while let Some(link) = lists.links.get(free as usize) {
        assert!(lists.get(free).is_none());
        see(free);
        free = link.next;
    }
    let unseen = lists.links.iter().zip(&seen).filter(|(_, seen)| !**seen);
    assert!(
        unseen
            .map(|(link, _)| link.previous)
            .all(|it| it == RETIRED)
    );
}

#[test]
fn values_stay_in_the_order_of_appending() {
    let (mut lists, mut list) = (Lists::new(), List::EMPTY);
    let [_, b, c] = ["a", "b", "c"].map(|value| lists.append(&mut list, value));
    assert_eq!(values(&lists, list), ["a", "b", "c"]);
    assert_eq!(lists.remove(&mut list, b), "b");
    assert_eq!(values(&lists, list), ["a", "c"]);
    assert_eq!(lists.get(c), Some(&"c"));
    assert_eq!(lists.get(b), None);
    assert_eq!(lists.get(NONE), None);
}

#[test]
fn a_node_moves_to_the_end_of_another_list_and_keeps_its_index() {
    let mut lists = Lists::new();
    let (mut from, mut to) = (List::EMPTY, List::EMPTY);
    let moved = lists.append(&mut from, 1);
    lists.append(&mut to, 2);
    lists.move_to(&mut from, &mut to, moved);
    assert!(from.is_empty());
    assert_eq!(values(&lists, to), [2, 1]);
    assert_eq!(lists.get(moved), Some(&1));
}

#[test]
fn a_list_is_distributed_in_its_order_after_what_the_others_have() {
    let mut lists = Lists::new();
    let mut list = List::EMPTY;
    for value in [1, 2, 3, 4, 5, 6] {
        lists.append(&mut list, value);
    }
    let mut all = [List::EMPTY; 3];
    let [even, odd] = [0, 1].map(|remainder| lists.append(&mut all[remainder], remainder));
    lists.distribute(list, &mut all, |value| value % 2);
    assert_eq!(values(&lists, all[0]), [0, 2, 4, 6]);
    assert_eq!(values(&lists, all[1]), [1, 1, 3, 5]);
    assert!(all[2].is_empty());
    assert_eq!((all[0].first(), all[1].first()), (Some(even), Some(odd)));
    assert_invariant(&lists, &all);

    lists.distribute(List::EMPTY, &mut all, |_| unreachable!("it has no value"));
    assert_eq!(lists.len(), 8);
}

#[test]
fn random_operations_agree_with_vectors() {
    let mut next = random();
    for _ in 0..20 {
        let mut lists = Lists::new();
        let mut all = [List::EMPTY; 4];
        let mut model: [Vec<(u32, usize)>; 4] = Default::default();
        for serial in 0..5_000 {
            let (this, other) = (next(4), next(4));
            match next(8) {
                0..4 => {
                    let node = lists.append(&mut all[this], serial);
                    model[this].push((node, serial));
                }
                4..7 if !model[this].is_empty() => {
                    let place = next(model[this].len());
                    let (node, value) = model[this].remove(place);
                    assert_eq!(lists.remove(&mut all[this], node), value);
                    assert_eq!(lists.get(node), None);
                }
                _ if this != other && next(50) == 0 => {
                    let list = mem::replace(&mut all[this], List::EMPTY);
                    lists.distribute(list, &mut all[other..=other], |_| 0);
                    let moved = mem::take(&mut model[this]);
                    model[other].extend(moved);
                }
                _ if this != other && !model[this].is_empty() => {
                    let place = next(model[this].len());
                    let moved = model[this].remove(place);
                    model[other].push(moved);
                    let [from, to] = all.get_disjoint_mut([this, other]).unwrap();
                    lists.move_to(from, to, moved.0);
                }
                _ => {}
            }
            let expected = model[this].iter().map(|(node, value)| (*node, value));
            if serial % 16 == 0 {
                assert!(lists.iter(all[this]).eq(expected));
            }
            assert_eq!(all[this].first(), model[this].first().map(|first| first.0));
            assert_eq!(lists.len(), model.iter().map(Vec::len).sum::<usize>());
        }
        assert_invariant(&lists, &all);
    }
}

#[test]
fn a_node_is_used_again_and_its_stamp_survives() {
    let (mut lists, mut list) = (Lists::new(), List::EMPTY);
    for uses in 0..100 {
        let node = lists.append_with(&mut list, |stamp| stamp);
        assert_eq!((node, lists.get(node)), (0, Some(&uses)));
        lists.remove_stamped(&mut list, node, |_| uses + 1);
    }
    assert_eq!(lists.links.len(), 1);
}

#[test]
fn a_retired_node_is_not_used_again() {
    let (mut lists, mut list) = (Lists::new(), List::EMPTY);
    let retired = lists.append(&mut list, 'a');
    assert_eq!(lists.remove_stamped(&mut list, retired, |_| RETIRED), 'a');
    let new = lists.append_with(&mut list, |stamp| {
        assert_eq!(stamp, 0);
        'b'
    });
    assert_ne!(new, retired);
    assert_eq!((lists.get(retired), lists.len()), (None, 1));
    assert_invariant(&lists, &[list]);
}

#[test]
fn removing_or_moving_a_free_node_panics_and_changes_nothing() {
    let (mut lists, mut list) = (Lists::new(), List::EMPTY);
    let [a, _] = ['a', 'b'].map(|value| lists.append(&mut list, value));
    lists.remove(&mut list, a);
    let twice = catch_unwind(AssertUnwindSafe(|| lists.remove(&mut list, a)));
    assert!(twice.is_err());
    let mut to = List::EMPTY;
    let moved = catch_unwind(AssertUnwindSafe(|| lists.move_to(&mut list, &mut to, a)));
    assert!(moved.is_err() && to.is_empty());
    assert_eq!((values(&lists, list), lists.len()), (vec!['b'], 1));
    assert_invariant(&lists, &[list]);
}

#[test]
fn the_vector_grows_by_a_quarter() {
    let (mut lists, mut list) = (Lists::new(), List::EMPTY);
    let mut capacities = Vec::new();
    for i in 0..100_000 {
        lists.append(&mut list, i);
        assert!(lists.links.capacity() <= lists.links.len() * 5 / 4 + 16);
        capacities.push(lists.links.capacity());
    }
    capacities.dedup();
    assert_eq!(capacities[..7], [16, 32, 48, 64, 80, 100, 125]);
    assert!(capacities.len() < 50); // and not a step for each node
}

#[test]
fn a_niche_holds_whether_there_is_a_value() {
    assert_eq!(Lists::<(u32, NonZeroU32)>::BYTES_PER_NODE, 16);
    assert_eq!(size_of::<List>(), 4);
}

#[test]
fn values_are_dropped_once_also_if_one_of_them_panics() {
    struct Counts(Rc<Cell<u32>>, bool);
    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            assert!(!self.1, "this one panics");
        }
    }
    let dropped = Rc::new(Cell::new(0));
    let (mut lists, mut list) = (Lists::new(), List::EMPTY);
    let nodes = [false, true, false].map(|panics| {
        let value = Counts(dropped.clone(), panics);
        lists.append(&mut list, value)
    });
    drop(lists.remove(&mut list, nodes[0]));
    assert_eq!(dropped.get(), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(lists))).is_err());
    assert_eq!(dropped.get(), 3);
}

/// Growing by a fixed number of nodes would copy them all again and again.
#[test]
fn a_vector_grows_by_at_least_a_quarter() {
    let mut vector = Vec::new();
    for n in 0..10_000_usize {
        let before = vector.capacity();
        push(&mut vector, n);
        assert!(vector.capacity() == before || vector.capacity() >= before + before / 4);
    }
}
