//! Reading up to a limit, and up to the end.

use std::time::Duration;

use tminus::{
    Exception, Kind,
    event_loop::next,
    sleep, spawn,
    streams::{IncompleteReadError, LimitOverrunError, open_unix_connection, start_unix_server},
    timeout, yield_now,
};

use crate::log::{LIMIT, Log, in_time, ms, name, pair, py, say, shown, text};

pub async fn readline_over_the_limit(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(8).await?;
    let lines = log.clone();
    let reading = spawn(async move {
        loop {
            let line = match reader.readline().await {
                Err(error) if error.kind() == Kind::ValueError => {
                    say!(lines, "too long: {}", text(&error));
                    continue;
                }
                line => line?,
            };
            say!(lines, "line {}", shown(&line));
            if line.is_empty() {
                return Ok(());
            }
        }
    })?;
    for data in [
        "ignition\n",
        "a line that is too long\nshort\n",
        "no end",
        " in sight, ",
        "so far\n",
        "lift-off\n",
    ] {
        writer.write(data)?;
        sleep(ms(1)).await?;
    }
    writer.close();
    reading.await?;
    say!(log, "closed");
    Ok(())
}

pub async fn readuntil_over_the_limit(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(6).await?;
    for (data, reads) in [
        ("0123456789;ab;", 3),
        ("no separator at all", 1),
        ("; ;", 2),
    ] {
        writer.write(data)?;
        sleep(ms(1)).await?;
        for _ in 0..reads {
            match reader.readuntil(";").await {
                Ok(message) => say!(log, "got {}", shown(&message)),
                Err(error) => {
                    let consumed = error.downcast_ref::<LimitOverrunError>().unwrap().consumed;
                    say!(log, "over: {} {consumed}", text(&error));
                    let skipped = reader.readexactly(consumed).await?;
                    say!(log, "skipped {}", shown(&skipped));
                }
            }
        }
    }
    writer.write("end")?;
    writer.write_eof();
    let error = reader.readuntil(";").await.unwrap_err();
    let error = error.downcast_ref::<IncompleteReadError>().unwrap();
    assert_eq!(error.expected, None);
    say!(log, "incomplete: {} None", shown(&error.partial));
    Ok(())
}

pub async fn several_separators(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
    let sends = log.clone();
    let sending = spawn(async move {
        for piece in ["one", "\r", "\ntwo\n", "three\r\nfour", "\n"] {
            writer.write(piece)?;
            say!(sends, "sent {}", shown(piece.as_bytes()));
            yield_now().await?;
        }
        sleep(ms(5)).await?;
        writer.close();
        Ok(())
    })?;
    for _ in 0..4 {
        let message = reader.readuntil(["\r\n", "\n"]).await?;
        say!(log, "message {}", shown(&message));
    }
    say!(log, "rest {}", shown(&reader.read_to_end().await?));
    sending.await
}

pub async fn a_full_buffer_pauses(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(4).await?;
    let sends = log.clone();
    let sending = spawn(async move {
        for _ in 0..5 {
            writer.write("xxxxxx")?;
            say!(sends, "sent 6");
            sleep(ms(1)).await?;
        }
        writer.close();
        Ok(())
    })?;
    sleep(Duration::from_micros(3500)).await?;
    loop {
        let data = reader.read(5).await?;
        if data.is_empty() {
            break;
        }
        say!(log, "read {}", data.len());
        sleep(Duration::from_micros(300)).await?;
    }
    say!(log, "end");
    sending.await
}

pub async fn an_end_too_early(log: Log) -> Result<(), Exception> {
    for number in 0..4 {
        let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
        let reads = log.clone();
        let reading = spawn(async move {
            let read = match number {
                0 => reader.readexactly(8).await,
                1 => reader.readuntil(";").await,
                2 => reader.readline().await,
                _ => reader.read(8).await,
            };
            match read {
                Ok(data) => say!(reads, "got {}", shown(&data)),
                Err(error) => {
                    let partial = &error.downcast_ref::<IncompleteReadError>().unwrap().partial;
                    say!(reads, "{} partial {}", text(&error), shown(partial));
                }
            }
            say!(reads, "at_eof {}", py(reader.at_eof()));
            Ok(())
        })?;
        sleep(ms(1)).await?;
        writer.write("half")?;
        yield_now().await?;
        writer.close();
        reading.await?;
    }
    Ok(())
}

