//! Runs of a program in which all that is left to chance is a number: testing that finds rare failures and repeats them.
//!
//! A program of many tasks can fail in one order of its turns and work in all others, or fail if one message is late. On a
//! real network such a failure is rare, and gone when it is looked for. A [`Simulation`] runs the same program, with the same
//! types, on a virtual clock and a network in memory. Whatever could happen in more than one way is a *choice*, and a seed
//! makes all of them:
//!
//! ```
//! use std::time::Duration;
//! use tminus::{Exception, simulation::Simulation, sleep, spawn};
//!
//! async fn program() -> Result<&'static str, Exception> {
//!     let slow = spawn(sleep(Duration::from_secs(3600)))?;
//!     slow.await?;
//!     Ok("no real time has passed")
//! }
//!
//! let (result, made) = Simulation::new(7).run(program());
//! assert_eq!(result?, "no real time has passed");
//! assert!(made.schedule().is_empty()); // nothing was left to chance
//! # Ok::<(), Exception>(())
//! ```
//!
//! # Testing
//!
//! [`check`] is for tests. It runs a program with many seeds, and panics with a report of the first failure:
//!
//! ```no_run
//! # use tminus::{Exception, simulation};
//! # async fn transfer_money() -> Result<(), Exception> { Ok(()) }
//! #[test]
//! fn no_money_is_lost() {
//!     simulation::check(|| async {
//!         transfer_money().await?;
//!         Ok(())
//!     });
//! }
//! ```
//!
//! [`explore`] returns the failure instead. Both leave out what the failure does not need: in the report, most choices are the
//! plain ones.
//!
//! # Choices and schedules
//!
//! The choices of a run are numbered from 0 on. In each, 0 is the *plain* choice: asyncio's order, the least latency, no fault.
//! A [`Schedule`] lists the others: `8:5,15:2` means that choice 8 was 5, choice 15 was 2, and all the rest, however many there
//! are, were plain. So a run fits into one line, and [`Simulation::replay`] repeats it.
//!
//! Seeds differ in how often they stray from the plain choice: always, or once in 2, 8 or 32 choices.
//!
//! | left to chance | choices |
//! |---|---|
//! | order | which of the tasks that are ready in a round has its turn next. No task has to wait for a second round, and callbacks of [`call_soon`](crate::EventLoop::call_soon) keep their order |
//! | latency | how long what is sent is under way |
//! | short read, short write | whether a socket's read or write handles all bytes, half of them or one |
//! | thread | in which of the next turns a job of [`to_thread`](crate::threads::to_thread) or a pool runs, on the loop's own thread |
//! | datagram | whether a UDP datagram arrives, is lost, or arrives twice |
//! | program | what the program itself leaves to chance, by [`choose`] |
//!
//! # What is simulated
//!
//! Time, the order of turns, and the network of [`net`](crate::net). Without the network's faults, a run is a run of an
//! [`EventLoop`](crate::EventLoop) on a [`VirtualClock`](crate::clock::VirtualClock).
//!
//! - Each IP address is a host. A connection comes from 127.0.0.1 (or ::1) unless the socket is bound to another address. A host
//!   on which nobody listens refuses connections. No host is unreachable, but hosts can be [cut off](Network::cut).
//! - TCP loses nothing and keeps the order. In each direction, 64 KiB can be unread, and then writing waits.
//! - A listener's 129th connection waits until another one is accepted.
//! - UDP loses datagrams, duplicates them, and delivers a later one first. Multicast and broadcast do not exist.
//! - Unix sockets have no latency. A path is free as soon as its listener is dropped, and no file is created.
//! - Names are those given by [`Network::host`].
//!
//! Real sockets, processes and signals are refused with a `RuntimeError`.
//!
//! # What is not controlled
//!
//! The order of a `HashMap`, [`Instant::now`](std::time::Instant::now), global state, and any randomness but [`choose`]. They
//! are noticed: a seed that fails runs twice more, and if the names of tasks, the times of turns or what tasks wait for are not
//! the same, the failure is reported as [not deterministic](Failure::divergence), with the place.

mod builder;
mod check;
mod choices;
mod divergence;
mod explore;
mod failure;
mod faults;
mod network;
mod quiet;
mod run;
mod schedule;
mod shrink;
mod simulated;
mod watch;

pub use builder::Simulation;
pub use check::{check, check_with};
pub use choices::{Choice, Choices};
pub use divergence::Divergence;
pub use explore::{explore, explore_with};
pub use failure::Failure;
pub use faults::{Network, choose, network};
#[cfg(unix)]
pub(crate) use network::SimulatedNetwork;
pub use schedule::{Misfit, ParseScheduleError, Schedule};
pub(crate) use simulated::network_of;
