//! async-executor's `LocalExecutor`, driven by async-io, whose `Async` wraps the streams of the standard library.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    rc::Rc,
    time::Duration,
};

use async_executor::LocalExecutor;
use async_io::{Async, Timer};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future::yield_now};

use super::{FREE_PORT, LOOPBACK, Loop};

#[derive(Clone)]
pub struct Executor(Rc<LocalExecutor<'static>>);

impl Loop for Executor {
    const NAME: &'static str = "async-executor";

    type Listener = Async<TcpListener>;
    type Stream = Async<TcpStream>;

    fn new() -> Self {
        Self(Rc::new(LocalExecutor::new()))
    }

    fn run<T: Clone + 'static>(&self, main: impl Future<Output = T> + 'static) -> T {
        async_io::block_on(self.0.run(main))
    }

    fn spawn<T: Clone + 'static>(
        &self,
        body: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + 'static {
        self.0.spawn(body)
    }

    fn detach(&self, body: impl Future<Output = ()> + 'static) {
        self.0.spawn(body).detach();
    }

    fn yield_now() -> impl Future {
        yield_now()
    }

    fn sleep(duration: Duration) -> impl Future {
        Timer::after(duration)
    }

    async fn listen() -> (Self::Listener, SocketAddr) {
        let listener = Async::<TcpListener>::bind(FREE_PORT).expect(LOOPBACK);
        let at = listener.get_ref().local_addr().expect(LOOPBACK);
        (listener, at)
    }

    async fn accept(listener: &Self::Listener) -> Self::Stream {
        without_delay(listener.accept().await.expect(LOOPBACK).0)
    }

    async fn connect(to: SocketAddr) -> Self::Stream {
        without_delay(Async::<TcpStream>::connect(to).await.expect(LOOPBACK))
    }

    async fn read(stream: &mut Self::Stream, buffer: &mut [u8]) -> usize {
        stream.read(buffer).await.expect(LOOPBACK)
    }

    async fn write_all(stream: &mut Self::Stream, data: &[u8]) {
        stream.write_all(data).await.expect(LOOPBACK);
    }
}

fn without_delay(stream: Async<TcpStream>) -> Async<TcpStream> {
    stream.get_ref().set_nodelay(true).expect(LOOPBACK);
    stream
}
