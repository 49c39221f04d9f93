//! Reads that are cancelled, take too long, or are awaited together with others.

use tminus::{
    EventLoop, Exception, ExceptionGroup, Kind, ReturnWhen, TaskGroup, gather, gather_results,
    sleep, spawn,
    streams::{StreamReader, StreamWriter},
    timeout, wait, wait_for, yield_now,
};

use crate::log::{LIMIT, Log, in_time, ms, name, pair, say, shown, text};

pub async fn a_cancelled_read(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
    let reads = |number: u32| {
        let (log, reader) = (log.clone(), reader.clone());
        spawn(async move {
            match reader.readexactly(6).await {
                Err(error) if error.kind() == Kind::Cancelled => {
                    say!(log, "cancelled {number}");
                    Err(error)
                }
                data => {
                    say!(log, "got {number} {}", shown(&data?));
                    Ok(())
                }
            }
        })
    };
    let first = reads(1)?;
    sleep(ms(1)).await?;
    writer.write("abcd")?;
    sleep(ms(1)).await?;
    first.cancel();
    wait([&first]).await?;
    let second = reads(2)?;
    sleep(ms(1)).await?;
    writer.write("efgh")?;
    second.await?;
    writer.close();
    say!(log, "rest {}", shown(&reader.read_to_end().await?));
    Ok(())
}

pub async fn cancelled_as_it_arrives(log: Log) -> Result<(), Exception> {
    for rounds in 0..5 {
        let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
        let (reads, from) = (log.clone(), reader.clone());
        let reading = spawn(async move {
            match from.read(10).await {
                Err(error) if error.kind() == Kind::Cancelled => say!(reads, "cancelled {rounds}"),
                data => say!(reads, "got {rounds} {}", shown(&data?)),
            }
            Ok(())
        })?;
        sleep(ms(1)).await?;
        writer.write("late")?;
        for _ in 0..rounds {
            yield_now().await?;
        }
        say!(log, "cancel {}", crate::log::py(reading.cancel()));
        reading.await?;
        writer.close();
        say!(log, "rest {}", shown(&reader.read(10).await?));
    }
    Ok(())
}

pub async fn a_timeout_around_a_read(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
    let sending = spawn(async move {
        for piece in ["T-minus", " 10\nT-min", "us 9\n"] {
            sleep(ms(25)).await?;
            writer.write(piece)?;
        }
        writer.close();
        Ok(())
    })?;
    loop {
        let Some(line) = in_time(timeout(ms(10)).run(reader.readline()).await)? else {
            say!(log, "nothing yet");
            continue;
        };
        say!(log, "line {}", shown(&line));
        if line.is_empty() {
            break;
        }
    }
    sending.await
}

pub async fn wait_for_a_read(log: Log) -> Result<(), Exception> {
    let mut ends = Vec::new();
    for delay in [9, 10, 11] {
        ends.push(pair(LIMIT).await?);
        let ((_r, writer), (reader, _w)) = ends.last().expect("it was just put there");
        write_later(ms(delay), writer, "data")?;
        match in_time(wait_for(reader.read(10), ms(10)).await)? {
            Some(data) => say!(log, "got {}", shown(&data)),
            None => {
                say!(log, "timeout");
                say!(log, "then {}", shown(&reader.read(10).await?));
            }
        }
        writer.close();
        say!(log, "end {}", shown(&reader.read(10).await?));
    }
    Ok(())
}

fn write_later(
    delay: std::time::Duration,
    writer: &StreamWriter,
    data: impl Into<String>,
) -> Result<(), Exception> {
    let (writer, data) = (writer.clone(), data.into());
    EventLoop::running()?.call_later(delay, move || writer.write(data))?;
    Ok(())
}

pub async fn a_second_reader(log: Log) -> Result<(), Exception> {
    let ((_r, writer), (reader, _w)) = pair(LIMIT).await?;
    let tasks = (0..4).map(|number| {
        let (log, reader) = (log.clone(), reader.clone());
        spawn(async move {
            let read = match number {
                0 | 1 => reader.read(3).await,
                2 => reader.readline().await,
                _ => reader.readexactly(2).await,
            };
            match read {
                Ok(data) => say!(log, "got {number} {}", shown(&data)),
                Err(error) => say!(log, "refused {number} {}", text(&error)),
            }
            Ok(())
        })
    });
    let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
    sleep(ms(1)).await?;
    writer.write("abcdef\n")?;
    gather(tasks).await?;
    say!(log, "rest {}", shown(&reader.readline().await?));
    Ok(())
}

