//! What comes first in a round.

use tminus::{
    EventLoop, Exception, TaskGroup, gather, sleep, spawn,
    streams::{StreamReader, StreamWriter},
    yield_now,
};

use crate::log::{LIMIT, Log, ms, pair, py, say, shown};

pub async fn calls_beside_streams(log: Log) -> Result<(), Exception> {
    let event_loop = EventLoop::running()?;
    let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
    let reads = log.clone();
    let reading = spawn(async move {
        loop {
            let data = reader.read(100).await?;
            if data.is_empty() {
                break;
            }
            say!(reads, "data {}", shown(&data));
        }
        say!(reads, "end");
        Ok(())
    })?;
    sleep(ms(1)).await?;
    for number in 0..3 {
        let (later, soon) = (log.clone(), log.clone());
        let (timer, call) = (writer.clone(), writer.clone());
        event_loop.call_later(ms(1), move || say!(later, "later {number}"))?;
        event_loop.call_later(ms(1), move || timer.write(format!("from a timer {number}")))?;
        event_loop.call_soon(move || say!(soon, "soon {number}"))?;
        writer.write(format!("from the task {number}"))?;
        event_loop.call_soon(move || call.write(format!(", from a call {number}")))?;
        yield_now().await?;
        say!(log, "turn {number}");
        yield_now().await?;
        sleep(ms(1)).await?;
        say!(log, "slept {number}");
    }
    event_loop.call_soon(move || writer.close())?;
    reading.await
}

/// Three or four pairs, and a task at one end of each that says what arrives.
struct Many {
    writers: Vec<StreamWriter>,
    tasks: Vec<tminus::Task<()>>,
    _rest: Vec<(StreamReader, StreamWriter)>,
}

async fn many(log: &Log, count: usize) -> Result<Many, Exception> {
    let mut ends = Vec::new();
    for _ in 0..count {
        ends.push(pair(LIMIT).await?);
    }
    let (mut writers, mut tasks, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for (number, ((left_reader, writer), (reader, right))) in ends.into_iter().enumerate() {
        let log = log.clone();
        writers.push(writer);
        rest.push((left_reader, right));
        tasks.push(spawn(async move {
            loop {
                let data = reader.read(100).await?;
                if data.is_empty() {
                    return Ok(());
                }
                say!(log, "{number} {}", shown(&data));
            }
        })?);
    }
    let _rest = rest;
    Ok(Many {
        writers,
        tasks,
        _rest,
    })
}

pub async fn the_order_of_arrival(log: Log) -> Result<(), Exception> {
    let many = many(&log, 4).await?;
    let orders: [&[usize]; 6] = [
        &[0, 1, 2, 3],
        &[3, 2, 1, 0],
        &[2, 0, 3, 1],
        &[1],
        &[3, 1],
        &[0, 2, 1, 3],
    ];
    for order in orders {
        let numbers: Vec<_> = order.iter().map(ToString::to_string).collect();
        say!(log, "order {}", numbers.join(" "));
        for number in order {
            many.writers[*number].write("data")?;
        }
        sleep(ms(1)).await?;
    }
    for number in [1, 3, 0, 2] {
        many.writers[number].close();
    }
    gather(many.tasks).await.map(drop)
}

pub async fn the_order_of_busy_streams(log: Log) -> Result<(), Exception> {
    let many = many(&log, 3).await?;
    sleep(ms(1)).await?;
    let orders: [&[usize]; 9] = [
        &[0, 1, 2],
        &[2, 1, 0],
        &[1, 0],
        &[2, 0],
        &[0, 2],
        &[1],
        &[0, 1],
        &[1, 2, 0],
        &[2, 1],
    ];
    for order in orders {
        for number in order {
            many.writers[*number].write(number.to_string())?;
        }
        yield_now().await?;
    }
    for number in [2, 0, 1] {
        many.writers[number].close();
    }
    gather(many.tasks).await.map(drop)
}

pub async fn written_just_before_it_is_read(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, _w)) = pair(LIMIT).await?;
    let reads = log.clone();
    let reading = spawn(async move {
        loop {
            let data = reader.read(100).await?;
            if data.is_empty() {
                return Ok(());
            }
            say!(reads, "got {}", shown(&data));
        }
    })?;
    sleep(ms(1)).await?;
    for number in 0..12 {
        left.write(format!("{number:x}"))?;
        yield_now().await?;
    }
    left.close();
    reading.await?;
    say!(log, "end");
    Ok(())
}

pub async fn ping_pong(log: Log) -> Result<(), Exception> {
    let ((left_reader, left), (right_reader, right)) = pair(LIMIT).await?;
    let player = |name: &'static str, reader: StreamReader, writer: StreamWriter, begins: bool| {
        let log = log.clone();
        async move {
            if begins {
                writer.write("0\n")?;
            }
            loop {
                let line = reader.readline().await?;
                if line.is_empty() {
                    break;
                }
                say!(log, "{name} {}", shown(&line));
                let number: u32 = String::from_utf8(line).unwrap().trim().parse()?;
                if number + 1 == 10 {
                    break;
                }
                writer.write(format!("{}\n", number + 1))?;
                writer.drain().await?;
            }
            writer.close();
            Ok(())
        }
    };
    let spins = log.clone();
    let spins = async move {
        for _ in 0..20 {
            yield_now().await?;
        }
        say!(spins, "spun");
        Ok(())
    };
    let ping = player("ping", left_reader, left, true);
    let pong = player("pong", right_reader, right, false);
    gather((ping, pong, spins)).await?;
    say!(log, "end");
    Ok(())
}

pub async fn three_chats(log: Log) -> Result<(), Exception> {
    let mut ends = Vec::new();
    for _ in 0..3 {
        ends.push(pair(64).await?);
    }
    let server = |number: usize, reader: StreamReader, writer: StreamWriter| {
        let log = log.clone();
        async move {
            loop {
                let line = reader.readline().await?;
                if line.is_empty() {
                    break;
                }
                say!(log, "server {number} {}", shown(&line));
                writer.write(line.to_ascii_uppercase().repeat(50))?;
                writer.drain().await?;
                say!(log, "drained {number}");
            }
            writer.close();
            writer.wait_closed().await?;
            say!(log, "closed {number}");
            Ok(())
        }
    };
    let client = |number: usize, reader: StreamReader, writer: StreamWriter| {
        let log = log.clone();
        async move {
            for i in 0..3 {
                writer.write(format!("line {i}\n"))?;
                if i == number {
                    sleep(ms(10 * number as u64)).await?;
                }
                let got = reader.readexactly(7 * 50).await?;
                say!(log, "client {number} {}", got.len());
            }
            writer.write_eof();
            let rest = reader.read_to_end().await?;
            say!(log, "rest {number} {} {}", rest.len(), py(reader.at_eof()));
            writer.close();
            Ok(())
        }
    };
    let group = TaskGroup::new();
    let block = async {
        for (number, ((left_reader, left), (right_reader, right))) in ends.into_iter().enumerate() {
            group.create_task(server(number, right_reader, right))?;
            group.create_task(client(number, left_reader, left))?;
        }
        Ok(())
    };
    group.run(block).await?;
    say!(log, "end");
    Ok(())
}
