//! A channel for many values. Its receiving end is a stream.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::{cell::RefCell, rc::Rc};

use futures_core::Stream;

/// Sends any number of items. Sending never waits.
pub struct ItemSender<T>(Rc<RefCell<SharedItems<T>>>);

/// A stream of the items, in the order in which they were sent. It ends when the sender is dropped.
pub struct Items<T>(Rc<RefCell<SharedItems<T>>>);

struct SharedItems<T> {
    items: VecDeque<T>,
    sender_is_gone: bool,
    waker: Option<Waker>, // of the last poll
}

/// Returns the two ends of a channel for many values.
pub fn items<T>() -> (ItemSender<T>, Items<T>) {
    let shared = Rc::new(RefCell::new(SharedItems {
        items: VecDeque::new(),
        sender_is_gone: false,
        waker: None,
    }));
    (ItemSender(shared.clone()), Items(shared))
}

impl<T> ItemSender<T> {
    /// Sends an item.
    pub fn send(&self, item: T) {
        self.0.borrow_mut().items.push_back(item);
        self.wake();
    }

    fn wake(&self) {
        let waker = self.0.borrow_mut().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for ItemSender<T> {
    fn drop(&mut self) {
        self.0.borrow_mut().sender_is_gone = true;
        self.wake();
    }
}

impl<T> Stream for Items<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut shared = self.0.borrow_mut();
        let item = shared.items.pop_front();
        if item.is_some() || shared.sender_is_gone {
            return Poll::Ready(item);
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Waits for the next item of a stream. Resolves to `None` at its end.
pub async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus_lessons::lesson16_foreign_futures::{Executor, yield_now};

    #[test]
    fn a_stream_yields_in_order_and_ends_with_its_sender() {
        let (sender, mut numbers) = items();
        let heard = Rc::new(RefCell::new(Vec::new()));
        let its_heard = heard.clone();
        let mut executor = Executor::default();
        executor.spawn("crew", async move {
            while let Some(number) = next(&mut numbers).await {
                its_heard.borrow_mut().push(number);
            }
        });
        executor.spawn("sensor", async move {
            sender.send(3);
            sender.send(2);
            yield_now().await;
            sender.send(1);
        });
        let polled = ["crew", "sensor", "crew", "sensor", "crew"];
        assert_eq!(executor.run(), polled);
        assert_eq!(*heard.borrow(), [3, 2, 1]);
        assert!(executor.left().is_empty());
    }
}
