//! The life of a generator, whether its body borrows or not: its stages, and what a caller can do in each.

use std::{
    marker::PhantomData,
    mem::{self, ManuallyDrop},
    rc::Rc,
};

use super::GeneratorState;
use crate::{
    Exception, Kind, Step,
    chain::{self, BoxFrame, Driver, Slot, ignored_generator_exit},
    coroutine::is_none,
};

/// How far a generator is, with the frames that it runs on.
///
/// | stage | entered when | left when |
/// |---|---|---|
/// | `Created` | it is created | it is started, closed, thrown into, or delegated to |
/// | `Live` | it is started | its body ends, it is closed, something panics, or it is delegated to |
/// | `Closed` | one of these has happened | never |
///
/// A body runs only in `Live`. Code that takes a stage out leaves `Closed` in its place before any code of the program can
/// run, so after a panic the generator is closed.
pub(crate) enum Stage<'a, Y, S> {
    Created(BoxFrame<'a, Y, S>),
    Live(Driver<'a, Y, S>),
    Closed,
}

/// How the result leaves the outermost frame, when the frame has finished.
pub(crate) trait Outcome<Y, S> {
    type Return;

    fn take(&self, finished: BoxFrame<'_, Y, S>) -> Result<Self::Return, Exception>;
}

/// A result that the frame itself holds.
pub(crate) struct InFrame<R>(pub(super) PhantomData<fn() -> R>);

impl<Y, S, R: 'static> Outcome<Y, S> for InFrame<R> {
    type Return = R;

    fn take(&self, finished: BoxFrame<'_, Y, S>) -> Result<R, Exception> {
        chain::take_result(finished)
    }
}

/// A result that the frame puts into a slot, because its type need not be `'static`.
pub(crate) enum Found<Y, S, R> {
    InSlot(Rc<Slot<R>>),
    /// The frame is that of a converted `Generator`. Only the conversion knows that `R` is `'static`.
    InFrame(for<'a> fn(BoxFrame<'a, Y, S>) -> Result<R, Exception>),
}

impl<Y, S, R> Outcome<Y, S> for Found<Y, S, R> {
    type Return = R;

    fn take(&self, finished: BoxFrame<'_, Y, S>) -> Result<R, Exception> {
        match self {
            Found::InFrame(take) => take(finished),
            Found::InSlot(slot) => slot
                .take()
                .expect("a finished frame leaves its result until somebody takes it"),
        }
    }
}

/// A generator without its drop, which differs between the two types.
pub(crate) struct Core<'a, Y, S, O> {
    pub(crate) stage: Stage<'a, Y, S>,
    pub(crate) outcome: O,
}

impl<'a, Y, S, O> Core<'a, Y, S, O> {
    pub(crate) fn new(frame: BoxFrame<'a, Y, S>, outcome: O) -> Self {
        Self {
            stage: Stage::Created(frame),
            outcome,
        }
    }

    pub(crate) fn take_stage(&mut self) -> Stage<'a, Y, S> {
        mem::replace(&mut self.stage, Stage::Closed)
    }

    pub(crate) fn state(&self) -> GeneratorState {
        match self.stage {
            Stage::Created(_) => GeneratorState::Created,
            Stage::Live(_) => GeneratorState::Suspended,
            Stage::Closed => GeneratorState::Closed,
        }
    }

    fn close_unstarted(&mut self) {
        if let Stage::Created(frame) = self.take_stage() {
            frame.drop_unstarted();
        }
    }
}

impl<'a, Y: 'a, S: 'a, O: Outcome<Y, S>> Core<'a, Y, S, O> {
    pub(crate) fn start(&mut self) -> Result<Step<Y, O::Return>, Exception> {
        match self.take_stage() {
            Stage::Created(frame) => {
                self.stage = Stage::Live(Driver::new(frame));
                self.drive(|driver| driver.start())
            }
            live @ Stage::Live(_) => {
                self.stage = live;
                Err(Exception::new(
                    Kind::TypeError,
                    "can't start a generator twice: resume it, or send to it",
                ))
            }
            Stage::Closed => Err(Kind::StopIteration.into()),
        }
    }

