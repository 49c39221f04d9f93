//! HTTP by hyper.

#[path = "../examples/hyper.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod example;

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use example::Io;
use futures::{AsyncReadExt, FutureExt, channel::oneshot, future::select};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client, header, server,
    service::service_fn,
};
use tminus::{
    EventLoop, Exception, gather,
    net::{TcpListener, TcpStream},
    sleep, spawn,
};
use tminus_ecosystem::everywhere;

/// Both ends of a connection.
async fn pair() -> Result<(TcpStream, TcpStream), Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let connected = TcpStream::connect(listener.local_addr()?).await?;
    Ok((connected, listener.accept().await?.0))
}

#[test]
fn ten_requests_over_three_kept_connections_at_the_same_time() {
    everywhere(|| async {
        let lines = example::program().await?;
        let expected = (1..=10).rev().zip([1, 2, 3, 4, 1, 2, 3, 4, 1, 2]);
        let expected = expected.map(|(n, nth)| format!("200 OK: /t-minus/{n}, request {nth}"));
        assert_eq!(lines, expected.collect::<Vec<_>>());
        Ok(())
    });
}

#[cfg(unix)]
#[test]
fn the_adapter_is_for_unix_sockets_too() {
    everywhere(|| async {
        let (stream, accepted) = tminus::net::UnixStream::pair()?;
        let server = spawn(example::answer(accepted))?;
        let lines = example::fetch(stream, vec!["/fuel".into()]).await?;
        assert_eq!(lines, ["200 OK: /fuel, request 1"]);
        server.await
    });
}

/// A body larger than all buffers of the sockets and hyper, in both directions.
#[test]
fn a_large_body_goes_through() {
    everywhere(|| async {
        let (stream, accepted) = pair().await?;
        let server = spawn(async {
            let echo = service_fn(|request: Request<Incoming>| async {
                Ok::<_, Infallible>(Response::new(request.into_body()))
            });
            let builder = server::conn::http1::Builder::new();
            Ok(builder.serve_connection(Io::new(accepted), echo).await?)
        })?;
        let (mut sender, connection) = client::conn::http1::handshake(Io::new(stream)).await?;
        let connection = spawn(async { Ok(connection.await?) })?;
        let data: Bytes = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let request = Request::post("/").header(header::HOST, "countdown");
        let response = sender.send_request(request.body(Full::new(data.clone()))?);
        let got = response.await?.into_body().collect().await?.to_bytes();
        assert!(got == data);
        drop(sender);
        connection.await?;
        server.await
    });
}

/// The executor that HTTP/2 needs, because hyper runs the streams of a connection as tasks.
#[derive(Clone)]
struct OnTheLoop;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for OnTheLoop {
    fn execute(&self, future: F) {
        let task = async {
            future.await;
            Ok(())
        };
        spawn(task).expect("hyper is used by tasks");
    }
}

#[test]
fn ten_requests_at_the_same_time_over_one_connection_of_http_2() {
    everywhere(|| async {
        let (stream, accepted) = pair().await?;
        let server = spawn(async {
            let slow = service_fn(|request: Request<Incoming>| async move {
                let n: u64 = request.uri().path()[1..].parse()?;
                sleep(Duration::from_millis(n)).await.map_err(said)?;
                let text = format!("waited for {n} ms");
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Response::new(Full::new(
                    Bytes::from(text),
                )))
            });
            let builder = server::conn::http2::Builder::new(OnTheLoop);
            Ok(builder.serve_connection(Io::new(accepted), slow).await?)
        })?;
        let (sender, connection) =
            client::conn::http2::handshake(OnTheLoop, Io::new(stream)).await?;
        let connection = spawn(async { Ok(connection.await?) })?;
        let requests = (1..=10).rev().map(|n| {
            let mut sender = sender.clone();
            async move {
                let request = Request::get(format!("http://countdown/{n}"));
                let response = sender.send_request(request.body(Empty::<Bytes>::new())?);
                let body = response.await?.into_body().collect().await?.to_bytes();
                Ok(String::from_utf8(body.to_vec())?)
            }
        });
        let got = gather(requests.collect::<Vec<_>>()).await?;
        let expected: Vec<_> = (1..=10)
            .rev()
            .map(|n| format!("waited for {n} ms"))
            .collect();
        assert_eq!(got, expected);
        drop(sender);
        connection.await?;
        server.await
    });
}

/// The text of an exception. hyper needs errors that can move to other threads, and an exception cannot.
fn said(exception: Exception) -> String {
    exception.to_string()
}

/// hyper's timeouts, on the loop's clock.
struct LoopTimer {
    /// The loop's time 0, because hyper computes with [`Instant`]s. It is never compared with the system's clock.
    zero: Instant,
}

impl LoopTimer {
    fn new() -> Self {
        let zero = Instant::now();
        Self { zero }
    }
}

impl hyper::rt::Timer for LoopTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        // hyper needs a future that can move to other threads, and a `tminus::Sleep` stays with its loop. So a task sleeps.
        let (mut awake, over) = oneshot::channel();
        spawn(async move {
            select(sleep(duration), awake.cancellation()).await;
            Ok(()) // dropping `awake` wakes the waiter
        })
        .expect("hyper is used by tasks");
        Box::pin(TimeOver(over))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        let event_loop = EventLoop::running().expect("hyper is used by tasks");
        self.zero + event_loop.time()
    }
}

struct TimeOver(oneshot::Receiver<()>);

impl hyper::rt::Sleep for TimeOver {}

impl Future for TimeOver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(cx).map(drop)
    }
}

#[test]
fn a_client_that_never_ends_its_headers_is_thrown_out() {
    everywhere(|| async {
        let (mut stream, accepted) = pair().await?;
        let began = EventLoop::running()?.time();
        let server = spawn(async {
            let never_called = service_fn(|_: Request<Incoming>| async {
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            });
            let served = server::conn::http1::Builder::new()
                .timer(LoopTimer::new())
                .header_read_timeout(Duration::from_millis(100))
                .serve_connection(Io::new(accepted), never_called);
            Ok(served.await?)
        })?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: ").await?;
        let error = server.await.unwrap_err();
        let error: &hyper::Error = error.downcast_ref().expect("hyper's own error");
        assert!(error.is_timeout());
        let waited = EventLoop::running()?.time() - began;
        assert!(waited >= Duration::from_millis(100), "{waited:?}");
        drop(stream.read_to_end(&mut Vec::new()).await); // the end, or a reset
        Ok(())
    });
}
