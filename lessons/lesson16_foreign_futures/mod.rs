#![doc = include_str!("README.md")]

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

pub use tminus_lessons::lesson15_async_await::{
    Cancelled, Executor, LoopFuture, MUST_CANCEL, WakeCounter, watch, yield_now,
};

pub mod contexts;
mod items;
pub mod iterators;
pub mod readings;
pub mod word;

pub use items::{ItemSender, Items, items, next};

/// Sends the value. Dropping the sender without sending is news, too.
pub struct Sender<T>(Rc<RefCell<Shared<T>>>);

/// A future of the value, or of `None` if the sender was dropped without sending.
pub struct Receiver<T>(Rc<RefCell<Shared<T>>>);

struct Shared<T> {
    value: Option<T>,
    sender_is_gone: bool,
    waker: Option<Waker>, // of the receiver's last poll
}

/// Returns the two ends of a channel for one value.
pub fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Rc::new(RefCell::new(Shared {
        value: None,
        sender_is_gone: false,
        waker: None,
    }));
    (Sender(shared.clone()), Receiver(shared))
}

impl<T> Sender<T> {
    /// Sends the value.
    pub fn send(self, value: T) {
        self.0.borrow_mut().value = Some(value);
    } // `self` is dropped here
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut shared = self.0.borrow_mut();
        shared.sender_is_gone = true;
        let waker = shared.waker.take();
        drop(shared); // a waker may do anything, even poll the receiver
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut shared = self.0.borrow_mut();
        if shared.sender_is_gone {
            return Poll::Ready(shared.value.take());
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Awaits a foreign future so that a cancellation of the task is raised here. The future is dropped then.
pub async fn cancellable<F: Future>(future: F) -> Result<F::Output, Cancelled> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if MUST_CANCEL.take() {
            return Poll::Ready(Err(Cancelled));
        }
        future.as_mut().poll(cx).map(Ok)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn poll<T>(receiver: &mut Receiver<T>, wakes: &Arc<WakeCounter>) -> Poll<Option<T>> {
        let waker = Waker::from(wakes.clone());
        Pin::new(receiver).poll(&mut Context::from_waker(&waker))
    }

    #[test]
    fn sending_wakes_the_task_that_waits() {
        let wakes = Arc::default();
        let (sender, mut receiver) = oneshot();
        assert_eq!(poll(&mut receiver, &wakes), Poll::Pending);
        sender.send("go!");
        assert_eq!(wakes.count(), 1);
        assert_eq!(poll(&mut receiver, &wakes), Poll::Ready(Some("go!")));
    }

    #[test]
    fn the_task_that_polled_last_is_woken() {
        let (before, now) = (Arc::default(), Arc::default());
        let (sender, mut receiver) = oneshot();
        assert_eq!(poll(&mut receiver, &before), Poll::Pending);
        assert_eq!(poll(&mut receiver, &now), Poll::Pending);
        sender.send("go!");
        assert_eq!((before.count(), now.count()), (0, 1));
    }

    #[test]
    fn dropping_the_sender_wakes_the_task_that_waits() {
        let wakes = Arc::default();
        let (sender, mut receiver) = oneshot::<u32>();
        assert_eq!(poll(&mut receiver, &wakes), Poll::Pending);
        drop(sender);
        assert_eq!(wakes.count(), 1);
        assert_eq!(poll(&mut receiver, &wakes), Poll::Ready(None));
    }

    #[test]
    fn a_cancellation_is_raised_where_a_foreign_future_is_awaited() {
        let (sender, receiver) = oneshot::<u32>();
        let (heard, log) = oneshot();
        let mut executor = Executor::default();
        let task = executor.spawn("crew", async move {
            heard.send(cancellable(receiver).await);
        });
        executor.run();
        task.cancel();
        executor.run();
        assert!(executor.left().is_empty());
        executor.spawn("test", async {
            assert_eq!(log.await, Some(Err(Cancelled)));
        });
        assert_eq!(executor.run(), ["test"]);
        drop(sender);
    }
}
