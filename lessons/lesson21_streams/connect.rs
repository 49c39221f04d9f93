//! Connections: by the crate's sockets, on a simulated network or on loopback.

use std::net::SocketAddr;

use tminus::net::{TcpListener, TcpStream};
use tminus::simulation::{Schedule, Simulation};
use tminus::spawn_named;
use tminus_lessons::lesson17_many::Job;
use tminus_lessons::lesson21_streams::{Exception, StreamReader, StreamWriter, streams};

/// The limit of a reader, in bytes: asyncio's.
pub const LIMIT: usize = 64 * 1024;

/// The high and the low mark of a writer, in bytes: asyncio's.
pub const MARKS: (usize, usize) = (64 * 1024, 16 * 1024);

/// Runs `main` on loopback, or in a simulation in which every read and write is as long as it can be.
pub fn on_network<T: Clone + 'static>(real: bool, main: impl Job<T>) -> Result<T, Exception> {
    if real {
        return tminus::run(main);
    }
    Simulation::replay(Schedule::default()).run(main).0
}

/// Returns both ends of a new connection.
pub async fn pair() -> Result<(TcpStream, TcpStream), Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, _) = listener.accept().await?;
    Ok((client, server))
}

/// Starts a server on a free port. It runs a task for each connection, and closes the writer when the task is done.
pub async fn start_server<F: Job<()>>(
    connected: impl Fn(StreamReader, StreamWriter) -> F + 'static,
) -> Result<SocketAddr, Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    drop(spawn_named("server", accept(listener, connected))?);
    Ok(address)
}

async fn accept<F: Job<()>>(
    listener: TcpListener,
    connected: impl Fn(StreamReader, StreamWriter) -> F,
) -> Result<(), Exception> {
    loop {
        let (socket, _) = listener.accept().await?;
        let (reader, writer) = streams(socket, LIMIT, MARKS)?;
        let handler = connected(reader, writer.clone());
        drop(spawn_named("handler", async move {
            let outcome = handler.await;
            writer.close(); // after an error, too
            outcome
        })?);
    }
}

/// Connects to a server.
pub async fn open_connection(to: SocketAddr) -> Result<(StreamReader, StreamWriter), Exception> {
    streams(TcpStream::connect(to).await?, LIMIT, MARKS)
}
