//! Handles are equal if they are handles to the same thing, and lead to its loop.

use std::{
    fmt::Debug,
    hash::{DefaultHasher, Hash, Hasher},
};

use tminus::{EventLoop, Exception, Kind, event_loop::current_task, yield_now};

use crate::new_loop;

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// `one` and `same` are handles to the same thing, and `other` is not.
fn are_told_apart<T: Eq + Hash + Debug>([one, same, other]: [&T; 3]) {
    assert_eq!(one, same);
    assert_ne!(one, other);
    assert_eq!(hash_of(one), hash_of(same));
    assert_ne!(hash_of(one), hash_of(other));
}

#[test]
fn loops_are_told_apart() {
    let (one, other) = (new_loop(), new_loop());
    are_told_apart([&one, &one.clone(), &other]);
}

#[test]
fn futures_are_told_apart() {
    let event_loop = new_loop();
    let [one, other] = [(); 2].map(|()| event_loop.create_future::<u8>());
    are_told_apart([&one, &one.clone(), &other]);
    let [any, other] = [&one, &other].map(|future| future.any());
    are_told_apart([&any, &one.any(), &other]);
}

#[test]
fn tasks_are_told_apart_as_futures_and_as_shared_tasks() -> Result<(), Exception> {
    let event_loop = new_loop();
    let one = event_loop.create_task(async { Ok(1) })?;
    let other = event_loop.create_task(async { Ok(1) })?;
    let futures = [&one, &one, &other].map(|task| task.any().as_future());
    are_told_apart(futures.each_ref());
    let [one, other] = [one.shared(), other.shared()];
    are_told_apart([&one, &one.clone(), &other]);
    event_loop.run_until_complete(yield_now())
}

#[test]
fn a_future_of_unknown_type_leads_to_its_loop() -> Result<(), Exception> {
    let event_loop = new_loop();
    let future = event_loop.create_future::<u8>();
    let task = event_loop.create_task(async { Ok(1) })?;
    for any in [future.any(), task.any().as_future()] {
        assert_eq!(any.get_loop(), Some(event_loop.clone()));
        assert_ne!(any.get_loop(), Some(EventLoop::new()));
    }
    event_loop.run_until_complete(yield_now())
}

#[test]
fn a_task_that_has_not_ended_has_no_exception_to_tell() {
    let asked = new_loop().run_until_complete(async { current_task()?.exception() });
    assert_eq!(asked.unwrap_err().kind(), Kind::InvalidState);
}
