//! Frames whose bodies borrow.
//!
//! The airlock has no lifetime, and passes only frames that are `'static`. With a lifetime, it would be invariant, as every
//! cell is, and a chain could not consist of frames with different lifetimes. So a borrowing body leaves the frames that it
//! delegates to beside its own frame, in a [`Handover`], and the airlock only announces them. The stack takes the frames
//! from there, at the lifetime of the whole chain, which is the shortest one.
//!
//! The result need not be `'static` either, so `Any` cannot carry it. A finished frame puts its result into a [`Slot`] that
//! it shares with its generator, or with the delegation to it.

use std::{
    any::Any,
    cell::Cell,
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::{
    frame::{BoxFrame, Escape, Frame},
    link::{Handed, Link},
};
use crate::{Exception, dropping::drop_guarded};

/// The place in which a body leaves the frames that it delegates to.
pub(crate) struct Handover<'a, Y, S>(Cell<Option<Handed<'a, Y, S>>>);

impl<'a, Y, S> Handover<'a, Y, S> {
    /// Hands frames to the driver, to be run on top of the one that delegates.
    pub(crate) fn hand(&self, link: &Link<Y, S>, handed: Handed<'a, Y, S>) {
        link.announce_handed(); // first, because this panics if the last yield was not awaited
        self.0.set(Some(handed));
    }
}

/// The place in which a finished body leaves its result.
pub(crate) type Slot<R> = Cell<Option<Result<R, Exception>>>;

pin_project! {
    struct Scoped<'a, F, Fut, Y, S, R, E> {
        // Taken when the frame starts.
        body: Option<F>,
        // Dropped when the body has finished.
        #[pin]
        future: Option<Fut>,
        result: Rc<Slot<R>>,
        handover: Rc<Handover<'a, Y, S>>,
        escape: PhantomData<E>,
    }
}

/// Puts a body that may borrow into a frame, not yet started. Its result will be in `result`.
pub(crate) fn boxed_scoped<'a, E, Y, S, R, F, Fut>(
    result: Rc<Slot<R>>,
    body: F,
) -> BoxFrame<'a, Y, S>
where
    E: Escape,
    Y: 'a,
    S: 'a,
    R: 'a,
    F: FnOnce(Rc<Link<Y, S>>, Rc<Handover<'a, Y, S>>) -> Fut + 'a,
    Fut: Future<Output = Result<R, Exception>> + 'a,
{
    Box::pin(Scoped::<'a, F, Fut, Y, S, R, E> {
        body: Some(body),
        future: None,
        result,
        handover: Rc::new(Handover(Cell::new(None))),
        escape: PhantomData,
    })
}

impl<'a, Y, S, R, F, Fut, E> Frame<Y, S> for Scoped<'a, F, Fut, Y, S, R, E>
where
    F: FnOnce(Rc<Link<Y, S>>, Rc<Handover<'a, Y, S>>) -> Fut,
    Fut: Future<Output = Result<R, Exception>>,
    E: Escape,
{
    fn start(mut self: Pin<&mut Self>, link: Rc<Link<Y, S>>) {
        let frame = self.as_mut().project();
        let body = frame.body.take().expect("a frame is started once");
        let future = body(link, frame.handover.clone());
        self.project().future.set(Some(future));
    }

    #[inline]
    fn poll(self: Pin<&mut Self>) -> Poll<()> {
        let mut frame = self.project();
        let future = frame.future.as_mut().as_pin_mut();
        let polled = future
            .expect("only a running frame is on top of the chain")
            .poll(&mut Context::from_waker(Waker::noop()));
        polled.map(|result| {
            frame.result.set(Some(result.map_err(E::escape)));
            frame.future.set(None);
        })
    }

    fn move_result(self: Pin<&mut Self>, _: &mut dyn Any) {
        unreachable!("the result is in its slot");
    }

    fn take_error(self: Pin<&mut Self>) -> Option<Exception> {
        self.result.take()?.err()
    }

    fn take_handed<'b>(self: Pin<&mut Self>) -> Option<Handed<'b, Y, S>>
    where
        Self: 'b,
    {
        self.handover.0.take()
    }

    fn end_delegation(self: Pin<Box<Self>>, link: &Link<Y, S>) {
        link.put_ended_elsewhere();
    }

    /// The drops of bodies that own each other nest, because only what is `'static` can be put aside until another drop is
    /// done.
    fn drop_unstarted(self: Pin<Box<Self>>) {
        drop_guarded(|| drop(self));
    }
}
