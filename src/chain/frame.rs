//! A frame: one generator body and the three stages of its life.

use std::{
    any::Any,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Link;
use crate::{Exception, Kind};

/// A frame whose body and result have types that the chain need not know.
pub(crate) type BoxFrame<Y, S> = Pin<Box<dyn Frame<Y, S>>>;

/// Something to own and to drop: any frame, whatever passes through it.
pub(crate) trait Opaque {}

impl<T> Opaque for T {}

pub(crate) trait Frame<Y, S>: Opaque {
    /// Makes the body's future. Runs nothing of it.
    fn start(self: Pin<&mut Self>, link: Rc<Link<Y, S>>);

    /// Runs the body to its next pause or its end.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Moves the result of a finished body into an `Option<Result<R, Exception>>`.
    fn move_result(self: Pin<&mut Self>, into: &mut dyn Any);

    /// The exception that ended the body, if one did.
    fn take_error(self: Pin<&mut Self>) -> Option<Exception>;
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, Fut, R> {
        Created { body: Option<F>, escape: StopIteration },
        Running { #[pin] future: Fut, escape: StopIteration },
        Finished { result: Option<Result<R, Exception>> },
    }
}

/// What becomes of a `StopIteration` that leaves a body.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum StopIteration {
    /// A `RuntimeError`, by PEP 479: it would look like the body's end.
    IsAnError,
    /// It is the end, of what the body drives.
    IsTheEnd,
}

/// Puts a body into a frame, not yet started.
pub(crate) fn boxed<Y, S, R, F, Fut>(escape: StopIteration, body: F) -> BoxFrame<Y, S>
where
    R: 'static,
    F: FnOnce(Rc<Link<Y, S>>) -> Fut + 'static,
    Fut: Future<Output = Result<R, Exception>> + 'static,
{
    let body = Some(body);
    Box::pin(Stage::<F, Fut, R>::Created { body, escape })
}

/// The result of a finished frame.
pub(crate) fn take_result<Y, S, R: 'static>(frame: &mut BoxFrame<Y, S>) -> Result<R, Exception> {
    let mut result: Option<Result<R, Exception>> = None;
    frame.as_mut().move_result(&mut result);
    result.expect("a finished frame holds its result until somebody takes it")
}

impl<F, Fut, R> Stage<F, Fut, R> {
    #[cold]
    #[inline(never)]
    fn finish(
        mut self: Pin<&mut Self>,
        result: Result<R, Exception>,
        escape: StopIteration,
    ) -> Poll<()> {
        let result = Some(match escape {
            StopIteration::IsAnError => result.map_err(no_stop_iteration),
            StopIteration::IsTheEnd => result,
        });
        self.set(Stage::Finished { result });
        Poll::Ready(())
    }
}

impl<Y, S, R, F, Fut> Frame<Y, S> for Stage<F, Fut, R>
where
    R: 'static,
    F: FnOnce(Rc<Link<Y, S>>) -> Fut,
    Fut: Future<Output = Result<R, Exception>>,
{
    fn start(mut self: Pin<&mut Self>, link: Rc<Link<Y, S>>) {
        let StageProjection::Created { body, escape } = self.as_mut().project() else {
            unreachable!("a frame is started once");
        };
        let body = body.take().expect("a created frame has its body");
        let escape = *escape;
        let future = body(link);
        self.set(Stage::Running { future, escape });
    }

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let StageProjection::Running { future, escape } = self.as_mut().project() else {
            unreachable!("only a running frame is on top of the chain");
        };
        match future.poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(result) => {
                let escape = *escape;
                self.finish(result, escape)
            }
        }
    }

    fn move_result(self: Pin<&mut Self>, into: &mut dyn Any) {
        let into: &mut Option<Result<R, Exception>> = into
            .downcast_mut()
            .expect("who delegates knows the type of the result");
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
}

fn no_stop_iteration(exception: Exception) -> Exception {
    match exception.kind() {
        Kind::StopIteration => Exception::new(Kind::RuntimeError, "generator raised StopIteration")
            .with_cause(exception),
        _ => exception,
    }
}

/// Stands where a frame was taken away. Boxing it allocates nothing.
pub(super) struct Spent;

impl<Y, S> Frame<Y, S> for Spent {
    fn start(self: Pin<&mut Self>, _: Rc<Link<Y, S>>) {
        unreachable!("a spent frame is never delegated to");
    }

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        unreachable!("a spent chain is never resumed");
    }

    fn move_result(self: Pin<&mut Self>, _: &mut dyn Any) {}

    fn take_error(self: Pin<&mut Self>) -> Option<Exception> {
        None
    }
}
