//! What tasks wait for: the names of waits, how a cancellation passes through them, and what is reported if a wait can never
//! end.
//!
//! - `reason`: the vocabulary. It stands under the table, whose rows use it.
//! - `cancelling`: from a task to what it waits for, and from there on.
//! - `words`: a wait in words, as the trace and reports show it.
//! - `deadlock`, `livelock`: two ways in which a run gets nowhere.

pub(super) mod cancelling;
pub(super) mod deadlock;
pub(super) mod livelock;
pub(crate) mod reason;
pub(super) mod words;
