//! The contenders: loops that wait for sockets, on one thread, each with its own TCP streams.

pub mod async_executor;
pub mod streams;
pub mod tminus;
pub mod tokio;
pub mod tokio_buffered;

use std::{net::SocketAddr, time::Duration};

/// A loop. Clones are handles to the same loop.
pub trait Loop: Clone + 'static {
    const NAME: &'static str;

    type Listener: 'static;
    type Stream: 'static;

    fn new() -> Self;

    /// Runs `main` to its end, and the tasks while it waits.
    fn run<T: Clone + 'static>(&self, main: impl Future<Output = T> + 'static) -> T;

    /// Spawns a task, in a run. Awaiting the returned future waits for its end.
    fn spawn<T: Clone + 'static>(
        &self,
        body: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + 'static;

    /// Spawns a task for whose end nothing waits.
    fn detach(&self, body: impl Future<Output = ()> + 'static);

    /// Yields to the loop for one turn. The result has no meaning.
    fn yield_now() -> impl Future;

    /// Sleeps. As in [`yield_now`](Loop::yield_now), the result has no meaning.
    fn sleep(duration: Duration) -> impl Future;

    /// Listens at a free port of this host.
    async fn listen() -> (Self::Listener, SocketAddr);

    /// Accepts a connection, with Nagle's algorithm off.
    async fn accept(listener: &Self::Listener) -> Self::Stream;

    /// Opens a connection, with Nagle's algorithm off.
    async fn connect(to: SocketAddr) -> Self::Stream;

    /// Reads what has arrived. Returns 0 at the end.
    async fn read(stream: &mut Self::Stream, buffer: &mut [u8]) -> usize;

    /// Writes all of `data`.
    async fn write_all(stream: &mut Self::Stream, data: &[u8]);

    /// Fills the buffer.
    async fn read_exactly(stream: &mut Self::Stream, buffer: &mut [u8]) {
        let mut filled = 0;
        while filled < buffer.len() {
            match Self::read(stream, &mut buffer[filled..]).await {
                0 => panic!("the other end is open"),
                read => filled += read,
            }
        }
    }

    /// Reads as many bytes as the buffer has, there or elsewhere, and returns the number that they begin with.
    async fn read_numbered(stream: &mut Self::Stream, buffer: &mut [u8]) -> u64 {
        Self::read_exactly(stream, buffer).await;
        number(buffer)
    }

    /// Sends back whatever arrives, until the other end is closed. The buffer has room for more than one message, so a read
    /// that does not fill it says that there is no more.
    async fn echo(mut stream: Self::Stream, message_size: usize) {
        let mut buffer = vec![0; 2 * message_size];
        loop {
            match Self::read(&mut stream, &mut buffer).await {
                0 => return,
                read => Self::write_all(&mut stream, &buffer[..read]).await,
            }
        }
    }
}

/// The number that a chunk begins with.
fn number(chunk: &[u8]) -> u64 {
    let number = chunk.first_chunk().expect("a chunk has room for a number");
    u64::from_le_bytes(*number)
}

/// Why no operation fails.
const LOOPBACK: &str = "loopback works";

/// Where everyone listens.
const FREE_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);
