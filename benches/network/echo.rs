//! Round trips: a message goes to a server, which sends it back. Server and clients are tasks of one loop.

use std::{
    cell::Cell,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    rc::Rc,
};

use tminus::EventLoop;
use tminus_benches::{Comparison, Contender, digest, report, take_digest};

use crate::contenders::{Loop, async_executor::Executor, streams::Streams, tokio::Tokio};

/// Compares connections that are used `round_trips` times each, all at the same time. They are open before that.
pub fn round_trips(connections: u64, size: u64, round_trips: u64) -> Comparison {
    Comparison {
        name: format!("echo-{connections}-{size}"),
        title: format!("A round trip of {size} bytes, one of {connections} connections"),
        unit: "round trip",
        units_per_run: connections,
        runs: round_trips,
        baseline: EventLoop::NAME,
        contenders: vec![
            asks_without_a_loop(connections, size),
            asks::<EventLoop>(connections, size),
            asks::<Streams>(connections, size),
            asks::<Tokio>(connections, size),
            asks::<Executor>(connections, size),
        ],
    }
}

fn asks<L: Loop>(connections: u64, size: u64) -> Contender {
    let size = usize::try_from(size).expect("it fits into memory");
    Contender::new(L::NAME, move || {
        let on = L::new();
        let clients = on.run(connect(on.clone(), connections, size));
        move |round_trips| {
            let (all, clients) = (on.clone(), clients.clone());
            on.run(async move {
                let tasks = clients.iter().map(|client| {
                    let client = client.clone();
                    all.spawn(async move { client.asks(size, round_trips).await })
                });
                for task in tasks.collect::<Vec<_>>() {
                    report(task.await);
                }
                take_digest()
            })
        }
    })
}

/// Creates the limit: what is left if nobody ever waits. The thread plays both ends of each connection in turn, and knows
/// that whatever it reads has arrived.
fn asks_without_a_loop(connections: u64, size: u64) -> Contender {
    const LOOPBACK: &str = "loopback works";
    let size = usize::try_from(size).expect("it fits into memory");
    Contender::new("bare sockets", move || {
        let listener = TcpListener::bind("127.0.0.1:0").expect(LOOPBACK);
        let at = listener.local_addr().expect(LOOPBACK);
        let pairs = (0..connections).map(|_| {
            let client = TcpStream::connect(at).expect(LOOPBACK);
            let (server, _) = listener.accept().expect(LOOPBACK);
            for end in [&client, &server] {
                end.set_nodelay(true).expect(LOOPBACK);
            }
            (client, server)
        });
        let mut pairs: Vec<_> = pairs.collect();
        let (mut message, mut echo) = (vec![b'T'; size], vec![0; size]);
        move |round_trips| {
            let mut answers = vec![0; pairs.len()];
            for number in 0..round_trips {
                for ((client, server), answers) in pairs.iter_mut().zip(&mut answers) {
                    write_number(&mut message, number);
                    client.write_all(&message).expect(LOOPBACK);
                    server.read_exact(&mut echo).expect(LOOPBACK);
                    server.write_all(&echo).expect(LOOPBACK);
                    client.read_exact(&mut message).expect(LOOPBACK);
                    *answers = digest(*answers, read_number(&message));
                }
            }
            answers.into_iter().for_each(report);
            take_digest()
        }
    })
}

/// The client's end of a connection. The task that uses it has it.
struct Client<L: Loop>(Cell<Option<L::Stream>>);

/// Connects clients to a server, which then echoes whatever arrives.
async fn connect<L: Loop>(on: L, connections: u64, size: usize) -> Rc<[Rc<Client<L>>]> {
    let (listener, at) = L::listen().await;
    let mut clients = Vec::new();
    for _ in 0..connections {
        let client = L::connect(at).await;
        let server = L::accept(&listener).await;
        on.detach(L::echo(server, size));
        clients.push(Rc::new(Client(Cell::new(Some(client)))));
    }
    clients.into()
}

impl<L: Loop> Client<L> {
    /// Sends messages with a number, and returns a digest of the answers.
    async fn asks(&self, size: usize, round_trips: u64) -> u64 {
        let mut stream = self.0.take().expect("one task at a time uses it");
        let mut message = vec![b'T'; size];
        let mut answers = 0;
        for number in 0..round_trips {
            write_number(&mut message, number);
            L::write_all(&mut stream, &message).await;
            write_number(&mut message, 0);
            L::read_exactly(&mut stream, &mut message).await;
            answers = digest(answers, read_number(&message));
        }
        self.0.set(Some(stream));
        answers
    }
}

/// Writes a number to both ends of a message.
fn write_number(message: &mut [u8], number: u64) {
    let bytes = number.to_le_bytes();
    let end = message.len() - bytes.len();
    message[..bytes.len()].copy_from_slice(&bytes);
    message[end..].copy_from_slice(&bytes);
}

/// Returns the number at both ends of a message.
fn read_number(message: &[u8]) -> u64 {
    let ends = [message.first_chunk(), message.last_chunk()];
    let [begin, end] = ends.map(|end| end.map(|bytes| u64::from_le_bytes(*bytes)));
    assert_eq!(begin, end, "the message has both ends");
    begin.expect("a message has room for a number")
}
