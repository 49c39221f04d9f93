//! A value that comes once, from somebody who knows of no loop: a foreign future.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::{cell::RefCell, rc::Rc};

struct Shared<T> {
    value: Option<T>,
    waker: Option<Waker>, // of the one who waits
    sender_is_gone: bool,
}

/// Gives the value.
pub struct Sender<T>(Rc<RefCell<Shared<T>>>);

/// Waits for the value. None if the sender is gone without giving one.
pub struct Receiver<T>(Rc<RefCell<Shared<T>>>);

/// The two ends of it.
pub fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Rc::new(RefCell::new(Shared {
        value: None,
        waker: None,
        sender_is_gone: false,
    }));
    (Sender(shared.clone()), Receiver(shared))
}

impl<T> Sender<T> {
    /// Gives the value.
    pub fn send(self, value: T) {
        self.0.borrow_mut().value = Some(value);
    } // here it is dropped, and wakes who waits
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut shared = self.0.borrow_mut();
        shared.sender_is_gone = true;
        if let Some(waker) = shared.waker.take() {
            waker.wake();
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut shared = self.0.borrow_mut();
        if shared.value.is_some() || shared.sender_is_gone {
            return Poll::Ready(shared.value.take());
        }
        shared.waker = Some(cx.waker().clone()); // of the last poll: who polls may change
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tminus_lessons::lesson15_async_await::WakeCounter;

    #[test]
    fn the_sender_wakes_who_waits() {
        let wakes = Arc::new(WakeCounter::default());
        let waker = Waker::from(wakes.clone());
        let mut cx = Context::from_waker(&waker);
        let (sender, mut receiver) = oneshot();
        assert_eq!(Pin::new(&mut receiver).poll(&mut cx), Poll::Pending);
        sender.send("go!");
        assert_eq!(wakes.count(), 1);
        assert_eq!(
            Pin::new(&mut receiver).poll(&mut cx),
            Poll::Ready(Some("go!"))
        );
    }

    #[test]
    fn the_one_who_polled_last_is_woken() {
        let (before, now): (Arc<WakeCounter>, Arc<WakeCounter>) = Default::default();
        let (sender, mut receiver) = oneshot();
        for wakes in [&before, &now] {
            let waker = Waker::from(wakes.clone());
            let polled = Pin::new(&mut receiver).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        sender.send("go!");
        assert_eq!((before.count(), now.count()), (0, 1));
    }

    #[test]
    fn nothing_comes_from_a_sender_that_is_gone() {
        let (sender, mut receiver) = oneshot::<u32>();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut receiver).poll(&mut cx).is_pending());
        drop(sender);
        assert_eq!(Pin::new(&mut receiver).poll(&mut cx), Poll::Ready(None));
    }
}
