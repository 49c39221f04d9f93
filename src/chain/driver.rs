//! The caller's end of a chain: resume, throw, close.

use std::mem;

use super::{BoxFrame, link::Input, stack::Stack};
use crate::{Exception, Kind, Step, dropping::drop_in_turn, reports::report, targets::GENERATOR};

/// Drives the top one of a stack of frames.
///
/// A `Step::Returned` means that the outermost frame has finished. [`into_finished`](Driver::into_finished) takes that frame
/// out.
pub(crate) struct Driver<'a, Y, S> {
    stack: Stack<'a, Y, S>,
}

/// Returns the exception that is raised if a frame yields in answer to `GeneratorExit`.
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
    /// Runs the frame to its first pause. Nothing is put in, because no yield waits for it.
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
        // Any other exception goes to the innermost frame, however deep. A frame that propagates it ends, and the exception
        // goes to the frame below.
        let raised = if exception.kind() == Kind::GeneratorExit && self.stack.depth() > 0 {
            self.closed_delegate().unwrap_or(exception)
        } else {
            exception
        };
        self.stack.put(Input::Throw(raised));
        self.stack.run(0)
    }

    /// Closes what the outermost frame delegates to, and returns the exception that this raised, if any.
    ///
    /// PEP 380 requires this for a `GeneratorExit` that is thrown: the sub-generator is closed instead of thrown into. Then
    /// the exit, or the exception raised by closing, is raised in the generator that delegates.
    fn closed_delegate(&mut self) -> Option<Exception> {
        const DELEGATE: usize = 1;
        match self.close_down_to(DELEGATE) {
            Step::Returned(()) => error_of_closed(self.stack.pop()),
            Step::Yielded(value) => {
                drop(value);
                // The delegate is alive. But its delegator receives an exception, and drops the delegate by that.
                self.let_go_down_to(DELEGATE);
                Some(ignored_generator_exit())
            }
        }
    }

    /// Closes all frames, innermost first: Python's `close`. `Yielded` means that the outermost frame ignored its exit.
    ///
    /// The yielded value is dropped here, so that a panic in its drop ends the generator like any other panic.
    pub(crate) fn close(&mut self) -> Step<(), ()> {
        match self.close_down_to(0) {
            Step::Yielded(value) => {
                drop(value);
                Step::Yielded(())
            }
            Step::Returned(()) => Step::Returned(()),
        }
    }

    /// Closes all frames. No caller is left to receive exceptions, so they are logged. Frames that are still on the stack
    /// after that are dropped without being run.
    #[inline]
    pub(crate) fn finalize(&mut self) {
        if self.stack.depth() > 0 {
            return self.let_go_down_to(0);
        }
        // A shorter way for a single frame, which most generators are.
        self.stack.put(Input::LetGo);
        match self.stack.run(0) {
            Step::Returned(()) => report_error_of(self.stack.pop()),
            Step::Yielded(value) => {
                drop(value);
                report_unraisable(&ignored_generator_exit());
                // The frame delegated in answer. The delegate has not received an exit yet.
                if self.stack.depth() > 0 {
                    self.let_go_down_to(1);
                }
            }
        }
    }
}

impl<Y: 'static, S: 'static> Driver<'static, Y, S> {
    /// Finalizes the driver. If too many other drops are running around this one, the driver is put aside until they are
    /// done.
    ///
    /// A body can own a started generator, whose body owns another one, and so on. Each is closed during the drop of its
    /// owner, so dropping a chain of a million would nest a million calls.
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

/// A frame that ignored its exit, and is closed once more when its delegator drops the delegation.
struct Leaving {
    depth: usize,
    then: Then,
}

/// What happens when a frame that is let go is off the stack.
enum Then {
    /// The delegator, which closed the frame, receives the error that the `GeneratorExit` was ignored.
    TellDelegator,
    /// The delegator ignored its own `GeneratorExit` twice. It is dropped, too, without being run again.
    DropDelegator,
    /// The caller requested only this.
    Return,
}

impl<'a, Y: 'a, S: 'a> Driver<'a, Y, S> {
    /// Closes the frames down to depth `floor`. Leaves the frame at that depth on top, and returns its answer.
    fn close_down_to(&mut self, floor: usize) -> Step<Y, ()> {
        self.unwind(floor, None)
            .expect("what is not let go gives its answer")
    }

    /// Closes and takes off the frames down to and including depth `depth`, whatever they answer.
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
    /// Each frame receives an exit, innermost first. If a frame yields in answer, its delegator drops it, and dropping
    /// raises the exit once more. If the frame yields again, it is dropped without being run, after its own delegate.
    ///
    /// `leaving` is the frame that is being dropped, if any. Such frames can be nested; this is the innermost.
    fn unwind(&mut self, floor: usize, mut leaving: Option<Leaving>) -> Option<Step<Y, ()>> {
        // The frames around `leaving`. Empty, and without an allocation, unless a frame ignores its exit.
        let mut outer: Vec<Leaving> = Vec::new();
        let mut raised: Option<Exception> = None;
        loop {
            let depth = self.stack.depth();
            let leaves = leaving.as_ref().is_some_and(|frame| frame.depth == depth);
            self.stack.put(match raised.take() {
                // The exception from closing the frame above is raised instead of the exit, as in PEP 380's expansion.
                Some(exception) => Input::Throw(exception),
                None if leaves => Input::LetGo,
                None => Input::Throw(Kind::GeneratorExit.into()),
            });
            // With this frame as the floor, its end is returned here and not passed to the frame below.
            let answer = self.stack.run(depth);
            if depth == floor && leaving.is_none() {
                return Some(answer);
            }
            // The value is dropped here, on its own: its drop can panic, and so can the drops of frames.
            let yields = answer.yielded().is_some();
            match (yields, leaves) {
                (false, false) => {
                    // The usual case. A `GeneratorExit` that arrives back ends here: the next frame receives a new one.
                    raised = error_of_closed(self.stack.pop());
                    continue;
                }
                (false, true) => report_error_of(self.stack.pop()),
                (true, false) => {
                    // The frame is closed once more, because its delegator is about to drop it.
                    let then = Then::TellDelegator;
                    outer.extend(leaving.replace(Leaving { depth, then }));
                    continue;
                }
                (true, true) => {
                    report_unraisable(&ignored_generator_exit());
                    // The frame delegated in answer. The delegate is closed first, then this frame is dropped.
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

/// Returns the exception that ended a closed frame, unless that is the requested `GeneratorExit`.
fn error_of_closed<Y, S>(mut frame: BoxFrame<'_, Y, S>) -> Option<Exception> {
    let error = frame.as_mut().take_error()?;
    (error.kind() != Kind::GeneratorExit).then_some(error)
}

fn report_error_of<Y, S>(closed: BoxFrame<'_, Y, S>) {
    if let Some(exception) = error_of_closed(closed) {
        report_unraisable(&exception);
    }
}

/// Logs an exception that no caller can receive: Python's `sys.unraisablehook`.
#[cold]
fn report_unraisable(exception: &Exception) {
    let (kind, text, place) = (
        exception.name(),
        exception.message_or_panic(),
        exception.place(),
    );
    report!(error, target: GENERATOR, { exception = kind, %text, place }, "exception ignored while a generator was dropped", ": {}", exception.line());
}
