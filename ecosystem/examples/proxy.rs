//! A proxy that copies both directions of each connection: `futures::io` on tminus.
//!
//! ```console
//! $ cargo run -p tminus-ecosystem --example proxy             # in a simulation; `-- --seed 7` selects another seed
//! $ cargo run -p tminus-ecosystem --example proxy -- --real   # on loopback
//! ```

use std::net::SocketAddr;

use futures::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, StreamExt, io,
    io::BufReader, try_join,
};
use tminus::{
    Exception, gather,
    net::{TcpListener, TcpStream},
    spawn,
};

/// Copies one direction, and closes the destination when the source ends.
async fn copies(from: impl AsyncRead, mut to: impl AsyncWrite + Unpin) -> Result<u64, Exception> {
    let copied = io::copy(from, &mut to).await?;
    to.close().await?;
    Ok(copied)
}

/// Copies both directions until both have ended, and returns the number of bytes in each direction.
pub async fn copies_both_ways(
    one: impl AsyncRead + AsyncWrite,
    other: impl AsyncRead + AsyncWrite,
) -> Result<(u64, u64), Exception> {
    let (one_reads, one_writes) = one.split();
    let (other_reads, other_writes) = other.split();
    try_join!(
        copies(one_reads, other_writes),
        copies(other_reads, one_writes)
    )
}

async fn proxy(listener: TcpListener, to: SocketAddr) -> Result<(), Exception> {
    loop {
        let (client, _) = listener.accept().await?;
        spawn(async move { copies_both_ways(client, TcpStream::connect(to).await?).await })?;
    }
}

/// Counts down from the number in each line.
async fn engine(stream: TcpStream) -> Result<(), Exception> {
    let (reads, mut writes) = stream.split();
    let mut lines = BufReader::new(reads).lines();
    while let Some(line) = lines.next().await {
        for n in (1..=line?.parse()?).rev() {
            let n: u32 = n;
            writes.write_all(format!("{n} ").as_bytes()).await?;
        }
        writes.write_all(b"lift-off\n").await?;
    }
    writes.close().await?;
    Ok(())
}

async fn engines(listener: TcpListener) -> Result<(), Exception> {
    loop {
        spawn(engine(listener.accept().await?.0))?;
    }
}

async fn client(to: SocketAddr, start: u32) -> Result<String, Exception> {
    let mut stream = TcpStream::connect(to).await?;
    stream.write_all(format!("{start}\n").as_bytes()).await?;
    stream.close().await?; // this side only
    let lines = BufReader::new(stream).lines();
    let lines: Vec<_> = lines.collect().await;
    let lines = lines.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(lines.join(" | "))
}

pub async fn program() -> Result<Vec<String>, Exception> {
    let (outside, inside) = (
        TcpListener::bind("127.0.0.1:0").await?,
        TcpListener::bind("127.0.0.1:0").await?,
    );
    let (address, behind) = (outside.local_addr()?, inside.local_addr()?);
    let servers = [spawn(proxy(outside, behind))?, spawn(engines(inside))?];
    let clients = [3, 5, 10].map(|start| client(address, start));
    let lines = gather(clients).await?;
    for server in servers {
        server.cancel();
    }
    Ok(lines)
}

fn main() -> Result<(), Exception> {
    tminus_ecosystem::show(program)
}
