//! Back pressure: sockets and buffers that are full.

use tminus::{
    Exception, TaskGroup, gather, sleep, spawn,
    streams::{StreamReader, StreamWriter, open_unix_connection, start_unix_server},
    timeout, wait,
};

use crate::log::{LIMIT, Log, broken, in_time, ms, name, pair, py, say, shown, text};

pub async fn a_slow_reader(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, _w)) = pair(LIMIT).await?;
    let sends = log.clone();
    let sending = spawn(async move {
        for number in 0..12 {
            left.write([0; 30_000])?;
            say!(sends, "wrote {number} {}", left.get_write_buffer_size());
            left.drain().await?;
            say!(sends, "drained {number}");
        }
        left.close();
        left.wait_closed().await?;
        say!(sends, "closed");
        Ok(())
    })?;
    let mut total = 0;
    loop {
        let data = reader.read(25_000).await?;
        if data.is_empty() {
            break;
        }
        total += data.len();
        sleep(ms(1)).await?;
    }
    say!(log, "read {total}");
    sending.await
}

pub async fn several_wait_in_drain(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, _w)) = pair(1_000).await?;
    left.write([0; 200_000])?;
    let drains = |number| {
        let (log, left) = (log.clone(), left.clone());
        async move {
            left.drain().await?;
            say!(log, "drained {number} {}", left.get_write_buffer_size());
            Ok(())
        }
    };
    let tasks = (0..4).map(|number| spawn(drains(number)));
    let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
    sleep(ms(1)).await?;
    tasks[1].cancel();
    for _ in 0..4 {
        say!(log, "read {}", reader.read(50_000).await?.len());
        sleep(ms(1)).await?;
    }
    wait(&tasks).await?;
    let cancelled: Vec<_> = tasks.iter().map(|task| py(task.cancelled())).collect();
    say!(log, "cancelled {}", cancelled.join(" "));
    drains(4).await
}

pub async fn a_timeout_around_a_drain(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, _w)) = pair(1_000).await?;
    left.write([b'x'; 150_000])?;
    for number in 0..3 {
        match in_time(timeout(ms(10)).run(left.drain()).await)? {
            Some(()) => say!(log, "drained {number}"),
            None => {
                say!(log, "not yet {number} {}", left.get_write_buffer_size());
                say!(log, "read {}", reader.readexactly(60_000).await?.len());
            }
        }
    }
    left.write_eof();
    let rest = reader.read_to_end().await?;
    say!(log, "rest {} {}", rest.len(), left.get_write_buffer_size());
    Ok(())
}

pub async fn closed_before_it_is_flushed(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, right)) = pair(LIMIT).await?;
    left.write([b'y'; 300_000])?;
    left.close();
    say!(
        log,
        "closing {} {}",
        py(left.is_closing()),
        left.get_write_buffer_size()
    );
    left.write("too late?")?;
    say!(log, "buffer {}", left.get_write_buffer_size());
    let (closes, closed) = (log.clone(), left.clone());
    let closing = spawn(async move {
        closed.wait_closed().await?;
        say!(closes, "closed");
        Ok(())
    })?;
    sleep(ms(1)).await?;
    let mut total = 0;
    loop {
        let data = reader.read(40_000).await?;
        if data.is_empty() {
            break;
        }
        total += data.len();
        say!(log, "read {total}");
        sleep(ms(1)).await?;
    }
    closing.await?;
    right.close();
    Ok(())
}

pub async fn aborted_before_it_is_flushed(log: Log) -> Result<(), Exception> {
    let ((_left_reader, left), (reader, right)) = pair(1_000).await?;
    left.write([b'z'; 200_000])?;
    let (drains, writer) = (log.clone(), left.clone());
    let draining = spawn(async move {
        writer.drain().await?;
        say!(drains, "drained");
        if let Err(error) = broken(writer.drain().await)? {
            say!(drains, "drain {} {}", name(&error), text(&error));
        }
        Ok(())
    })?;
    sleep(ms(1)).await?;
    say!(log, "buffer {}", left.get_write_buffer_size());
    left.abort();
    say!(
        log,
        "buffer {} {}",
        left.get_write_buffer_size(),
        py(left.is_closing())
    );
    left.wait_closed().await?;
    say!(log, "closed");
    draining.await?;
    say!(log, "read {}", reader.read_to_end().await?.len());
    right.close();
    Ok(())
}

