//! What goes wrong, in the same words on both networks.

use std::{error::Error, io::ErrorKind};

use futures::FutureExt;
use tminus::{
    EventLoop, Exception, Kind,
    clock::VirtualClock,
    net,
    net::{TcpListener, TcpStream, UdpSocket},
    sleep,
};

use super::{LOOPBACK, everywhere, ms, pair};

fn error(exception: &Exception) -> (ErrorKind, String) {
    let error = exception.downcast_ref::<net::Error>().unwrap();
    (error.kind(), exception.to_string())
}

#[test]
fn nobody_listens() {
    everywhere(|| async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let at = listener.local_addr()?;
        drop(listener);
        let refused = TcpStream::connect(at).await.unwrap_err();
        let text = format!("cannot connect to {at}: connection refused");
        assert_eq!(error(&refused), (ErrorKind::ConnectionRefused, text));
        let refused = refused.downcast_ref::<net::Error>().unwrap();
        assert_eq!(refused.address(), at.to_string());
        Ok(())
    });
}

#[test]
fn what_the_system_said_is_the_source() {
    everywhere(|| async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let second = TcpListener::bind(listener.local_addr()?).await.unwrap_err();
        let error = second.downcast_ref::<net::Error>().unwrap();
        let source = error.source().and_then(|source| source.downcast_ref());
        let kind = source.map(std::io::Error::kind);
        assert_eq!(kind, Some(ErrorKind::AddrInUse));
        Ok(())
    });
}

#[test]
fn the_address_is_in_use() {
    everywhere(|| async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let at = listener.local_addr()?;
        let second = TcpListener::bind(at).await.unwrap_err();
        let text = format!("cannot listen at {at}: address in use");
        assert_eq!(error(&second), (ErrorKind::AddrInUse, text));
        let socket = UdpSocket::bind(LOOPBACK).await?;
        let at = socket.local_addr()?;
        let second = UdpSocket::bind(at).await.unwrap_err();
        let text = format!("cannot bind to {at}: address in use");
        assert_eq!(error(&second), (ErrorKind::AddrInUse, text));
        Ok(())
    });
}

/// Whoever closes a connection without having read all of it resets it.
#[test]
fn the_connection_is_reset() {
    everywhere(|| async {
        let (mut left, right) = pair().await?;
        left.write_all(b"nobody reads this").await?;
        sleep(ms(200)).await?; // it has arrived
        drop(right);
        let reset = left.read(&mut [0; 8]).await.unwrap_err();
        let (kind, text) = error(&reset);
        assert_eq!(kind, ErrorKind::ConnectionReset);
        assert_eq!(
            text,
            format!("cannot read from {}: connection reset", left_peer(&reset))
        );
        Ok(())
    });
}

fn left_peer(exception: &Exception) -> String {
    exception
        .downcast_ref::<net::Error>()
        .unwrap()
        .address()
        .to_owned()
}

#[test]
fn the_listener_is_dropped_before_the_connection_is_accepted() {
    everywhere(|| async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let mut stream = TcpStream::connect(listener.local_addr()?).await?;
        drop(listener);
        let end = stream.read(&mut [0; 8]).await;
        assert!(
            matches!(&end, Err(reset) if error(reset).0 == ErrorKind::ConnectionReset),
            "{end:?}"
        );
        Ok(())
    });
}

#[test]
fn real_sockets_on_a_virtual_clock_are_refused() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let refused = event_loop.run(async {
        let listener = TcpListener::bind(LOOPBACK).await.map(drop);
        let stream = TcpStream::connect(LOOPBACK).await.map(drop);
        let socket = UdpSocket::bind(LOOPBACK).await.map(drop);
        Ok([listener, stream, socket].map(Result::unwrap_err))
    });
    for refused in refused.unwrap() {
        assert_eq!(refused.kind(), Kind::RuntimeError);
        assert!(
            refused.message().contains("tminus::simulation"),
            "{refused}"
        );
    }
}

#[test]
fn without_a_loop_there_are_no_sockets() {
    let bound = TcpListener::bind(LOOPBACK).now_or_never();
    let listener = bound.expect("it does not wait").unwrap_err();
    assert_eq!(listener.kind(), Kind::RuntimeError);
    assert!(
        listener.message().contains("no running event loop"),
        "{listener}"
    );
}

#[test]
fn a_stream_that_another_loop_waited_for_is_refused() {
    let first = EventLoop::new();
    let (mut left, mut right) = first
        .run_until_complete(async {
            let (left, mut right) = pair().await?;
            let read = tminus::timeout(ms(1)).run(right.read(&mut [0; 1])).await;
            assert_eq!(read.unwrap_err().kind(), Kind::Timeout);
            Ok(std::rc::Rc::new(std::cell::Cell::new(Some((left, right)))))
        })
        .unwrap()
        .take()
        .unwrap();
    let refused = EventLoop::new().run(async move {
        let refused = right.read(&mut [0; 1]).await.unwrap_err();
        left.write_all(b"x").await?; // what does not wait needs no loop of its own
        Ok(refused)
    });
    let refused = refused.unwrap();
    assert_eq!(refused.kind(), Kind::RuntimeError);
    assert_eq!(
        refused.message(),
        "the read is bound to a different event loop"
    );
}
