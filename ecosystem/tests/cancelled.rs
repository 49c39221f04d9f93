//! Cancellation inside libraries that do not support it.
//!
//! `Cancelled` cannot be raised through the traits of `futures-io`. It would have to be an `io::Error`, which a library can
//! swallow, retry after, or report as a broken connection. So if a task is cancelled while it waits in such a trait, the task is
//! dropped at that `.await`.

#[path = "../examples/hyper.rs"]
#[expect(dead_code, reason = "it has a program of its own")]
mod hyper_example;
#[path = "../examples/proxy.rs"]
#[expect(dead_code, reason = "it has a program of its own")]
mod proxy_example;
#[path = "../examples/tls.rs"]
#[expect(dead_code, reason = "it has a program of its own")]
mod tls_example;
#[path = "../examples/websocket.rs"]
#[expect(dead_code, reason = "it has a program of its own")]
mod websocket_example;

use std::{convert::Infallible, net::Ipv4Addr, time::Duration};

use async_tungstenite::{accept_async, client_async, tungstenite::Message};
use futures::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, StreamExt, future::pending, io::BufReader,
    stream::FuturesUnordered,
};
use http_body_util::{Empty, Full};
use hyper::{Request, Response, body::Bytes, client, header, server, service::service_fn};
use hyper_example::Io;
use tls_example::Tls;
use tminus::{
    Exception, Kind, Task,
    event_loop::{Deadlock, all_tasks, cancellable},
    net::{TcpListener, TcpStream},
    simulation::{self, Simulation},
    sleep, spawn, timeout, wait_for,
};
use tminus_ecosystem::{everywhere, simulated};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Both ends of a connection.
async fn pair() -> Result<(TcpStream, TcpStream), Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let connected = TcpStream::connect(listener.local_addr()?).await?;
    Ok((connected, listener.accept().await?.0))
}

/// Cancels a task while it waits, and checks that it ends with `Cancelled`.
async fn ends_cancelled<T: Clone + std::fmt::Debug + 'static>(
    task: Task<T>,
) -> Result<(), Exception> {
    sleep(ms(20)).await?;
    assert!(!task.done());
    task.cancel();
    assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
    Ok(())
}

fn assert_timeout<T: std::fmt::Debug>(late: Result<T, Exception>) {
    assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
}

/// A request that is never answered.
async fn unanswered(stream: TcpStream) -> Result<(), Exception> {
    let never = service_fn(|_| pending::<Result<Response<Full<Bytes>>, Infallible>>());
    let served = server::conn::http1::Builder::new().serve_connection(Io::new(stream), never);
    Ok(served.await?)
}

async fn request(stream: TcpStream) -> Result<u16, Exception> {
    let (mut sender, connection) = client::conn::http1::handshake(Io::new(stream)).await?;
    let connection = spawn(async { Ok(connection.await?) })?;
    let request = Request::get("/").header(header::HOST, "countdown");
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?);
    let status = response.await?.status();
    drop(sender);
    connection.await?;
    Ok(status.as_u16())
}

#[test]
fn while_it_waits_for_a_line() {
    everywhere(|| async {
        let (_kept, stream) = pair().await?;
        let mut lines = BufReader::new(stream).lines();
        ends_cancelled(spawn(async move {
            loop {
                drop(lines.next().await); // tries again, whatever the result
            }
            #[expect(unreachable_code, reason = "it says what the task returns")]
            Ok(())
        })?)
        .await
    });
}

#[test]
fn while_it_copies_both_ways() {
    everywhere(|| async {
        let (mut client, one) = pair().await?;
        let (other, mut engine) = pair().await?;
        let proxy = spawn(proxy_example::copies_both_ways(one, other))?;
        AsyncWriteExt::write_all(&mut client, b"T-minus 3").await?;
        ends_cancelled(proxy).await?;
        // Both ends notice, perhaps by a reset, because the proxy may have left bytes unread.
        for end in [&mut client, &mut engine] {
            drop(end.read_to_end(&mut Vec::new()).await);
        }
        Ok(())
    });
}

#[test]
fn while_it_waits_for_a_handshake() {
    everywhere(|| async {
        let (_silent, stream) = pair().await?;
        let tls = Tls::new()?;
        ends_cancelled(spawn(async move { Ok(tls.accept(stream).await.is_ok()) })?).await?;

        let (_silent, stream) = pair().await?;
        ends_cancelled(spawn(
            async move { Ok(accept_async(stream).await.is_ok()) },
        )?)
        .await
    });
}

