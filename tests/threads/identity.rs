//! Handles are equal if they are handles to the same thing, and a pool tells what it was made with.
#![expect(
    clippy::mutable_key_type,
    reason = "what is hashed is the address, and not what is there"
)]

use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, RandomState},
};

use tminus::{Exception, threads::ThreadPoolExecutor};

/// Otherwise a large table of them would be slow.
fn differ_in_hash(one: &impl Hash, other: &impl Hash) -> bool {
    let state = RandomState::new();
    state.hash_one(one) != state.hash_one(other)
}

#[test]
fn handles_to_one_pool_are_equal_and_others_are_not() -> Result<(), Exception> {
    let (one, other) = (ThreadPoolExecutor::new(1)?, ThreadPoolExecutor::new(1)?);
    assert_eq!(one, one.clone());
    assert_ne!(one, other);
    assert!(differ_in_hash(&one, &other));
    let all: HashSet<_> = [one.clone(), other, one].into();
    assert_eq!(all.len(), 2);
    Ok(())
}

#[test]
fn handles_to_one_promise_are_equal_and_others_are_not() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::new(1)?;
    let (one, other) = (pool.submit(|| 1)?, pool.submit(|| 1)?);
    assert_eq!(one, one.clone());
    assert_ne!(one, other);
    assert!(differ_in_hash(&one, &other));
    let all: HashSet<_> = [one.clone(), other, one].into();
    assert_eq!(all.len(), 2);
    Ok(())
}

#[test]
fn a_pool_tells_its_limit_its_threads_and_their_prefix() -> Result<(), Exception> {
    let pool = ThreadPoolExecutor::with_thread_name_prefix(3, "engine")?;
    assert_eq!((pool.max_workers(), pool.workers_len()), (3, 0));
    assert_eq!(pool.thread_name_prefix(), "engine");
    pool.submit(|| ())?.result()?;
    assert_eq!(pool.workers_len(), 1);
    Ok(())
}

/// As in CPython.
#[test]
fn a_default_pool_has_four_threads_more_than_processors_and_at_most_32() {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = ThreadPoolExecutor::default().max_workers();
    assert_eq!(threads, 32.min(processors + 4));
}
