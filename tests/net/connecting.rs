//! Connections that are not there immediately.
#![cfg(target_os = "linux")]

use socket2::{Domain, Socket, Type};
use tminus::{Kind, net::TcpStream, run, spawn, yield_now};

use super::LOOPBACK;

/// Linux lets connections wait that are one too many for a listener, and on loopback, too.
#[test]
fn a_connection_that_nobody_answers_is_waited_for() {
    let stream = || Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let listener = stream();
    let at: std::net::SocketAddr = LOOPBACK.into();
    listener.bind(&at.into()).unwrap();
    listener.listen(0).unwrap();
    let at = listener.local_addr().unwrap();
    let ahead = [(); 4].map(|()| {
        let stream = stream();
        stream.set_nonblocking(true).unwrap();
        drop(stream.connect(&at)); // it is under way
        stream
    });
    run(async {
        let connects = spawn(TcpStream::connect(at.as_socket().unwrap()))?;
        for _ in 0..5 {
            yield_now().await?;
        }
        assert!(!connects.done());
        connects.cancel();
        assert_eq!(connects.await.unwrap_err().kind(), Kind::Cancelled);
        Ok(())
    })
    .unwrap();
    drop(ahead);
}
