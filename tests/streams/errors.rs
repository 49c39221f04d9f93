//! What goes wrong.

use std::io::ErrorKind;

use tminus::{
    Exception, Kind, net, sleep,
    streams::{IncompleteReadError, LimitOverrunError, open_connection, start_server},
};

use super::{LOOPBACK, everywhere, ms, pair};

fn kind(exception: &Exception) -> ErrorKind {
    exception.downcast_ref::<net::Error>().unwrap().kind()
}

#[test]
fn the_end_comes_too_early() {
    everywhere(|| async {
        let ((reader, _kept), (_, writer)) = pair(1024).await?;
        writer.write(b"T-min")?;
        writer.close();
        let early = reader.readexactly(9).await.unwrap_err();
        assert_eq!(
            early.to_string(),
            "5 bytes read on a total of 9 expected bytes"
        );
        let early = early.downcast_ref::<IncompleteReadError>().unwrap();
        assert_eq!(
            (early.partial.as_slice(), early.expected),
            (&b"T-min"[..], Some(9))
        );
        let early = reader.readuntil(b";").await.unwrap_err();
        let early = early.downcast_ref::<IncompleteReadError>().unwrap();
        assert_eq!((early.partial.as_slice(), early.expected), (&b""[..], None));
        Ok(())
    });
}

#[test]
fn a_line_is_longer_than_the_limit() {
    everywhere(|| async {
        let ((reader, _kept), (_, writer)) = pair(8).await?;
        writer.write(b"0123456789\nnext\n")?;
        sleep(ms(500)).await?;
        let long = reader.readuntil(b"\n").await.unwrap_err();
        let long = long.downcast_ref::<LimitOverrunError>().unwrap();
        assert_eq!(long.consumed, 10);
        let long = reader.readline().await.unwrap_err();
        assert_eq!(long.kind(), Kind::ValueError);
        assert_eq!(
            long.message(),
            "Separator is found, but chunk is longer than limit"
        );
        assert_eq!(reader.readline().await?, b"next\n");
        Ok(())
    });
}

#[test]
fn nobody_listens_and_the_port_is_in_use() {
    everywhere(|| async {
        let server = start_server(|_, _| async { Ok(()) }, LOOPBACK).await?;
        let at = server.local_addrs()[0];
        let second = start_server(|_, _| async { Ok(()) }, at).await.unwrap_err();
        assert_eq!(
            second.to_string(),
            format!("cannot listen at {at}: address in use")
        );
        server.close();
        server.wait_closed().await?;
        let refused = open_connection(at).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("cannot connect to {at}: connection refused")
        );
        let zero = start_server(|_, _| async { Ok(()) }, LOOPBACK)
            .limit(0)
            .await;
        assert_eq!(zero.unwrap_err().kind(), Kind::ValueError);
        Ok(())
    });
}

/// The other end is gone: reads, drains and the end itself say so; writes do not.
#[test]
fn a_broken_connection_is_told_to_all_who_ask() {
    everywhere(|| async {
        let ((reader, writer), (other_reader, other)) = pair(1024).await?;
        writer.write(b"nobody reads this")?;
        sleep(ms(300)).await?;
        assert_eq!(other_reader.buffer().len(), 17);
        // A reset needs bytes that the other end has not taken from the system.
        let (closed_reader, closed) = (other_reader, other);
        closed.abort();
        drop((closed_reader, closed));
        writer.write(b"x")?;
        sleep(ms(300)).await?;
        writer.write(b"y")?; // the first write after the answer finds the connection broken
        sleep(ms(300)).await?;
        writer.write(b"z")?;
        let broken = writer.drain().await.unwrap_err();
        assert!(
            matches!(
                kind(&broken),
                ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
            ),
            "{broken}"
        );
        assert_eq!(kind(&reader.read(1).await.unwrap_err()), kind(&broken));
        assert_eq!(
            kind(&writer.wait_closed().await.unwrap_err()),
            kind(&broken)
        );
        Ok(())
    });
}

#[test]
fn a_closed_stream_cannot_be_drained() {
    everywhere(|| async {
        let ((_, writer), (_, _other)) = pair(1024).await?;
        writer.close();
        writer.write(b"dropped")?;
        sleep(ms(1)).await?; // whatever the order in the next round
        let lost = writer.drain().await.unwrap_err();
        assert_eq!(kind(&lost), ErrorKind::ConnectionReset);
        assert!(lost.to_string().ends_with("Connection lost"), "{lost}");
        Ok(())
    });
}
