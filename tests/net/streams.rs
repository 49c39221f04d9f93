//! Reading and writing.

use std::{io::ErrorKind, net::Shutdown};

use tminus::{
    gather, net,
    net::{TcpListener, TcpStream},
    spawn,
};

use super::{LOOPBACK, everywhere, pair, read_to_end};

#[test]
fn what_is_written_is_read_in_order() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        let sent: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let expected = sent.clone();
        let writer = spawn(async move { left.write_all(&sent).await })?;
        assert_eq!(read_to_end(&mut right).await?, expected);
        writer.await
    });
}

/// More than any buffer of the system takes: the writer has to wait for the reader.
#[test]
fn a_writer_waits_until_there_is_room() {
    everywhere(|| async {
        const ALL: usize = 400_000;
        let (mut left, mut right) = pair().await?;
        left.set_nodelay(false)?;
        let writer = spawn(async move { left.write_all(&vec![7; ALL]).await })?;
        let (mut read, mut buffer) = (0, vec![0; 10_000]);
        loop {
            match right.read(&mut buffer).await? {
                0 => break,
                n => {
                    assert!(buffer[..n].iter().all(|byte| *byte == 7));
                    read += n;
                }
            }
        }
        assert_eq!(read, ALL);
        writer.await
    });
}

#[test]
fn one_side_can_be_closed_and_the_other_goes_on() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        left.write_all(b"question").await?;
        left.shutdown(Shutdown::Write)?;
        assert_eq!(read_to_end(&mut right).await?, b"question");
        assert_eq!(right.read(&mut [0; 1]).await?, 0); // and again
        right.write_all(b"answer").await?;
        drop(right);
        assert_eq!(read_to_end(&mut left).await?, b"answer");
        let refused = left.write(b"more").await.unwrap_err();
        let refused = refused.downcast_ref::<net::Error>().unwrap();
        assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
        Ok(())
    });
}

#[test]
fn an_empty_buffer_reads_nothing_and_an_empty_slice_writes_nothing() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        assert_eq!(left.write(&[]).await?, 0);
        left.write_all(&[]).await?;
        left.write_all(b"x").await?;
        let mut buffer = [0; 1];
        assert_eq!(right.read(&mut buffer).await?, 1);
        left.write_all(b"y").await?;
        assert_eq!(right.read(&mut []).await?, 0);
        assert_eq!(right.read(&mut buffer).await?, 1);
        assert_eq!(buffer, *b"y");
        Ok(())
    });
}

#[test]
fn an_echo_server_has_a_hundred_clients() {
    async fn echo(mut stream: TcpStream) -> Result<(), tminus::Exception> {
        let mut buffer = [0; 16];
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                n => stream.write_all(&buffer[..n]).await?,
            }
        }
    }
    everywhere(|| async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let address = listener.local_addr()?;
        let server = spawn(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                spawn(echo(stream))?;
            }
            #[expect(unreachable_code, reason = "it says what the task returns")]
            Ok(())
        })?;
        let client = |n: u8| async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(&[n; 3]).await?;
            stream.shutdown(Shutdown::Write)?;
            read_to_end(&mut stream).await
        };
        let answers = gather((0..100).map(client).collect::<Vec<_>>()).await?;
        let expected: Vec<_> = (0..100).map(|n| vec![n; 3]).collect();
        assert_eq!(answers, expected);
        server.cancel();
        Ok(())
    });
}

#[test]
fn the_halves_of_a_stream_are_for_two_tasks() {
    everywhere(|| async {
        let (left, mut right) = pair().await?;
        let (mut reads, mut writes) = left.into_split();
        assert!(reads.is_pair_of(&writes));
        let (_, others) = pair().await?.0.into_split();
        assert!(!reads.is_pair_of(&others));
        let reader = spawn(async move {
            let mut buffer = [0; 10];
            let n = reads.read(&mut buffer).await?;
            Ok(buffer[..n].to_vec())
        })?;
        let writer = spawn(async move {
            writes.write_all(b"to the right").await?;
            Ok(()) // and the half is dropped, which closes its side
        })?;
        assert_eq!(read_to_end(&mut right).await?, b"to the right");
        right.write_all(b"l").await?;
        assert_eq!(reader.await?, b"l");
        writer.await
    });
}

#[test]
fn what_was_written_before_a_drop_still_arrives() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        left.write_all(b"last words").await?;
        drop(left);
        assert_eq!(read_to_end(&mut right).await?, b"last words");
        Ok(())
    });
}
