//! What one tries before there is a selector, and what goes wrong.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};
use std::rc::Rc;
use std::sync::{Mutex, mpsc};
use std::thread;

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson20_selector::simulated::Network;
use tminus_lessons::lesson20_selector::{Executor, Loop, Socket, Source};

/// Sleeps 10 ms.
pub async fn tick(on: Rc<Loop>) {
    on.sleep(ms(10)).await;
    println!("{} ms: tick", on.now().as_millis());
}

/// Waits for a word in a call of the system.
pub async fn crew(on: Rc<Loop>, mut socket: Socket) {
    let mut word = [0; 3];
    let read = socket.read_blocking(&mut word); // returns when bytes are there
    assert_eq!(read.ok(), Some(3));
    let word = String::from_utf8_lossy(&word);
    println!("{} ms: crew: {word}", on.now().as_millis());
}

/// Runs both. The word arrives at 30 ms.
pub fn blocked() -> io::Result<()> {
    let network = Network::default();
    let mut executor = Executor::new(network.selector()?)?;
    let (ours, _theirs) = network.pair();
    network.arrives(ms(30), &ours, b"go!");
    let on = executor.handle();
    on.spawn("tick", tick(on.clone()));
    on.spawn("crew", crew(on.clone(), ours));
    executor.run();
    Ok(())
}

/// Two threads read for three clients, of which the first two say nothing yet.
pub fn two_threads() {
    let (clients, sockets): (Vec<_>, VecDeque<_>) = (1..=3)
        .map(|n| {
            let (client, socket) = mpsc::channel(); // instead of a socket: `recv` blocks as a `read` does
            (client, (n, socket))
        })
        .unzip();
    let queue = Mutex::new(sockets);
    let (says, lines) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..2 {
            let (says, queue) = (says.clone(), &queue);
            scope.spawn(move || {
                loop {
                    let job: Option<(u32, mpsc::Receiver<&str>)> =
                        queue.lock().expect("no panic").pop_front();
                    let Some((n, socket)) = job else { return };
                    let _ = says.send(format!("reads from client {n}"));
                    let word = socket.recv();
                    let _ = says.send(format!("client {n}: {}", word.expect("a word")));
                }
            });
        }
        let heard = clients[2].send("go!"); // first of all
        assert!(heard.is_ok());
        let _ = (lines.recv(), lines.recv());
        println!(
            "two threads read; client 3 has said go!, and {} client waits for a thread",
            queue.lock().expect("no panic").len()
        );
        let _ = clients[0].send("hold");
        for line in lines.iter().take(3) {
            println!("{line}");
        }
        let _ = clients[1].send("hold");
    });
}

/// Asks three sockets in turn, until each has said a word. The words arrive at 10, 20 and 30 ms, and a call takes 1 ms.
pub fn ask_in_turn() -> io::Result<()> {
    let network = Network::new(ms(1));
    let (sockets, _others): (Vec<_>, Vec<_>) = (0..3).map(|_| network.pair()).unzip();
    for (at, socket) in [10, 20, 30].into_iter().zip(&sockets) {
        network.arrives(ms(at), socket, b"go!");
    }
    let (calls, words) = ask_all(sockets)?;
    println!(
        "{words} words, {calls} calls, {} of them in vain",
        calls - words
    );
    Ok(())
}

fn ask_all<S: Read>(mut sockets: Vec<S>) -> io::Result<(u32, u32)> {
    let (mut calls, mut words) = (0, 0);
    while words < 3 {
        for socket in &mut sockets {
            calls += 1;
            match socket.read(&mut [0; 3]) {
                Ok(_) => words += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {} // nothing is there
                Err(error) => return Err(error),
            }
        }
    }
    Ok((calls, words))
}

/// Reads, and never lets others go first.
pub async fn read_greedily(stream: &Source<Socket>, buffer: &mut [u8]) -> io::Result<usize> {
    stream.of.share.set(u32::MAX);
    stream.read(buffer).await
}
