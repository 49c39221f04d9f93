//! The extension traits of the crate `futures`.

#[path = "../examples/proxy.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod example;

use std::{pin::pin, time::Duration};

use futures::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, StreamExt, TryStreamExt,
    future::{Either, select},
    io,
    io::{BufReader, BufWriter},
};
use tminus::{
    Exception, gather,
    net::{TcpListener, TcpStream},
    sleep, spawn,
};
use tminus_ecosystem::everywhere;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Both ends of a connection.
async fn pair() -> Result<(TcpStream, TcpStream), Exception> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let connected = TcpStream::connect(listener.local_addr()?).await?;
    Ok((connected, listener.accept().await?.0))
}

#[test]
fn a_proxy_copies_both_directions_of_three_connections() {
    everywhere(|| async {
        let expected = [
            "3 2 1 lift-off",
            "5 4 3 2 1 lift-off",
            "10 9 8 7 6 5 4 3 2 1 lift-off",
        ];
        assert_eq!(example::program().await?, expected);
        Ok(())
    });
}

/// Each proxy buffers less than the client sends, so the writer has to wait for the reader at the far end.
#[test]
fn two_proxies_in_a_row_pass_the_pressure_back() {
    everywhere(|| async {
        let (mut source, first) = pair().await?;
        let (second, third) = pair().await?;
        let (fourth, mut sink) = pair().await?;
        let proxies = gather([
            spawn(example::copies_both_ways(first, second))?,
            spawn(example::copies_both_ways(third, fourth))?,
        ]);
        let data: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let sent = data.clone();
        let writer = spawn(async move {
            AsyncWriteExt::write_all(&mut source, &sent).await?;
            source.close().await?;
            let mut answer = String::new();
            source.read_to_string(&mut answer).await?;
            Ok(answer)
        })?;
        let mut got = Vec::new();
        sink.read_to_end(&mut got).await?;
        assert!(got == data);
        AsyncWriteExt::write_all(&mut sink, b"lift-off").await?;
        sink.close().await?;
        assert_eq!(writer.await?, "lift-off");
        assert_eq!(proxies.await?, [(100_000, 8), (100_000, 8)]);
        Ok(())
    });
}

#[test]
fn an_echo_of_a_stream_split_in_two() {
    everywhere(|| async {
        let (mut left, right) = pair().await?;
        let echo = spawn(async move {
            let (reads, mut writes) = right.split();
            let copied = io::copy(reads, &mut writes).await?;
            writes.close().await?;
            Ok(copied)
        })?;
        AsyncWriteExt::write_all(&mut left, b"T-minus 2\nT-minus 1\n").await?;
        left.close().await?;
        let lines: Vec<_> = BufReader::new(left).lines().try_collect().await?;
        assert_eq!(lines, ["T-minus 2", "T-minus 1"]);
        assert_eq!(echo.await?, 20);
        Ok(())
    });
}

/// The two halves of `split` share a lock, so two tasks of the loop can use one each.
#[test]
fn two_tasks_hold_a_half_each() {
    everywhere(|| async {
        let (left, right) = pair().await?;
        let mut ends = Vec::new();
        for stream in [left, right] {
            let (mut reads, mut writes) = stream.split();
            ends.push(spawn(async move {
                let mut got = Vec::new();
                reads.read_to_end(&mut got).await?;
                Ok(got.len())
            })?);
            ends.push(spawn(async move {
                for _ in 0..50 {
                    writes.write_all(&[7; 1000]).await?;
                }
                writes.close().await?;
                Ok(50_000)
            })?);
        }
        assert_eq!(gather(ends).await?, [50_000; 4]);
        Ok(())
    });
}

#[test]
fn what_is_buffered_goes_out_by_a_flush() {
    everywhere(|| async {
        let (left, right) = pair().await?;
        let mut writes = BufWriter::new(left);
        let mut reads = BufReader::new(right);
        let mut line = String::new();
        for n in (0..3).rev() {
            writes
                .write_all(format!("T-minus {n}\n").as_bytes())
                .await?;
            writes.flush().await?;
            reads.read_line(&mut line).await?;
        }
        assert_eq!(line, "T-minus 2\nT-minus 1\nT-minus 0\n");
        Ok(())
    });
}

/// `select` drops the read that is too late, which loses no byte. It can also select among the loop's own futures.
#[test]
fn select_takes_what_is_first() {
    everywhere(|| async {
        let (mut left, right) = pair().await?;
        let writer = spawn(async move {
            for n in (0..5).rev() {
                sleep(ms(7)).await?;
                left.write_all(format!("T-minus {n}\n").as_bytes()).await?;
            }
            Ok(())
        })?;
        let mut lines = BufReader::new(right).lines();
        let (mut got, mut ticks) = (Vec::new(), 0);
        loop {
            match select(lines.next(), pin!(sleep(ms(2)))).await {
                Either::Left((Some(line), _)) => got.push(line?),
                Either::Left((None, _)) => break,
                Either::Right((ticked, _)) => {
                    ticked?;
                    ticks += 1;
                }
            }
        }
        assert_eq!(got.len(), 5);
        assert!(ticks > 0);
        writer.await
    });
}
