//! An echo server and its clients.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use mio::{event, net};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson20_selector::simulated::Network;
use tminus_lessons::lesson20_selector::{Executor, Loop, Real, Source};

/// What clients connect to.
pub trait Listener: event::Source {
    /// A connection.
    type Stream: event::Source + Read + Write + 'static;

    /// Takes the connection of a client that has come, without waiting for one.
    fn accept(&mut self) -> io::Result<Self::Stream>;
}

impl Listener for net::TcpListener {
    type Stream = net::TcpStream;

    fn accept(&mut self) -> io::Result<net::TcpStream> {
        Ok(net::TcpListener::accept(self)?.0)
    }
}

/// Sends back what arrives, until the client closes the connection.
pub async fn echo<S: event::Source + Read + Write>(stream: Source<S>) -> io::Result<()> {
    let mut buffer = [0; 16];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
}

/// Accepts some clients, and spawns a task for each.
pub async fn serve<L: Listener>(on: Rc<Loop>, listener: Source<L>, clients: u32) -> io::Result<()> {
    for _ in 0..clients {
        let stream = listener.when_ready(|io| io.accept()).await?;
        let stream = Source::new(&on, stream)?;
        on.spawn("echo", reports(echo(stream)));
    }
    Ok(())
}

/// Sends words, one after the other, and prints what comes back.
pub async fn client<S: event::Source + Read + Write>(
    (name, pause): (&'static str, Duration),
    on: Rc<Loop>,
    stream: Source<S>,
) -> io::Result<()> {
    for word in ["T-minus 2", "T-minus 1", "Blast off"] {
        stream.write_all(word.as_bytes()).await?;
        let mut answer = [0; 9];
        stream.read_exact(&mut answer).await?;
        println!("{name}: {}", String::from_utf8_lossy(&answer));
        on.sleep(pause).await;
    }
    Ok(())
}

/// Runs a future as a task, and prints an error.
pub async fn reports(future: impl Future<Output = io::Result<()>>) {
    if let Err(error) = future.await {
        println!("{error}");
    }
}

const CLIENTS: [(&str, Duration); 2] = [("crew", ms(30)), ("tower", ms(40))];

/// Runs the server and two clients in a simulation.
pub fn simulated() -> io::Result<()> {
    let network = Network::default();
    let executor = Executor::new(network.selector()?)?;
    let listener = network.listen();
    run(executor, listener, || Ok(network.connect()))
}

/// Runs the server and two clients on loopback.
pub fn real() -> io::Result<()> {
    let executor = Executor::new(Real::new()?)?;
    let listener = net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = listener.local_addr()?;
    run(executor, listener, || {
        let stream = std::net::TcpStream::connect(address)?; // on loopback, this does not wait
        stream.set_nonblocking(true)?;
        Ok(net::TcpStream::from_std(stream))
    })
}

fn run<L: Listener + 'static>(
    mut executor: Executor,
    listener: L,
    connect: impl Fn() -> io::Result<L::Stream>,
) -> io::Result<()> {
    let on = executor.handle();
    let listener = Source::new(&on, listener)?;
    on.spawn("server", reports(serve(on.clone(), listener, 2)));
    for named in CLIENTS {
        let stream = Source::new(&on, connect()?)?;
        on.spawn(named.0, reports(client(named, on.clone(), stream)));
    }
    let left = executor.run();
    assert_eq!(left, [""; 0], "all tasks are done");
    println!("all are done");
    Ok(())
}