    #[inline]
    pub(crate) fn resume(&mut self) -> Result<Step<Y, O::Return>, Exception>
    where
        S: Default,
    {
        match self.stage {
            Stage::Live(_) => self.drive(|driver| driver.resume(S::default())),
            Stage::Created(_) | Stage::Closed => self.start(),
        }
    }

    #[inline]
    pub(crate) fn send(&mut self, value: S) -> Result<Step<Y, O::Return>, Exception> {
        match self.stage {
            Stage::Live(_) => self.drive(|driver| driver.send(value)),
            Stage::Created(_) | Stage::Closed => self.send_first(value),
        }
    }

    /// Sends to a generator that waits at no `yield_`.
    #[cold]
    fn send_first(&mut self, value: S) -> Result<Step<Y, O::Return>, Exception> {
        if matches!(self.stage, Stage::Created(_)) && !is_none(&value) {
            return Err(Exception::new(
                Kind::TypeError,
                "can't send non-None value to a just-started generator",
            ));
        }
        self.start()
    }

    pub(crate) fn throw(&mut self, exception: Exception) -> Result<Step<Y, O::Return>, Exception> {
        match self.stage {
            Stage::Live(_) => self.drive(|driver| driver.throw(exception)),
            Stage::Created(_) | Stage::Closed => {
                // If the drop of the body panics, this is leaked: a panic in its drop, too, would abort the process.
                let exception = ManuallyDrop::new(exception);
                self.close_unstarted();
                Err(ManuallyDrop::into_inner(exception))
            }
        }
    }

    pub(crate) fn close(&mut self) -> Result<Option<O::Return>, Exception> {
        if !matches!(self.stage, Stage::Live(_)) {
            self.close_unstarted();
            return Ok(None);
        }
        match self.drive(Driver::close) {
            Ok(Step::Returned(result)) => Ok(Some(result)),
            Ok(Step::Yielded(())) => Err(ignored_generator_exit()),
            Err(exception) if exception.kind() == Kind::GeneratorExit => Ok(None),
            Err(exception) => Err(exception),
        }
    }

    /// Returns the next item of the generator as an iterator.
    pub(crate) fn next(&mut self) -> Option<Result<Y, Exception>>
    where
        S: Default,
    {
        match self.stage {
            Stage::Closed => None,
            Stage::Created(_) | Stage::Live(_) => match self.resume() {
                Ok(Step::Yielded(value)) => Some(Ok(value)),
                Ok(Step::Returned(_)) => None,
                Err(exception) => Some(Err(exception)),
            },
        }
    }

    /// Lets the driver run, and closes the generator if that ends it: by its end, or by a panic.
    #[inline(always)]
    fn drive<T>(
        &mut self,
        run: impl FnOnce(&mut Driver<'a, Y, S>) -> Step<T, ()>,
    ) -> Result<Step<T, O::Return>, Exception> {
        // A guard costs nothing unless there is a panic, and lets the panic pass. `catch_unwind` would do neither.
        let guard = CloseOnPanic(&mut self.stage);
        let Stage::Live(driver) = &mut *guard.0 else {
            unreachable!("only a live generator is driven");
        };
        let step = run(driver);
        mem::forget(guard);
        match step {
            Step::Yielded(value) => Ok(Step::Yielded(value)),
            Step::Returned(()) => self.finish().map(Step::Returned),
        }
    }

    #[cold]
    #[inline(never)]
    fn finish(&mut self) -> Result<O::Return, Exception> {
        let Stage::Live(driver) = self.take_stage() else {
            unreachable!("it has just run");
        };
        self.outcome.take(driver.into_finished())
    }
}

/// Drops the frames, and runs nothing of them, when a panic passes.
struct CloseOnPanic<'g, 'a, Y, S>(&'g mut Stage<'a, Y, S>);

impl<Y, S> Drop for CloseOnPanic<'_, '_, Y, S> {
    #[inline(always)]
    fn drop(&mut self) {
        *self.0 = Stage::Closed;
    }
}
