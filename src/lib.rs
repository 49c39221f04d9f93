//! Generators with `send`, `throw`, `close` and `yield from`, a scheduler and an event loop, in safe Rust. They behave as in
//! CPython 3.13.
//!
//! The crate follows Python's path from generators to asyncio. The lessons in its repository build the same mechanisms, one
//! at a time; `lessons/README.md` is their start. [`guide::from_asyncio`] and [`guide::from_tokio`] list the names of asyncio
//! and tokio, and their counterparts here.
//!
//! ```
//! use tminus::{Exception, Generator, Step};
//!
//! fn averager() -> Generator<(), Option<f64>, f64> {
//!     Generator::new(async |co| {
//!         let (mut total, mut count) = (0.0, 0.0);
//!         while let Some(term) = co.yield_(()).await? {
//!             total += term;
//!             count += 1.0;
//!         }
//!         Ok(total / count)
//!     })
//! }
//!
//! let mut average = averager().primed()?;
//! average.send(Some(10.0))?;
//! average.send(Some(30.0))?;
//! assert_eq!(average.send(None)?, Step::Returned(20.0));
//! # Ok::<(), Exception>(())
//! ```
//!
//! Tasks on the event loop wait for each other and for time:
//!
//! ```
//! use std::time::Duration;
//! use tminus::{EventLoop, Exception, clock::VirtualClock, sleep, spawn};
//!
//! async fn countdown(name: &'static str, from: u64, every: Duration) -> Result<&'static str, Exception> {
//!     for n in (1..=from).rev() {
//!         println!("{name}: T-minus {n}");
//!         sleep(every).await?; // a cancellation surfaces here
//!     }
//!     Ok(name)
//! }
//!
//! let event_loop = EventLoop::with_clock(VirtualClock::new());
//! let first = event_loop.run_until_complete(async {
//!     let slow = spawn(countdown("slow", 3, Duration::from_secs(60)))?;
//!     let fast = countdown("fast", 5, Duration::from_secs(1)).await?;
//!     slow.cancel();
//!     Ok(fast)
//! })?;
//! assert_eq!(first, "fast");
//! assert_eq!(event_loop.time(), Duration::from_secs(5)); // on the virtual clock; no real time has passed
//! # Ok::<(), Exception>(())
//! ```
//!
//! # The map
//!
//! These are the layers, in order. Each one uses only the layers above it. `cargo test --test architecture` checks this.
//!
//! | module | what it is |
//! |---|---|
//! | `primitives` (private) | std's locks and atomics, which the tests of every order replace |
//! | `targets` (private) | the targets of the crate's `tracing` events |
//! | `panics` (private) | catching the panics of callbacks, bodies and destructors of the program |
//! | `reports` (private) | reporting failures that no caller can receive: a `tracing` event, or a line on stderr; [`report_to_stderr`] |
//! | `dropping` (private) | dropping long chains without overflowing the stack |
//! | [`exception`] | [`Exception`] and [`ExceptionGroup`], which `throw`, `close` and `?` carry; [`Error`], their form among Rust's other errors |
//! | [`coroutine`] | [`Coroutine`]: anything that can be resumed, sent to, thrown into and closed; [`Step`]: the outcome of a resume |
//! | `chain` (private) | the frames of generators on a stack, and the driver that resumes the top one through an airlock |
//! | [`generator`] | [`Generator`], the caller's side, and [`Co`], the body's side; [`ScopedGenerator`], whose body borrows |
//! | [`delegation`] | [`co.yield_from(sub)`](Co::yield_from): delegating to another coroutine until it finishes, at no cost per resume |
//! | `interop` (private) | generators of the crate genawaiter, which become a [`Generator`] by `From` |
//! | [`scheduler`] | [`TaskScheduler`]: generators that take turns |
//! | [`contextvars`] | [`ContextVar`]: values that belong to a task and the calls below it |
//! | [`clock`] | [`Clock`](clock::Clock): telling the time and waiting, real or virtual |
//! | `lists` (private) | linked lists in one shared vector, from which an entry can be removed anywhere |
//! | [`timers`] | [`Timers`](timers::Timers): deadlines to the nanosecond; equal deadlines in the order in which they were set |
//! | `interrupts` (private) | Ctrl-C: how a signal reaches a running loop |
//! | [`event_loop`] | [`EventLoop`]: callbacks, timers, [`LoopFuture`]s and [`Task`]s in asyncio's order; cancellation that can be caught; [`run`] |
//! | [`async_generator`] | [`AsyncGenerator`]: bodies that yield, and await in between |
//! | [`combinators`] | waiting for several futures: [`gather`], [`wait()`], [`as_completed`], [`wait_for`], [`timeout`], [`shield`], [`TaskGroup`] |
//! | [`sync`] | locks, events, conditions, semaphores, barriers and queues |
//! | `sockets` (private) | sockets of the system or of a simulation: operations that do not wait, and readiness |
//! | [`signal`] | signals as callbacks of the loop, and Ctrl-C |
//! | [`timeline`] | recordings of a run as pictures, pages and text: which task ran when, and what each waited for |
//! | [`threads`] | blocking calls on a pool of threads: [`to_thread`](threads::to_thread), [`ThreadPoolExecutor`](threads::ThreadPoolExecutor); coroutines from other threads |
//! | [`simulation`] | runs in which a seed or a schedule decides everything that is otherwise left to chance, such as the order of tasks and the network |
//! | [`net`] | sockets: TCP, UDP and Unix, on the system's network or a simulated one |
//! | [`streams`] | asyncio's streams: buffers, lines, limits and flow control over sockets, and servers |
//! | [`process`] | child processes: [`create_subprocess_exec`](process::create_subprocess_exec), pipes and exit codes |
//! | [`guide`] | pages without code, for readers [who know asyncio](guide::from_asyncio) or [tokio](guide::from_tokio), [errors](guide::errors), [testing](guide::testing) and [the `tracing` events](guide::tracing) |
//!
//! # How it is checked
//!
//! CPython 3.13 decides what is right. `tests/conformance.rs` replays recorded runs of more than two thousand small programs
//! with generators and with asyncio, and compares what every operation yields, returns and raises, and the state after it. If
//! Python 3.13 is installed, `tests/live_oracle.rs` compares the crate with it on any number of fresh random programs.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `io` | the operating system's sockets, and on Unix [`process`], [`signal`] and Ctrl-C. Without it, [`net`] and [`streams`] exist in [simulations](simulation) only | yes |
//! | `timeline` | the module [`timeline`] | yes |
//!
//! With `tminus = { version = "0.1", default-features = false }`, the crate has its fewest dependencies.

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations, missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The docs link to timelines and processes, which some builds do not have. The build with all features checks every link.
#![cfg_attr(
    not(all(feature = "io", feature = "timeline", unix)),
    allow(rustdoc::broken_intra_doc_links)
)]

