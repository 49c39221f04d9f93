//! Streams of numbered bytes. Their readers and writers are cancelled, and go on.

use std::{cell::RefCell, rc::Rc};

use tminus::{
    Exception, Kind,
    net::UnixStream,
    sleep,
    streams::{IncompleteReadError, StreamReader, StreamWriter, from_socket},
    timeout, wait, yield_now,
};

use super::{Inside, Program, Spawner, cancel_everywhere_with_a_network, ms};
use crate::moments::Moments;

/// 250 letters, and a line feed after each tenth.
fn text() -> Vec<u8> {
    let with_end = |number: u8| {
        let ends = number % 10 == 9;
        [Some(b'A' + number % 26), ends.then_some(b'\n')]
    };
    (0..250).flat_map(with_end).flatten().collect()
}

/// Reads of every kind, until the end. Returns what the last one has read.
async fn read(reader: &StreamReader, number: usize) -> Result<Vec<u8>, Exception> {
    match number % 6 {
        0 => reader.read(7).await,
        1 => reader.readline().await,
        2 => match reader.readexactly(20).await {
            Err(error) if error.is::<IncompleteReadError>() => {
                let error = error.downcast_ref::<IncompleteReadError>();
                Ok(error.expect("it is one").partial.clone())
            }
            read => read,
        },
        3 => timeout(ms(1)).run(reader.readline()).await,
        4 => timeout(ms(1)).run(reader.readexactly(15)).await,
        _ => timeout(ms(2)).run(reader.read_to_end()).await,
    }
}

/// Writes the text in pieces.
async fn write(writer: &StreamWriter, text: &[u8]) -> Result<(), Exception> {
    for (number, piece) in text.chunks(13).enumerate() {
        writer.write(piece)?;
        let waited = match number % 4 {
            0 => sleep(ms(1)).await,
            1 => yield_now().await,
            _ => writer.drain().await,
        };
        match waited {
            Err(error) if error.kind() != Kind::Cancelled => return Err(error),
            Ok(()) | Err(_) => {} // and on with the next piece
        }
    }
    writer.close();
    writer.wait_closed().await
}

/// The reader gets all bytes, in order, whenever it or the writer is cancelled. (A task that is cancelled before its first turn
/// neither reads nor writes.)
fn each_byte_once(moments: &Moments, limit: usize, buffer: usize) -> Program {
    let (spawner, begun) = (Spawner::new(moments), Inside::at_most(2));
    let (got, both) = (Rc::new(RefCell::new(Vec::new())), begun.clone());
    let (same, moments) = (got.clone(), moments.clone());
    let main = async move {
        let (left, right) = UnixStream::pair()?;
        let (_left, writer) = from_socket(left).await?;
        writer.set_write_buffer_limits(buffer, None)?;
        let (reader, _right) = from_socket(right).limit(limit).await?;
        let begins = begun.clone();
        let writing = spawner.spawn(async move {
            std::mem::forget(begins.enter());
            write(&writer, &text()).await
        });
        let reading = spawner.spawn(async move {
            std::mem::forget(begun.enter());
            for number in 0.. {
                match read(&reader, number).await {
                    Ok(bytes) if bytes.is_empty() && reader.at_eof() => break,
                    Ok(bytes) => got.borrow_mut().extend(bytes),
                    Err(error) if error.is_timeout() || error.is_cancelled() => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        });
        while wait([&writing, &reading]).await.is_err() {} // cancelled: and again
        Ok(())
    };
    Program::new(main, move || {
        let (got, text) = (same.take(), text());
        assert!(text.starts_with(&got), "{}", got.escape_ascii());
        let is_whole = got.len() == text.len();
        assert!(
            is_whole || both.len() < 2,
            "{} bytes of {}",
            got.len(),
            text.len()
        );
        assert!(is_whole || !moments.is_undisturbed());
    })
}

#[test]
fn a_stream_in_small_pieces() {
    cancel_everywhere_with_a_network("a stream", |moments| each_byte_once(moments, 64, 1));
}

#[test]
fn a_stream_with_a_large_buffer() {
    cancel_everywhere_with_a_network("a stream with a large buffer", |moments| {
        each_byte_once(moments, 1 << 16, 1 << 16)
    });
}
