//! Half-closed, closed, aborted and dropped streams.

use tminus::{Exception, gather, sleep, spawn};

use crate::log::{LIMIT, Log, broken, ms, name, pair, py, say, shown, text};

pub async fn half_close(log: Log) -> Result<(), Exception> {
    let ((left_reader, left), (right_reader, right)) = pair(LIMIT).await?;
    let serves = log.clone();
    let serving = spawn(async move {
        let request = right_reader.read_to_end().await?;
        say!(
            serves,
            "request {} {}",
            shown(&request),
            py(right_reader.at_eof())
        );
        for part in ["an ", "answer"] {
            right.write(part)?;
            right.drain().await?;
            sleep(ms(2)).await?;
        }
        right.close();
        right.wait_closed().await?;
        say!(serves, "served");
        Ok(())
    })?;
    left.write("a ")?;
    sleep(ms(1)).await?;
    left.write("request")?;
    left.write_eof();
    say!(log, "asked {}", py(left.can_write_eof()));
    let answer = left_reader.read_to_end().await?;
    say!(
        log,
        "answer {} {}",
        shown(&answer),
        py(left_reader.at_eof())
    );
    left.close();
    left.wait_closed().await?;
    say!(log, "closed");
    serving.await
}

pub async fn both_sides_end(log: Log) -> Result<(), Exception> {
    let (left, right) = pair(LIMIT).await?;
    let sides = [left, right]
        .into_iter()
        .enumerate()
        .map(|(number, (reader, writer))| {
            let log = log.clone();
            async move {
                writer.writelines(&["from ", &number.to_string()])?;
                writer.write_eof();
                say!(log, "ended {number}");
                for n in [3, 100, 100] {
                    let data = reader.read(n).await?;
                    say!(
                        log,
                        "read {number} {} {}",
                        shown(&data),
                        py(reader.at_eof())
                    );
                }
                writer.close();
                writer.wait_closed().await?;
                say!(log, "closed {number}");
                Ok(())
            }
        });
    gather(sides.collect::<Vec<_>>()).await?;
    say!(log, "end");
    Ok(())
}

pub async fn writing_after_the_end(log: Log) -> Result<(), Exception> {
    let ((_r, left), (reader, _w)) = pair(LIMIT).await?;
    left.write("all")?;
    left.write_eof();
    left.write_eof();
    say!(log, "{}", text(&left.write("more").unwrap_err()));
    say!(log, "{}", text(&left.writelines(&["more"]).unwrap_err()));
    say!(log, "got {}", shown(&reader.read_to_end().await?));
    say!(log, "closing {}", py(left.is_closing()));
    left.close();
    left.close();
    say!(log, "closing {}", py(left.is_closing()));
    let error = left.drain().await.unwrap_err();
    say!(log, "{} {}", name(&error), text(&error));
    left.wait_closed().await?;
    say!(log, "closed");
    let error = left.drain().await.unwrap_err();
    say!(log, "{} {}", name(&error), text(&error));
    Ok(())
}

pub async fn drain_after_the_loss(log: Log) -> Result<(), Exception> {
    let ((_r, left), (_r2, right)) = pair(LIMIT).await?;
    let (writes, writer) = (log.clone(), left.clone());
    let writing = spawn(async move {
        for number in 0..6 {
            writer.write("tick")?;
            match broken(writer.drain().await)? {
                Ok(()) => say!(writes, "drained {number} {}", py(writer.is_closing())),
                Err(error) => say!(writes, "drain {number} {} {}", name(&error), text(&error)),
            }
            sleep(ms(1)).await?;
        }
        Ok(())
    })?;
    sleep(std::time::Duration::from_micros(2500)).await?;
    left.close();
    say!(log, "closed");
    writing.await?;
    right.close();
    Ok(())
}

pub async fn an_abort(log: Log) -> Result<(), Exception> {
    let ((left_reader, left), (right_reader, right)) = pair(LIMIT).await?;
    let reads = |who: &'static str, reader: tminus::streams::StreamReader| {
        let log = log.clone();
        spawn(async move {
            match broken(reader.read_to_end().await)? {
                Ok(data) => say!(log, "{who} got {}", shown(&data)),
                Err(error) => say!(log, "{who} {}", name(&error)),
            }
            Ok(())
        })
    };
    let tasks = vec![reads("left", left_reader)?, reads("right", right_reader)?];
    sleep(ms(1)).await?;
    left.write("hello")?;
    left.abort();
    say!(log, "aborted {}", py(left.is_closing()));
    left.abort();
    left.wait_closed().await?;
    say!(log, "closed");
    gather(tasks).await?;
    right.close();
    right.wait_closed().await
}

pub async fn the_last_writer_is_dropped(log: Log) -> Result<(), Exception> {
    let ((left_reader, left), (right_reader, right)) = pair(LIMIT).await?;
    let writes = log.clone();
    let writing = spawn(async move {
        left.write("last words")?;
        sleep(ms(1)).await?;
        say!(writes, "leaves");
        Ok(())
    })?;
    say!(log, "got {}", shown(&right_reader.read(100).await?));
    say!(log, "got {}", shown(&right_reader.read(100).await?));
    writing.await?;
    say!(log, "left got {}", shown(&left_reader.read_to_end().await?));
    right.close();
    Ok(())
}
