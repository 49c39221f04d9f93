//! An echo server and 100 clients: one program, which runs in a simulation and on the operating system's network.
//!
//! ```sh
//! cargo run --example echo
//! cargo run --example echo -- --real
//! ```

use std::{cell::Cell, env, net::SocketAddr, rc::Rc};

use tminus::{
    EventLoop, Exception, gather,
    net::{TcpListener, TcpStream},
    simulation::Simulation,
    spawn,
};

const CLIENTS: usize = 100;

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub bytes: usize,
    /// The most connections that were open at the same time.
    pub peak: usize,
    pub milliseconds: u128,
}

#[derive(Default)]
struct Connections {
    open: Cell<usize>,
    peak: Cell<usize>,
}

/// Sends back all bytes that arrive, until the client closes its side.
async fn echo(mut stream: TcpStream, connections: Rc<Connections>) -> Result<(), Exception> {
    connections.open.set(connections.open.get() + 1);
    let peak = connections.peak.get().max(connections.open.get());
    connections.peak.set(peak);
    let mut buffer = [0; 64];
    loop {
        match stream.read(&mut buffer).await? {
            0 => break,
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
    connections.open.set(connections.open.get() - 1);
    Ok(())
}

async fn serve(listener: TcpListener, connections: Rc<Connections>) -> Result<(), Exception> {
    loop {
        let (stream, _) = listener.accept().await?;
        spawn(echo(stream, connections.clone()))?;
    }
}

/// Sends a message, reads the echo, and returns its length.
async fn client(server: SocketAddr, number: usize) -> Result<usize, Exception> {
    let mut stream = TcpStream::connect(server).await?;
    let message = format!("client {number}: T-minus {}", CLIENTS - number);
    stream.write_all(message.as_bytes()).await?;
    let (mut answer, mut length) = (vec![0; message.len()], 0);
    while length < answer.len() {
        match stream.read(&mut answer[length..]).await? {
            0 => break, // too early: the comparison fails
            n => length += n,
        }
    }
    assert_eq!(answer, message.as_bytes());
    Ok(length)
}

/// Runs the server and its clients, and returns a summary.
pub async fn program() -> Result<Summary, Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let connections = Rc::new(Connections::default());
    let server = spawn(serve(listener, connections.clone()))?;
    let clients: Vec<_> = (0..CLIENTS).map(|number| client(address, number)).collect();
    let lengths = gather(clients).await?;
    server.cancel();
    Ok(Summary {
        bytes: lengths.into_iter().sum(),
        peak: connections.peak.get(),
        milliseconds: EventLoop::running()?.time().as_millis(),
    })
}

fn main() -> Result<(), Exception> {
    let is_real = env::args().any(|argument| argument == "--real");
    let (place, summary) = match is_real {
        true => ("the operating system's network", tminus::run(program())?),
        false => ("a simulated network", Simulation::new(1).run(program()).0?),
    };
    println!(
        "{CLIENTS} clients on {place}: {} bytes came back",
        summary.bytes
    );
    println!(
        "{} connections at the same time, in {} ms",
        summary.peak, summary.milliseconds
    );
    Ok(())
}
