//! tokio with a `BufReader` and a `BufWriter` around each stream.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};

use super::{LOOPBACK, Loop, tokio::Tokio};

#[derive(Clone)]
pub struct TokioBuffered(Tokio);

/// As much as the streams of asyncio have.
const BUFFER: usize = 64 * 1024;

fn buffered(stream: TcpStream) -> BufStream<TcpStream> {
    BufStream::with_capacity(BUFFER, BUFFER, stream)
}

impl Loop for TokioBuffered {
    const NAME: &'static str = "tokio, buffered";

    type Listener = TcpListener;
    type Stream = BufStream<TcpStream>;

    fn new() -> Self {
        Self(Tokio::new())
    }

    fn run<T: Clone + 'static>(&self, main: impl Future<Output = T> + 'static) -> T {
        self.0.run(main)
    }

    fn spawn<T: Clone + 'static>(
        &self,
        body: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + 'static {
        self.0.spawn(body)
    }

    fn detach(&self, body: impl Future<Output = ()> + 'static) {
        self.0.detach(body);
    }

    fn yield_now() -> impl Future {
        Tokio::yield_now()
    }

    fn sleep(duration: Duration) -> impl Future {
        Tokio::sleep(duration)
    }

    async fn listen() -> (TcpListener, SocketAddr) {
        Tokio::listen().await
    }

    async fn accept(listener: &TcpListener) -> Self::Stream {
        buffered(Tokio::accept(listener).await)
    }

    async fn connect(to: SocketAddr) -> Self::Stream {
        buffered(Tokio::connect(to).await)
    }

    async fn read(stream: &mut Self::Stream, buffer: &mut [u8]) -> usize {
        stream.read(buffer).await.expect(LOOPBACK)
    }

    async fn write_all(stream: &mut Self::Stream, data: &[u8]) {
        stream.write_all(data).await.expect(LOOPBACK);
        stream.flush().await.expect(LOOPBACK);
    }
}
