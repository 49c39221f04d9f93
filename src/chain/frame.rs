//! A frame: one generator body and the stages of its life.

use std::{
    any::Any,
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::link::{Handed, Link};
use crate::{
    Exception,
    dropping::{drop_guarded, drop_in_turn},
    exception::escaped_stop_iteration,
};

/// A type-erased frame: the chain need not know the types of the body and the result. The body can borrow for `'a`.
pub(crate) type BoxFrame<'a, Y, S> = Pin<Box<dyn Frame<Y, S> + 'a>>;

/// Any frame, type-erased further, to be owned and dropped.
pub(crate) trait Opaque {}

impl<T> Opaque for T {}

pub(crate) trait Frame<Y, S>: Opaque {
    /// Creates the body's future. Runs nothing of it.
    fn start(self: Pin<&mut Self>, link: Rc<Link<Y, S>>);

    /// Runs the body to its next pause or its end.
    fn poll(self: Pin<&mut Self>) -> Poll<()>;

    /// Moves the result of a finished body into an `Option<Result<R, Exception>>`.
    fn move_result(self: Pin<&mut Self>, into: &mut dyn Any);

    /// Takes the exception that ended the body, if one did.
    fn take_error(self: Pin<&mut Self>) -> Option<Exception>;

    /// Takes out the frames that a borrowing body delegates to. A body that borrows nothing puts them into the link.
    fn take_handed<'b>(self: Pin<&mut Self>) -> Option<Handed<'b, Y, S>>
    where
        Self: 'b;

    /// Ends the delegation to this finished frame. The delegator receives the whole frame, because only the delegator knows
    /// the type of the result; or it has a slot, which already contains the result.
    fn end_delegation(self: Pin<Box<Self>>, link: &Link<Y, S>);

    /// Drops a body that never ran.
    ///
    /// The body can own another body, which owns another one, and so on: a million generators, built and never started.
    fn drop_unstarted(self: Pin<Box<Self>>);
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, Fut, R, E> {
        Created { body: Option<F>, escape: PhantomData<E> },
        Running { #[pin] future: Fut },
        Finished { result: Option<Result<R, Exception>> },
    }
}

/// What happens to a `StopIteration` that leaves a body.
pub(crate) trait Escape: 'static {
    fn escape(exception: Exception) -> Exception;
}

/// A `RuntimeError`, by PEP 479: whoever drives the generator would take it for the generator's end.
pub(crate) enum OfGenerator {}

impl Escape for OfGenerator {
    #[inline]
    fn escape(exception: Exception) -> Exception {
        escaped_stop_iteration(exception, "generator")
    }
}

/// Keeps a `StopIteration`, because the object that the body drives ends by it. PEP 479 applies to generators only.
pub(crate) enum OfObject {}

impl Escape for OfObject {
    #[inline]
    fn escape(exception: Exception) -> Exception {
        exception
    }
}

/// Puts a body into a frame, not yet started.
pub(crate) fn boxed<E, Y, S, R, F, Fut>(body: F) -> BoxFrame<'static, Y, S>
where
    E: Escape,
    Y: 'static,
    S: 'static,
    R: 'static,
    F: FnOnce(Rc<Link<Y, S>>) -> Fut + 'static,
    Fut: Future<Output = Result<R, Exception>> + 'static,
{
    Box::pin(Stage::<F, Fut, R, E>::Created {
        body: Some(body),
        escape: PhantomData,
    })
}

/// Takes the result out of a finished frame.
pub(crate) fn take_result<Y, S, R: 'static>(mut frame: BoxFrame<'_, Y, S>) -> Result<R, Exception> {
    let mut result: Option<Result<R, Exception>> = None;
    frame.as_mut().move_result(&mut result);
    result.expect("a finished frame holds its result until somebody takes it")
}

impl<R, F, Fut, E: Escape> Stage<F, Fut, R, E> {
    #[cold]
    #[inline(never)]
    fn finish(mut self: Pin<&mut Self>, result: Result<R, Exception>) {
        let result = Some(result.map_err(E::escape));
        self.set(Stage::Finished { result });
    }
}

impl<Y, S, R, F, Fut, E> Frame<Y, S> for Stage<F, Fut, R, E>
where
    Y: 'static,
    S: 'static,
    R: 'static,
    F: FnOnce(Rc<Link<Y, S>>) -> Fut + 'static,
    Fut: Future<Output = Result<R, Exception>> + 'static,
    E: Escape,
{
    fn start(mut self: Pin<&mut Self>, link: Rc<Link<Y, S>>) {
        let StageProjection::Created { body, .. } = self.as_mut().project() else {
            unreachable!("a frame is started once");
        };
        let body = body.take().expect("a created frame has its body");
        let future = body(link);
        self.set(Stage::Running { future });
    }

    /// The context is created here and not by the caller, because it is optimised away when the body is inlined: a body's own
    /// futures do not use it. The waker does nothing, because generators are never woken.
    #[inline]
    fn poll(mut self: Pin<&mut Self>) -> Poll<()> {
        let StageProjection::Running { future } = self.as_mut().project() else {
            unreachable!("only a running frame is on top of the chain");
        };
        if let Poll::Ready(result) = future.poll(&mut Context::from_waker(Waker::noop())) {
            self.finish(result);
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn move_result(self: Pin<&mut Self>, into: &mut dyn Any) {
        let into: &mut Option<Result<R, Exception>> = into
            .downcast_mut()
            .expect("the delegator knows the type of the result");
        if let StageProjection::Finished { result } = self.project() {
            *into = result.take();
        }
    }

    fn take_error(self: Pin<&mut Self>) -> Option<Exception> {
        match self.project() {
            StageProjection::Finished { result } => result.take()?.err(),
            StageProjection::Created { .. } | StageProjection::Running { .. } => None,
        }
    }

    fn take_handed<'b>(self: Pin<&mut Self>) -> Option<Handed<'b, Y, S>>
    where
        Self: 'b,
    {
        None
    }

    fn end_delegation(self: Pin<Box<Self>>, link: &Link<Y, S>) {
        link.put_ended(self);
    }

    fn drop_unstarted(self: Pin<Box<Self>>) {
        let frame: Pin<Box<dyn Opaque>> = self;
        drop_guarded(|| drop_in_turn(frame));
    }
}

/// Replaces a frame that was taken out. Boxing it allocates nothing.
pub(super) struct Spent;

impl<Y, S> Frame<Y, S> for Spent {
    fn start(self: Pin<&mut Self>, _: Rc<Link<Y, S>>) {
        unreachable!("a spent frame is never delegated to");
    }

    fn poll(self: Pin<&mut Self>) -> Poll<()> {
        unreachable!("a spent chain is never resumed");
    }

    fn move_result(self: Pin<&mut Self>, _: &mut dyn Any) {}

    fn take_error(self: Pin<&mut Self>) -> Option<Exception> {
        None
    }

    fn take_handed<'b>(self: Pin<&mut Self>) -> Option<Handed<'b, Y, S>>
    where
        Self: 'b,
    {
        None
    }

    fn end_delegation(self: Pin<Box<Self>>, _: &Link<Y, S>) {
        unreachable!("a spent frame never finishes");
    }

    fn drop_unstarted(self: Pin<Box<Self>>) {}
}
