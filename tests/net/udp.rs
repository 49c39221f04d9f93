//! Datagrams.

use std::io::ErrorKind;

use tminus::{net, net::UdpSocket, sleep, spawn};

use super::{LOOPBACK, ms};

/// On loopback no datagram is lost as long as there is room. In a simulation, faults are on request.
fn both<F>(program: impl Fn() -> F)
where
    F: Future<Output = Result<(), tminus::Exception>> + 'static,
{
    tminus::run(program()).unwrap();
    tminus::simulation::Simulation::replay("".parse().unwrap())
        .run(program())
        .0
        .unwrap();
}

#[test]
fn datagrams_arrive_whole_with_their_sender() {
    both(|| async {
        let (left, right) = (
            UdpSocket::bind(LOOPBACK).await?,
            UdpSocket::bind(LOOPBACK).await?,
        );
        let (from, to) = (left.local_addr()?, right.local_addr()?);
        assert_eq!(left.send_to(b"one", to).await?, 3);
        assert_eq!(left.send_to(b"", to).await?, 0);
        assert_eq!(left.send_to(b"three", to).await?, 5);
        let mut buffer = [0; 4];
        assert_eq!(right.recv_from(&mut buffer).await?, (3, from));
        assert_eq!(&buffer[..3], b"one");
        assert_eq!(right.recv_from(&mut buffer).await?, (0, from));
        assert_eq!(right.recv_from(&mut buffer).await?, (4, from)); // the rest is lost
        assert_eq!(&buffer, b"thre");
        Ok(())
    });
}

#[test]
fn a_connected_socket_hears_only_its_peer() {
    both(|| async {
        let (left, right) = (
            UdpSocket::bind(LOOPBACK).await?,
            UdpSocket::bind(LOOPBACK).await?,
        );
        let stranger = UdpSocket::bind(LOOPBACK).await?;
        let unconnected = left.peer_addr().unwrap_err();
        let unconnected = unconnected.downcast_ref::<net::Error>().unwrap();
        assert_eq!(unconnected.kind(), ErrorKind::NotConnected);
        left.connect(right.local_addr()?).await?;
        right.connect(left.local_addr()?).await?;
        assert_eq!(left.peer_addr()?, right.local_addr()?);
        stranger.send_to(b"psst", right.local_addr()?).await?;
        sleep(ms(100)).await?;
        left.send(b"hello").await?;
        let mut buffer = [0; 16];
        let n = right.recv(&mut buffer).await?;
        assert_eq!(&buffer[..n], b"hello");
        Ok(())
    });
}

#[test]
fn a_socket_serves_several_tasks() {
    both(|| async {
        let socket = std::rc::Rc::new(UdpSocket::bind(LOOPBACK).await?);
        let to = socket.local_addr()?;
        let receives = |socket: std::rc::Rc<UdpSocket>| async move {
            let mut byte = [0];
            socket.recv_from(&mut byte).await?;
            Ok(byte[0])
        };
        let first = spawn(receives(socket.clone()))?;
        let second = spawn(receives(socket.clone()))?;
        tminus::yield_now().await?;
        socket.send_to(&[1], to).await?;
        socket.send_to(&[2], to).await?;
        let mut got = [first.await?, second.await?];
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
        Ok(())
    });
}

#[test]
fn a_datagram_that_is_too_long_is_an_error() {
    both(|| async {
        let socket = UdpSocket::bind(LOOPBACK).await?;
        let to = socket.local_addr()?;
        let error = socket.send_to(&[0; 70_000], to).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("cannot send to {to}: ")),
            "{text}"
        );
        Ok(())
    });
}
