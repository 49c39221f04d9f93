//! The one allocation of a task. It holds the body while the task runs, and afterwards the outcome.

use std::{
    any::Any,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{keys::Key, outcome::Outcome};
use crate::{Exception, Kind, exception::escaped_stop_iteration};

/// A body whose result has a type that the table need not know.
pub(super) type BoxBody = Pin<Box<dyn Body>>;

pub(super) trait Body {
    /// Runs the body to its next suspension. At its end, the result takes the body's place in the box.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ending>;

    /// Replaces the body or the result by an exception, and drops it. The drop is code of the program's own:
    /// it can panic, and then the exception is in its place all the same.
    fn fail(self: Pin<&mut Self>, exception: Exception);

    /// The `Option<Result<T, Exception>>` of a body that has ended. A handle knows `T`.
    fn outcome(self: Pin<&mut Self>) -> &mut dyn Any;

    /// The exception that the body ended with, if it ended with one.
    fn failure(self: Pin<&mut Self>) -> Option<Exception>;

    /// Returns `true` if to drop the outcome runs no code of the program's: then nothing can panic, and no long chain can hang
    /// on it.
    fn is_plain(&self) -> bool;

    /// Takes the exception out. Whoever asks for the result then is told that it is gone.
    fn take_failure(self: Pin<&mut Self>) -> Option<Exception>;
}

/// How a body ended: what the table has to know of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Returned,
    Failed,
    Cancelled,
    /// By a `KeyboardInterrupt`, which also ends the run of the loop.
    Interrupted,
    /// It has not: it is the stand-in of a main task, of which the body is to be polled instead.
    OfMain,
}

impl Ending {
    pub(super) fn of(exception: &Exception) -> Self {
        match exception.kind() {
            Kind::Cancelled => Self::Cancelled,
            Kind::KeyboardInterrupt => Self::Interrupted,
            _ => Self::Failed,
        }
    }
}

pin_project! {
    #[project = StageProjection]
    pub(super) enum Stage<F, T> {
        Running { #[pin] body: F },
        Ended { outcome: Option<Result<T, Exception>> },
    }
}

impl<F, T> Stage<F, T>
where
    F: Future<Output: Outcome<Value = T>>,
    T: 'static,
{
    pub(super) fn boxed(body: F) -> BoxBody
    where
        F: 'static,
    {
        Box::pin(Self::Running { body })
    }

    /// Takes the result out of a body that has ended.
    pub(super) fn takes(self: Pin<&mut Self>) -> Option<Result<T, Exception>> {
        match self.project() {
            StageProjection::Ended { outcome } => outcome.take(),
            StageProjection::Running { .. } => None,
        }
    }

    /// The future, while it runs.
    pub(super) fn running(self: Pin<&mut Self>) -> Option<Pin<&mut F>> {
        match self.project() {
            StageProjection::Running { body } => Some(body),
            StageProjection::Ended { .. } => None,
        }
    }
}

/// Takes the place of a main task's body in the table, and after the end of the task holds the outcome.
#[derive(Default)]
pub(super) struct StandIn {
    outcome: Option<Result<(), Exception>>,
}

impl StandIn {
    pub(super) fn of_main() -> BoxBody {
        Box::pin(Self::default())
    }
}

impl Body for StandIn {
    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Ending> {
        Poll::Ready(Ending::OfMain)
    }

    fn fail(mut self: Pin<&mut Self>, exception: Exception) {
        self.outcome = Some(Err(exception));
    }

    fn outcome(self: Pin<&mut Self>) -> &mut dyn Any {
        &mut self.get_mut().outcome
    }

    fn failure(self: Pin<&mut Self>) -> Option<Exception> {
        self.outcome.as_ref()?.as_ref().err().cloned()
    }

    fn is_plain(&self) -> bool {
        self.outcome.as_ref().is_none_or(Result::is_ok)
    }

    fn take_failure(mut self: Pin<&mut Self>) -> Option<Exception> {
        self.outcome.take_if(|result| result.is_err())?.err()
    }
}

/// The body of the main task of a run. It can borrow, so it stays on the stack of whoever runs the loop, and is lent to the
/// rounds.
pub(super) struct Main<'a> {
    pub(super) task: Key,
    pub(super) body: Pin<&'a mut (dyn Body + 'a)>,
}

impl Main<'_> {
    /// Lends it once more, for another run.
    pub(super) fn again(&mut self) -> Main<'_> {
        Main {
            task: self.task,
            body: self.body.as_mut(),
        }
    }

    /// Runs the body to its next suspension. When the body ends, the outcome is noted in its stand-in.
    #[inline(always)]
    pub(super) fn poll(
        &mut self,
        stand_in: &mut Option<BoxBody>,
        cx: &mut Context<'_>,
    ) -> Poll<Ending> {
        let polled = self.body.as_mut().poll(cx);
        if polled.is_ready() {
            let outcome = Some(self.body.as_mut().failure().map_or(Ok(()), Err));
            *stand_in = Some(Box::pin(StandIn { outcome }));
        }
        polled
    }

    /// Returns `main` if `task` is the key of the main task.
    #[inline]
    pub(super) fn if_of<'a, 'b>(
        main: &'a mut Option<Main<'b>>,
        task: Key,
    ) -> Option<&'a mut Main<'b>> {
        main.as_mut().filter(|main| main.task == task)
    }
}

impl<F, T> Body for Stage<F, T>
where
    F: Future<Output: Outcome<Value = T>>,
    T: 'static,
{
    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ending> {
        let StageProjection::Running { body } = self.as_mut().project() else {
            unreachable!("what has ended is not polled");
        };
        let Poll::Ready(outcome) = body.poll(cx) else {
            return Poll::Pending;
        };
        let mut result = outcome.into_result();
        let ending = match result {
            Ok(_) => Ending::Returned,
            Err(exception) => {
                // PEP 479: it would look like the end of whatever drives this body.
                let exception = escaped_stop_iteration(exception, "coroutine");
                let ending = Ending::of(&exception);
                result = Err(exception);
                ending
            }
        };
        self.set(Stage::Ended {
            outcome: Some(result),
        });
        Poll::Ready(ending)
    }

    fn fail(mut self: Pin<&mut Self>, exception: Exception) {
        self.set(Stage::Ended {
            outcome: Some(Err(exception)),
        });
    }

    fn outcome(self: Pin<&mut Self>) -> &mut dyn Any {
        match self.project() {
            StageProjection::Ended { outcome } => outcome,
            StageProjection::Running { .. } => unreachable!("nobody asks before the end"),
        }
    }

    fn failure(self: Pin<&mut Self>) -> Option<Exception> {
        match self.project() {
            StageProjection::Ended { outcome } => outcome.as_ref()?.as_ref().err().cloned(),
            StageProjection::Running { .. } => None,
        }
    }

    #[inline]
    fn is_plain(&self) -> bool {
        match self {
            Stage::Ended { outcome } => match outcome {
                Some(Ok(_)) => !mem::needs_drop::<T>(),
                Some(Err(_)) => false,
                None => true,
            },
            Stage::Running { .. } => false,
        }
    }

    fn take_failure(self: Pin<&mut Self>) -> Option<Exception> {
        match self.project() {
            StageProjection::Ended { outcome } => outcome.take_if(|result| result.is_err())?.err(),
            StageProjection::Running { .. } => None,
        }
    }
}
