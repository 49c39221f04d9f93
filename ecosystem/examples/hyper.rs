//! A server and clients that speak HTTP: hyper 1 on tminus.
//!
//! ```console
//! $ cargo run -p tminus-ecosystem --example hyper             # in a simulation; `-- --seed 7` selects another seed
//! $ cargo run -p tminus-ecosystem --example hyper -- --real   # on loopback
//! ```
//!
//! Three clients send ten requests at the same time. Each client has one connection, and keeps it.

use std::{
    cell::Cell,
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client, header,
    rt::ReadBufCursor,
    server,
    service::service_fn,
};
use tminus::{
    Exception, gather,
    net::{TcpListener, TcpStream},
    spawn,
};

/// hyper's traits for any stream with those of `futures-io`: a [`TcpStream`], or TLS over one.
///
/// hyper's buffer is uninitialized memory. Safe code cannot read into it directly, so each read is copied once.
pub struct Io<S> {
    stream: S,
    buffer: Box<[u8]>,
}

impl<S> Io<S> {
    pub fn new(stream: S) -> Self {
        let buffer = vec![0; 8 * 1024].into();
        Self { stream, buffer }
    }
}

impl<S: AsyncRead + Unpin> hyper::rt::Read for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, buffer } = self.get_mut();
        let room = buffer.len().min(cursor.remaining());
        let n = ready!(Pin::new(stream).poll_read(cx, &mut buffer[..room]))?;
        cursor.put_slice(&buffer[..n]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> hyper::rt::Write for Io<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// Answers with the path and the number of requests that this connection has carried.
pub async fn answer<S>(stream: S) -> Result<(), Exception>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let requests = Cell::new(0);
    let answers = service_fn(|request: Request<Incoming>| {
        requests.set(requests.get() + 1);
        let text = format!("{}, request {}", request.uri().path(), requests.get());
        async move { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text)))) }
    });
    server::conn::http1::Builder::new()
        .serve_connection(Io::new(stream), answers)
        .await?;
    Ok(())
}

/// Sends requests one after the other over one connection.
pub async fn fetch<S>(stream: S, paths: Vec<String>) -> Result<Vec<String>, Exception>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (mut sender, connection) = client::conn::http1::handshake(Io::new(stream)).await?;
    let connection = spawn(async { Ok(connection.await?) })?;
    let mut lines = Vec::new();
    for path in paths {
        sender.ready().await?;
        let request = Request::get(path)
            .header(header::HOST, "countdown")
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        lines.push(format!("{status}: {}", String::from_utf8_lossy(&body)));
    }
    drop(sender); // no more requests: hyper closes the connection
    connection.await?;
    Ok(lines)
}

async fn serve(listener: TcpListener) -> Result<(), Exception> {
    loop {
        let (stream, _) = listener.accept().await?;
        spawn(answer(stream))?;
    }
}

async fn client(server: SocketAddr, paths: Vec<String>) -> Result<Vec<String>, Exception> {
    fetch(TcpStream::connect(server).await?, paths).await
}

pub async fn program() -> Result<Vec<String>, Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = spawn(serve(listener))?;
    let paths: Vec<_> = (1..=10).rev().map(|n| format!("/t-minus/{n}")).collect();
    let clients = paths.chunks(4).map(|some| client(address, some.to_vec()));
    let lines = gather(clients.collect::<Vec<_>>()).await?;
    server.cancel();
    Ok(lines.concat())
}

fn main() -> Result<(), Exception> {
    tminus_ecosystem::show(program)
}
