//! Context variables: values that belong to a task and the calls below it, as PEP 567 and Python's `contextvars` have them.
//!
//! A request's id, a locale or a deadline is needed in many places, and passing it through every signature is tedious. A
//! global variable would be wrong, because many tasks share the thread. A [`ContextVar`] is declared like a global
//! variable, and has a value of its own in each task:
//!
//! ```
//! use tminus::{Exception, contextvars::ContextVar, run, spawn, yield_now};
//!
//! static REQUEST: ContextVar<u32> = ContextVar::new("request");
//!
//! async fn log(text: &str) -> Result<String, Exception> {
//!     yield_now().await?;
//!     Ok(format!("request {}: {text}", REQUEST.get()?))
//! }
//!
//! let lines = run(async {
//!     let handle = |id| async move {
//!         REQUEST.set(id); // in this task only
//!         log("done").await
//!     };
//!     let (first, second) = (spawn(handle(1))?, spawn(handle(2))?);
//!     Ok((first.await?, second.await?))
//! })?;
//! assert_eq!(lines, ("request 1: done".into(), "request 2: done".into()));
//! # Ok::<(), Exception>(())
//! ```
//!
//! # Who has which context
//!
//! A [`Context`] holds the values of all variables. One of them is current:
//!
//! | what runs | its context |
//! |---|---|
//! | a thread, outside an event loop | the thread's own, empty at first |
//! | a task | a copy of the context that was current when the task was spawned, or the one given to [`spawn_in`](crate::event_loop::spawn_in) |
//! | a callback of `call_soon`, `call_later`, `call_at` or `add_done_callback` | a copy of the context that was current when it was scheduled |
//! | a closure in [`Context::run`] | that context |
//! | a generator or an async generator | that of whoever resumes it |
//!
//! So a value set in a task is seen by the tasks and callbacks that this task creates afterwards, and by nobody else. Awaiting
//! a future directly, or in a [`timeout`](crate::timeout), makes no copy: a value set there is still set afterwards. What a
//! group or a [`gather`](crate::gather()) spawns has a copy. All this is as in Python.
//!
//! # Other threads
//!
//! Values stay on their thread, like the tasks themselves: they need not be `Send`. Python's `asyncio.to_thread` runs the
//! call in a copy of the context. [`to_thread`](crate::threads::to_thread) cannot: a job starts with an empty context. So
//! does a callback or a coroutine that another thread sends to a loop. Move the values that are needed into the closure.
//!
//! # Cost
//!
//! As long as no variable was set on a thread, spawning a task or scheduling a callback reads one thread-local flag. After
//! that, they copy the context, and the copy shares the table of values until either side changes a value. A task's turn costs
//! the same in either case. (Python's contexts still share most of the table after a change. Here, the first change copies
//! the table, but no value.)

mod context;
mod current;
mod variable;

pub use context::Context;
pub use current::copy_context;
pub use variable::{ContextVar, LookupError, Token};

pub(crate) use current::{Entered, Host, another_thread, callback_is_over, copied, loop_runs};
