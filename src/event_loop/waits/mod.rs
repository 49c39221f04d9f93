//! What tasks wait for: how it is named, how a cancellation passes through it, and what to say if it can never come.
//!
//! - `reason`: the vocabulary. It stands under the table, whose rows use it.
//! - `cancelling`: from a task to what it waits for, and from there on.
//! - `words`: a wait in words, for the trace and for reports.
//! - `deadlock`, `livelock`: two ways in which a run gets nowhere.

pub(super) mod cancelling;
pub(super) mod deadlock;
pub(super) mod livelock;
pub(crate) mod reason;
pub(super) mod words;