/// The writers of some pairs, and the readers at their other ends. The rest of the pairs stays open, too.
async fn pairs(
    count: usize,
) -> Result<(Vec<StreamWriter>, Vec<StreamReader>, impl Sized), Exception> {
    let (mut writers, mut readers, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        let ((left_reader, writer), (reader, right)) = pair(LIMIT).await?;
        writers.push(writer);
        readers.push(reader);
        rest.push((left_reader, right));
    }
    Ok((writers, readers, rest))
}

pub async fn a_group_fails(log: Log) -> Result<(), Exception> {
    let (writers, readers, _rest) = pairs(2).await?;
    let to = writers.clone();
    let sending = spawn(async move {
        for line in ["1\n", "2\n", "x\n", "4\n"] {
            let writers = if line == "x\n" { &to[1..] } else { &to };
            for writer in writers.iter().rev() {
                writer.write(line)?;
            }
            sleep(ms(1)).await?;
        }
        Ok(())
    })?;
    let group = TaskGroup::new();
    let block = async {
        for (who, reader) in readers.iter().enumerate() {
            let (log, reader) = (log.clone(), reader.clone());
            group.create_task(async move {
                loop {
                    let line = match reader.readline().await {
                        Err(error) if error.kind() == Kind::Cancelled => {
                            say!(log, "{who} cancelled");
                            return Err(error);
                        }
                        line => line?,
                    };
                    let line = String::from_utf8(line).unwrap();
                    let number: u32 = line.trim().parse().map_err(|_| Kind::ValueError)?;
                    say!(log, "{who} {number}");
                }
                #[allow(unreachable_code)]
                Ok(())
            })?;
        }
        Ok(())
    };
    let failed = group.run(block).await.unwrap_err();
    let failed = failed.downcast_ref::<ExceptionGroup>().unwrap();
    let names: Vec<_> = failed.exceptions().iter().map(name).collect();
    say!(log, "failed: {}", names.join(" "));
    sending.await?;
    for reader in readers {
        say!(log, "left {}", shown(&reader.readline().await?));
    }
    Ok(())
}

pub async fn gathered_reads(log: Log) -> Result<(), Exception> {
    let (writers, readers, _rest) = pairs(3).await?;
    for (number, writer) in (0..).zip(&writers) {
        write_later(ms(3 - number), writer, format!("{number}234"))?;
    }
    let fours = || {
        readers
            .iter()
            .map(|reader| reader.readexactly(4))
            .collect::<Vec<_>>()
    };
    let all = gather(fours()).await?;
    let all: Vec<_> = all.iter().map(|data| shown(data)).collect();
    say!(log, "all {}", all.join(" "));
    write_later(ms(2), &writers[0], "full")?;
    let second = writers[1].clone();
    EventLoop::running()?.call_later(ms(1), move || second.close())?;
    write_later(ms(3), &writers[2], "late")?;
    for got in gather_results(fours()).await? {
        match got {
            Ok(data) => say!(log, "{}", shown(&data)),
            Err(error) => say!(log, "{}", name(&error)),
        }
    }
    Ok(())
}

pub async fn first_completed(log: Log) -> Result<(), Exception> {
    let (writers, readers, _rest) = pairs(3).await?;
    for (number, writer) in (0..).zip(&writers) {
        write_later(ms(3 - number), writer, format!("end {number}"))?;
    }
    let pending = readers.iter().map(|reader| spawn(reader.read(10)));
    let mut pending = pending.collect::<Result<Vec<_>, _>>()?;
    while !pending.is_empty() {
        let (done, left) = wait(pending)
            .return_when(ReturnWhen::FirstCompleted)
            .await?;
        pending = left;
        for task in done {
            say!(log, "{} {}", shown(&task.result()?), pending.len());
        }
    }
    Ok(())
}
