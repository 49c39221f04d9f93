//! tokio's `current_thread` scheduler, as a `LocalRuntime`, so tasks need not be `Send`.

use std::{net::SocketAddr, rc::Rc, time::Duration};

use futures::FutureExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, LocalOptions, LocalRuntime},
    task::yield_now,
    time::sleep,
};

use super::{FREE_PORT, LOOPBACK, Loop};

#[derive(Clone)]
pub struct Tokio(Rc<LocalRuntime>);

impl Loop for Tokio {
    const NAME: &'static str = "tokio";

    type Listener = TcpListener;
    type Stream = TcpStream;

    fn new() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default());
        Self(Rc::new(runtime.expect("the system lets it")))
    }

    fn run<T: Clone + 'static>(&self, main: impl Future<Output = T> + 'static) -> T {
        self.0.block_on(main)
    }

    fn spawn<T: Clone + 'static>(
        &self,
        body: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + 'static {
        let task = self.0.spawn_local(body);
        task.map(|result| result.expect("nobody aborts"))
    }

    fn detach(&self, body: impl Future<Output = ()> + 'static) {
        drop(self.0.spawn_local(body));
    }

    fn yield_now() -> impl Future {
        yield_now()
    }

    fn sleep(duration: Duration) -> impl Future {
        sleep(duration)
    }

    async fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(SocketAddr::from(FREE_PORT)).await;
        let listener = listener.expect(LOOPBACK);
        let at = listener.local_addr().expect(LOOPBACK);
        (listener, at)
    }

    async fn accept(listener: &TcpListener) -> TcpStream {
        without_delay(listener.accept().await.expect(LOOPBACK).0)
    }

    async fn connect(to: SocketAddr) -> TcpStream {
        without_delay(TcpStream::connect(to).await.expect(LOOPBACK))
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
        stream.read(buffer).await.expect(LOOPBACK)
    }

    async fn write_all(stream: &mut TcpStream, data: &[u8]) {
        stream.write_all(data).await.expect(LOOPBACK);
    }
}

fn without_delay(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect(LOOPBACK);
    stream
}
