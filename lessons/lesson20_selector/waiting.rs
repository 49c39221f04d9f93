//! Three ways to wait for bytes, of which one is right.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read};
use std::task::Poll;

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson20_selector::simulated::Network;
use tminus_lessons::lesson20_selector::{Executor, Socket, Source};

/// Waits for an event, and then reads.
pub async fn wait_and_read(stream: &Source<Socket>, buffer: &mut [u8]) -> io::Result<usize> {
    let mut has_waited = false;
    poll_fn(|cx| {
        if !has_waited {
            has_waited = true;
            stream.of.sources.borrow_mut()[stream.token].push(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(stream.io.borrow_mut().read(buffer))
    })
    .await
}

/// Reads, and leaves no waker if it would block.
pub async fn read_and_forget(stream: &Source<Socket>, buffer: &mut [u8]) -> io::Result<usize> {
    poll_fn(|_| match stream.io.borrow_mut().read(buffer) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    })
    .await
}

/// Tries, and waits if that would block.
async fn try_and_wait(stream: &Source<Socket>, buffer: &mut [u8]) -> io::Result<usize> {
    stream.read(buffer).await
}

/// Reads a word of nine bytes with the buffer for four. The word arrives at 5 ms.
fn four_bytes_at_a_time(
    read: impl AsyncFn(&Source<Socket>, &mut [u8]) -> io::Result<usize> + 'static,
) -> io::Result<()> {
    let network = Network::default();
    let mut executor = Executor::new(network.selector()?)?;
    let (ours, _theirs) = network.pair();
    network.arrives(ms(5), &ours, b"T-minus 3");
    let on = executor.handle();
    let stream = Source::new(&on, ours)?;
    on.spawn("crew", async move {
        let (mut left, mut buffer) = (9, [0; 4]);
        while left > 0 {
            let n = read(&stream, &mut buffer)
                .await
                .expect("an open connection");
            println!("crew: {:?}", String::from_utf8_lossy(&buffer[..n]));
            left -= n;
        }
    });
    for left in executor.run() {
        println!("{left} waits for something that cannot come");
    }
    Ok(())
}

/// Waits for an event before each read.
pub fn wait_first() -> io::Result<()> {
    four_bytes_at_a_time(wait_and_read)
}

/// Tries before each wait, and keeps no waker.
pub fn keep_no_waker() -> io::Result<()> {
    four_bytes_at_a_time(read_and_forget)
}

/// Tries before each wait, and keeps the waker.
pub fn try_first() -> io::Result<()> {
    four_bytes_at_a_time(try_and_wait)
}
