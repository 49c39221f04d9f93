//! An `EventLoop` with asyncio's streams.

use std::{net::SocketAddr, time::Duration};

use tminus::{
    EventLoop, sleep,
    streams::{Server, StreamReader, StreamWriter, open_connection, start_server},
    sync::Queue,
    yield_now,
};

use super::{FREE_PORT, LOOPBACK, Loop, number};

#[derive(Clone)]
pub struct Streams(EventLoop);

type Stream = (StreamReader, StreamWriter);

impl Loop for Streams {
    const NAME: &'static str = "tminus, streams";

    type Listener = (Server, Queue<Stream>);
    type Stream = Stream;

    fn new() -> Self {
        Self(EventLoop::new())
    }

    fn run<T: Clone + 'static>(&self, main: impl Future<Output = T> + 'static) -> T {
        Loop::run(&self.0, main)
    }

    fn spawn<T: Clone + 'static>(
        &self,
        body: impl Future<Output = T> + 'static,
    ) -> impl Future<Output = T> + 'static {
        Loop::spawn(&self.0, body)
    }

    fn detach(&self, body: impl Future<Output = ()> + 'static) {
        self.0.detach(body);
    }

    fn yield_now() -> impl Future {
        yield_now()
    }

    fn sleep(duration: Duration) -> impl Future {
        sleep(duration)
    }

    async fn listen() -> (Self::Listener, SocketAddr) {
        let queue = Queue::new();
        let accepted = queue.clone();
        let accepts = move |reader, writer| {
            let accepted = accepted.clone();
            async move { accepted.put_nowait((reader, writer)) }
        };
        let server = start_server(accepts, FREE_PORT).await.expect(LOOPBACK);
        let at = server.local_addrs()[0];
        ((server, queue), at)
    }

    async fn accept((_, accepted): &Self::Listener) -> Stream {
        accepted.get().await.expect(LOOPBACK)
    }

    async fn connect(to: SocketAddr) -> Stream {
        open_connection(to).await.expect(LOOPBACK)
    }

    async fn read((reader, _): &mut Stream, buffer: &mut [u8]) -> usize {
        let data = reader.read(buffer.len()).await.expect(LOOPBACK);
        buffer[..data.len()].copy_from_slice(&data);
        data.len()
    }

    async fn write_all((_, writer): &mut Stream, data: &[u8]) {
        writer.write(data).expect(LOOPBACK);
        writer.drain().await.expect(LOOPBACK);
    }

    /// The stream returns bytes of its own, so nobody has to copy them.
    async fn read_numbered((reader, _): &mut Stream, buffer: &mut [u8]) -> u64 {
        number(&reader.readexactly(buffer.len()).await.expect(LOOPBACK))
    }

    async fn read_exactly((reader, _): &mut Stream, buffer: &mut [u8]) {
        let data = reader.readexactly(buffer.len()).await.expect(LOOPBACK);
        buffer.copy_from_slice(&data);
    }

    async fn echo((reader, writer): Stream, message_size: usize) {
        loop {
            let data = reader.read(2 * message_size).await.expect(LOOPBACK);
            if data.is_empty() {
                return;
            }
            writer.write(data).expect(LOOPBACK);
            writer.drain().await.expect(LOOPBACK);
        }
    }
}
