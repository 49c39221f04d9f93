//! Servers.

use std::{cell::RefCell, rc::Rc};

use tminus::{
    EventLoop, Exception, Kind, gather, spawn,
    streams::{StreamReader, StreamWriter, open_connection, start_server},
    yield_now,
};

use super::{LOOPBACK, everywhere, ms, simulated};

async fn shouts(reader: StreamReader, writer: StreamWriter) -> Result<(), Exception> {
    loop {
        let line = reader.readline().await?;
        if line.is_empty() {
            return Ok(());
        }
        writer.write(line.to_ascii_uppercase())?;
        writer.drain().await?;
    }
}

#[test]
fn a_server_has_many_clients() {
    everywhere(|| async {
        let server = start_server(shouts, LOOPBACK).await?;
        assert!(server.is_serving());
        let at = server.local_addrs()[0];
        let client = |n: usize| async move {
            let (reader, writer) = open_connection(at).await?;
            assert_eq!(writer.peer_addr(), Some(at));
            for i in 0..3 {
                writer.write(format!("client {n} line {i}\n"))?;
                let answer = reader.readline().await?;
                assert_eq!(answer, format!("CLIENT {n} LINE {i}\n").as_bytes());
            }
            writer.close();
            writer.wait_closed().await
        };
        gather((0..10).map(client).collect::<Vec<_>>()).await?;
        server.close();
        assert!(!server.is_serving() && server.local_addrs().is_empty());
        server.wait_closed().await
    });
}

#[test]
fn a_closed_server_is_over_when_its_last_client_is() {
    everywhere(|| async {
        let server = start_server(shouts, LOOPBACK).await?;
        let (reader, writer) = open_connection(server.local_addrs()[0]).await?;
        writer.write("a\n")?;
        assert_eq!(reader.readline().await?, b"A\n");
        server.close();
        let over = spawn({
            let server = server.clone();
            async move { server.wait_closed().await }
        })?;
        for _ in 0..10 {
            yield_now().await?;
        }
        assert!(!over.done());
        writer.write("b\n")?; // the connection goes on
        assert_eq!(reader.readline().await?, b"B\n");
        writer.close();
        over.await?;
        server.wait_closed().await // and again
    });
}

#[test]
fn clients_can_be_closed_and_aborted() {
    for aborts in [false, true] {
        everywhere(move || async move {
            let server = start_server(shouts, LOOPBACK).await?;
            let (reader, writer) = open_connection(server.local_addrs()[0]).await?;
            writer.write("a\n")?;
            assert_eq!(reader.readline().await?, b"A\n");
            server.close();
            match aborts {
                true => server.abort_clients(),
                false => server.close_clients(),
            }
            server.wait_closed().await?;
            assert!(reader.read_to_end().await?.is_empty());
            Ok(())
        });
    }
}

#[test]
fn all_clients_are_closed_and_not_only_the_last() {
    simulated(100, || async {
        let server = start_server(shouts, LOOPBACK).await?;
        let at = server.local_addrs()[0];
        let mut clients = Vec::new();
        for _ in 0..3 {
            let (reader, writer) = open_connection(at).await?;
            writer.write("a\n")?;
            assert_eq!(reader.readline().await?, b"A\n");
            clients.push((reader, writer));
        }
        server.close_clients();
        for (reader, _) in &clients {
            assert!(reader.read_to_end().await?.is_empty());
        }
        Ok(())
    });
}

#[test]
fn a_server_that_serves_for_ever_is_closed_by_a_cancellation() {
    everywhere(|| async {
        let server = start_server(shouts, LOOPBACK).start_serving(false).await?;
        assert!(!server.is_serving());
        let at = server.local_addrs()[0];
        let forever = spawn({
            let server = server.clone();
            async move { server.serve_forever().await }
        })?;
        tminus::sleep(ms(1)).await?; // it serves
        let twice = server.serve_forever().await.unwrap_err();
        assert_eq!(twice.kind(), Kind::RuntimeError);
        let (reader, writer) = open_connection(at).await?;
        writer.write("a\n")?;
        assert_eq!(reader.readline().await?, b"A\n");
        drop((reader, writer));
        forever.cancel();
        assert_eq!(forever.await.unwrap_err().kind(), Kind::Cancelled);
        assert!(!server.is_serving());
        let closed = server.serve_forever().await.unwrap_err();
        assert!(closed.message().ends_with("is closed"), "{closed}");
        Ok(())
    });
}

#[test]
fn a_handler_that_fails_closes_its_connection_and_is_reported() {
    everywhere(|| async {
        let reports = Rc::new(RefCell::new(Vec::new()));
        let writer = reports.clone();
        EventLoop::running()?.set_exception_handler(move |context| {
            writer.borrow_mut().push(context.to_string());
        });
        let fails = |_: StreamReader, _: StreamWriter| async {
            Err(Exception::new(Kind::ValueError, "no fuel"))
        };
        let server = start_server(fails, LOOPBACK).await?;
        let (reader, _writer) = open_connection(server.local_addrs()[0]).await?;
        assert!(reader.read_to_end().await?.is_empty());
        assert_eq!(
            *reports.borrow(),
            ["Unhandled exception in client_connected_cb: ValueError: no fuel"]
        );
        server.close();
        server.wait_closed().await
    });
}

/// A server that nobody has closed ends with its loop, and leaves no descriptor.
#[cfg(target_os = "linux")]
#[test]
fn a_server_goes_with_its_loop() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let once = || {
        tminus::run(async {
            let server = start_server(shouts, LOOPBACK).await?;
            let (reader, writer) = open_connection(server.local_addrs()[0]).await?;
            writer.write("a\n")?;
            assert_eq!(reader.readline().await?, b"A\n");
            writer.write(vec![0; 10_000_000])?; // and all of it is never sent
            Ok(())
        })
        .unwrap();
    };
    let before = open();
    (0..100).for_each(|_| once());
    let left = open().saturating_sub(before);
    assert!(left < 100, "{left} descriptors are left of 100 runs");
}
