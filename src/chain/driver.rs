//! The caller's end of a chain: resume, throw, close.

use std::{collections::VecDeque, mem};

use super::{
    BoxFrame, Link,
    link::{Exit, Segment, Sent},
};
use crate::{Exception, Kind, Step, targets::GENERATOR};

/// Drives the innermost of a stack of frames.
///
/// All frames that were started by delegation share the airlock of the one that delegated. A sub-generator that ran on
/// its own before brings its own airlock: a further *segment*. Most drivers have one.
pub(crate) struct Driver<Y, S> {
    innermost: Segment<Y, S>,
    outer: Outer<Y, S>,
}

/// The segments below the innermost, outermost first. Few drivers have any, so all pay 8 bytes and not 32.
#[expect(clippy::box_collection, reason = "the box is what makes it small")]
struct Outer<Y, S>(Option<Box<VecDeque<Segment<Y, S>>>>);

/// A place in the stack of frames.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Level {
    segment: usize,
    frame: usize,
}

/// A frame yielded a value in answer to `GeneratorExit`, and lives on.
pub(crate) fn ignored_generator_exit() -> Exception {
    Exception::new(Kind::RuntimeError, "generator ignored GeneratorExit")
}

impl Level {
    const OUTERMOST: Level = Level {
        segment: 0,
        frame: 0,
    };
}

impl<Y, S> Driver<Y, S> {
    /// A stack of one frame, which is started but has not run.
    pub(crate) fn new(frame: BoxFrame<Y, S>) -> Self {
        Self {
            innermost: Segment::new(frame),
            outer: Outer(None),
        }
    }

    /// Runs the innermost frame to its first pause.
    pub(crate) fn start(&mut self) -> Step<Y, BoxFrame<Y, S>> {
        self.run()
    }

    /// Python's `next`, with the `None` of `S`.
    #[inline]
    pub(crate) fn resume(&mut self, none: S) -> Step<Y, BoxFrame<Y, S>> {
        self.innermost.link.send(Sent::None(none));
        self.run()
    }

    /// Python's `send`.
    #[inline]
    pub(crate) fn send(&mut self, value: S) -> Step<Y, BoxFrame<Y, S>> {
        self.innermost.link.send(Sent::Value(value));
        self.run()
    }

    /// Runs the innermost frame, and whatever that sets going, until a value comes out or the outermost frame finishes.
    #[inline]
    fn run(&mut self) -> Step<Y, BoxFrame<Y, S>> {
        match self.innermost.resume() {
            Step::Yielded(value) => Step::Yielded(value),
            Step::Returned(exit) => self.go_on(exit, 0),
        }
    }

    /// Goes on until a value comes out or the frame at the floor of `segment` finishes.
    #[cold]
    #[inline(never)]
    fn go_on(&mut self, mut exit: Exit<Y, S>, segment: usize) -> Step<Y, BoxFrame<Y, S>> {
        loop {
            match exit {
                Exit::Finished(frame) if self.outer.len() == segment => {
                    return Step::Returned(frame);
                }
                Exit::Finished(frame) => {
                    self.pop_segment();
                    self.innermost.link.finish_delegation(frame);
                }
                Exit::Joined(joined) => {
                    let (driver, none) = *joined;
                    self.push(driver);
                    self.innermost.link.send(Sent::None(none));
                }
                Exit::Discarded => unreachable!("only `discard` discards"),
            }
            match self.innermost.resume() {
                Step::Yielded(value) => return Step::Yielded(value),
                Step::Returned(next) => exit = next,
            }
        }
    }

    /// Raises an exception in the innermost frame; Python's `throw`.
    pub(crate) fn throw(&mut self, exception: Exception) -> Step<Y, BoxFrame<Y, S>> {
        if exception.kind() != Kind::GeneratorExit || self.level() == Level::OUTERMOST {
            self.innermost.link.raise(exception);
            return self.run();
        }
        // PEP 380: what is delegated to is closed, and then the exit is raised in the one who delegates.
        let delegate = self.above(Level::OUTERMOST);
        let raised = match self.close_down_to(delegate) {
            Step::Returned(frame) => error_of_closed(frame).unwrap_or(exception),
            Step::Yielded(_) => {
                self.finalize_level(delegate);
                ignored_generator_exit()
            }
        };
        self.innermost.link.raise(raised);
        self.run()
    }

    /// Closes all frames, innermost first: Python's `close`. A value that comes out was yielded in defiance.
    pub(crate) fn close(&mut self) -> Step<Y, BoxFrame<Y, S>> {
        self.close_down_to(Level::OUTERMOST)
    }

    /// Closes all frames when nobody is there any more to hear of what goes wrong.
    pub(crate) fn finalize(mut self) {
        self.finalize_level(Level::OUTERMOST);
    }

