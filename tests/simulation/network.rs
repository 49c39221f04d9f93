//! The network in memory, as programs see it.

use std::{io::ErrorKind, time::Duration};

use tminus::{
    Exception, Kind,
    event_loop::Deadlock,
    gather,
    net::{self, TcpListener, TcpStream},
    simulation::{self, Simulation},
    sleep, spawn, spawn_named, timeout,
};

/// The kind of a socket's error.
fn kind(exception: &Exception) -> ErrorKind {
    exception.downcast_ref::<net::Error>().unwrap().kind()
}

async fn echo(mut stream: TcpStream) -> Result<(), Exception> {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stream.write_all(&buffer[..n]).await?,
        }
    }
}

async fn serves(listener: TcpListener) -> Result<(), Exception> {
    loop {
        let (stream, _) = listener.accept().await?;
        spawn(echo(stream))?;
    }
}

async fn pair() -> Result<(TcpStream, TcpStream), Exception> {
    let listener = TcpListener::bind("127.0.0.2:80").await?;
    let client = TcpStream::connect("127.0.0.2:80").await?;
    let (server, _) = listener.accept().await?;
    Ok((client, server))
}

async fn read_all(stream: &mut TcpStream) -> Result<Vec<u8>, Exception> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&buffer[..n]),
        }
    }
}

#[test]
fn many_clients_get_their_own_bytes_back() {
    let program = || async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let server = spawn_named("server", serves(listener))?;
        let client = |n: u8| async move {
            let mut stream = TcpStream::connect(at).await?;
            let sent = vec![n; 1000];
            stream.write_all(&sent).await?;
            stream.shutdown(std::net::Shutdown::Write)?;
            assert_eq!(read_all(&mut stream).await?, sent);
            Ok(())
        };
        gather((0..10).map(client).collect::<Vec<_>>()).await?;
        server.cancel();
        let _: Result<(), _> = server.await;
        Ok(())
    };
    for seed in 0..50 {
        Simulation::new(seed).run(program()).0.unwrap();
    }
}

#[test]
fn a_task_that_is_stuck_is_named_with_what_it_waits_for() {
    let stuck = async {
        let (mut client, _server) = pair().await?;
        client.read(&mut [0; 10]).await
    };
    let deadlock = Simulation::new(1).run(stuck).0.unwrap_err();
    let deadlock = deadlock.downcast_ref::<Deadlock>().unwrap();
    assert_eq!(deadlock.stuck[0].waits_for, "data from 127.0.0.2:80");
}

#[test]
fn a_cut_network_is_late_and_a_reset_one_is_an_error() {
    let program = async {
        let (mut client, mut server) = pair().await?;
        let network = simulation::network()?;
        network.cut([127, 0, 0, 1], [127, 0, 0, 2]);
        client.write_all(b"hello").await?;
        let mut buffer = [0; 5];
        let late = timeout(Duration::from_secs(10))
            .run(server.read(&mut buffer))
            .await;
        assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
        network.join([127, 0, 0, 2], [127, 0, 0, 1]);
        let mut read = server.read(&mut buffer).await?;
        while read < 5 {
            read += server.read(&mut buffer[read..]).await?;
        }
        assert_eq!(&buffer, b"hello");
        network.reset([127, 0, 0, 1], [127, 0, 0, 2]);
        let error = client.read(&mut buffer).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read from 127.0.0.2:80: connection reset"
        );
        assert_eq!(client.read(&mut buffer).await?, 0);
        assert_eq!(
            kind(&client.write(b"x").await.unwrap_err()),
            ErrorKind::BrokenPipe
        );
        assert_eq!(
            kind(&server.write(b"x").await.unwrap_err()),
            ErrorKind::ConnectionReset
        );
        sleep(Duration::from_secs(1)).await
    };
    Simulation::new(1).run(program).0.unwrap();
}

#[test]
fn a_writer_waits_when_the_window_is_full() {
    let program = async {
        let (mut client, mut server) = pair().await?;
        let data: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let sent = data.clone();
        let writer = spawn_named("writer", async move { client.write_all(&sent).await })?;
        let late = timeout(Duration::from_secs(60)).run(async { writer.clone().await });
        assert_eq!(late.await.unwrap_err().kind(), Kind::Timeout);
        let received = read_all(&mut server).await?;
        assert_eq!(received, data[..received.len()]);
        Ok(received.len())
    };
    // The timeout has cancelled the writer, in the middle: one window has arrived.
    let simulation = Simulation::new(1).short_reads(false);
    assert_eq!(simulation.run(program).0.unwrap(), 64 * 1024);
}

