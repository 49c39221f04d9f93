//! What sources and the selector remember, and what they forget.

use std::{
    cell::Cell,
    future::poll_fn,
    io::{self, ErrorKind},
    rc::Rc,
    task::Poll,
};

use mio::{Interest, net::UnixStream};

use super::{Network, Operation, Readiness, RealNetwork, Remedy, Selector, Side, Source, Waits};
use crate::{
    EventLoop, Exception,
    clock::VirtualClock,
    event_loop::{Callable, Party, running},
    run, yield_now,
};

/// Counts its calls.
#[derive(Clone, Default)]
struct Counts(Rc<Cell<usize>>);

impl Callable for Counts {
    fn call(&self) -> Option<Result<(), Exception>> {
        self.0.set(self.0.get() + 1);
        None
    }
}

fn party() -> Party {
    Party::Words("the other end".into())
}

fn source() -> (Rc<Source>, Rc<Readiness>) {
    let readiness = Rc::<Readiness>::default();
    (Source::new(party(), readiness.clone()), readiness)
}

/// Polls an operation once, with something that has this result.
async fn is_done(operation: &mut Operation, result: impl Fn() -> io::Result<()>) -> bool {
    let waits = Waits::of_stream(Side::Read, true);
    poll_fn(|cx| Poll::Ready(operation.poll(waits, cx, &result).is_ready())).await
}

#[test]
fn a_side_is_closed_when_somebody_says_so() {
    let (source, _) = source();
    assert!(!source.is_closed(Side::Read) && !source.is_closed(Side::Write));
    source.becomes_closed(Side::Read);
    assert!(source.is_closed(Side::Read) && !source.is_closed(Side::Write));
}

#[test]
fn only_what_is_ready_has_a_watcher_to_call() {
    let (source, readiness) = source();
    source.watch(Side::Read, Rc::new(Counts::default()));
    assert!(readiness.has_ready());
    source.is_exhausted(Side::Read);
    assert!(!readiness.has_ready());
    source.becomes_ready(Side::Read);
    assert!(readiness.has_ready());
    source.unwatch(Side::Read);
    assert!(!readiness.has_ready());
}

#[test]
fn a_watcher_that_is_taken_away_and_comes_back_is_called_once_in_a_round() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let program = async {
        let ((source, readiness), calls) = (source(), Counts::default());
        source.watch(Side::Read, Rc::new(calls.clone()));
        source.unwatch(Side::Read);
        source.watch(Side::Read, Rc::new(calls.clone()));
        readiness.calls_watchers();
        yield_now().await?;
        assert_eq!(calls.0.get(), 1);
        source.unwatch(Side::Read);
        Ok(())
    };
    event_loop.run(program).unwrap();
}

/// Otherwise, the loop would wait for it forever.
#[test]
fn an_operation_that_is_dropped_while_it_waits_is_no_longer_awaited() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let program = async {
        let (source, readiness) = source();
        let mut operation = Operation::new(&source, Side::Read);
        assert!(!is_done(&mut operation, || Err(ErrorKind::WouldBlock.into())).await);
        assert!(readiness.is_awaited());
        drop(operation);
        assert!(!readiness.is_awaited());
        Ok(())
    };
    event_loop.run(program).unwrap();
}

fn selector() -> Result<Rc<Selector>, Exception> {
    let remedy = Remedy {
        what: "sockets",
        instead: "use a real clock",
    };
    Selector::of(&*running()?, remedy)
}

#[test]
fn a_selector_forgets_what_is_dropped() {
    run(async {
        let (stream, _other) = UnixStream::pair()?;
        let registered = selector()?.register(stream, Interest::READABLE, party())?;
        let source = Rc::downgrade(&registered.source);
        assert!(source.upgrade().is_some());
        drop(registered);
        assert!(source.upgrade().is_none());
        Ok(())
    })
    .unwrap();
}

/// There may be more to read, and the system has told of it already.
#[test]
fn a_read_that_fills_the_room_that_was_left_is_followed_by_another_try() {
    run(async {
        let (left, right) = RealNetwork::of(&*running()?)?.pair()?;
        assert_eq!(left.try_write(b"abcdef")?, 6);
        let mut bytes = Vec::with_capacity(6);
        bytes.extend(b"1234");
        assert_eq!(right.try_fill(&mut bytes)?, 2);
        assert_eq!(bytes, b"1234ab");
        let mut reads = Operation::new(right.source(), Side::Read);
        assert!(is_done(&mut reads, || Ok(())).await);
        Ok(())
    })
    .unwrap();
}