    /// Closes the frame at a level, after the ones above it.
    fn close_down_to(&mut self, floor: Level) -> Step<Y, BoxFrame<Y, S>> {
        let mut raised = Exception::from(Kind::GeneratorExit);
        loop {
            let level = self.level();
            match self.run_top(|link| link.raise(raised)) {
                step if level == floor => return step,
                Step::Returned(frame) => {
                    raised = error_of_closed(frame).unwrap_or(Kind::GeneratorExit.into());
                }
                Step::Yielded(_) => {
                    // The one below gets the error, and with that lets go of this one.
                    self.finalize_level(level);
                    raised = ignored_generator_exit();
                }
            }
        }
    }

    /// Closes the frame at a level and takes it off, whatever it does.
    fn finalize_level(&mut self, level: Level) {
        let closed = if level == self.level() {
            self.run_top(Link::let_go)
        } else {
            self.close_down_to(level)
        };
        match closed {
            Step::Returned(frame) => {
                if let Some(exception) = error_of_closed(frame) {
                    report_unraisable(&exception);
                }
            }
            Step::Yielded(_) => {
                report_unraisable(&ignored_generator_exit());
                while self.level() > level {
                    self.finalize_level(self.above(level));
                }
                self.discard();
            }
        }
    }

    /// Tells the innermost frame something, and runs until that frame yields (or something it delegates to does) or
    /// finishes.
    fn run_top(&mut self, tell: impl FnOnce(&Link<Y, S>)) -> Step<Y, BoxFrame<Y, S>> {
        let level = self.level();
        let link = self.innermost.link.clone();
        link.set_floor(level.frame);
        tell(&link);
        let step = match self.innermost.resume() {
            Step::Yielded(value) => Step::Yielded(value),
            Step::Returned(exit) => self.go_on(exit, level.segment),
        };
        link.set_floor(0);
        link.lets_go(); // that was for the one frame
        if matches!(step, Step::Returned(_)) && level.frame == 0 {
            self.pop_segment();
        }
        step
    }

    /// Drops the innermost frame as it is. (The outermost one goes with the driver.)
    fn discard(&mut self) {
        let level = self.level();
        if level.frame == 0 {
            self.pop_segment();
            return;
        }
        self.innermost.link.discard_top();
        let exit = self.innermost.resume();
        assert!(
            matches!(exit, Step::Returned(Exit::Discarded)),
            "a frame that is woken for nothing goes on waiting"
        );
    }

    fn level(&self) -> Level {
        Level {
            segment: self.outer.len(),
            frame: self.innermost.link.waiting(),
        }
    }

    /// The level of the frame that the one at `level` delegates to.
    fn above(&self, level: Level) -> Level {
        let Level { segment, frame } = level;
        let link = match &self.outer.0 {
            Some(outer) if segment < outer.len() => &outer[segment].link,
            _ => &self.innermost.link,
        };
        if frame < link.waiting() {
            Level {
                segment,
                frame: frame + 1,
            }
        } else {
            Level {
                segment: segment + 1,
                frame: 0,
            }
        }
    }

    /// Puts another driver's frames on top. What is moved is the shorter of the two stacks.
    fn push(&mut self, mut driver: Driver<Y, S>) {
        let mut theirs = driver.outer.take();
        let mut ours = self.outer.take();
        let below = mem::replace(&mut self.innermost, driver.innermost);
        if theirs.len() <= ours.len() {
            ours.push_back(below);
            ours.append(&mut theirs);
            self.outer = Outer(Some(Box::new(ours)));
        } else {
            theirs.push_front(below);
            while let Some(segment) = ours.pop_back() {
                theirs.push_front(segment);
            }
            self.outer = Outer(Some(Box::new(theirs)));
        }
    }

    fn pop_segment(&mut self) {
        if let Some(parent) = self.outer.0.as_mut().and_then(|outer| outer.pop_back()) {
            self.innermost = parent;
        }
    }
}

impl<Y, S> Outer<Y, S> {
    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |segments| segments.len())
    }

    fn take(&mut self) -> VecDeque<Segment<Y, S>> {
        self.0
            .take()
            .map_or_else(VecDeque::new, |segments| *segments)
    }
}

/// Innermost first, as within a segment.
impl<Y, S> Drop for Outer<Y, S> {
    fn drop(&mut self) {
        if let Some(segments) = &mut self.0 {
            while segments.pop_back().is_some() {}
        }
    }
}

/// What went wrong in a frame that was closed. Its `GeneratorExit` is what was asked for.
fn error_of_closed<Y, S>(mut frame: BoxFrame<Y, S>) -> Option<Exception> {
    let error = frame.as_mut().take_error()?;
    (error.kind() != Kind::GeneratorExit).then_some(error)
}

/// Python's `sys.unraisablehook`: an exception that has nowhere to go.
pub(crate) fn report_unraisable(exception: &Exception) {
    tracing::error!(
        target: GENERATOR,
        exception = exception.name(),
        text = %exception.message_or_panic(),
        "exception ignored while a generator was dropped"
    );
}
