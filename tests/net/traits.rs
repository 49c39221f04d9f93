//! Through the traits of the `futures` crates.

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt, stream::FuturesUnordered};
use tminus::{Exception, Kind, event_loop::cancellable, net::TcpStream, sleep, spawn, yield_now};

use super::{everywhere, ms, pair, simulated};

#[test]
fn the_traits_read_and_write() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        AsyncWriteExt::write_all(&mut left, b"three\nlines\nhere").await?;
        left.close().await?;
        left.close().await?; // once more does no harm
        let mut all = String::new();
        right.read_to_string(&mut all).await?;
        assert_eq!(all, "three\nlines\nhere");
        Ok(())
    });
}

/// The other end was faster.
#[test]
fn closing_what_is_reset_is_no_error() {
    simulated(|| async {
        let (mut left, _right) = pair().await?;
        tminus::simulation::network()?.reset([127, 0, 0, 1], [127, 0, 0, 1]);
        Ok(left.close().await?)
    });
}

#[test]
fn a_stream_can_be_copied() {
    everywhere(|| async {
        let (mut source, copied) = pair().await?;
        let (copies, mut sink) = pair().await?;
        let copier = spawn(async move {
            let (mut reads, _kept) = copied.into_split();
            let (_, mut writes) = copies.into_split();
            Ok(futures::io::copy(&mut reads, &mut writes).await?)
        })?;
        TcpStream::write_all(&mut source, &[9; 5000]).await?;
        drop(source);
        let mut got = Vec::new();
        sink.read_to_end(&mut got).await?;
        assert_eq!(got, [9; 5000]);
        assert_eq!(copier.await?, 5000);
        Ok(())
    });
}

/// Nothing can be raised in a trait: a `Cancelled` would be an ordinary `io::Error`, which code can swallow.
#[test]
fn a_task_that_is_cancelled_in_a_trait_ends_cancelled() {
    everywhere(|| async {
        let (_left, mut right) = pair().await?;
        let swallows = async move {
            let mut buffer = [0; 8];
            loop {
                // Whatever happens, it tries again.
                drop(AsyncReadExt::read(&mut right, &mut buffer).await);
            }
            #[expect(unreachable_code, reason = "it says what the task returns")]
            Ok::<(), Exception>(())
        };
        let task = spawn(swallows)?;
        sleep(ms(1)).await?;
        task.cancel();
        assert_eq!(task.await.unwrap_err().kind(), Kind::Cancelled);
        Ok(())
    });
}

#[test]
fn cancellable_catches_it_around_a_trait() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        let task = spawn(async move {
            let mut buffer = [0; 8];
            let cancelled = cancellable(AsyncReadExt::read(&mut right, &mut buffer))
                .await
                .unwrap_err();
            assert_eq!(cancelled.kind(), Kind::Cancelled);
            let n = TcpStream::read(&mut right, &mut buffer).await?;
            Ok(buffer[..n].to_vec())
        })?;
        sleep(ms(1)).await?;
        task.cancel();
        yield_now().await?;
        TcpStream::write_all(&mut left, b"x").await?;
        assert_eq!(task.await?, b"x");
        Ok(())
    });
}

/// A timeout around a trait cancels the task's wait, and catches what comes of it.
#[test]
fn a_timeout_around_a_trait_expires() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        let mut buffer = [0; 8];
        let late = tminus::timeout(ms(1))
            .run(async { Ok(AsyncReadExt::read(&mut right, &mut buffer).await?) })
            .await;
        assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
        TcpStream::write_all(&mut left, b"y").await?;
        assert_eq!(AsyncReadExt::read(&mut right, &mut buffer).await?, 1);
        Ok(())
    });
}

#[test]
fn streams_can_be_polled_with_wakers_of_their_own() {
    everywhere(|| async {
        let (mut reads, mut writes) = (FuturesUnordered::new(), Vec::new());
        for n in 0..10_u8 {
            let (left, mut right) = pair().await?;
            writes.push((n, left));
            reads.push(async move {
                let mut byte = [0];
                right.read(&mut byte).await?;
                Ok::<u8, Exception>(byte[0])
            });
        }
        let writer = spawn(async move {
            for (n, stream) in writes.iter_mut().rev() {
                TcpStream::write_all(stream, &[*n]).await?;
                yield_now().await?;
            }
            sleep(ms(1)).await
        })?;
        let mut got = Vec::new();
        while let Some(byte) = reads.next().await {
            got.push(byte?);
        }
        got.sort_unstable();
        assert_eq!(got, (0..10).collect::<Vec<u8>>());
        writer.await
    });
}
