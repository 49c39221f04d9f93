//! What several threads share is made of these: std's locks and atomics, or those of loom when the tests of every order are
//! built (`.ci/threads`). Loom's have the same names, and run a test once for each order in which its threads can meet.

#[cfg(all(loom, test))]
pub(crate) use loom::{
    sync::{Condvar, Mutex, MutexGuard, atomic},
    thread,
};
#[cfg(not(all(loom, test)))]
pub(crate) use std::{
    sync::{Condvar, Mutex, MutexGuard, atomic},
    thread,
};
