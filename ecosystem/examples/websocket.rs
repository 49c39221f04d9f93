//! An echo over a WebSocket: tungstenite on tminus, through the part of async-tungstenite that only needs `futures-io`.
//!
//! ```console
//! $ cargo run -p tminus-ecosystem --example websocket             # in a simulation; `-- --seed 7` selects another seed
//! $ cargo run -p tminus-ecosystem --example websocket -- --real   # on loopback
//! ```

use async_tungstenite::{
    accept_async, client_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use futures::StreamExt;
use tminus::{
    Exception,
    net::{TcpListener, TcpStream},
    spawn,
};

/// Sends each text and each block of bytes back, until the client closes the connection.
pub async fn echo(stream: TcpStream) -> Result<(), Exception> {
    let mut socket = accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
        // tungstenite itself answers a ping with a pong, and a close with a close.
    }
    Ok(())
}

fn shown(message: &Message) -> String {
    match message {
        Message::Text(text) => format!("text: {text}"),
        Message::Binary(bytes) => format!("bytes: {:?}", &bytes[..]),
        Message::Ping(_) => "ping".to_owned(),
        Message::Pong(bytes) => format!("pong: {}", String::from_utf8_lossy(bytes)),
        Message::Close(Some(frame)) => format!("closed: {}, {}", frame.code, frame.reason),
        Message::Close(None) | Message::Frame(_) => "closed".to_owned(),
    }
}

pub async fn program() -> Result<Vec<String>, Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let stream = TcpStream::connect(listener.local_addr()?).await?;
    let server = spawn(async move { echo(listener.accept().await?.0).await })?;
    let (mut socket, response) = client_async("ws://engine/echo", stream).await?;
    let mut lines = vec![format!("connected: {}", response.status())];
    let goodbye = CloseFrame {
        code: CloseCode::Normal,
        reason: "lift-off".into(),
    };
    for message in [
        Message::text("T-minus 3"),
        Message::binary(vec![2, 1, 0]),
        Message::Ping("are you there?".into()),
        Message::Close(Some(goodbye)),
    ] {
        socket.send(message).await?;
        let answer = socket.next().await.transpose()?;
        lines.push(answer.map_or("nothing".to_owned(), |answer| shown(&answer)));
    }
    assert!(socket.next().await.is_none());
    server.await?;
    Ok(lines)
}

fn main() -> Result<(), Exception> {
    tminus_ecosystem::show(program)
}
