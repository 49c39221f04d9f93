//! The caller's end of a chain: resume, throw, close.

use std::mem;

use super::{BoxFrame, link::Input, stack::Stack};
use crate::{Exception, Kind, Step, dropping::drop_in_turn, targets::GENERATOR};

/// Drives the top one of a stack of frames.
///
/// A `Step::Returned` says that the outermost frame has finished. [`into_finished`](Driver::into_finished) takes it out.
pub(crate) struct Driver<'a, Y, S> {
    stack: Stack<'a, Y, S>,
}

/// A frame yielded a value in answer to `GeneratorExit`, and lives on.
pub(crate) fn ignored_generator_exit() -> Exception {
    Exception::new(Kind::RuntimeError, "generator ignored GeneratorExit")
}

impl<'a, Y, S> Driver<'a, Y, S> {
    /// Creates a stack of one frame, which is started but has not run.
    pub(crate) fn new(frame: BoxFrame<'a, Y, S>) -> Self {
        Self {
            stack: Stack::new(frame),
        }
    }

    /// Takes the outermost frame out, when it has finished.
    pub(crate) fn into_finished(mut self) -> BoxFrame<'a, Y, S> {
        self.stack.pop()
    }

    pub(super) fn into_stack(self) -> Stack<'a, Y, S> {
        self.stack
    }
}

impl<'a, Y: 'a, S: 'a> Driver<'a, Y, S> {
    /// Runs the frame to its first pause. Nothing is put in for it: there is no yield yet that could take it.
    #[inline]
    pub(crate) fn start(&mut self) -> Step<Y, ()> {
        self.stack.run(0)
    }

    /// Resumes the innermost frame without a value: Python's `next`, with the `None` of `S`.
    #[inline]
    pub(crate) fn resume(&mut self, none: S) -> Step<Y, ()> {
        self.stack.put(Input::Next(none));
        self.stack.run(0)
    }

    /// Resumes the innermost frame with a value: Python's `send`.
    #[inline]
    pub(crate) fn send(&mut self, value: S) -> Step<Y, ()> {
        self.stack.put(Input::Send(value));
        self.stack.run(0)
    }

    /// Raises an exception in the innermost frame: Python's `throw`.
    pub(crate) fn throw(&mut self, exception: Exception) -> Step<Y, ()> {
        // Any other exception goes to the innermost frame, however deep. What lets it pass ends, and its delegator gets it.
        let raised = if exception.kind() == Kind::GeneratorExit && self.stack.depth() > 0 {
            self.closed_delegate().unwrap_or(exception)
        } else {
            exception
        };
        self.stack.put(Input::Throw(raised));
        self.stack.run(0)
    }

    /// Closes what the outermost frame delegates to, and returns what went wrong.
    ///
    /// PEP 380 has this rule for a `GeneratorExit` that is thrown: it is not passed on, but the sub-generator is closed,
    /// and then the exit is raised in the one that delegates, or what came of closing instead of it.
    fn closed_delegate(&mut self) -> Option<Exception> {
        const DELEGATE: usize = 1;
        match self.close_down_to(DELEGATE) {
            Step::Returned(()) => error_of_closed(self.stack.pop()),
            Step::Yielded(value) => {
                drop(value);
                // It is alive, but the one that delegates to it gets an exception and with that drops it.
                self.let_go_down_to(DELEGATE);
                Some(ignored_generator_exit())
            }
        }
    }

    /// Closes all frames, innermost first: Python's `close`. A value that comes out was yielded in defiance.
    ///
    /// The value is dropped here, so that a panic in its drop ends the generator like any other panic.
    pub(crate) fn close(&mut self) -> Step<(), ()> {
        match self.close_down_to(0) {
            Step::Yielded(value) => {
                drop(value);
                Step::Yielded(())
            }
            Step::Returned(()) => Step::Returned(()),
        }
    }

    /// Closes all frames, and reports what goes wrong, because nobody is left to be told. The frames that are on the stack
    /// after that are dropped as they are.
    #[inline]
    pub(crate) fn finalize(&mut self) {
        if self.stack.depth() > 0 {
            return self.let_go_down_to(0);
        }
        // The same, for the one frame that most generators are.
        self.stack.put(Input::LetGo);
        match self.stack.run(0) {
            Step::Returned(()) => report_error_of(self.stack.pop()),
            Step::Yielded(value) => {
                drop(value);
                report_unraisable(&ignored_generator_exit());
                // It answered by a delegation. That one has not been told to exit yet.
                if self.stack.depth() > 0 {
                    self.let_go_down_to(1);
                }
            }
        }
    }
}

impl<Y: 'static, S: 'static> Driver<'static, Y, S> {
    /// Finalizes the driver, unless too many others are being dropped around it: then it is put aside until they are done.
    ///
    /// A body's variables may own a started generator, whose body owns another one, and so on. Each is closed by the drop
    /// of the one before, inside its body, so a chain of a million would be a million calls deep.
    pub(crate) fn finalize_in_turn(self) {
        struct Finalized<Y: 'static, S: 'static>(Driver<'static, Y, S>);

        impl<Y: 'static, S: 'static> Drop for Finalized<Y, S> {
            #[inline]
            fn drop(&mut self) {
                self.0.finalize();
            }
        }

        drop_in_turn(Finalized(self));
    }
}

