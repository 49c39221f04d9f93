//! Ten requests over HTTP at the same time, on the loop that `super` decides on.

use std::net::SocketAddr;

use tminus::Exception;

use super::{TcpListener, TcpStream, spawn};

const REQUEST: &[u8] = b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]";

/// Reads up to `end`, or until the other side closes the connection.
async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Result<String, Exception> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(end) && stream.read(&mut byte).await? > 0 {
        bytes.extend(byte);
    }
    Ok(String::from_utf8(bytes)?)
}

async fn handle(mut client: TcpStream) -> Result<(), Exception> {
    read_until(&mut client, b"\r\n\r\n").await?;
    client.write_all(ANSWER).await
}

async fn serve(listener: TcpListener) -> Result<(), Exception> {
    loop {
        let (client, _) = listener.accept().await?;
        drop(spawn(handle(client))?);
    }
}

async fn get_status(server: SocketAddr) -> Result<String, Exception> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(REQUEST).await?;
    let line = read_until(&mut stream, b"\n").await?;
    read_until(&mut stream, b"[]").await?;
    Ok(line.split(' ').nth(1).unwrap_or_default().to_owned())
}

/// Prints the ten statuses, in the order of the requests.
pub async fn main() -> Result<(), Exception> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    let server = spawn(serve(listener))?;
    let mut requests = Vec::new();
    for _ in 0..10 {
        requests.push(spawn(get_status(address))?);
    }
    for (id, status) in requests.into_iter().enumerate() {
        println!("{} {id}", status.await?);
    }
    server.cancel();
    Ok(())
}
