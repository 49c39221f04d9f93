//! Generators with `send`, `throw`, `close` and `yield from`, a scheduler and an event loop, in safe Rust, behaving as
//! CPython's do.
//!
//! Tminus rebuilds the road that Python took from generators to asyncio. It is a library, and it is the thing that its
//! own lessons build. To see how it works inside, start with `lessons/README.md` in its repository. If you know asyncio or
//! tokio, [`guide::from_asyncio`] and [`guide::from_tokio`] say what is called what here.
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
//! The same ideas, with time:
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
//! assert_eq!(event_loop.time(), Duration::from_secs(5)); // on the virtual clock, at once
//! # Ok::<(), Exception>(())
//! ```
//!
//! # The map
//!
//! The layers in order. Each uses only those above it, and `cargo test --test architecture` holds the code to that.
//!
//! | module | what it is |
//! |---|---|
//! | `targets` (private) | the targets of what the crate reports through `tracing` |
//! | `panics` (private) | catching the panics of code that is not the crate's |
//! | `reports` (private) | what cannot be returned to anybody: a `tracing` event, or a line on stderr; [`report_to_stderr`] |
//! | `dropping` (private) | dropping long chains without overflowing the stack |
//! | [`exception`] | [`Exception`] and [`ExceptionGroup`]: what `throw` and `close` deliver, and what `?` carries |
//! | [`coroutine`] | [`Coroutine`]: anything that can be resumed, sent to, thrown into and closed; [`Step`]: what it did |
//! | `chain` (private) | the frames of generators on a stack, and the driver that resumes the top one through an airlock |
//! | [`generator`] | [`Generator`], the caller's side, and [`Co`], the body's side; [`ScopedGenerator`], whose body borrows |
//! | [`delegation`] | [`co.yield_from(sub)`](Co::yield_from): delegating to another coroutine until it finishes, at no cost per resume |
//! | `interop` (private) | generators of the crate genawaiter, which become a [`Generator`] by `From` |
//! | [`scheduler`] | [`TaskScheduler`]: generators that take turns |
//! | [`contextvars`] | [`ContextVar`]: values that belong to a task and the calls below it |
//! | [`clock`] | [`Clock`](clock::Clock): what time it is, and waiting; real or virtual |
//! | `lists` (private) | linked lists that share one vector: what is removed from one leaves nothing |
//! | [`timers`] | [`Timers`](timers::Timers): what is due when, to the nanosecond, and first come, first served |
//! | `interrupts` (private) | Ctrl-C: what a signal can tell a loop that runs, and what it does otherwise |
//! | [`event_loop`] | [`EventLoop`]: callbacks, timers, [`LoopFuture`]s and [`Task`]s in asyncio's order; cancellation that can be caught; [`run`] |
//! | [`async_generator`] | [`AsyncGenerator`]: bodies that yield, and await in between |
//! | [`combinators`] | waiting for many: [`gather`], [`wait()`], [`as_completed`], [`wait_for`], [`timeout`], [`shield`], [`TaskGroup`] |
//! | [`sync`] | taking turns: locks, events, conditions, semaphores, barriers and queues |
//! | `sockets` (private) | sockets, of the system or of a simulation: what they do without waiting, and who waits for them |
//! | [`signal`] | signals: callbacks of the loop, and what Ctrl-C does |
//! | [`timeline`] | to see a run: who ran when, who waited for what, and why |
//! | [`threads`] | what blocks, on threads of a pool: [`to_thread`](threads::to_thread), [`ThreadPoolExecutor`](threads::ThreadPoolExecutor); coroutines from other threads |
//! | [`simulation`] | runs in which all that is left to chance, order and network included, is a seed or a schedule |
//! | [`net`] | sockets: TCP, UDP and Unix, on the system's network or a simulated one |
//! | [`streams`] | asyncio's streams: buffers, lines, limits and flow control over sockets, and servers |
//! | [`process`] | processes: [`create_subprocess_exec`](process::create_subprocess_exec), their pipes and their ends |
//! | [`guide`] | no code: for readers [who know asyncio](guide::from_asyncio) or [tokio](guide::from_tokio), [errors](guide::errors), [how to test](guide::testing), and [what the crate reports through `tracing`](guide::tracing) |
//!
//! # How it is checked
//!
//! CPython 3.13 is the judge. Recorded runs of more than two thousand small programs, of generators and of asyncio, are
//! replayed against this crate (`tests/conformance.rs`): what every operation emits, gives and raises, and the state
//! afterwards, are the same. Where a Python 3.13 is at hand, `tests/live_oracle.rs` asks it about as many fresh random
//! programs as one likes.
//!
//! # Features
//!
//! | feature | what it adds | default |
//! |---|---|---|
//! | `io` | the operating system's sockets, and on Unix [`process`], [`signal`] and Ctrl-C. Without it, [`net`] and [`streams`] exist in [simulations](simulation) only | yes |
//! | `timeline` | the module [`timeline`] | yes |
//!
//! The generators, the scheduler and the event loop alone: `tminus = { version = "0.1", default-features = false }`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The pages link to timelines and to processes. A build without them has nothing there to link to; one with all features
// checks every link.
#![cfg_attr(
    not(all(feature = "io", feature = "timeline", unix)),
    allow(rustdoc::broken_intra_doc_links)
)]

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
