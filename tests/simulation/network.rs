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
        let server = spawn_named("server", async move {
            loop {
                let (stream, _) = listener.accept().await?;
                spawn(echo(stream))?;
            }
        })?;
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
