//! A server and its clients. The loop on which they run is decided by `super`, from which they have all their names.

use std::{net::SocketAddr, time::Duration};

use tminus::Exception;

use super::{TcpListener, TcpStream, sleep, spawn, wait_for};

/// Reads up to the end of a line. How many bytes a read returns is up to the network.
async fn read_line(stream: &mut TcpStream) -> Result<String, Exception> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while stream.read(&mut byte).await? > 0 && byte != *b"\n" {
        line.extend(byte);
    }
    Ok(String::from_utf8(line)?)
}

/// Answers the name of a page with a status. Mars takes an hour.
async fn answer(mut client: TcpStream) -> Result<(), Exception> {
    let page = read_line(&mut client).await?;
    if page == "mars" {
        sleep(Duration::from_secs(3600)).await?;
    }
    let status = if page == "pluto" { "404\n" } else { "200\n" };
    client.write_all(status.as_bytes()).await
}

/// Answers clients until it is cancelled. Then it cleans up, which takes a moment.
async fn serve(listener: TcpListener) -> Result<(), Exception> {
    let cancelled = loop {
        match listener.accept().await {
            Ok((client, _)) => drop(spawn(answer(client))?),
            Err(exception) => break exception,
        }
    };
    println!("server: closing");
    sleep(Duration::from_millis(1)).await?;
    println!("server: closed");
    Err(cancelled)
}

async fn fetch(server: SocketAddr, page: &str) -> Result<String, Exception> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(format!("{page}\n").as_bytes()).await?;
    read_line(&mut stream).await
}

/// Fetches three pages at the same time, each with a limit in milliseconds, and cancels the server.
pub async fn main() -> Result<(), Exception> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    let server = spawn(serve(listener))?;
    let mut fetches = Vec::new();
    for (page, limit) in [("moon", 60_000), ("mars", 20), ("pluto", 60_000)] {
        let status = wait_for(fetch(address, page), Duration::from_millis(limit));
        fetches.push((page, spawn(status)?));
    }
    for (page, status) in fetches {
        match status.await {
            Ok(status) => println!("{page}: {status}"),
            Err(exception) => println!("{page}: {:?}", exception.kind()),
        }
    }
    server.cancel();
    let end = server.await.map_err(|exception| exception.kind());
    println!("server: {end:?}");
    Ok(())
}
