//! Reading.

use tminus::{Kind, spawn, streams::StreamReader, timeout, yield_now};

use super::{everywhere, ms, pair};

#[test]
fn lines_blocks_and_the_rest() {
    everywhere(|| async {
        let ((reader, _kept), (_, writer)) = pair(1024).await?;
        writer.write(b"one\ntwo;three--four")?;
        writer.write_eof();
        assert_eq!(reader.readline().await?, b"one\n");
        assert_eq!(reader.readuntil(b";").await?, b"two;");
        assert_eq!(reader.readuntil(["--", "!"]).await?, b"three--");
        assert_eq!(reader.readexactly(2).await?, b"fo");
        assert!(!reader.at_eof());
        assert_eq!(reader.read_to_end().await?, b"ur");
        assert!(reader.at_eof());
        assert!(reader.read(10).await?.is_empty());
        Ok(())
    });
}

#[test]
fn no_byte_is_lost_by_a_timeout_around_each_read() {
    everywhere(|| async {
        let ((reader, _kept), (_, writer)) = pair(1024).await?;
        let sender = spawn(async move {
            for n in 0..30_u8 {
                writer.write([b'a' + n % 26, b'\n'])?;
                tminus::sleep(ms(1)).await?;
            }
            Ok(())
        })?;
        let mut lines = Vec::new();
        loop {
            match timeout(std::time::Duration::from_micros(700))
                .run(reader.readline())
                .await
            {
                Ok(line) if line.is_empty() => break,
                Ok(line) => lines.push(line[0]),
                Err(late) => assert_eq!(late.kind(), Kind::Timeout),
            }
        }
        let expected: Vec<u8> = (0..30).map(|n| b'a' + n % 26).collect();
        assert_eq!(lines, expected);
        sender.await
    });
}

/// CPython loses it.
#[test]
fn a_read_to_the_end_that_is_cancelled_leaves_all_in_the_stream() {
    tminus::run(async {
        let reader = StreamReader::new(4)?;
        let reads = spawn(reader.read_to_end())?;
        for data in [b"abc", b"def", b"ghi"] {
            reader.feed_data(data)?;
            yield_now().await?;
            yield_now().await?;
        }
        reads.cancel();
        assert_eq!(reads.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(reader.buffer(), b"abcdefghi");
        reader.feed_eof();
        assert_eq!(reader.read_to_end().await?, b"abcdefghi");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_second_reader_is_refused() {
    everywhere(|| async {
        let ((reader, _kept), (_, _writer)) = pair(1024).await?;
        let first = spawn(reader.read(1))?;
        tminus::sleep(ms(1)).await?; // it waits
        let second = reader.readline().await.unwrap_err();
        assert_eq!(second.kind(), Kind::RuntimeError);
        assert_eq!(
            second.message(),
            "readuntil() called while another coroutine is already waiting for incoming data"
        );
        first.cancel();
        Ok(())
    });
}

#[test]
fn a_stream_that_was_fed_by_hand_ends_once() {
    let reader = StreamReader::new(1).unwrap();
    reader.feed_eof();
    let late = reader.feed_data(b"x").unwrap_err();
    assert_eq!(late.kind(), Kind::RuntimeError);
    assert_eq!(late.message(), "feed_data after feed_eof");
    assert_eq!(StreamReader::new(0).unwrap_err().kind(), Kind::ValueError);
}