pub async fn the_end_after_all_bytes(log: Log) -> Result<(), Exception> {
    let ((left_reader, left), (reader, right)) = pair(LIMIT).await?;
    left.write([b'w'; 180_000])?;
    left.write_eof();
    say!(log, "{}", text(&left.write("more").unwrap_err()));
    let answers = log.clone();
    let answering = spawn(async move {
        say!(answers, "request {}", reader.read_to_end().await?.len());
        right.write("thanks")?;
        right.close();
        Ok(())
    })?;
    left.drain().await?;
    say!(log, "drained {}", left.get_write_buffer_size());
    say!(
        log,
        "answer {}",
        py(left_reader.read_to_end().await? == b"thanks")
    );
    left.close();
    left.wait_closed().await?;
    answering.await?;
    say!(log, "end");
    Ok(())
}

pub async fn other_limits(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, right)) = pair(1_000).await?;
    let drains = |what: &'static str| {
        let (log, left) = (log.clone(), left.clone());
        async move {
            left.drain().await?;
            say!(log, "drained {what} {}", left.get_write_buffer_size());
            Ok(())
        }
    };
    left.write([0; 65_536])?;
    left.write([0; 1_000])?;
    drains("below").await?;
    left.set_write_buffer_limits(Some(999), None)?;
    let over_999 = spawn(drains("over 999"))?;
    sleep(ms(1)).await?;
    say!(log, "read {}", reader.readexactly(5_000).await?.len());
    sleep(ms(1)).await?;
    for (high, low) in [
        (None, None),
        (Some(100), Some(200)),
        (None, Some(10)),
        (Some(500), None),
        (Some(0), Some(0)),
    ] {
        match left.set_write_buffer_limits(high, low) {
            Ok(()) => {
                let (low, high) = left.get_write_buffer_limits();
                say!(log, "limits {low} {high}");
            }
            Err(error) => say!(log, "{}", text(&error)),
        }
    }
    left.write("!")?;
    let over_0 = spawn(drains("over 0"))?;
    sleep(ms(1)).await?;
    say!(log, "read {}", reader.readexactly(61_000).await?.len());
    wait([&over_999, &over_0]).await?;
    say!(log, "rest {}", reader.read(1_000).await?.len());
    right.close();
    Ok(())
}

pub async fn the_peer_closes_while_it_drains(log: Log) -> Result<(), Exception> {
    for reads in [false, true] {
        let ((left_reader, left), (reader, right)) = pair(1_000).await?;
        left.write([0; 200_000])?;
        let (drains, writer) = (log.clone(), left.clone());
        let draining = spawn(async move {
            match broken(writer.drain().await)? {
                Ok(()) => say!(drains, "drained"),
                Err(error) => say!(drains, "drain {}", name(&error)),
            }
            Ok(())
        })?;
        sleep(ms(1)).await?;
        if reads {
            say!(log, "read {}", reader.readexactly(1_000).await?.len());
        }
        right.close();
        say!(log, "right closed");
        draining.await?;
        say!(
            log,
            "left {} {}",
            py(left.is_closing()),
            left.get_write_buffer_size()
        );
        match broken(left_reader.read_to_end().await)? {
            Ok(data) => say!(log, "read {}", data.len()),
            Err(error) => say!(log, "read {}", name(&error)),
        }
        match broken(left.wait_closed().await)? {
            Ok(()) => say!(log, "closed"),
            Err(error) => say!(log, "wait_closed {}", name(&error)),
        }
    }
    Ok(())
}

