//! Connections that break.

use tminus::{Exception, sleep, yield_now};

use crate::log::{LIMIT, Log, broken, ms, name, pair, py, say, shown};

pub async fn closed_with_unread_bytes(log: Log) -> Result<(), Exception> {
    let ((left_reader, left), (_right_reader, right)) = pair(LIMIT).await?;
    left.write("a last word")?;
    right.write("never read")?;
    right.close();
    right.wait_closed().await?;
    say!(log, "right closed");
    for _ in 0..2 {
        match broken(left_reader.read(100).await)? {
            Ok(data) => say!(log, "left got {}", shown(&data)),
            Err(error) => say!(log, "left {}", name(&error)),
        }
    }
    if let Err(error) = broken(left.drain().await)? {
        say!(log, "drain {}", name(&error));
    }
    left.write("lost")?;
    say!(log, "closing {}", py(left.is_closing()));
    if let Err(error) = broken(left.wait_closed().await)? {
        say!(log, "wait_closed {}", name(&error));
    }
    left.close();
    Ok(())
}

pub async fn writing_to_a_closed_peer(log: Log) -> Result<(), Exception> {
    let ((left_reader, left), (_right_reader, right)) = pair(LIMIT).await?;
    right.write("bye")?;
    right.close();
    right.wait_closed().await?;
    let got = left_reader.read_to_end().await?;
    say!(log, "left got {} {}", shown(&got), py(left.is_closing()));
    left.write("are you there?")?;
    say!(log, "wrote {}", py(left.is_closing()));
    for number in 0..2 {
        match broken(left.drain().await)? {
            Ok(()) => say!(log, "drained {number}"),
            Err(error) => say!(log, "drain {number} {}", name(&error)),
        }
        left.write("nothing")?;
    }
    if let Err(error) = broken(left.wait_closed().await)? {
        say!(log, "wait_closed {}", name(&error));
    }
    match broken(left_reader.read_to_end().await)? {
        Ok(data) => say!(log, "read {}", shown(&data)),
        Err(error) => say!(log, "read {}", name(&error)),
    }
    say!(log, "at_eof {}", py(left_reader.at_eof()));
    Ok(())
}

pub async fn reading_after_a_reset(log: Log) -> Result<(), Exception> {
    let ((reader, left), (_right_reader, right)) = pair(LIMIT).await?;
    left.write("unread")?;
    right.write("one\ntwo\n")?;
    yield_now().await?;
    right.abort();
    say!(log, "line {}", shown(&reader.readline().await?));
    sleep(ms(1)).await?;
    for number in 0..5 {
        let read = match number {
            0 => reader.readline().await,
            1 => reader.read_to_end().await,
            2 => reader.readexactly(0).await,
            3 => reader.read(0).await,
            _ => reader.readuntil("!").await,
        };
        match broken(read)? {
            Ok(data) => say!(log, "got {}", shown(&data)),
            Err(error) => say!(log, "{}", name(&error)),
        }
    }
    say!(
        log,
        "at_eof {} {}",
        py(reader.at_eof()),
        py(reader.exception().is_some())
    );
    left.close();
    Ok(())
}
