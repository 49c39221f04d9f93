//! The future of lesson 13, as a future that can be polled. The crate has the same name for it.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::{cell::RefCell, rc::Rc};

use tminus_lessons::lesson15_async_await::MUST_CANCEL;

/// A place for a value to come. Clones are handles to the same place.
#[derive(Clone)]
pub struct LoopFuture<T>(Rc<Inner<T>>);

struct Inner<T> {
    outcome: RefCell<Option<Result<T, Cancelled>>>, // none while it is pending
    wakers: RefCell<Vec<Waker>>,                    // new: in lesson 13 these are callbacks
}

/// The exception of a cancellation. A future of lesson 13 can hold other exceptions, too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cancelled;

impl<T> LoopFuture<T> {
    /// Sets its result. Returns `false` if it was done.
    pub fn set_result(&self, result: T) -> bool {
        self.finish(Ok(result))
    }

    /// Cancels it: every task awaiting it gets a `Cancelled`. Returns `false` if it was done.
    pub fn cancel(&self) -> bool {
        self.finish(Err(Cancelled))
    }

    fn finish(&self, outcome: Result<T, Cancelled>) -> bool {
        if self.0.outcome.borrow().is_some() {
            return false;
        }
        self.0.outcome.replace(Some(outcome));
        for waker in self.0.wakers.take() {
            waker.wake(); // new: in lesson 13, `self.schedule(callback)`
        }
        true
    }
}

impl<T: Clone> Future for LoopFuture<T> {
    type Output = Result<T, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if MUST_CANCEL.take() {
            return Poll::Ready(Err(Cancelled)); // what was a `throw` in lesson 14
        }
        if let Some(outcome) = &*self.0.outcome.borrow() {
            return Poll::Ready(outcome.clone());
        }
        self.0.wakers.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    }
}

impl<T> Default for LoopFuture<T> {
    fn default() -> Self {
        Self(Rc::new(Inner {
            outcome: RefCell::new(None),
            wakers: RefCell::default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tminus_lessons::lesson15_async_await::WakeCounter;

    fn poll(word: &LoopFuture<u32>, wakes: &Arc<WakeCounter>) -> Poll<Result<u32, Cancelled>> {
        let waker = Waker::from(wakes.clone());
        Pin::new(&mut word.clone()).poll(&mut Context::from_waker(&waker))
    }

    #[test]
    fn everybody_who_waits_is_woken_once() {
        let (crew, tower) = (Arc::default(), Arc::default());
        let word = LoopFuture::default();
        assert_eq!(poll(&word, &crew), Poll::Pending);
        assert_eq!(poll(&word, &tower), Poll::Pending);
        assert!(word.set_result(1) && !word.set_result(2) && !word.cancel());
        assert_eq!((crew.count(), tower.count()), (1, 1));
        assert_eq!(poll(&word, &crew), Poll::Ready(Ok(1)));
        assert_eq!(poll(&word, &tower), Poll::Ready(Ok(1)));
    }

    #[test]
    fn the_next_poll_of_a_cancelled_future_is_ready_with_cancelled() {
        let wakes = Arc::default();
        let word = LoopFuture::default();
        assert_eq!(poll(&word, &wakes), Poll::Pending);
        assert!(word.cancel());
        assert_eq!(wakes.count(), 1);
        assert_eq!(poll(&word, &wakes), Poll::Ready(Err(Cancelled)));
    }
}