#[test]
fn a_large_transfer_arrives_whole_and_in_order() {
    let program = || async {
        let (mut client, mut server) = pair().await?;
        let data: Vec<u8> = (0..300_000_u32).map(|n| (n / 7) as u8).collect();
        let sent = data.clone();
        let writer = spawn_named("writer", async move { client.write_all(&sent).await })?;
        let received = read_all(&mut server).await?;
        writer.await?;
        assert!(received == data);
        Ok(())
    };
    for seed in 0..5 {
        Simulation::new(seed).run(program()).0.unwrap();
    }
}

#[test]
fn addresses_and_names() {
    let program = async {
        let network = simulation::network()?;
        network.host("db", [10, 0, 0, 7]);
        let listener = TcpListener::bind("0.0.0.0:5432").await?;
        let client = TcpStream::connect("DB:5432").await?;
        assert_eq!(client.peer_addr()?.to_string(), "10.0.0.7:5432");
        let (server, peer) = listener.accept().await?;
        assert_eq!(server.local_addr()?, client.peer_addr()?);
        assert_eq!(peer, client.local_addr()?);
        assert!(peer.ip().is_loopback() && peer.port() >= 49_152);

        let taken = TcpListener::bind("10.0.0.7:5432").await.unwrap_err();
        assert_eq!(kind(&taken), ErrorKind::AddrInUse);
        let other = TcpStream::connect_from("10.0.0.7:5432", ([10, 0, 0, 8], 4000)).await?;
        assert_eq!(other.local_addr()?.to_string(), "10.0.0.8:4000");
        let taken = TcpStream::connect_from("10.0.0.7:5432", ([10, 0, 0, 8], 4000)).await;
        assert_eq!(kind(&taken.unwrap_err()), ErrorKind::AddrInUse);

        let six = TcpListener::bind("[::1]:80").await?;
        TcpStream::connect("[::1]:80").await?;
        assert!(six.accept().await?.1.is_ipv6());

        let unknown = TcpStream::connect("moon:80").await.unwrap_err();
        assert!(
            unknown
                .to_string()
                .starts_with("cannot look up \"moon\": name or service not known")
        );
        Ok(())
    };
    Simulation::new(1).run(program).0.unwrap();
}

#[cfg(unix)]
#[test]
fn paths_are_of_one_host_and_have_no_latency() {
    use tminus::net::{UnixListener, UnixStream};

    let program = async {
        let missing = UnixStream::connect("/run/rocket").await.unwrap_err();
        assert_eq!(kind(&missing), ErrorKind::NotFound);
        let listener = UnixListener::bind("/run/rocket")?;
        assert_eq!(
            kind(&UnixListener::bind("/run/rocket").unwrap_err()),
            ErrorKind::AddrInUse
        );
        let mut client = UnixStream::connect("/run/rocket").await?;
        let (mut server, _) = listener.accept().await?;
        client.write_all(b"fuel").await?;
        let mut buffer = [0; 4];
        let mut read = 0;
        while read < 4 {
            read += server.read(&mut buffer[read..]).await?;
        }
        assert_eq!(&buffer, b"fuel");
        drop(listener);
        let refused = UnixStream::connect("/run/rocket").await.unwrap_err();
        assert_eq!(kind(&refused), ErrorKind::ConnectionRefused);
        Ok(tminus::EventLoop::running()?.time())
    };
    assert_eq!(Simulation::new(3).run(program).0.unwrap(), Duration::ZERO);
}

async fn count(rounds: std::rc::Rc<std::cell::Cell<u32>>) -> Result<(), Exception> {
    loop {
        tminus::yield_now().await?;
        rounds.set(rounds.get() + 1);
    }
}

#[test]
fn without_latency_a_hop_costs_no_round_of_its_own() {
    let program = async {
        let (mut client, mut server) = pair().await?;
        let echo = spawn_named("echo", async move {
            let mut buffer = [0; 1];
            while server.read(&mut buffer).await? > 0 {
                server.write_all(&buffer).await?;
            }
            Ok(())
        })?;
        sleep(Duration::from_millis(1)).await?;
        let rounds = std::rc::Rc::new(std::cell::Cell::new(0));
        let counts = rounds.clone();
        let counter = spawn_named("counter", count(counts))?;
        tminus::yield_now().await?;
        let before = rounds.get();
        for n in 0..100 {
            client.write_all(&[n]).await?;
            client.read(&mut [0; 1]).await?;
        }
        let after = rounds.get();
        counter.cancel();
        echo.cancel();
        Ok(after - before)
    };
    let plain = Simulation::replay(Default::default()).latency(Duration::ZERO..Duration::ZERO);
    // In one round the echo has it, and in the next one the client.
    assert_eq!(plain.run(program).0.unwrap(), 200);
}

