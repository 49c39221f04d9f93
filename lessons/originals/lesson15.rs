//! Your turn. All of it compiles, and nothing is right yet.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{cell::RefCell, rc::Rc};

use futures_core::Stream;
use tminus_lessons::lesson15_async_await::Receiver;

/// The litres in two tanks, or `None` if one of them does not report. You need not change this.
pub async fn two_tanks(first: Receiver<u32>, second: Receiver<u32>) -> Option<u32> {
    let first = first.await?;
    let second = second.await?;
    Some(first + second)
}

/// What the compiler makes of [`two_tanks`], by hand. It does the same in each poll. It may have more fields.
pub struct TwoTanks {
    first: Receiver<u32>,
    second: Receiver<u32>,
}

impl TwoTanks {
    /// It was not polled yet.
    pub fn new(first: Receiver<u32>, second: Receiver<u32>) -> Self {
        Self { first, second }
    }
}

impl Future for TwoTanks {
    type Output = Option<u32>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        // This waits for nothing, and takes one tank for two.
        let first = Pin::new(&mut self.first).poll(cx);
        let second = Pin::new(&mut self.second).poll(cx);
        Poll::Ready(match (first, second) {
            (Poll::Ready(litres), _) | (_, Poll::Ready(litres)) => litres,
            (Poll::Pending, Poll::Pending) => None,
        })
    }
}

// This needs more fields.
struct Shared<T> {
    items: VecDeque<T>,
}

/// Sends as many items as it likes, and never waits.
pub struct ItemSender<T>(Rc<RefCell<Shared<T>>>);

/// An async iterator of what is sent, in that order. While nothing is there, it is pending. When the sender is gone and
/// all has been taken, it is at its end.
pub struct Items<T>(Rc<RefCell<Shared<T>>>);

/// The two ends of it.
pub fn items<T>() -> (ItemSender<T>, Items<T>) {
    let items = VecDeque::new();
    let shared = Rc::new(RefCell::new(Shared { items }));
    (ItemSender(shared.clone()), Items(shared))
}

impl<T> ItemSender<T> {
    /// Sends an item.
    pub fn send(&self, item: T) {
        self.0.borrow_mut().items.push_back(item);
    }
}

impl<T> Stream for Items<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<T>> {
        // This takes "nothing is there yet" for the end.
        Poll::Ready(self.0.borrow_mut().items.pop_front())
    }
}
