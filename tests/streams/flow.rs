//! Neither end keeps more than its marks allow.

use std::{cell::Cell, rc::Rc};

use tminus::{Kind, spawn, yield_now};

use super::{everywhere, ms, pair};

#[test]
fn a_writer_that_drains_keeps_no_more_than_its_high_mark() {
    everywhere(|| async {
        const PIECE: usize = 10_000;
        let ((_, writer), (reader, _kept)) = pair(4_000).await?;
        writer.set_write_buffer_limits(20_000, 5_000)?;
        assert_eq!(writer.get_write_buffer_limits(), (5_000, 20_000));
        let most = Rc::new(Cell::new(0));
        let seen = most.clone();
        let sender = spawn(async move {
            for _ in 0..100 {
                writer.write([7; PIECE])?;
                seen.set(seen.get().max(writer.get_write_buffer_size()));
                writer.drain().await?;
            }
            Ok(())
        })?;
        let mut read = 0;
        loop {
            let block = reader.read(3_000).await?;
            if block.is_empty() {
                break;
            }
            read += block.len();
            assert!(reader.buffer().len() <= 2 * 4_000 + 256 * 1024);
            if read % 7 == 0 {
                yield_now().await?; // a slow reader
            }
        }
        assert_eq!(read, 100 * PIECE);
        assert!(most.get() <= 20_000 + PIECE, "{}", most.get());
        sender.await
    });
}

#[test]
fn a_reader_that_nobody_reads_pauses_its_socket() {
    everywhere(|| async {
        let ((_, writer), (reader, _kept)) = pair(100).await?;
        writer.write(vec![1; 4_000_000])?;
        tminus::sleep(ms(300)).await?;
        assert!(
            reader.buffer().len() <= 100 * 2 + 256 * 1024,
            "{}",
            reader.buffer().len()
        );
        assert!(writer.get_write_buffer_size() > 0);
        let sender = spawn(writer.drain())?;
        yield_now().await?;
        assert!(!sender.done());
        let mut read = 0;
        while read < 4_000_000 {
            read += reader.read(100_000).await?.len();
        }
        sender.await
    });
}

#[test]
fn marks_that_make_no_sense_are_refused() {
    everywhere(|| async {
        let ((_, writer), (_, _kept)) = pair(100).await?;
        let refused = writer.set_write_buffer_limits(1, 2).unwrap_err();
        assert_eq!(refused.kind(), Kind::ValueError);
        assert_eq!(
            refused.message(),
            "high (1) must be >= low (2) must be >= 0"
        );
        writer.set_write_buffer_limits(None, 100)?;
        assert_eq!(writer.get_write_buffer_limits(), (100, 400));
        writer.set_write_buffer_limits(100, None)?;
        assert_eq!(writer.get_write_buffer_limits(), (25, 100));
        writer.set_write_buffer_limits(None, None)?;
        assert_eq!(writer.get_write_buffer_limits(), (16 * 1024, 64 * 1024));
        Ok(())
    });
}

/// Each of the two writes fits into the buffers of Linux, so no writer has to wait.
#[cfg(target_os = "linux")]
#[test]
fn a_writer_of_a_real_socket_yields_after_its_share() {
    use tminus::{net::UnixStream, streams::from_socket};

    tminus::run(async {
        for (bytes, yields) in [(1_000, false), (64 * 1024, true)] {
            let (left, _right) = UnixStream::pair()?;
            let (_, writer) = from_socket(left).await?;
            let sender = spawn(async move {
                writer.write(vec![0; bytes])?;
                writer.drain().await
            })?;
            yield_now().await?;
            assert_eq!(!sender.done(), yields, "{bytes}");
            sender.await?;
        }
        Ok(())
    })
    .unwrap();
}