#[test]
fn while_it_reads_by_tls() {
    everywhere(|| async {
        let tls = Tls::new()?;
        let (connected, accepted) = pair().await?;
        let (connected, accepted) =
            futures::join!(tls.connect("engine", connected), tls.accept(accepted));
        let (mut client, mut server) = (connected?, accepted?);
        ends_cancelled(spawn(async move {
            loop {
                drop(client.read(&mut [0; 8]).await);
            }
            #[expect(unreachable_code, reason = "it says what the task returns")]
            Ok(())
        })?)
        .await?;
        assert!(server.read(&mut [0; 8]).await.is_err()); // an end without close_notify
        Ok(())
    });
}

#[test]
fn while_it_waits_for_a_message() {
    everywhere(|| async {
        let (stream, accepted) = pair().await?;
        let server = spawn(websocket_example::echo(accepted))?;
        let (mut socket, _) = client_async("ws://engine/echo", stream).await?;
        ends_cancelled(spawn(async move {
            while let Some(message) = socket.next().await {
                drop(message);
            }
            Ok(())
        })?)
        .await?;
        assert_eq!(server.await.unwrap_err().kind(), Kind::Error); // reset without a closing handshake
        Ok(())
    });
}

/// Nobody reads, so each writer waits for room.
#[test]
fn while_it_writes() {
    // The system buffers some megabytes, and a simulated network buffers 64 KiB.
    tminus::run(writes_in_vain(16 << 20)).unwrap();
    simulated(|| writes_in_vain(200_000));

    async fn writes_in_vain(len: usize) -> Result<(), Exception> {
        let data = vec![7; len];
        let (mut stream, _kept) = pair().await?;
        let sent = data.clone();
        ends_cancelled(spawn(async move {
            Ok(AsyncWriteExt::write_all(&mut stream, &sent).await.is_ok())
        })?)
        .await?;

        let tls = Tls::new()?;
        let (connected, accepted) = pair().await?;
        let (connected, accepted) =
            futures::join!(tls.connect("engine", connected), tls.accept(accepted));
        let (mut client, _kept) = (connected?, accepted?);
        let sent = data.clone();
        ends_cancelled(spawn(
            async move { Ok(client.write_all(&sent).await.is_ok()) },
        )?)
        .await?;

        let (connected, accepted) = pair().await?;
        let (connected, accepted) = futures::join!(
            client_async("ws://engine/", connected),
            accept_async(accepted)
        );
        let ((mut socket, _), _kept) = (connected?, accepted?);
        ends_cancelled(spawn(async move {
            Ok(socket.send(Message::binary(data)).await.is_ok())
        })?)
        .await
    }
}

#[test]
fn while_it_waits_for_a_response() {
    everywhere(|| async {
        let (stream, accepted) = pair().await?;
        let server = spawn(unanswered(accepted))?;
        ends_cancelled(spawn(request(stream))?).await?;
        // That ended hyper's task for the connection, and now ends the server.
        drop(server.await);
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    });
}

#[test]
fn a_server_that_is_cancelled_leaves_a_client_with_an_error() {
    everywhere(|| async {
        let (stream, accepted) = pair().await?;
        let client = spawn(request(stream))?;
        ends_cancelled(spawn(unanswered(accepted))?).await?;
        let error = client.await.unwrap_err();
        assert!(error.is::<hyper::Error>(), "{error:?}");
        Ok(())
    });
}

/// `cancellable` around the library's future lets a cancelled task clean up.
#[test]
fn a_task_that_is_cancelled_can_say_goodbye() {
    everywhere(|| async {
        let (stream, accepted) = pair().await?;
        let server = spawn(websocket_example::echo(accepted))?;
        let (mut socket, _) = client_async("ws://engine/echo", stream).await?;
        let client = spawn(async move {
            let cancelled = cancellable(socket.next()).await.unwrap_err();
            socket.close(None).await?;
            assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
            assert!(socket.next().await.is_none());
            Err::<(), _>(cancelled)
        })?;
        sleep(ms(20)).await?;
        client.cancel();
        assert_eq!(client.await.unwrap_err().kind(), Kind::Cancelled);
        server.await // ends without an error
    });
}

#[test]
fn a_timeout_around_a_line_loses_nothing() {
    everywhere(|| async {
        let (mut left, right) = pair().await?;
        let mut lines = BufReader::new(right).lines();
        let writer = spawn(async move {
            for n in (0..10).rev() {
                for piece in ["T-", "minus ", &n.to_string(), "\n"] {
                    left.write_all(piece.as_bytes()).await?;
                    sleep(ms(1)).await?;
                }
            }
            Ok(())
        })?;
        let (mut got, mut late) = (Vec::new(), 0);
        while got.len() < 10 {
            let line = async { Ok(lines.next().await.transpose()?) };
            match timeout(Duration::from_micros(700)).run(line).await {
                Ok(line) => got.extend(line),
                timed_out => {
                    assert_timeout(timed_out);
                    late += 1;
                }
            }
        }
        let expected: Vec<_> = (0..10).rev().map(|n| format!("T-minus {n}")).collect();
        assert_eq!(got, expected);
        assert!(late > 0);
        writer.await
    });
}