pub async fn lines_with_async_for(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
    let sending = spawn(async move {
        for number in 0..4 {
            writer.write(format!("line {number}\nline {number}\n"))?;
            sleep(ms(number % 2)).await?;
        }
        writer.write("no line end")?;
        writer.close();
        Ok(())
    })?;
    let mut lines = reader.lines();
    while let Some(line) = next(&mut lines).await {
        say!(log, "{}", shown(&line?));
    }
    say!(log, "end {}", py(reader.at_eof()));
    sending.await
}

pub async fn read_to_the_end(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(4).await?;
    let reads = log.clone();
    let reading = spawn(async move {
        let data = reader.read_to_end().await?;
        let is_right = data == "0123456789".repeat(10).as_bytes();
        say!(reads, "all {} {}", data.len(), py(is_right));
        Ok(())
    })?;
    for number in 0..10 {
        writer.write("0123456789")?;
        say!(log, "sent {number}");
        sleep(ms(u64::from(number % 3 == 2))).await?;
    }
    writer.close();
    reading.await
}

pub async fn reads_of_nothing(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(2).await?;
    let zeros = async || {
        let (one, two) = (reader.read(0).await?, reader.readexactly(0).await?);
        say!(log, "zero {} {}", shown(&one), shown(&two));
        Ok::<_, Exception>(())
    };
    zeros().await?;
    writer.write("123456789")?;
    sleep(ms(1)).await?;
    zeros().await?;
    // A negative size has no type here.
    say!(log, "ValueError readexactly size can not be less than zero");
    for none in [vec![""], vec![]] {
        let error = reader.readuntil(none).await.unwrap_err();
        say!(log, "{} {}", name(&error), text(&error));
    }
    say!(log, "nine {}", shown(&reader.readexactly(9).await?));
    writer.close();
    sleep(ms(1)).await?;
    let zero = reader.readexactly(0).await?;
    say!(log, "zero {} {}", shown(&zero), py(reader.at_eof()));
    Ok(())
}

pub async fn a_request_in_pieces(log: Log) -> Result<(), Exception> {
    let serves = log.clone();
    let server = start_unix_server(
        move |reader, writer| {
            let log = serves.clone();
            async move {
                loop {
                    let head = reader.readline().await?;
                    if head.is_empty() {
                        break;
                    }
                    let mut length = 0;
                    loop {
                        let line = reader.readline().await?;
                        if line.trim_ascii().is_empty() {
                            break;
                        }
                        say!(log, "header {}", shown(&line));
                        if let Some(value) = line.strip_prefix(b"length:") {
                            length = number(value);
                        }
                    }
                    let mut body = reader.readexactly(length).await?;
                    say!(log, "request {} {}", shown(&head), shown(&body));
                    body.reverse();
                    writer.writelines(&["200\n".into(), format!("length: {}\n\n", body.len())])?;
                    writer.write(&body)?;
                    writer.drain().await?;
                }
                writer.close();
                Ok(())
            }
        },
        "tower.sock",
    )
    .await?;
    let (reader, writer) = open_unix_connection("tower.sock").await?;
    let requests: [&[&str]; 3] = [
        &["PUT /a\nleng", "th: 5\n", "\nabc", "de"],
        &["GET /b\n\n"],
        &["PUT /c\nlength: 1\n\nxPUT /d\n\n"],
    ];
    for pieces in requests {
        for piece in pieces {
            writer.write(piece)?;
            sleep(ms(1)).await?;
        }
        while let Some(status) = in_time(timeout(ms(1)).run(reader.readline()).await)? {
            let head = reader.readuntil("\n\n").await?;
            let body = reader.readexactly(number(&head[8..])).await?;
            say!(log, "answer {} {}", shown(&status), shown(&body));
        }
    }
    writer.close();
    server.close();
    server.wait_closed().await?;
    say!(log, "over");
    Ok(())
}

fn number(text: &[u8]) -> usize {
    let text = std::str::from_utf8(text).unwrap();
    text.trim().parse().unwrap()
}
