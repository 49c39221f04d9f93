//! A cancelled operation has lost nothing.

use std::time::Duration;

use tminus::{
    Exception, Kind,
    net::{TcpListener, TcpStream, UdpSocket},
    sleep, spawn, timeout,
};

use super::{LOOPBACK, everywhere, ms, pair};

const SHORT: Duration = Duration::from_micros(700);

fn assert_timeout<T: std::fmt::Debug>(late: Result<T, Exception>) {
    assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
}

#[test]
fn no_byte_is_lost_by_a_timeout_around_each_read() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        let writer = spawn(async move {
            for n in 0..40 {
                left.write_all(&[n]).await?;
                sleep(ms(1)).await?;
            }
            Ok(())
        })?;
        let mut got = Vec::new();
        while got.len() < 40 {
            let mut buffer = [0; 3];
            match timeout(SHORT).run(right.read(&mut buffer)).await {
                Ok(0) => panic!("the writer has closed the connection after {}", got.len()),
                Ok(n) => got.extend_from_slice(&buffer[..n]),
                late => assert_timeout(late),
            }
        }
        assert_eq!(got, (0..40).collect::<Vec<u8>>());
        writer.await
    });
}

#[test]
fn no_connection_is_lost_by_a_timeout_around_each_accept() {
    everywhere(|| async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let at = listener.local_addr()?;
        let clients = spawn(async move {
            let mut streams = Vec::new();
            for n in 0..20 {
                let mut stream = TcpStream::connect(at).await?;
                stream.write_all(&[n]).await?;
                streams.push(stream);
                sleep(ms(1)).await?;
            }
            Ok(streams.len())
        })?;
        let mut got = Vec::new();
        while got.len() < 20 {
            match timeout(SHORT).run(listener.accept()).await {
                Ok((mut stream, _)) => {
                    let mut byte = [0];
                    assert_eq!(stream.read(&mut byte).await?, 1);
                    got.push(byte[0]);
                }
                late => assert_timeout(late),
            }
        }
        got.sort_unstable();
        assert_eq!(got, (0..20).collect::<Vec<u8>>());
        assert_eq!(clients.await?, 20);
        Ok(())
    });
}

/// Only as much is written as `write` has said.
#[test]
fn a_cancelled_write_has_written_nothing() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        let mut written = 0;
        loop {
            match timeout(ms(5)).run(left.write(&[1; 50_000])).await {
                Ok(n) => written += n,
                late => {
                    assert_timeout(late);
                    break;
                }
            }
        }
        drop(left);
        assert_eq!(super::read_to_end(&mut right).await?.len(), written);
        Ok(())
    });
}

#[test]
fn no_datagram_is_lost_by_a_timeout_around_each_receive() {
    tminus::run(async {
        let (left, right) = (
            UdpSocket::bind(LOOPBACK).await?,
            UdpSocket::bind(LOOPBACK).await?,
        );
        let to = right.local_addr()?;
        let sender = spawn(async move {
            for n in 0..20 {
                left.send_to(&[n], to).await?;
                sleep(ms(1)).await?;
            }
            Ok(())
        })?;
        let mut got = Vec::new();
        while got.len() < 20 {
            let mut byte = [0];
            match timeout(SHORT).run(right.recv_from(&mut byte)).await {
                Ok((1, _)) => got.push(byte[0]),
                Ok(other) => panic!("{other:?}"),
                late => assert_timeout(late),
            }
        }
        assert_eq!(got, (0..20).collect::<Vec<u8>>());
        sender.await
    })
    .unwrap();
}

/// The clean-up can use the stream again.
#[test]
fn a_cancelled_read_raises_where_it_waits() {
    everywhere(|| async {
        let (mut left, mut right) = pair().await?;
        let reader = spawn(async move {
            let cancelled = right.read(&mut [0; 8]).await.unwrap_err();
            right.write_all(b"bye").await?;
            Err::<(), _>(cancelled)
        })?;
        sleep(ms(1)).await?;
        reader.cancel();
        assert_eq!(reader.await.unwrap_err().kind(), Kind::Cancelled);
        let mut buffer = [0; 8];
        let mut got = Vec::new();
        while got.len() < 3 {
            let n = left.read(&mut buffer).await?;
            got.extend_from_slice(&buffer[..n]);
        }
        assert_eq!(got, b"bye");
        Ok(())
    });
}
