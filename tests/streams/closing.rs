//! The end of a stream.

use tminus::{Kind, event_loop::Deadlock, simulation::Simulation, spawn, yield_now};

use super::{everywhere, pair, simulated};

/// What is written before the drop belongs to the loop until it is sent.
#[test]
fn whoever_closes_and_drops_has_still_said_all() {
    let program = || async {
        let ((_, writer), (reader, _kept)) = pair(1024).await?;
        writer.write(vec![9; 300_000])?; // more than the network takes at once
        writer.close();
        assert!(writer.is_closing());
        drop(writer);
        assert_eq!(reader.read_to_end().await?.len(), 300_000);
        Ok(())
    };
    tminus::run(program()).unwrap();
    simulated(1000, program);
}

#[test]
fn whoever_just_drops_has_still_said_all() {
    everywhere(|| async {
        let ((own_reader, writer), (reader, _kept)) = pair(1024).await?;
        writer.write(vec![9; 300_000])?;
        drop((own_reader, writer));
        assert_eq!(reader.read_to_end().await?.len(), 300_000);
        Ok(())
    });
}

#[test]
fn an_aborted_stream_sends_no_more() {
    everywhere(|| async {
        let ((_, writer), (reader, _kept)) = pair(1024).await?;
        writer.write(vec![9; 30_000_000])?;
        writer.abort();
        assert_eq!(writer.get_write_buffer_size(), 0);
        writer.wait_closed().await?;
        let mut read = 0;
        loop {
            match reader.read(100_000).await {
                Ok(block) if block.is_empty() => break,
                Ok(block) => read += block.len(),
                Err(_) => break, // or a reset
            }
        }
        assert!(read < 30_000_000);
        Ok(())
    });
}

#[test]
fn one_side_is_closed_after_all_was_sent() {
    everywhere(|| async {
        let ((reader, writer), (other_reader, other_writer)) = pair(1024).await?;
        writer.write(vec![5; 200_000])?;
        writer.write_eof();
        assert_eq!(other_reader.read_to_end().await?.len(), 200_000);
        other_writer.write(b"thanks")?;
        other_writer.close();
        assert_eq!(reader.read_to_end().await?, b"thanks");
        let late = writer.write(b"more").unwrap_err();
        assert_eq!(late.kind(), Kind::RuntimeError);
        assert_eq!(late.message(), "Cannot call write() after write_eof()");
        Ok(())
    });
}

#[test]
fn a_cancelled_wait_for_the_end_cancels_nobody_else() {
    everywhere(|| async {
        let ((_, writer), (_, other)) = pair(1024).await?;
        let (first, second) = (spawn(writer.wait_closed())?, spawn(writer.wait_closed())?);
        yield_now().await?;
        first.cancel();
        yield_now().await?;
        assert!(!second.done());
        writer.close();
        second.await?;
        writer.wait_closed().await?;
        other.close();
        Ok(())
    });
}

#[test]
fn a_task_that_reads_from_a_silent_peer_is_named() {
    let stuck = Simulation::new(1).run(async {
        let ((reader, _kept), (_, _silent)) = pair(1024).await?;
        reader.readline().await
    });
    let stuck = stuck.0.unwrap_err();
    let stuck = stuck.downcast_ref::<Deadlock>().unwrap().to_string();
    assert!(stuck.contains("data from 127.0.0.1:"), "{stuck}");
}
