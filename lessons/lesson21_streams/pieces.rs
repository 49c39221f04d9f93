//! What a `read` returns, and what becomes of it when a reader is fed by hand.

use tminus::simulation::Simulation;
use tminus::{spawn_named, timeline::Timeline, timeout};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::run_virtual;
use tminus_lessons::lesson21_streams::connect::pair;
use tminus_lessons::lesson21_streams::{Exception, IncompleteReadError, StreamReader, sleep};

/// Bytes as Rust writes them: `b"T-3\n"`.
fn shown(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii())
}

async fn print_what_arrives() -> Result<(), Exception> {
    let (mut client, mut server) = pair().await?;
    server
        .write_all(b"T-minus 3\nT-minus 2\nT-minus 1\nBlast off!\n")
        .await?;
    drop(server);
    let mut buffer = [0; 64];
    loop {
        let n = client.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        println!("{}", shown(&buffer[..n]));
    }
}

/// On loopback, or with short reads and writes that a seed chooses.
pub fn reads(real: bool, seed: u64) -> Result<(), Exception> {
    if real {
        return tminus::run(print_what_arrives());
    }
    Simulation::new(seed).run(print_what_arrives()).0
}

/// Half a line, a read that is cancelled, and the other half.
pub async fn half_a_line() -> Result<(), Exception> {
    let reader = StreamReader::new(64);
    reader.feed_data(b"T-minus 3\nT-min");
    println!("{}", shown(&reader.readline().await?));

    let cancelled = timeout(ms(10)).run(reader.readline()).await;
    println!("{:?}", cancelled.map_err(|exception| exception.kind()));

    reader.feed_data(b"us 2\n");
    println!("{}", shown(&reader.readline().await?));
    Ok(())
}

/// A stream that ends too early, in four readings.
pub async fn partial() -> Result<(), Exception> {
    let reader = StreamReader::new(64);
    reader.feed_data(b"T-minus 2\nT-min");
    reader.feed_eof();
    println!("{}", shown(&reader.readexactly(4).await?));
    println!("{}", shown(&reader.readline().await?));
    let end = reader.readexactly(9).await.unwrap_err();
    println!("{end}");
    if let Some(IncompleteReadError { partial, .. }) = end.downcast_ref() {
        println!("partial: {}", shown(partial));
    }
    println!("{}", shown(&reader.readline().await?));
    Ok(())
}

/// Feeds pieces of five bytes, and pauses while there is too much.
async fn wire(reader: StreamReader) -> Result<(), Exception> {
    for piece in b"T-7\nT-6\nT-5\nT-4\nT-3\nT-2\nT-1\n".chunks(5) {
        reader.feed_data(piece);
        reader.wait_for_room().await?;
    }
    reader.feed_eof();
    Ok(())
}

/// Reads a line every 10 ms.
async fn crew(reader: StreamReader) -> Result<(), Exception> {
    while !reader.readline().await?.is_empty() {
        sleep(ms(10)).await?;
    }
    Ok(())
}

/// A fast wire and a slow crew, with a limit of 6 bytes.
pub fn wire_and_crew() -> Result<Timeline, Exception> {
    let main = async {
        let reader = StreamReader::new(6);
        let wire = spawn_named("wire", wire(reader.clone()))?;
        spawn_named("crew", crew(reader))?.await?;
        wire.await
    };
    let (result, timeline) = Timeline::of(|| run_virtual(main));
    result?;
    Ok(timeline)
}