#[test]
fn ports_of_the_system_are_the_next_ones_of_their_range() {
    let program = async {
        let mut ports = Vec::new();
        for _ in 0..3 {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            ports.push(listener.local_addr()?.port());
        }
        Ok(ports)
    };
    let ports = Simulation::new(1).run(program).0.unwrap();
    assert!(ports[0] >= 49152, "{ports:?}");
    assert_eq!(ports, [ports[0], ports[0] + 1, ports[0] + 2]);
}

#[test]
fn localhost_is_a_name_without_being_added() {
    let program = async {
        let listener = TcpListener::bind("LocalHost:80").await?;
        assert_eq!(listener.local_addr()?.to_string(), "127.0.0.1:80");
        TcpStream::connect("localhost:80").await.map(drop)
    };
    Simulation::new(1).run(program).0.unwrap();
}

#[test]
fn the_address_of_a_listener_that_was_dropped_can_be_bound_again() {
    let program = async {
        let first = TcpListener::bind("127.0.0.2:80").await?;
        let taken = TcpListener::bind("127.0.0.2:80").await.unwrap_err();
        assert_eq!(kind(&taken), ErrorKind::AddrInUse);
        drop(first);
        TcpListener::bind("127.0.0.2:80").await.map(drop)
    };
    Simulation::new(1).run(program).0.unwrap();
}

#[test]
fn a_short_read_has_one_byte_or_half_and_two_bytes_can_be_read_one_by_one() {
    let first_read = |seed, sent: &'static [u8]| {
        let program = async move {
            let (mut client, mut server) = pair().await?;
            client.write_all(sent).await?;
            sleep(Duration::from_secs(1)).await?;
            server.read(&mut [0; 64]).await
        };
        Simulation::new(seed).run(program).0.unwrap()
    };
    let counts = |sent| {
        let counts = (0..100).map(|seed| first_read(seed, sent));
        counts.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(counts(b"12").into_iter().collect::<Vec<_>>(), [1, 2]);
    let of_eight = counts(b"12345678");
    assert!(
        [1, 4, 8].iter().all(|count| of_eight.contains(count)),
        "{of_eight:?}"
    );
}

#[test]
fn a_writer_learns_of_room_after_the_least_latency() {
    let program = async {
        let event_loop = tminus::EventLoop::running()?;
        let (mut client, mut server) = pair().await?;
        let writer = spawn(async move {
            client.write_all(&[1; 64 * 1024 + 1]).await?;
            Ok((client, tminus::EventLoop::running()?.time()))
        })?;
        sleep(Duration::from_secs(1)).await?;
        assert!(!writer.done());
        let read_at = event_loop.time();
        server.read(&mut [0; 10]).await?;
        let (_client, written_at) = writer.await?;
        Ok(written_at - read_at)
    };
    let ms = Duration::from_millis;
    let plain = Simulation::replay(Default::default()).latency(ms(10)..ms(20));
    assert_eq!(plain.run(program).0.unwrap(), ms(10));
}

#[test]
fn an_address_from_which_somebody_was_connected_can_be_used_again() {
    let program = async {
        let _listener = TcpListener::bind("127.0.0.2:80").await?;
        let from = ([127, 0, 0, 3], 4000);
        for _ in 0..3 {
            let client = TcpStream::connect_from("127.0.0.2:80", from).await?;
            let taken = TcpStream::connect_from("127.0.0.2:80", from).await;
            assert_eq!(kind(&taken.unwrap_err()), ErrorKind::AddrInUse);
            drop(client);
        }
        Ok(())
    };
    Simulation::new(1).run(program).0.unwrap();
}

/// What is under way can hold the network, and a server that nobody has closed is held by what watches it.
#[test]
fn a_run_leaves_nothing_behind() {
    use tminus::streams::{open_connection, start_server};

    let held = std::rc::Rc::new(());
    let holds = held.clone();
    let program = async move {
        let served = move |_, writer: tminus::streams::StreamWriter| {
            let holds = holds.clone();
            async move {
                writer.write(vec![0; 100_000])?; // more than a window
                let _holds = holds;
                sleep(Duration::from_secs(3600)).await
            }
        };
        start_server(served, "127.0.0.1:80").await?;
        let (reader, writer) = open_connection("127.0.0.1:80").await?;
        reader.readexactly(1000).await?;
        writer.write("under way")?;
        Ok(())
    };
    Simulation::new(1).run(program).0.unwrap();
    assert_eq!(std::rc::Rc::strong_count(&held), 1);
}
