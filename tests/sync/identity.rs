//! Handles are equal if they are handles to the same thing.

use std::{collections::HashSet, fmt::Debug, hash::Hash};

use tminus::sync::{
    Barrier, BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore,
};

fn is_itself_only<H: Clone + Eq + Hash + Debug>(new: impl Fn() -> H) {
    let (one, other) = (new(), new());
    assert_eq!(one, one.clone());
    assert_ne!(one, other);
    let all: HashSet<H> = [one.clone(), other, one].into();
    assert_eq!(all.len(), 2);
}

#[test]
fn clones_are_equal_and_others_are_not() {
    is_itself_only(Lock::new);
    is_itself_only(Event::new);
    is_itself_only(Condition::new);
    is_itself_only(|| Semaphore::new(1));
    is_itself_only(|| BoundedSemaphore::new(1));
    is_itself_only(|| Barrier::new(1).unwrap());
    is_itself_only(Queue::<f64>::new);
    is_itself_only(LifoQueue::<f64>::new);
    is_itself_only(PriorityQueue::<u32>::new);
}

#[test]
fn a_queue_of_another_order_is_the_queue_that_it_derefs_to() {
    let (pages, others) = (LifoQueue::<u32>::new(), LifoQueue::new());
    let queue: Queue<u32> = Queue::clone(&pages);
    assert!(pages.ptr_eq(&queue) && !pages.ptr_eq(&others));
    let bounded = BoundedSemaphore::new(1);
    assert!(bounded.ptr_eq(&Semaphore::clone(&bounded)));
}
