//! The targets of what the crate reports through `tracing`, in one place.
//!
//! They are stable: a filter such as `tminus::event_loop=debug` names them. The guide's page on `tracing`
//! (`src/guide/tracing.md`) lists every span and event of each.

/// The event loop: tasks, their turns and waits, cancellations, exceptions that nothing handles.
pub(crate) const EVENT_LOOP: &str = "tminus::event_loop";

/// The round-robin scheduler: tasks and their turns.
pub(crate) const SCHEDULER: &str = "tminus::scheduler";

/// Generators: what goes wrong while one is dropped, and can therefore not be returned.
pub(crate) const GENERATOR: &str = "tminus::generator";

/// What tasks share: a guard that cannot release what it guards.
pub(crate) const SYNC: &str = "tminus::sync";

/// Threads: callbacks of promises, which belong to no loop.
pub(crate) const THREADS: &str = "tminus::threads";

/// Long chains of values: a panic in the drop of one, after its owner is gone.
pub(crate) const DROPPING: &str = "tminus::dropping";
