//! The part of HTTP that the programs need: a slow server, and a client that fetches a page.

use std::{net::SocketAddr, time::Duration};

use tminus::{
    Exception, Kind, sleep,
    streams::{Server, StreamReader, StreamWriter, open_connection, start_server},
};

/// Starts a server on a free port. `page` returns the delay and the text of the answer to a path.
pub async fn serve(
    page: impl Fn(&str) -> (Duration, String) + Clone + 'static,
) -> Result<Server, Exception> {
    let connected = move |reader, writer| handle(page.clone(), reader, writer);
    start_server(connected, "127.0.0.1:0").await
}

async fn handle(
    page: impl Fn(&str) -> (Duration, String),
    reader: StreamReader,
    writer: StreamWriter,
) -> Result<(), Exception> {
    let request = reader.readuntil(b"\r\n\r\n").await?;
    let request = String::from_utf8_lossy(&request);
    let path = request.split(' ').nth(1).unwrap_or("/");
    let (time, text) = page(path);
    sleep(time).await?;
    writer.write(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    ))?;
    writer.drain().await?;
    writer.close();
    Ok(())
}

/// The answer of a server.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub text: String,
}

/// Fetches a page.
///
/// # Errors
///
/// - `ValueError` if the answer is not HTTP.
/// - [`net::Error`](tminus::net::Error) if the connection cannot be opened, or breaks.
pub async fn get(server: SocketAddr, path: &str) -> Result<Response, Exception> {
    let (reader, writer) = open_connection(server).await?;
    writer.write(format!("GET {path} HTTP/1.1\r\nHost: {server}\r\n\r\n"))?;
    let status = status(&reader.readline().await?)?;
    while reader.readline().await?.len() > 2 {} // the headers end with an empty line
    let text = reader.read_to_end().await?; // the server closes the connection
    writer.close();
    writer.wait_closed().await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(Response { status, text })
}

/// Reads `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Result<u16, Exception> {
    let line = String::from_utf8_lossy(line);
    let number = line.split_whitespace().nth(1).map(str::parse);
    match number {
        Some(Ok(status)) => Ok(status),
        Some(Err(_)) | None => Err(Exception::new(
            Kind::ValueError,
            format!("no status line of HTTP: {line:?}"),
        )),
    }
}
