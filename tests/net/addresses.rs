//! Whom to connect to, and from where.

use std::{io::ErrorKind, net::SocketAddr};

use tminus::{
    Exception, Kind, net,
    net::{Endpoint, TcpListener, TcpStream, UdpSocket},
};

use super::{LOOPBACK, everywhere, pair, simulated};

#[test]
fn both_ends_know_both_addresses() {
    everywhere(|| async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let at = listener.local_addr()?;
        assert_eq!(at.ip(), SocketAddr::from(LOOPBACK).ip());
        assert_ne!(at.port(), 0);
        let connected = TcpStream::connect(at).await?;
        let (accepted, from) = listener.accept().await?;
        assert_eq!(connected.peer_addr()?, at);
        assert_eq!(accepted.local_addr()?, at);
        assert_eq!(connected.local_addr()?, from);
        assert_eq!(accepted.peer_addr()?, from);
        Ok(())
    });
}

/// On Linux, all of 127.0.0.0/8 is this machine.
#[cfg(target_os = "linux")]
#[test]
fn a_connection_can_come_from_an_address_of_ones_choice() {
    everywhere(|| async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0)).await?;
        let from = ([127, 0, 0, 2], 0);
        let connected = TcpStream::connect_from(listener.local_addr()?, from).await?;
        let (_accepted, peer) = listener.accept().await?;
        assert_eq!(peer.ip(), SocketAddr::from(from).ip());
        assert_eq!(connected.local_addr()?, peer);
        Ok(())
    });
}

#[test]
fn small_packets_are_not_delayed_at_first() {
    everywhere(|| async {
        let (connected, accepted) = pair().await?;
        assert!(connected.nodelay()? && accepted.nodelay()?);
        connected.set_nodelay(false)?;
        assert!(!connected.nodelay()?);
        Ok(())
    });
}

#[test]
fn an_endpoint_has_many_forms() {
    let same = [
        Endpoint::from(SocketAddr::from(([127, 0, 0, 1], 80))),
        ([127, 0, 0, 1], 80).into(),
        "127.0.0.1:80".into(),
        String::from("127.0.0.1:80").into(),
        ("127.0.0.1", 80).into(),
        (String::from("127.0.0.1"), 80).into(),
        (std::net::Ipv4Addr::LOCALHOST, 80).into(),
    ];
    assert!(same.iter().all(|one| *one == same[0]), "{same:?}");
    assert_eq!(Endpoint::from("[::1]:80").to_string(), "[::1]:80");
    assert_eq!(Endpoint::from(("::1", 80)).to_string(), "[::1]:80");
    assert_eq!(Endpoint::from("db:5432").to_string(), "db:5432");
}

#[test]
fn a_name_is_looked_up() {
    tminus::run(async {
        let listener = TcpListener::bind(("localhost", 0)).await?;
        let port = listener.local_addr()?.port();
        let connected = TcpStream::connect(("localhost", port)).await?;
        assert!(connected.peer_addr()?.ip().is_loopback());
        Ok(())
    })
    .unwrap();
    simulated(|| async {
        tminus::simulation::network()?.host("db", [10, 0, 0, 5]);
        let listener = TcpListener::bind("db:5432").await?;
        assert_eq!(listener.local_addr()?, ([10, 0, 0, 5], 5432).into());
        let connected = TcpStream::connect("db:5432").await?;
        assert_eq!(connected.peer_addr()?, ([10, 0, 0, 5], 5432).into());
        Ok(())
    });
}

fn refused<T: std::fmt::Debug>(result: Result<T, Exception>) -> (ErrorKind, String) {
    let exception = result.unwrap_err();
    assert_eq!(exception.kind(), Kind::Error);
    let error = exception.downcast_ref::<net::Error>().unwrap();
    (error.kind(), exception.to_string())
}

#[test]
fn a_text_without_a_port_is_an_error_that_says_so() {
    everywhere(|| async {
        let text = "cannot connect to \"example.org\": the port is missing; write \"host:port\"";
        let connected = TcpStream::connect("example.org").await;
        assert_eq!(refused(connected), (ErrorKind::InvalidInput, text.into()));
        for text in [":80", "host:port", "host:99999", ""] {
            let bound = refused(UdpSocket::bind(text).await);
            assert_eq!(bound.0, ErrorKind::InvalidInput, "{text}");
            assert!(bound.1.contains(&format!("{text:?}")), "{}", bound.1);
        }
        Ok(())
    });
}

/// `.invalid` is reserved, so no resolver knows it.
#[test]
fn a_name_that_nobody_knows_is_an_error_with_the_name() {
    everywhere(|| async {
        let (_, text) = refused(TcpStream::connect("rocket.invalid:80").await);
        assert!(
            text.starts_with("cannot look up \"rocket.invalid\": "),
            "{text}"
        );
        Ok(())
    });
}

/// The system refuses that immediately, and says so only once.
#[test]
fn two_connections_cannot_have_the_same_ends() {
    let ended = tminus::run(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0)).await?;
        let to = listener.local_addr()?;
        let connected = TcpStream::connect_from(to, ([127, 0, 0, 1], 0)).await?;
        let again = TcpStream::connect_from(to, connected.local_addr()?).await;
        Ok(again
            .unwrap_err()
            .downcast_ref::<net::Error>()
            .map(net::Error::kind))
    });
    let kinds = [ErrorKind::AddrNotAvailable, ErrorKind::AddrInUse];
    assert!(ended.unwrap().is_some_and(|kind| kinds.contains(&kind)));
}
