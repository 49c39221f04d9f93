//! Programs that fetch answers from a server: as much HTTP as they need.

use std::{cell::Cell, net::SocketAddr, rc::Rc, time::Duration};

use indicatif::ProgressBar;
use tminus::{gather, sync::Semaphore};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson21_streams::connect::{open_connection, start_server};
use tminus_lessons::lesson21_streams::screen::Screen;
use tminus_lessons::lesson21_streams::{Exception, StreamReader, StreamWriter, sleep};

/// Answers a request for `/7` with `7`, after a delay that the number decides.
async fn answer(
    reader: StreamReader,
    writer: StreamWriter,
    delay: fn(u32) -> Duration,
) -> Result<(), Exception> {
    let request = reader.readuntil(b"\r\n\r\n").await?;
    let request = String::from_utf8_lossy(&request);
    let a = request.split(['/', ' ']).nth(2).unwrap_or("0");
    sleep(delay(a.parse().unwrap_or(0))).await?;
    let len = a.len();
    writer.write(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{a}"
    ));
    writer.drain().await
}

/// Fetches `/a`, and returns the status and the text.
async fn get(server: SocketAddr, a: u32) -> Result<(String, String), Exception> {
    let (reader, writer) = open_connection(server).await?;
    writer.write(format!("GET /{a} HTTP/1.1\r\nHost: x\r\n\r\n"));
    let first = reader.readline().await?;
    let status = String::from_utf8_lossy(&first[9..12]).into_owned();
    let mut len = 0;
    loop {
        let header = reader.readline().await?;
        let header = String::from_utf8_lossy(&header).trim_end().to_owned();
        match header.split_once(": ") {
            Some(("Content-Length", number)) => len = number.parse().unwrap_or(0),
            Some(_) => {}
            None => break, // the empty line after the headers
        }
    }
    let text = reader.readexactly(len).await?;
    writer.close();
    Ok((status, String::from_utf8_lossy(&text).into_owned()))
}

/// Ten requests at the same time.
pub async fn ten_statuses() -> Result<(), Exception> {
    let no_delay = |reader, writer| answer(reader, writer, |_| Duration::ZERO);
    let server = start_server(no_delay).await?;
    let jobs = (0..10).map(|id| async move { Ok((get(server, id).await?.0, id)) });
    for (status, id) in gather(jobs.collect::<Vec<_>>()).await? {
        println!("{status} {id}");
    }
    Ok(())
}

/// What is known about the requests: how many run now, and at most; and the bar.
struct Progress {
    active: Cell<u32>,
    peak: Cell<u32>,
    screen: Screen,
    bar: ProgressBar,
}

/// Twelve requests, of which three run at a time, and a progress bar.
pub async fn three_permits() -> Result<(), Exception> {
    async fn print_result(
        server: SocketAddr,
        sema: Semaphore,
        progress: Rc<Progress>,
        a: u32,
    ) -> Result<(), Exception> {
        let Progress {
            active,
            peak,
            screen,
            bar,
        } = &*progress;
        let _permit = sema.acquire().await?;
        active.set(active.get() + 1);
        peak.set(peak.get().max(active.get()));
        let (_, r) = get(server, a).await?;
        active.set(active.get() - 1);
        bar.update(|state| state.set_pos(state.pos() + 1));
        println!("fetch({a}) = {r:2} {}", screen.text().trim_end());
        Ok(())
    }
    let slow = |reader, writer| answer(reader, writer, |a| ms(20 + 2 * u64::from(a)));
    let server = start_server(slow).await?;
    let screen = Screen::default();
    let progress = Rc::new(Progress {
        active: Cell::new(0),
        peak: Cell::new(0),
        bar: screen.bar(12),
        screen,
    });
    let sema = Semaphore::new(3);
    let jobs = (0..12).map(|a| print_result(server, sema.clone(), progress.clone(), a));
    gather(jobs.collect::<Vec<_>>()).await?;
    println!("peak {}", progress.peak.get());
    Ok(())
}

/// Answers each line in capitals.
pub async fn capitals(reader: StreamReader, writer: StreamWriter) -> Result<(), Exception> {
    loop {
        let line = reader.readline().await?;
        if line.is_empty() {
            return Ok(());
        }
        writer.write(line.to_ascii_uppercase());
        writer.drain().await?;
    }
}

/// Sends a line to a server that answers in capitals.
pub async fn shout() -> Result<(), Exception> {
    let server = start_server(capitals).await?;
    let (reader, writer) = open_connection(server).await?;
    writer.write("stream\n");
    print!("{}", String::from_utf8_lossy(&reader.readline().await?));
    writer.close();
    Ok(())
}
