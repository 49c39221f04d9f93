//! How connections end: in order, by a reset, or before they began.

use std::{io::ErrorKind, net::Shutdown, time::Duration};

use tminus::{
    Exception, Kind,
    net::{self, TcpListener, TcpStream},
    simulation::{self, Schedule, Simulation},
    sleep, spawn, timeout,
};

fn kind(exception: &Exception) -> ErrorKind {
    exception.downcast_ref::<net::Error>().unwrap().kind()
}

async fn pair() -> Result<(TcpStream, TcpStream), Exception> {
    let listener = TcpListener::bind("127.0.0.2:80").await?;
    let client = TcpStream::connect("127.0.0.2:80").await?;
    let (server, _) = listener.accept().await?;
    Ok((client, server))
}

/// For several seeds, and for the plain run.
fn always<F: Future<Output = Result<(), Exception>> + 'static>(program: impl Fn() -> F) {
    Simulation::replay(Schedule::default())
        .run(program())
        .0
        .unwrap();
    simulation::explore(0..50, program).unwrap();
}

#[test]
fn each_side_ends_by_itself() {
    always(|| async {
        let (mut client, mut server) = pair().await?;
        client.write_all(b"?").await?;
        client.shutdown(Shutdown::Write)?;
        let mut buffer = [0; 8];
        assert_eq!(server.read(&mut buffer).await?, 1);
        assert_eq!(server.read(&mut buffer).await?, 0);
        server.write_all(b"!").await?; // the other direction is still open
        assert_eq!(client.read(&mut buffer).await?, 1);
        assert_eq!(
            kind(&client.write(b"?").await.unwrap_err()),
            ErrorKind::BrokenPipe
        );
        drop(server);
        assert_eq!(client.read(&mut buffer).await?, 0);
        Ok(())
    });
}

