//! Connections that are open at the same time, with both ends in this process.

use std::{cell::RefCell, rc::Rc};

use futures::channel::oneshot;
use tminus::EventLoop;
use tminus_benches::{Comparison, Contender, Table, digest, heap};

use crate::{
    contenders::{Loop, async_executor::Executor, streams::Streams, tokio::Tokio},
    descriptors,
};

/// Compares connections that are opened one after the other, used for one round trip each, and closed when all are open.
pub fn comparison(connections: u64, runs: u64) -> Comparison {
    Comparison {
        name: format!("connections-{connections}"),
        title: format!(
            "A connection, opened, used once and closed, one of {connections} at the same time"
        ),
        unit: "connection",
        units_per_run: connections,
        runs,
        baseline: EventLoop::NAME,
        contenders: vec![
            opens_and_closes::<EventLoop>(connections),
            opens_and_closes::<Streams>(connections),
            opens_and_closes::<Tokio>(connections),
            opens_and_closes::<Executor>(connections),
        ],
    }
}

fn opens_and_closes<L: Loop>(connections: u64) -> Contender {
    Contender::new(L::NAME, move || {
        let on = L::new();
        move |runs| {
            let main = on.clone();
            on.run(async move {
                let mut answers = 0;
                for _ in 0..runs {
                    let open = open(&main, connections).await;
                    answers = digest(answers, open.answers);
                    open.close().await;
                }
                answers
            })
        }
    })
}

/// Connections that are open.
struct Open<L: Loop> {
    clients: Vec<L::Stream>,
    /// A digest of what the clients received.
    answers: u64,
    /// Cancelled when the last task of the server has ended.
    served: oneshot::Receiver<()>,
}

/// Connects clients, each of which sends a byte and gets it back.
async fn open<L: Loop>(on: &L, connections: u64) -> Open<L> {
    let (listener, at) = L::listen().await;
    let (serving, served) = oneshot::channel::<()>();
    let serving = Rc::new(serving);
    let server = on.clone();
    on.detach(async move {
        for _ in 0..connections {
            let stream = L::accept(&listener).await;
            let serving = serving.clone();
            server.detach(async move {
                L::echo(stream, 1).await;
                drop(serving);
            });
        }
    });
    let clients = Rc::new(RefCell::new(Vec::with_capacity(connections as usize)));
    let mut tasks = Vec::new();
    for number in 0..connections {
        let mut stream = L::connect(at).await;
        let clients = clients.clone();
        tasks.push(on.spawn(async move {
            let mut byte = number.to_le_bytes();
            L::write_all(&mut stream, &byte[..1]).await;
            byte[0] = 0;
            L::read_exactly(&mut stream, &mut byte[..1]).await;
            clients.borrow_mut().push(stream);
            byte[0].into()
        }));
    }
    let mut answers = 0;
    for task in tasks {
        answers = digest(answers, task.await);
    }
    Open {
        clients: clients.take(),
        answers,
        served,
    }
}

impl<L: Loop> Open<L> {
    /// Closes the clients' ends, and waits until the server has closed its own.
    async fn close(self) {
        drop(self.clients);
        let all_ended = self.served.await; // an error: nothing is sent, and the last sender is dropped
        assert!(all_ended.is_err());
    }
}

/// Returns the heap memory per connection: of both ends, and of the task that serves it.
pub fn memory() -> Table {
    let connections = descriptors::connections(crate::CONNECTIONS);
    let title = "Heap memory of a connection: both ends, and the task that serves it";
    let mut table = Table::new(title, &["", "bytes", "allocations"]);
    row::<EventLoop>(&mut table, connections);
    row::<Streams>(&mut table, connections);
    row::<Tokio>(&mut table, connections);
    row::<Executor>(&mut table, connections);
    table
}

fn row<L: Loop>(table: &mut Table, connections: u64) {
    let on = L::new();
    on.run(async { drop(L::listen().await) }); // what the loop has for its first socket
    let main = on.clone();
    let (taken, _open) = heap(|| on.run(async move { Rc::new(open(&main, connections).await) }));
    let each = taken / connections as f64;
    let cells = [each.bytes, each.allocations].map(|number| format!("{number:.0}"));
    table.row(L::NAME, cells);
}
