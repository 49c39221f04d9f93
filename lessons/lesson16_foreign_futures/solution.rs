//! One way to solve the exercises.
//!
//! **`oneshot` and `items`.** A poll that returns `Pending` relies on somebody to call the waker, whatever the news is.
//! A value is news, and so is the end. Who can bring news of an end? Not a function that somebody has to remember to
//! call, but `Drop`, which runs on every way out: after `send`, at an early `return`, at a `?`, and when a cancelled
//! task is dropped. Two details are easy to miss. The waker kept is that of the *last* poll, because a receiver may
//! move to another task. And it is taken out and called after the borrow has ended, because a waker is foreign code:
//! ours fills a queue, another waker might poll the receiver immediately.
//!
//! `Ready(None)` and `Pending` are the two ways to say "there is nothing", and the whole difference between them is who
//! acts next. `Ready(None)` tells the caller to stop asking. `Pending` promises a call.
//!
//! **`cancellable`** stands between the task and a future that knows nothing of cancellations. `cancellable` does what
//! the foreign future cannot: look at `MUST_CANCEL` before each poll. When `cancellable` returns, the foreign future is
//! dropped, and gets no other notice.
//!
//! **`merge`.** One waker serves all the streams: each of them keeps a clone of it. That has two consequences. Before
//! `merge` returns `Pending`, it must have polled *every* stream in that poll. A stream that was left out has no waker,
//! and its next item would wake nobody. And when the task is woken, nothing says which stream woke the task, so all
//! streams are polled again. (With thousands of streams, this is too much work; in `FuturesUnordered`, each future has
//! a waker of its own.) A stream that has yielded goes to the back. Otherwise the first stream, if it always had an
//! item, would starve the others.

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
        for _ in 0..self.streams.len() {
            let mut stream = self.streams.pop_front().expect("there are so many");
            match Pin::new(&mut stream).poll_next(cx) {
                Poll::Ready(None) => {} // it is not polled again
                polled => {
                    self.streams.push_back(stream);
                    if polled.is_ready() {
                        return polled;
                    }
                }
            }
        }
        if self.streams.is_empty() {
            Poll::Ready(None)
        } else {
            Poll::Pending // and each of them has the waker
        }
    }
}
