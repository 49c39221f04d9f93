//! TLS by rustls.

#[path = "../examples/tls.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod example;
#[path = "../examples/hyper.rs"]
#[expect(dead_code, reason = "it has a program of its own")]
mod hyper_example;

use std::{io::ErrorKind, net::Shutdown};

use example::Tls;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use futures_rustls::{client, server};
use tminus::{
    Exception,
    net::{TcpListener, TcpStream},
    spawn,
};
use tminus_ecosystem::everywhere;

/// Both ends of a connection, after the handshake.
async fn pair() -> Result<(client::TlsStream<TcpStream>, server::TlsStream<TcpStream>), Exception> {
    let tls = Tls::new()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let stream = TcpStream::connect(listener.local_addr()?).await?;
    let (accepted, _) = listener.accept().await?;
    let (connected, accepted) = futures::join!(tls.connect("engine", stream), tls.accept(accepted));
    Ok((connected?, accepted?))
}

/// Closes one side, and waits until the peer has closed the other side.
///
/// Closing alone is not enough. A client may not have read the server's session tickets, and a TCP connection that is dropped
/// with unread bytes is reset. The peer then loses the bytes that it has not read, on both networks.
async fn ends(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), Exception> {
    stream.close().await?;
    assert_eq!(stream.read(&mut [0]).await?, 0);
    Ok(())
}

#[test]
fn lines_go_both_ways_and_each_end_says_when_it_has_finished() {
    everywhere(|| async {
        let expected = [
            "connected with TLSv1_3",
            "copied: T-minus 3",
            "copied: T-minus 2",
            "copied: T-minus 1",
            "the server has read 3 lines",
        ];
        assert_eq!(example::program().await?, expected);
        Ok(())
    });
}

/// Far more than the buffers of the socket and the session, so both ends wait for each other many times.
#[test]
fn more_than_the_sockets_hold_goes_through() {
    everywhere(|| async {
        let (mut client, mut server) = pair().await?;
        let data: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let sent = data.clone();
        let writer = spawn(async move {
            client.write_all(&sent).await?;
            ends(client).await
        })?;
        let mut got = Vec::new();
        server.read_to_end(&mut got).await?;
        assert!(got == data);
        server.close().await?;
        writer.await
    });
}

/// A connection that ends without close_notify is an error, because an attacker may have cut off the rest.
#[test]
fn an_end_of_the_connection_alone_is_no_proper_end() {
    everywhere(|| async {
        let (mut client, mut server) = pair().await?;
        client.write_all(b"T-min").await?;
        client.flush().await?;
        client.get_ref().0.shutdown(Shutdown::Write)?;
        let mut got = Vec::new();
        let error = server.read_to_end(&mut got).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(got, b"T-min");
        Ok(())
    });
}

#[test]
fn a_server_with_another_name_is_refused_and_both_ends_learn_of_it() {
    everywhere(|| async {
        let tls = Tls::new()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let stream = TcpStream::connect(listener.local_addr()?).await?;
        let (accepted, _) = listener.accept().await?;
        let (client, server) = futures::join!(tls.connect("tower", stream), tls.accept(accepted));
        let refused = client.err().map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("not valid for name")));
        assert!(server.is_err());
        Ok(())
    });
}

/// The adapter for hyper works with any stream.
#[test]
fn hyper_speaks_http_over_tls() {
    everywhere(|| async {
        let (client, server) = pair().await?;
        let server = spawn(hyper_example::answer(server))?;
        let lines = hyper_example::fetch(client, vec!["/fuel".into(), "/oxygen".into()]).await?;
        assert_eq!(
            lines,
            ["200 OK: /fuel, request 1", "200 OK: /oxygen, request 2"]
        );
        server.await
    });
}