#[test]
fn a_timeout_around_a_read_by_tls_loses_nothing() {
    everywhere(|| async {
        let tls = Tls::new()?;
        let (connected, accepted) = pair().await?;
        let (connected, accepted) =
            futures::join!(tls.connect("engine", connected), tls.accept(accepted));
        let (mut client, mut server) = (connected?, accepted?);
        let mut buffer = [0; 64];
        let read = async { Ok(server.read(&mut buffer).await?) };
        assert_timeout(timeout(ms(1)).run(read).await);
        client.write_all(b"T-minus 3").await?;
        client.flush().await?;
        server.read_exact(&mut buffer[..9]).await?;
        assert_eq!(&buffer[..9], b"T-minus 3");
        Ok(())
    });
}

#[test]
fn wait_for_expires_around_handshakes_and_requests_and_the_loop_goes_on() {
    everywhere(|| async {
        let (_silent, stream) = pair().await?;
        let tls = Tls::new()?;
        let handshake = async move { Ok(tls.connect("engine", stream).await.is_ok()) };
        assert_timeout(wait_for(handshake, ms(20)).await);

        let (_silent, stream) = pair().await?;
        let handshake = async { Ok(client_async("ws://engine/", stream).await.is_ok()) };
        assert_timeout(wait_for(handshake, ms(20)).await);

        let (stream, accepted) = pair().await?;
        let server = spawn(unanswered(accepted))?;
        assert_timeout(wait_for(request(stream), ms(20)).await);
        drop(server.await);

        let (stream, accepted) = pair().await?;
        let server = spawn(hyper_example::answer(accepted))?;
        let lines = hyper_example::fetch(stream, vec!["/again".into()]).await?;
        assert_eq!(lines, ["200 OK: /again, request 1"]);
        server.await?;
        assert_eq!(all_tasks()?.len(), 1);
        Ok(())
    });
}

/// A wait moves with its stream to the task that reads next.
#[test]
fn a_stream_on_which_a_read_has_timed_out_moves_to_another_task() {
    everywhere(|| async {
        let (mut left, right) = pair().await?;
        let mut lines = BufReader::new(right).lines();
        let first = spawn(async move {
            let line = async { Ok(lines.next().await.transpose()?) };
            assert_timeout(timeout(ms(1)).run(line).await);
            let second = spawn(async move { Ok(lines.next().await.transpose()?) })?;
            // This task now waits for the other task, and raises its exception. So it can clean up.
            let interrupted = sleep(Duration::from_secs(3600)).await.unwrap_err();
            assert_eq!(interrupted.kind(), Kind::Cancelled);
            second.await
        })?;
        sleep(ms(20)).await?;
        first.cancel();
        left.write_all(b"T-minus 3\n").await?;
        assert_eq!(first.await?, Some("T-minus 3".to_owned()));
        Ok(())
    });
}

#[test]
fn ten_lines_are_awaited_by_one_task_with_wakers_of_its_own() {
    everywhere(|| async {
        let (mut lines, mut writes) = (FuturesUnordered::new(), Vec::new());
        for n in 0..10_u8 {
            let (left, right) = pair().await?;
            writes.push((n, left));
            lines.push(async move {
                let mut lines = BufReader::new(right).lines();
                Ok::<_, Exception>(lines.next().await.transpose()?)
            });
        }
        let waits = spawn(async move {
            while lines.next().await.is_some() {}
            Ok(())
        })?;
        for (n, stream) in writes.iter_mut().take(5) {
            stream
                .write_all(format!("T-minus {n}\n").as_bytes())
                .await?;
        }
        ends_cancelled(waits).await
    });
}

/// A simulation reports a task that nothing will ever wake, even if a library waits.
#[test]
fn a_deadlock_in_a_library_names_what_it_waits_for() {
    let (result, _) = Simulation::new(1).run(async {
        let (_silent, stream) = pair().await?;
        let (mut socket, _) = client_async("ws://engine/", stream).await?;
        socket.next().await.transpose()?;
        Ok(())
    });
    let deadlock = result.unwrap_err();
    let deadlock: &Deadlock = deadlock.downcast_ref().expect("a deadlock");
    assert_eq!(deadlock.stuck.len(), 1);
    assert!(
        deadlock.stuck[0]
            .waits_for
            .starts_with("data from 127.0.0.1:")
    );
}

