//! Those who wait, one behind the other.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use crate::{
    Exception,
    event_loop::{LoopFuture, Reason, running},
};

/// Those who wait, in the order of coming.
#[derive(Default)]
pub(super) struct Line {
    places: RefCell<Places>,
}

#[derive(Default)]
struct Places {
    waiting: BTreeMap<u64, LoopFuture<()>>,
    next: u64,
}

impl Line {
    /// Wakes the first one who has not been woken. False where there is none.
    pub(super) fn wake_next(&self) -> bool {
        let next = self.first_that(|future| !future.done());
        next.is_some_and(|future| future.set_result(()).is_ok())
    }

    /// Wakes the first one, if that one is still asleep.
    pub(super) fn wake_first(&self) {
        if let Some(first) = self.first_that(|_| true) {
            drop(first.set_result(())); // or it is awake already
        }
    }

    /// Wakes all.
    pub(super) fn wake_all(&self) {
        while self.wake_next() {}
    }

    /// Wakes as many, the first ones.
    pub(super) fn wake(&self, count: usize) {
        for _ in 0..count {
            if !self.wake_next() {
                break;
            }
        }
    }

    /// Whether somebody waits who has not been cancelled.
    pub(super) fn is_waited_in(&self) -> bool {
        self.first_that(|future| !future.cancelled()).is_some()
    }

    fn join(&self, woken: LoopFuture<()>) -> u64 {
        let mut places = self.places.borrow_mut();
        let number = places.next;
        places.next += 1;
        places.waiting.insert(number, woken);
        number
    }

    fn leave(&self, number: u64) {
        let left = self.places.borrow_mut().waiting.remove(&number);
        drop(left); // when the line is free
    }

    fn first_that(&self, fits: impl Fn(&LoopFuture<()>) -> bool) -> Option<LoopFuture<()>> {
        let places = self.places.borrow();
        places.waiting.values().find(|future| fits(future)).cloned()
    }
}

/// What has a line of those who wait for it.
pub(super) trait Waited {
    fn line(&self) -> &Line;

    /// One has left the line unserved: it was cancelled, or what it awaited is dropped. Where it was woken before, the turn
    /// was its own, and is to be passed on.
    fn gave_up(&self, woken: bool);
}

/// Waits at the end of the line until woken.
pub(super) async fn wait_in_line<W: Waited>(waited: &W, reason: Reason) -> Result<(), Exception> {
    let woken = LoopFuture::new_for(Rc::downgrade(&running()?), reason);
    let mut place = Place {
        waited,
        number: waited.line().join(woken.clone()),
        woken,
        served: false,
    };
    (&mut place.woken).await?;
    place.served = true;
    Ok(())
}

struct Place<'a, W: Waited> {
    waited: &'a W,
    number: u64,
    woken: LoopFuture<()>,
    served: bool,
}

impl<W: Waited> Drop for Place<'_, W> {
    fn drop(&mut self) {
        self.waited.line().leave(self.number);
        if !self.served {
            let woken = self.woken.done() && !self.woken.cancelled();
            self.waited.gave_up(woken);
        }
    }
}
