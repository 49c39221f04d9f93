//! Your turn. All of it compiles, and nothing is right yet.
//!
//! **Exercise 1: `oneshot`, `cancellable`, `items` and `next`.** Close the page, and write the bodies that are marked
//! `TODO`. You need no other type, field or function. The page's prediction shows what happens if nobody brings the
//! news of an end, and step 3 what happens if nobody raises a cancellation.
//!
//! **Exercise 2: `merge`**, at the end, makes one stream of many.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::{cell::RefCell, rc::Rc};

use futures_core::Stream;
use tminus_lessons::lesson15_async_await::{Cancelled, MUST_CANCEL};

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
        // TODO: the value gets lost.
        let _ = value;
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // TODO: nobody is told. Do not hold a borrow while you call a waker.
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // TODO: this never waits, and never has a value.
        let _ = cx;
        Poll::Ready(None)
    }
}

/// Awaits a foreign future so that a cancellation of the task is raised here. The future is dropped then.
pub async fn cancellable<F: Future>(future: F) -> Result<F::Output, Cancelled> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // TODO: the future is dropped without a poll, as if the task had always been cancelled.
        let _ = (&MUST_CANCEL, &mut future, cx);
        Poll::Ready(Err(Cancelled))
    })
    .await
}

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
        // TODO: the item gets lost.
        let _ = item;
    }

    fn wake(&self) {
        // TODO: nobody is woken.
    }
}

impl<T> Drop for ItemSender<T> {
    fn drop(&mut self) {
        // TODO: the stream never ends.
    }
}

impl<T> Stream for Items<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // TODO: this never has an item, and wakes nobody.
        let _ = cx;
        Poll::Pending
    }
}

/// Waits for the next item of a stream. Resolves to `None` at its end.
pub async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    // TODO: no stream has an item.
    let _ = stream;
    None
}

/// A stream that yields what its streams have; streams that have items take turns. The merged stream ends when all of
/// them have ended.
pub struct Merge<S> {
    streams: VecDeque<S>, // those that have not ended
}

/// Merges the streams.
pub fn merge<S>(streams: Vec<S>) -> Merge<S> {
    Merge {
        streams: streams.into(),
    }
}

impl<S: Stream + Unpin> Stream for Merge<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        // TODO: this yields the items of the first stream, and loses the others.
        match self.streams.front_mut() {
            Some(stream) => Pin::new(stream).poll_next(cx),
            None => Poll::Pending,
        }
    }
}
