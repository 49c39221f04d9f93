//! A fast writer and a slow reader: how many bytes are in each place.

use std::{cell::Cell, rc::Rc};

use tminus::spawn;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson21_streams::connect::{MARKS, on_network, pair};
use tminus_lessons::lesson21_streams::{Exception, StreamWriter, sleep, streams};

const MESSAGES: usize = 1000;
const MESSAGE: usize = 1000; // bytes
const LIMIT: usize = 8 * 1024; // bytes
const NO_LIMIT: usize = MESSAGES * MESSAGE;

/// Writes all messages, and counts the bytes.
async fn write_all(
    writer: StreamWriter,
    written: Rc<Cell<usize>>,
    drains: bool,
) -> Result<(), Exception> {
    for _ in 0..MESSAGES {
        writer.write([b'.'; MESSAGE]);
        written.set(written.get() + MESSAGE);
        if drains {
            writer.drain().await?;
        }
    }
    writer.close();
    Ok(())
}

/// Sends a thousand messages of a thousand bytes, of which the other end reads one each millisecond. Returns the most
/// bytes that were at the same time in the writer, under way in the system, and in the reader.
async fn most_bytes(limit: usize, drains: bool) -> Result<[usize; 3], Exception> {
    let (here, there) = pair().await?;
    let (_, writer) = streams(here, limit, MARKS)?;
    let (reader, _) = streams(there, limit, MARKS)?;
    let written = Rc::new(Cell::new(0));
    let writing = spawn(write_all(writer.clone(), written.clone(), drains))?;
    let mut most = [0; 3];
    for n in 0..MESSAGES {
        sleep(ms(1)).await?;
        let (unsent, unread) = (writer.buffered(), reader.buffered());
        let under_way = written.get() - unsent - unread - n * MESSAGE;
        for (most, now) in most.iter_mut().zip([unsent, under_way, unread]) {
            *most = now.max(*most);
        }
        reader.readexactly(MESSAGE).await?;
    }
    writing.await?;
    Ok(most)
}

/// Prints the bytes in each place: without a limit, with a limit, and with `drain` as well.
pub fn tell(real: bool) -> Result<(), Exception> {
    println!("             writer  system  reader");
    for (name, limit, drains) in [
        ("no limit", NO_LIMIT, false),
        ("no drain", LIMIT, false),
        ("drain", LIMIT, true),
    ] {
        let [unsent, under_way, unread] = on_network(real, most_bytes(limit, drains))?;
        println!("{name:10} {unsent:8} {under_way:7} {unread:7}");
    }
    Ok(())
}