mod primitives;

mod targets;

mod panics;

mod reports;

mod dropping;

pub mod exception;

pub mod coroutine;

mod chain;

pub mod generator;

pub mod delegation;

mod interop;

pub mod scheduler;

pub mod contextvars;

pub mod clock;

mod lists;

pub mod timers;

mod interrupts;

pub mod event_loop;

pub mod async_generator;

pub mod combinators;

pub mod sync;

mod sockets;

#[cfg(all(unix, feature = "io"))]
pub mod signal;

#[cfg(feature = "timeline")]
pub mod timeline;

pub mod threads;

pub mod simulation;

pub mod net;

pub mod streams;

#[cfg(all(unix, feature = "io"))]
pub mod process;

pub mod guide;

pub use async_generator::{AsyncCo, AsyncGenerator};
pub use combinators::{
    ReturnWhen, TaskGroup, TaskResults, Timeout, as_completed, gather, gather_results, shield,
    timeout, timeout_at, wait, wait_for,
};
pub use contextvars::{Context, ContextVar, copy_context};
pub use coroutine::{Coroutine, Step};
pub use event_loop::{
    EventLoop, Interval, LoopFuture, MissedTickBehavior, Task, delay, interval, interval_at, next,
    raising, run, sleep, sleep_until, spawn, spawn_named, yield_now,
};
pub use exception::{Error, Exception, ExceptionGroup, Kind, ResultExt};
pub use generator::{Co, Generator, GeneratorState, ScopedCo, ScopedGenerator};
pub use reports::report_to_stderr;
pub use scheduler::{Spawner, TaskId, TaskScheduler, Turn};

/// The README's examples are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
