use std::collections::VecDeque;

use super::*;
use crate::{EventLoop, clock::VirtualClock, event_loop::running};

/// A socket from which pieces of certain lengths can be read, and which takes all that is written.
struct Script {
    source: Rc<Source>,
    pieces: RefCell<VecDeque<usize>>,
}

/// What the socket's writer may send in a round.
const SHARE: usize = 100;

impl Stream for Script {
    fn source(&self) -> &Rc<Source> {
        &self.source
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.pieces.borrow_mut().pop_front();
        let piece = piece.ok_or(io::ErrorKind::WouldBlock)?;
        assert!(piece <= buffer.len());
        Ok(piece)
    }

    fn try_write(&self, data: &[u8]) -> io::Result<usize> {
        Ok(data.len())
    }

    fn share(&self) -> Option<usize> {
        Some(SHARE)
    }

    fn shutdown(&self, _how: Shutdown) -> io::Result<()> {
        Ok(())
    }

    fn local_addr(&self) -> io::Result<Address> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn peer_addr(&self) -> io::Result<Address> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn in_a_loop(program: impl Future<Output = Result<(), Exception>>) {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.run(program).unwrap();
}

fn script(pieces: &[usize]) -> Result<(Rc<Script>, Rc<Transport>), Exception> {
    let socket = Rc::new(Script {
        source: Source::new(Party::Words("a script".into()), Rc::default()),
        pieces: RefCell::new(pieces.iter().copied().collect()),
    });
    let reader = StreamReader::new(10 * MOST)?;
    let transport = Transport::new(&running()?, socket.clone(), &reader);
    transport.starts_reading();
    Ok((socket, transport))
}

#[test]
fn no_more_than_the_most_is_read_in_a_round() {
    in_a_loop(async {
        let (socket, transport) = script(&[PIECE; 10])?;
        transport.can_read();
        assert_eq!(transport.reader.buffer().len(), MOST);
        transport.can_read();
        assert_eq!(transport.reader.buffer().len(), 2 * MOST);
        assert_eq!(socket.pieces.borrow().len(), 10 - 2 * MOST / PIECE);
        Ok(())
    });
}

#[test]
fn an_end_after_a_piece_is_read_in_the_next_round() {
    in_a_loop(async {
        let (_, transport) = script(&[PIECE, 0, 0])?;
        transport.can_read();
        assert!(transport.reading.borrow().is_some());
        transport.reader.feed_data(b"it is still open")?;
        transport.can_read();
        assert!(transport.reading.borrow().is_none());
        transport.reader.feed_data(b"too late").unwrap_err();
        Ok(())
    });
}

#[test]
fn what_is_closed_or_paused_before_it_begins_does_not_read() {
    in_a_loop(async {
        let (_, paused) = script(&[])?;
        paused.pause_reading();
        paused.starts_reading();
        assert!(paused.reading.borrow().is_none());
        paused.resume_reading();
        assert!(paused.reading.borrow().is_some());
        paused.close();
        paused.starts_reading();
        assert!(paused.reading.borrow().is_none());
        Ok(())
    });
}

/// A `drain` then yields.
#[test]
fn what_a_writer_sends_in_a_round_is_counted_until_it_is_its_share() {
    in_a_loop(async {
        let (_, transport) = script(&[])?;
        for _ in 0..2 {
            transport.write(&[0; 60])?;
            assert!(!transport.has_sent_its_share());
            transport.write(&[0; 40])?;
            assert!(transport.has_sent_its_share());
            yield_now().await?;
            assert!(!transport.has_sent_its_share());
        }
        Ok(())
    });
}