/// A frame that was closed, has yielded in defiance, and is closed once more because its last reference is going.
struct Leaving {
    depth: usize,
    then: Then,
}

/// What happens when a frame that is let go is off the stack.
enum Then {
    /// It was closed by the one that delegates to it, which learns that its `GeneratorExit` was ignored.
    TellDelegator,
    /// The one that delegates to it ignored its `GeneratorExit` twice. It is dropped, too, without being run again.
    DropDelegator,
    /// That was asked for.
    Return,
}

impl<'a, Y: 'a, S: 'a> Driver<'a, Y, S> {
    /// Closes the frames down to the one at depth `floor`. Returns how that one answered, and leaves it on top.
    fn close_down_to(&mut self, floor: usize) -> Step<Y, ()> {
        self.unwind(floor, None)
            .expect("what is not let go gives its answer")
    }

    /// Closes the frames down to the one at depth `floor` and takes that one off, whatever it does.
    fn let_go_down_to(&mut self, depth: usize) {
        let leaving = Leaving {
            depth,
            then: Then::Return,
        };
        let answer = self.unwind(depth, Some(leaving));
        debug_assert!(answer.is_none(), "what is let go does not answer");
    }

    /// CPython's `gen_close` and its finalizer, which call themselves and each other for each frame, as one loop.
    ///
    /// Each frame is told to exit, innermost first. A frame that yields in answer is dropped by the one that delegates to
    /// it, and so told once more. A frame that yields then, too, is dropped as it is, after what it delegates to by now.
    ///
    /// `leaving` is the frame that is being dropped, if one is: the innermost of those, for they can be nested.
    fn unwind(&mut self, floor: usize, mut leaving: Option<Leaving>) -> Option<Step<Y, ()>> {
        // Outside `leaving`. It stays empty, and allocates nothing, unless a frame is in defiance.
        let mut outer: Vec<Leaving> = Vec::new();
        let mut raised: Option<Exception> = None;
        loop {
            let depth = self.stack.depth();
            let leaves = leaving.as_ref().is_some_and(|frame| frame.depth == depth);
            self.stack.put(match raised.take() {
                // What came of closing the frame above is raised instead of the exit, as in PEP 380's expansion.
                Some(exception) => Input::Throw(exception),
                None if leaves => Input::LetGo,
                None => Input::Throw(Kind::GeneratorExit.into()),
            });
            // This frame is the floor, so its end is found here, and not by the frame below.
            let answer = self.stack.run(depth);
            if depth == floor && leaving.is_none() {
                return Some(answer);
            }
            // The value is dropped here, alone: its drop may panic, and so may that of the frames.
            let yields = answer.yielded().is_some();
            match (yields, leaves) {
                (false, false) => {
                    // The usual way. A `GeneratorExit` that passes is what was asked for: the next one gets a new one.
                    raised = error_of_closed(self.stack.pop());
                    continue;
                }
                (false, true) => report_error_of(self.stack.pop()),
                (true, false) => {
                    // It is closed once more, because the one that delegates to it is about to drop it.
                    let then = Then::TellDelegator;
                    outer.extend(leaving.replace(Leaving { depth, then }));
                    continue;
                }
                (true, true) => {
                    report_unraisable(&ignored_generator_exit());
                    // It answered by a delegation. That one goes first, and then this one without being asked again.
                    if self.stack.depth() > depth {
                        let (depth, then) = (depth + 1, Then::DropDelegator);
                        outer.extend(leaving.replace(Leaving { depth, then }));
                        continue;
                    }
                    drop(self.stack.pop());
                }
            }
            // The frame is off the stack.
            loop {
                let left = mem::replace(&mut leaving, outer.pop());
                match left.expect("it was let go").then {
                    Then::Return => return None,
                    Then::DropDelegator => drop(self.stack.pop()),
                    Then::TellDelegator => {
                        raised = Some(ignored_generator_exit());
                        break;
                    }
                }
            }
        }
    }
}

/// What went wrong in a frame that was closed. Its `GeneratorExit` is what was asked for.
fn error_of_closed<Y, S>(mut frame: BoxFrame<'_, Y, S>) -> Option<Exception> {
    let error = frame.as_mut().take_error()?;
    (error.kind() != Kind::GeneratorExit).then_some(error)
}

fn report_error_of<Y, S>(closed: BoxFrame<'_, Y, S>) {
    if let Some(exception) = error_of_closed(closed) {
        report_unraisable(&exception);
    }
}

/// Python's `sys.unraisablehook`: an exception that has nowhere to go.
#[cold]
fn report_unraisable(exception: &Exception) {
    tracing::error!(
        target: GENERATOR,
        exception = exception.name(),
        text = %exception.message_or_panic(),
        "exception ignored while a generator was dropped"
    );
}
