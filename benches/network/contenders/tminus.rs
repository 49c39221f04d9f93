//! An `EventLoop`.

use std::{net::SocketAddr, time::Duration};

use futures::FutureExt;
use tminus::{
    EventLoop,
    net::{TcpListener, TcpStream},
    sleep, yield_now,
};

use super::{FREE_PORT, LOOPBACK, Loop};

const NOT_CANCELLED: &str = "nobody cancels";
const OPEN: &str = "the loop is open";

impl Loop for EventLoop {
    const NAME: &'static str = "tminus";

    type Listener = TcpListener;
    type Stream = TcpStream;

    fn new() -> Self {
        EventLoop::new()
    }

    fn run<T: Clone + 'static>(&self, main: impl Future<Output = T> + 'static) -> T {
        self.run_until_complete(main.map(Ok))
            .expect("the body ends")
    }

    fn spawn<T: Clone + 'static>(
        &self,
        body: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + 'static {
        let task = self.create_task(body.map(Ok)).expect(OPEN);
        task.map(|result| result.expect(NOT_CANCELLED))
    }

    fn detach(&self, body: impl Future<Output = ()> + 'static) {
        drop(self.create_task(body.map(Ok)).expect(OPEN));
    }

    fn yield_now() -> impl Future {
        yield_now()
    }

    fn sleep(duration: Duration) -> impl Future {
        sleep(duration)
    }

    async fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(FREE_PORT).await.expect(LOOPBACK);
        let at = listener.local_addr().expect(LOOPBACK);
        (listener, at)
    }

    async fn accept(listener: &TcpListener) -> TcpStream {
        listener.accept().await.expect(LOOPBACK).0
    }

    async fn connect(to: SocketAddr) -> TcpStream {
        TcpStream::connect(to).await.expect(LOOPBACK)
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
        stream.read(buffer).await.expect(LOOPBACK)
    }

    async fn write_all(stream: &mut TcpStream, data: &[u8]) {
        stream.write_all(data).await.expect(LOOPBACK);
    }
}
