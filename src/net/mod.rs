//! Sockets: TCP, UDP and Unix, on the operating system's network or a simulated one.
//!
//! A program runs on both without a change. On a loop with a real clock, such as that of [`run`](crate::run), the network is the system's.
//! In a [`simulation`] it is one in memory, whose latencies and faults are chosen by chance and can be
//! replayed.
//!
//! ```
//! use tminus::{Exception, gather, net::{TcpListener, TcpStream}, simulation::Simulation, spawn};
//!
//! async fn echo(mut stream: TcpStream) -> Result<(), Exception> {
//!     let mut buffer = [0; 1024];
//!     loop {
//!         match stream.read(&mut buffer).await? {
//!             0 => return Ok(()),
//!             n => stream.write_all(&buffer[..n]).await?,
//!         }
//!     }
//! }
//!
//! async fn serve(listener: TcpListener) -> Result<(), Exception> {
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         spawn(echo(stream))?;
//!     }
//! }
//!
//! async fn program() -> Result<usize, Exception> {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     let server = spawn(serve(listener))?;
//!     let client = |n: u8| async move {
//!         let mut stream = TcpStream::connect(address).await?;
//!         stream.write_all(&[n]).await?;
//!         let mut answer = [0; 1];
//!         assert_eq!(stream.read(&mut answer).await?, 1);
//!         Ok(answer[0])
//!     };
//!     let answers = gather((0..100).map(client).collect::<Vec<_>>()).await?;
//!     server.cancel();
//!     Ok(answers.len())
//! }
//!
//! // tminus::run(program()) uses the system's network.
//! assert_eq!(Simulation::new(1).run(program()).0?, 100);
//! # Ok::<(), Exception>(())
//! ```
//!
//! # Waiting
//!
//! An operation is tried first, and waits only if it would block. A task that is cancelled while it waits has lost nothing: bytes,
//! datagrams and connections leave the system only when the operation returns. So a timeout around a `read` or an `accept` is
//! safe.
//!
//! A peer that is always faster than its reader would keep the reader's task from ever waiting. So after 32 operations in one
//! turn that did not wait, the task yields before the next one.
//!
//! A task that waits is reported with what it waits for: `data from 127.0.0.1:80`, in the trace and in a
//! [`Deadlock`](crate::event_loop::Deadlock). (On the real network there is no deadlock as long as a task waits for a socket:
//! something may always arrive.)
//!
//! # Libraries that know only traits
//!
//! Each stream and each half implements the traits of `futures-io` (feature `io`). So TLS by futures-rustls, WebSockets by
//! async-tungstenite and, with an adapter of about forty lines, HTTP by hyper run on this loop, and in simulations. The package
//! `ecosystem` of the repository has an example and tests of each.
//!
//! # What is refused
//!
//! Real sockets on a virtual clock, with a `RuntimeError`: while that clock jumps an hour ahead, a real reply is still under
//! way, and each timeout around it would expire. Use a simulation, or a real clock.
//!
//! Without the feature `io`, sockets exist in simulations only.

mod connection;
mod endpoint;
mod error;
mod halves;
#[cfg(feature = "io")]
mod polling;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;

pub use endpoint::Endpoint;
pub use error::Error;
#[cfg(all(unix, feature = "io"))]
pub(crate) use error::in_words;
pub use halves::{ReadHalf, WriteHalf};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixListener, UnixStream};

use std::rc::Rc;

use crate::{Exception, event_loop::running, simulation, sockets::Network};

/// The network of the running loop.
pub(crate) fn network() -> Result<Rc<dyn Network>, Exception> {
    let kernel = running()?;
    match simulation::network_of(&kernel) {
        Some(simulated) => Ok(simulated),
        #[cfg(feature = "io")]
        None => Ok(Rc::new(crate::sockets::RealNetwork::of(&kernel)?)),
        #[cfg(not(feature = "io"))]
        None => Err(Exception::new(
            crate::Kind::RuntimeError,
            "real sockets need the feature `io` of the crate tminus, which is off",
        )),
    }
}
