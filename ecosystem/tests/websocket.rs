//! WebSockets by tungstenite.

#[path = "../examples/websocket.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod example;

use async_tungstenite::{client_async, tungstenite::Message};
use futures::StreamExt;
use tminus::{
    gather,
    net::{TcpListener, TcpStream},
    spawn,
};
use tminus_ecosystem::everywhere;

#[test]
fn text_bytes_ping_and_close() {
    everywhere(|| async {
        let expected = [
            "connected: 101 Switching Protocols",
            "text: T-minus 3",
            "bytes: [2, 1, 0]",
            "pong: are you there?",
            "closed: 1000, lift-off",
        ];
        assert_eq!(example::program().await?, expected);
        Ok(())
    });
}

/// More than the buffers of the sockets, in both directions at the same time, through two halves of each socket.
#[test]
fn a_large_message_and_many_small_ones() {
    everywhere(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let stream = TcpStream::connect(listener.local_addr()?).await?;
        let server = spawn(async move { example::echo(listener.accept().await?.0).await })?;
        let (socket, _) = client_async("ws://engine/echo", stream).await?;
        let (mut sender, mut receiver) = socket.split();
        let large = vec![7; 200_000];
        let sent = large.clone();
        let sends = async move {
            sender.send(Message::binary(sent)).await?;
            for n in 0..20 {
                sender.send(Message::text(n.to_string())).await?;
            }
            sender.close(None).await?;
            Ok(())
        };
        let receives = async move {
            let first = receiver.next().await.transpose()?;
            assert!(first.is_some_and(|message| message.into_data() == large));
            let mut rest = Vec::new();
            while let Some(message) = receiver.next().await.transpose()? {
                if message.is_text() {
                    rest.push(message.into_text()?.to_string());
                }
            }
            let expected: Vec<_> = (0..20).map(|n| n.to_string()).collect();
            assert_eq!(rest, expected);
            Ok(())
        };
        gather((sends, receives)).await?;
        server.await
    });
}