pub async fn both_ways_at_once(log: Log) -> Result<(), Exception> {
    let (left, right) = pair(LIMIT).await?;
    let ends = [left, right];
    let sends = |side: u8, writer: StreamWriter| {
        let log = log.clone();
        async move {
            for number in 0..5 {
                writer.write([side; 60_000])?;
                writer.drain().await?;
                say!(log, "{side} sent {number}");
            }
            writer.write_eof();
            Ok(())
        }
    };
    let reads = |side: u8, reader: StreamReader| {
        let log = log.clone();
        async move {
            let mut total = 0;
            loop {
                let data = reader.read(70_000).await?;
                if data.is_empty() {
                    break;
                }
                assert!(data.iter().all(|byte| *byte == 1 - side));
                total += data.len();
            }
            say!(log, "{side} read {total}");
            Ok(())
        }
    };
    let group = TaskGroup::new();
    let block = async {
        for (side, (reader, writer)) in (0..).zip(&ends) {
            group.create_task(sends(side, writer.clone()))?;
            group.create_task(reads(side, reader.clone()))?;
        }
        Ok(())
    };
    group.run(block).await?;
    for (_, writer) in &ends {
        writer.close();
    }
    gather(
        ends.iter()
            .map(|(_, writer)| writer.wait_closed())
            .collect::<Vec<_>>(),
    )
    .await?;
    say!(log, "closed");
    Ok(())
}

async fn pipe(reader: StreamReader, writer: StreamWriter) -> Result<(), Exception> {
    loop {
        let data = reader.read(20_000).await?;
        if data.is_empty() {
            break;
        }
        writer.write(&data)?;
        writer.drain().await?;
    }
    writer.write_eof();
    Ok(())
}

pub async fn a_proxy(log: Log) -> Result<(), Exception> {
    let serves = log.clone();
    let slow = start_unix_server(
        move |reader, writer| {
            let log = serves.clone();
            async move {
                let mut total = 0;
                loop {
                    let data = reader.read(50_000).await?;
                    if data.is_empty() {
                        break;
                    }
                    total += data.len();
                    sleep(ms(2)).await?;
                }
                say!(log, "server got {total}");
                writer.write(total.to_string())?;
                writer.close();
                Ok(())
            }
        },
        "slow.sock",
    )
    .await?;
    let passes = log.clone();
    let proxy = start_unix_server(
        move |reader, writer| {
            let log = passes.clone();
            async move {
                let (to_reader, to_writer) = open_unix_connection("slow.sock").await?;
                let group = TaskGroup::new();
                let block = async {
                    group.create_task(pipe(reader, to_writer.clone()))?;
                    group.create_task(pipe(to_reader, writer.clone()))
                };
                group.run(block).await?;
                say!(log, "proxy ends");
                writer.close();
                to_writer.close();
                Ok(())
            }
        },
        "proxy.sock",
    )
    .await?;
    let (reader, writer) = open_unix_connection("proxy.sock").await?;
    for number in 0..10 {
        writer.write([0; 50_000])?;
        writer.drain().await?;
        say!(log, "sent {number}");
    }
    writer.write_eof();
    say!(log, "answer {}", shown(&reader.read_to_end().await?));
    writer.close();
    for server in [slow, proxy] {
        server.close();
        server.wait_closed().await?;
    }
    say!(log, "over");
    Ok(())
}

pub async fn a_small_limit_against_a_large_stream(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, _w)) = pair(1_000).await?;
    let sends = log.clone();
    let sending = spawn(async move {
        for number in 0..6 {
            left.write([0; 50_000])?;
            left.drain().await?;
            say!(sends, "sent {number}");
        }
        left.close();
        Ok(())
    })?;
    sleep(ms(1)).await?;
    say!(log, "exactly {}", reader.readexactly(70_000).await?.len());
    sleep(ms(1)).await?;
    say!(log, "some {}", reader.read(66_000).await?.len());
    sleep(ms(1)).await?;
    say!(log, "rest {}", reader.read_to_end().await?.len());
    sending.await
}

pub async fn writelines_against_a_full_socket(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, _w)) = pair(LIMIT).await?;
    let pieces = [vec![b'a'; 10_000], vec![b'b'; 20_000], vec![b'c'; 3_000]];
    for number in 0..3 {
        left.writelines(&pieces)?;
        say!(log, "buffer {number} {}", left.get_write_buffer_size());
    }
    left.write("d")?;
    let got = reader.readexactly(99_000).await?;
    say!(log, "in order {}", py(got == pieces.concat().repeat(3)));
    let last = reader.readexactly(1).await?;
    say!(
        log,
        "last {} {}",
        shown(&last),
        left.get_write_buffer_size()
    );
    left.close();
    left.wait_closed().await?;
    say!(log, "closed");
    Ok(())
}
