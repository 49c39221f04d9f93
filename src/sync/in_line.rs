//! Waiting among others, as a future.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::waiters::{HasWaiters, Place, WaitEnd};
use crate::{Exception, event_loop::WaitKind};

/// Waits after all others until woken.
pub(super) fn wait_in_line<W: HasWaiters>(at: &W, wait: WaitKind) -> InLine<'_, W> {
    InLine {
        at,
        wait: Some(wait),
        place: None,
    }
}

/// The future of [`wait_in_line`].
pub(super) struct InLine<'a, W: HasWaiters> {
    at: &'a W,
    /// `None` once it waits.
    wait: Option<WaitKind>,
    place: Option<Place>,
}

impl<W: HasWaiters> Future for InLine<'_, W> {
    type Output = Result<WaitEnd, Exception>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let waiters = self.at.waiters();
        let Some(wait) = self.wait.take() else {
            return waiters.poll(&mut self.place, cx);
        };
        waiters.join(&mut self.place, wait, cx)?;
        Poll::Pending
    }
}

impl<W: HasWaiters> Drop for InLine<'_, W> {
    #[inline]
    fn drop(&mut self) {
        if self.place.is_some() {
            self.at.gives_up(&mut self.place);
        }
    }
}
