//! How long a short sleep really takes beside sockets.

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    sync::mpsc::{self, Receiver, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use tminus::EventLoop;
use tminus_benches::Table;

use crate::contenders::{Loop, async_executor::Executor, tokio::Tokio};

const SLEEPS: usize = 50;

const SHORT: Duration = Duration::from_micros(100);
const LONG: Duration = Duration::from_millis(10);

/// When a peer that never stops does so all the same: a loop that it keeps from all else would never see the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Returns the median and the worst of some sleeps.
pub fn table() -> Table {
    let columns = [
        "",
        "100 µs beside an idle socket",
        "10 ms beside an idle socket",
        "10 ms beside one that never runs dry",
    ];
    let title = "How long a sleep takes, in ms: median (worst). Targets: < 0.3, –, < 20";
    let mut table = Table::new(title, &columns);
    row::<EventLoop>(&mut table);
    row::<Tokio>(&mut table);
    row::<Executor>(&mut table);
    table
}

fn row<L: Loop>(table: &mut Table) {
    let cells = [
        sleeps::<L>(SHORT, Peer::IsSilent),
        sleeps::<L>(LONG, Peer::IsSilent),
        sleeps::<L>(LONG, Peer::NeverStops),
    ];
    table.row(L::NAME, cells);
}

/// What the other end of the socket does.
#[derive(Clone, Copy)]
enum Peer {
    IsSilent,
    NeverStops,
}

fn sleeps<L: Loop>(duration: Duration, peer: Peer) -> String {
    let on = L::new();
    let mut times = on.run(sleep_beside::<L>(on.clone(), duration, peer));
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let [median, worst] = [times[times.len() / 2], times[times.len() - 1]].map(milliseconds);
    format!("{median:.2} ({worst:.2})")
}

/// Sleeps while another task reads, and returns how long that took each time.
async fn sleep_beside<L: Loop>(on: L, duration: Duration, peer: Peer) -> Vec<Duration> {
    let (listener, at) = L::listen().await;
    let (stops, stopped) = mpsc::channel::<()>();
    let peer = thread::spawn(move || runs(peer, at, &stopped));
    let mut stream = L::accept(&listener).await;
    let reader = on.spawn(async move {
        let mut buffer = [0; 64]; // so small that the peer is always faster
        while L::read(&mut stream, &mut buffer).await > 0 {}
    });
    let mut times = Vec::new();
    while times.len() < SLEEPS && !peer.is_finished() {
        let start = Instant::now();
        drop(L::sleep(duration).await);
        times.push(start.elapsed());
    }
    drop(stops);
    reader.await;
    peer.join().expect("it does not panic");
    times
}

/// A thread that connects, plays its part until it is stopped, and closes the connection.
fn runs(peer: Peer, at: SocketAddr, stopped: &Receiver<()>) {
    let mut stream = TcpStream::connect(at).expect("loopback works");
    let data = [b'T'; 1 << 16];
    match peer {
        Peer::IsSilent => drop(stopped.recv()),
        Peer::NeverStops => {
            let start = Instant::now();
            while stopped.try_recv() == Err(TryRecvError::Empty) && start.elapsed() < PATIENCE {
                stream.write_all(&data).expect("loopback works");
            }
        }
    }
}