/// The stream remembers a read that timed out, but no task waits for it.
#[test]
fn a_read_that_has_timed_out_hides_no_deadlock() {
    let (result, _) = Simulation::new(1).run(async {
        let (_silent, stream) = pair().await?;
        let mut lines = BufReader::new(stream).lines();
        let line = async { Ok(lines.next().await.transpose()?) };
        assert_timeout(timeout(ms(1)).run(line).await);
        pending::<()>().await;
        Ok(())
    });
    let deadlock = result.unwrap_err();
    let deadlock: &Deadlock = deadlock.downcast_ref().expect("a deadlock");
    assert_eq!(deadlock.stuck.len(), 1);
}

const LIBRARIES: usize = 4;

/// Starts a server and a client of hyper, tungstenite, rustls or futures. Undisturbed, both end without an error.
async fn server_and_client(library: usize) -> Result<(Task<()>, Task<()>), Exception> {
    let (stream, accepted) = pair().await?;
    let tls = Tls::new()?;
    Ok(match library {
        0 => (
            spawn(hyper_example::answer(accepted))?,
            spawn(async {
                hyper_example::fetch(stream, vec!["/a".into(), "/b".into()]).await?;
                Ok(())
            })?,
        ),
        1 => (
            spawn(websocket_example::echo(accepted))?,
            spawn(async {
                let (mut socket, _) = client_async("ws://engine/", stream).await?;
                socket.send(Message::text("T-minus 3")).await?;
                socket.next().await.transpose()?;
                socket.close(None).await?;
                while socket.next().await.transpose()?.is_some() {}
                Ok(())
            })?,
        ),
        2 => {
            let (connector, acceptor) = (tls.clone(), tls);
            (
                spawn(async move {
                    let mut stream = acceptor.accept(accepted).await?;
                    stream.write_all(b"T-minus 3\n").await?;
                    stream.close().await?;
                    Ok(())
                })?,
                spawn(async move {
                    let stream = connector.connect("engine", stream).await?;
                    let mut lines = BufReader::new(stream).lines();
                    while lines.next().await.transpose()?.is_some() {}
                    Ok(())
                })?,
            )
        }
        _ => (
            spawn(async {
                let (reads, mut writes) = accepted.split();
                futures::io::copy(reads, &mut writes).await?;
                writes.close().await?;
                Ok(())
            })?,
            spawn(async {
                let mut stream = stream;
                AsyncWriteExt::write_all(&mut stream, b"T-minus 3\n").await?;
                stream.close().await?;
                stream.read_to_end(&mut Vec::new()).await?;
                Ok(())
            })?,
        ),
    })
}

/// Waits until only the test's own task is left, because hyper's task for a connection ends a little later than the client.
async fn nobody_is_left() -> Result<(), Exception> {
    let waits = async {
        while all_tasks()?.len() > 1 {
            sleep(ms(1)).await?;
        }
        Ok(())
    };
    timeout(Duration::from_secs(1)).run(waits).await
}

#[test]
fn left_alone_they_end_without_an_error() {
    everywhere(|| async {
        for library in 0..LIBRARIES {
            let (server, client) = server_and_client(library).await?;
            client.await?;
            server.await?;
        }
        nobody_is_left().await
    });
}

/// A cancelled client ends, whatever it is doing at that moment, and so does its server.
#[test]
fn at_any_moment() {
    simulated(|| async {
        for library in 0..LIBRARIES {
            let (server, client) = server_and_client(library).await?;
            sleep(ms(simulation::choose(200)? as u64)).await?;
            client.cancel();
            let ended = client.await.err().map(|exception| exception.kind());
            assert!(matches!(ended, None | Some(Kind::Cancelled)), "{ended:?}");
            drop(server.await); // an error of the library if the client ended too early
        }
        nobody_is_left().await
    });
}

/// A broken connection is an ordinary error.
#[test]
fn a_connection_that_breaks_at_any_moment() {
    simulated(|| async {
        for library in 0..LIBRARIES {
            let (server, client) = server_and_client(library).await?;
            sleep(ms(simulation::choose(200)? as u64)).await?;
            simulation::network()?.reset(Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);
            for task in [client, server] {
                let ended = task.await.err().map(|exception| exception.kind());
                assert!(matches!(ended, None | Some(Kind::Error)), "{ended:?}");
            }
        }
        nobody_is_left().await
    });
}
