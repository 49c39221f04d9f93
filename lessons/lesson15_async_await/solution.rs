//! One way to solve the exercises.
//!
//! **`TwoTanks`.** An `.await` is three things: poll what is awaited, return `Pending` if it is pending, and go on in
//! the *same* poll if it is not. The `loop` is there for the third. If you return `Pending` after the first tank,
//! nobody has your waker: the first tank is done, and the second was not asked. And what is awaited is polled only
//! while it is awaited. The second tank is not polled before the first has reported, and the first is not polled again
//! after that, because a future that is ready must not be polled twice. So a future has to know at which `.await` it
//! is. A `?` is one more way to the end.
//!
//! **`items`.** A poll that returns `Pending` must be sure that somebody will call the waker, whatever the news is. An
//! item is news, and so is the end. The waker is that of the last poll, because the task that waits may change. It is
//! kept after the look at the items. With threads, an item that comes between the look and the keeping would wake
//! nobody, so there both are done under one lock. `asyncio.Queue` works like this, and so does the channel in
//! `tokio::sync::mpsc`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
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
    state: State,
}

/// At which `.await` it is.
enum State {
    First,
    Second(u32), // the litres in the first tank
    Closed,
}

impl TwoTanks {
    /// It was not polled yet.
    pub fn new(first: Receiver<u32>, second: Receiver<u32>) -> Self {
        Self {
            first,
            second,
            state: State::First,
        }
    }
}

impl Future for TwoTanks {
    type Output = Option<u32>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        loop {
            let result = match self.state {
                State::First => match ready!(Pin::new(&mut self.first).poll(cx)) {
                    Some(litres) => {
                        self.state = State::Second(litres);
                        continue;
                    }
                    None => None,
                },
                State::Second(first) => {
                    let second = ready!(Pin::new(&mut self.second).poll(cx));
                    second.map(|second| first + second)
                }
                State::Closed => panic!("`async fn` resumed after completion"),
            };
            self.state = State::Closed;
            return Poll::Ready(result);
        }
    }
}

struct Shared<T> {
    items: VecDeque<T>,
    waker: Option<Waker>, // of the one who waits
    sender_is_gone: bool,
}

/// Sends as many items as it likes, and never waits.
pub struct ItemSender<T>(Rc<RefCell<Shared<T>>>);

/// An async iterator of what is sent, in that order. While nothing is there, it is pending. When the sender is gone and
/// all has been taken, it is at its end.
pub struct Items<T>(Rc<RefCell<Shared<T>>>);

/// The two ends of it.
pub fn items<T>() -> (ItemSender<T>, Items<T>) {
    let shared = Rc::new(RefCell::new(Shared {
        items: VecDeque::new(),
        waker: None,
        sender_is_gone: false,
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
