//! The futures that put items in and take them out.
//!
//! They are no `async fn`s around a wait, because a message should be cheap: their only state is the place among the waiters, and
//! they are polled without a state machine in between. `benches/event_loop` counts the instructions ("ping-pong").

use std::{
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use super::{
    super::waiters::{HasWaiters, Place},
    state::{AN_ITEM, Getters, Inner, Putters, ROOM},
};
use crate::{Exception, event_loop::WaitKind};

/// The future of [`Queue::get`]. A woken task checks again: as in asyncio, an item belongs to the first task that asks for it.
pub(super) struct Get<T: 'static> {
    queue: Rc<Inner<T>>,
    /// While it waits.
    place: Option<Place>,
}

impl<T> Get<T> {
    #[inline]
    pub(super) fn new(queue: Rc<Inner<T>>) -> Self {
        let place = None;
        Self { queue, place }
    }
}

impl<T> Future for Get<T> {
    type Output = Result<T, Exception>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { queue, place } = self.get_mut();
        poll_item(queue, place, cx)
    }
}

/// Polls for an item. `place` is `Some` while the future waits.
#[inline(always)]
pub(super) fn poll_item<T>(
    queue: &Inner<T>,
    place: &mut Option<Place>,
    cx: &Context<'_>,
) -> Poll<Result<T, Exception>> {
    let getters = Getters(queue);
    if place.is_some()
        && let Err(exception) = ready!(queue.getters.poll(place, cx))
    {
        getters.gives_up(place);
        return Poll::Ready(Err(exception));
    }
    if let Some(item) = queue.take() {
        return Poll::Ready(Ok(item));
    }
    queue.refuse_if_shut_down()?;
    queue.getters.join(place, WaitKind::Line(&AN_ITEM), cx)?;
    queue.getters.binds(&queue.putters);
    Poll::Pending
}

impl<T> Drop for Get<T> {
    #[inline]
    fn drop(&mut self) {
        if self.place.is_some() {
            Getters(&self.queue).gives_up(&mut self.place);
        }
    }
}

/// The future of [`Queue::put`].
pub(super) struct Put<T: 'static> {
    queue: Rc<Inner<T>>,
    /// `None` once it is in the queue.
    item: Option<T>,
    /// While it waits.
    place: Option<Place>,
}

/// The item is moved, never pinned.
impl<T> Unpin for Put<T> {}

impl<T> Future for Put<T> {
    type Output = Result<(), Exception>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let ended = ready!(this.poll_room(cx));
        Putters(&this.queue).gives_up(&mut this.place);
        // After the place was left: if the item panics in its drop, another putter has the room.
        let item = this
            .item
            .take()
            .expect("a put is not polled again after it is done");
        ended.map(|()| this.queue.put(item)).into()
    }
}

impl<T> Put<T> {
    pub(super) fn new(queue: Rc<Inner<T>>, item: T) -> Self {
        let (item, place) = (Some(item), None);
        Self { queue, item, place }
    }

    /// Waits for room in a queue that is not shut down.
    fn poll_room(&mut self, cx: &Context<'_>) -> Poll<Result<(), Exception>> {
        let Self { queue, place, .. } = self;
        if place.is_some() {
            ready!(queue.putters.poll(place, cx))?;
        }
        queue.refuse_if_shut_down()?;
        if queue.is_full() {
            queue.putters.join(place, WaitKind::Line(&ROOM), cx)?;
            queue.putters.binds(&queue.getters);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> Drop for Put<T> {
    fn drop(&mut self) {
        Putters(&self.queue).gives_up(&mut self.place);
    }
}
