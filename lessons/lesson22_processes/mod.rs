#![doc = include_str!("README.md")]

use std::io::{self, ErrorKind};
use std::{future::poll_fn, pin::pin, task::Poll};

use mio::unix::pipe::{Receiver, Sender};

pub use tminus_lessons::lesson20_selector::{Executor, Loop, Real, Source};

pub mod cat;
pub mod children;
pub mod ctrl_c;
mod inside;
mod process;
mod signals;
mod watched;

pub use inside::Inside;
pub use process::{Process, start, wait};
pub use signals::{IS_FATAL, Interrupts, Signal};
pub use watched::on_the_loop;

/// Reads until the other end is closed.
pub async fn read_to_end(stdout: &Source<Receiver>) -> io::Result<Vec<u8>> {
    let (mut output, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stdout.read(&mut buffer).await? {
            0 => return Ok(output),
            n => output.extend_from_slice(&buffer[..n]),
        }
    }
}

/// Awaits two futures at the same time.
pub async fn both<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut a, mut b) = (None, None);
    poll_fn(|cx| {
        if a.is_none()
            && let Poll::Ready(result) = first.as_mut().poll(cx)
        {
            a = Some(result);
        }
        if b.is_none()
            && let Poll::Ready(result) = second.as_mut().poll(cx)
        {
            b = Some(result);
        }
        match (&a, &b) {
            (Some(_), Some(_)) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    })
    .await;
    a.zip(b).expect("both are done")
}

/// Awaits a future until `end` is ready. Returns `None` if `end` is ready first: the future is dropped.
pub async fn until<T>(end: impl Future, future: impl Future<Output = T>) -> Option<T> {
    let (mut end, mut future) = (pin!(end), pin!(future));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => end.as_mut().poll(cx).map(|_| None),
    })
    .await
}

/// Writes the input to a process, and reads its output at the same time.
pub async fn communicate(
    stdin: Source<Sender>,
    stdout: Source<Receiver>,
    input: &[u8],
) -> io::Result<Vec<u8>> {
    let write = async {
        let written = stdin.write_all(input).await;
        drop(stdin); // this is how the process learns that no more will come
        written
    };
    let (written, output) = both(write, read_to_end(&stdout)).await;
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => output, // a process may end before it has read all
    }
}