#[test]
fn whoever_drops_unread_data_resets_the_connection() {
    always(|| async {
        let (mut client, server) = pair().await?;
        client.write_all(b"unread").await?;
        sleep(Duration::from_secs(1)).await?;
        drop(server);
        let error = client.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(kind(&error), ErrorKind::ConnectionReset);
        assert_eq!(client.read(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

#[test]
fn whoever_writes_to_a_peer_that_is_gone_learns_of_it_later() {
    always(|| async {
        let (mut client, server) = pair().await?;
        drop(server);
        assert_eq!(client.read(&mut [0; 8]).await?, 0);
        client.write(b"nobody reads this").await?;
        sleep(Duration::from_secs(1)).await?;
        let error = client.write(b"nor this").await.unwrap_err();
        assert_eq!(kind(&error), ErrorKind::BrokenPipe);
        Ok(())
    });
}

#[test]
fn what_arrived_before_a_reset_can_be_read() {
    always(|| async {
        let (mut client, mut server) = pair().await?;
        server.write(b"last words").await?;
        client.write_all(b"unread").await?;
        sleep(Duration::from_secs(1)).await?;
        drop(server);
        sleep(Duration::from_secs(1)).await?;
        assert!(client.read(&mut [0; 16]).await? > 0);
        Ok(())
    });
}

#[test]
fn where_nobody_listens_connections_are_refused() {
    always(|| async {
        let refused = TcpStream::connect("127.0.0.9:80").await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cannot connect to 127.0.0.9:80: connection refused"
        );
        let listener = TcpListener::bind("127.0.0.9:80").await?;
        drop(listener);
        let refused = TcpStream::connect("127.0.0.9:80").await.unwrap_err();
        assert_eq!(kind(&refused), ErrorKind::ConnectionRefused);
        Ok(())
    });
}

#[test]
fn a_client_that_was_never_accepted_is_reset() {
    always(|| async {
        let listener = TcpListener::bind("127.0.0.2:80").await?;
        let mut client = TcpStream::connect("127.0.0.2:80").await?;
        drop(listener);
        let error = client.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(kind(&error), ErrorKind::ConnectionReset);
        Ok(())
    });
}

#[test]
fn the_backlog_has_an_end_and_those_beyond_it_wait() {
    let program = async {
        let listener = TcpListener::bind("127.0.0.2:80").await?;
        let mut clients = Vec::new();
        for _ in 0..128 {
            clients.push(TcpStream::connect("127.0.0.2:80").await?);
        }
        let late = timeout(Duration::from_secs(1))
            .run(TcpStream::connect("127.0.0.2:80"))
            .await;
        assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
        let waits = spawn(TcpStream::connect("127.0.0.2:80"));
        sleep(Duration::from_secs(1)).await?;
        let mut accepted = Vec::new();
        for _ in 0..129 {
            accepted.push(listener.accept().await?);
        }
        drop(waits);
        Ok(())
    };
    Simulation::new(1).run(program).0.unwrap();
}

#[test]
fn a_connection_across_a_cut_waits_for_the_join() {
    let program = async {
        let listener = TcpListener::bind("127.0.0.2:80").await?;
        let network = simulation::network()?;
        network.cut([127, 0, 0, 1], [127, 0, 0, 2]);
        let late = timeout(Duration::from_secs(60))
            .run(TcpStream::connect("127.0.0.2:80"))
            .await;
        assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
        spawn(async move {
            sleep(Duration::from_secs(60)).await?;
            simulation::network()?.join([127, 0, 0, 1], [127, 0, 0, 2]);
            Ok(())
        })?;
        let client = TcpStream::connect("127.0.0.2:80").await?;
        // The first attempt was given up, so this is the only one that is accepted.
        let (_server, peer) = listener.accept().await?;
        assert_eq!(peer, client.local_addr()?);
        Ok(())
    };
    Simulation::new(1).run(program).0.unwrap();
}

#[test]
fn a_reset_hits_all_of_a_hundred_connections() {
    let program = async {
        let listener = TcpListener::bind("127.0.0.2:80").await?;
        let mut pairs = Vec::new();
        for _ in 0..100 {
            let client = TcpStream::connect("127.0.0.2:80").await?;
            pairs.push((client, listener.accept().await?.0));
        }
        let ip = |text: &str| text.parse::<std::net::IpAddr>().unwrap();
        simulation::network()?.reset(ip("127.0.0.1"), ip("127.0.0.2"));
        for (client, _) in &mut pairs {
            let mut buffer = [0; 8];
            let read = timeout(Duration::from_secs(1)).run(client.read(&mut buffer));
            assert_eq!(kind(&read.await.unwrap_err()), ErrorKind::ConnectionReset);
        }
        Ok(())
    };
    Simulation::replay(Schedule::default())
        .run(program)
        .0
        .unwrap();
}

/// The server's first word arrives at nobody, and the answer is a reset.
#[test]
fn a_client_that_gives_up_while_the_answer_is_under_way_resets_the_connection() {
    let program = async {
        let listener = TcpListener::bind("127.0.0.2:80").await?;
        let client = spawn(TcpStream::connect("127.0.0.2:80"))?;
        sleep(Duration::from_millis(15)).await?;
        client.cancel();
        let (mut server, _) = listener.accept().await?;
        let error = server.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(kind(&error), ErrorKind::ConnectionReset);
        Ok(())
    };
    let latency = Duration::from_millis(10);
    let plain = Simulation::replay(Schedule::default()).latency(latency..latency);
    plain.run(program).0.unwrap();
}

#[test]
fn what_is_reset_cannot_be_shut_down() {
    always(|| async {
        let (client, server) = pair().await?;
        simulation::network()?.reset([127, 0, 0, 1], [127, 0, 0, 2]);
        for end in [&client, &server] {
            let error = end.shutdown(Shutdown::Write).unwrap_err();
            assert_eq!(kind(&error), ErrorKind::NotConnected);
        }
        Ok(())
    });
}
