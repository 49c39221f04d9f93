//! The stack of frames: the top one runs, the others wait for it.

use std::{collections::VecDeque, mem, rc::Rc, task::Poll, thread};

use super::{
    Driver, Link,
    frame::{BoxFrame, Spent},
    link::{Handed, Holds, Input},
};
use crate::{
    Step,
    dropping::{drop_each, drop_guarded},
};

/// The frames of a chain.
///
/// The invariant: a waiting frame was last polled when it delegated, and is next polled after the frame above has ended or
/// was closed. So only the top frame can use the airlock.
pub(super) struct Stack<'a, Y, S> {
    top: BoxFrame<'a, Y, S>,
    /// The top frame's link.
    link: Rc<Link<Y, S>>,
    /// Outermost first. A queue with two ends, because [`join`](Stack::join) adds at either.
    #[expect(
        clippy::box_collection,
        reason = "most chains are a single frame: so they pay 8 bytes for this, and not 32"
    )]
    waiting: Option<Box<VecDeque<Waiting<'a, Y, S>>>>,
}

/// A frame that waits for the one above it.
struct Waiting<'a, Y, S> {
    frame: BoxFrame<'a, Y, S>,
    /// The frame's link, unless the frame above shares that link. A generator that ran on its own before the delegation has
    /// a separate link, which its `Co`s continue to use.
    link: Option<Rc<Link<Y, S>>>,
}

/// The receiver of a finished frame.
enum Passed {
    ToDelegator,
    ToDriver,
}

impl<'a, Y, S> Stack<'a, Y, S> {
    /// Creates a stack of one frame, which is started but has not run.
    pub(super) fn new(mut top: BoxFrame<'a, Y, S>) -> Self {
        let link = Link::new();
        top.as_mut().start(link.clone());
        Self {
            top,
            link,
            waiting: None,
        }
    }

    /// Returns how many frames wait for the top one.
    pub(super) fn depth(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.len())
    }

    /// Puts in what the top frame receives when it runs.
    #[inline]
    pub(super) fn put(&self, input: Input<S>) {
        self.link.put(input);
    }
}

impl<'a, Y: 'a, S: 'a> Stack<'a, Y, S> {
    /// Runs the top frame, and the frames that it delegates to or returns to, until a value comes out or the frame at depth
    /// `floor` has finished. That frame is left on top.
    ///
    /// Each resume takes this path. It uses the top frame and nothing below, so a resume costs the same at any depth. A
    /// `floor` above 0 is for closing, during which the driver acts between one frame and the next.
    #[inline(always)]
    pub(super) fn run(&mut self, floor: usize) -> Step<Y, ()> {
        match self.top.as_mut().poll() {
            Poll::Ready(()) => self.go_on(Poll::Ready(()), floor),
            Poll::Pending => match self.link.take_yielded() {
                Some(value) => Step::Yielded(value),
                None => self.go_on(Poll::Pending, floor),
            },
        }
    }

    /// Continues after the top frame has finished, or has paused without a value.
    ///
    /// A loop and not recursion, because a million frames can start or finish before a value comes out.
    #[cold]
    #[inline(never)]
    fn go_on(&mut self, mut polled: Poll<()>, floor: usize) -> Step<Y, ()> {
        loop {
            if polled.is_pending() {
                self.delegate();
            } else if let Passed::ToDriver = self.pass_result(floor) {
                return Step::Returned(());
            }
            polled = self.top.as_mut().poll();
            if polled.is_pending()
                && let Some(value) = self.link.take_yielded()
            {
                return Step::Yielded(value);
            }
        }
    }

    /// Takes the top frame off, which has finished, and ends the delegation to it. A frame at the floor stays for the
    /// driver.
    fn pass_result(&mut self, floor: usize) -> Passed {
        if self.link.holds() != Holds::Nothing {
            self.clear_after_the_end();
        }
        if self.depth() == floor {
            return Passed::ToDriver;
        }
        // In this order, because `pop` restores the delegator's link, if that is another one.
        let frame = self.pop();
        frame.end_delegation(&self.link);
        Passed::ToDelegator
    }

    /// Puts the frames to which the top frame delegates on top of it.
    fn delegate(&mut self) {
        match self.link.holds() {
            Holds::Delegate => self.push(self.link.take_delegate()),
            Holds::Join => {
                let (driver, none) = self.link.take_join();
                self.join(driver, none);
            }
            Holds::Handed => match self.top.as_mut().take_handed() {
                Some(handed) => {
                    self.link.take_announced();
                    match handed {
                        Handed::Created(frame) => self.push(frame),
                        Handed::Live(driver, none) => self.join(driver, none),
                    }
                }
                None => awaited_something_else(),
            },
            Holds::Sent
            | Holds::Next
            | Holds::Raise
            | Holds::LetGo
            | Holds::Ended
            | Holds::Yielded
            | Holds::Nothing => awaited_something_else(),
        }
    }

    /// Puts a new frame on top, which shares the link of the one that delegates to it.
    fn push(&mut self, mut sub: BoxFrame<'a, Y, S>) {
        // Started first, because this calls the body's closure: if that panics, the stack is unchanged.
        sub.as_mut().start(self.link.clone());
        let frame = mem::replace(&mut self.top, sub);
        let waiting = self.waiting.get_or_insert_default();
        waiting.push_back(Waiting { frame, link: None });
    }

    /// Puts another stack on top. The shorter of the two is moved, so a chain that is built from the inside, in which each
    /// generator starts before the next one delegates to it, takes linear time.
    ///
    /// PEP 380 begins with `next(sub)`, also if the sub-generator has run before, so `none` is put in.
    fn join(&mut self, driver: Driver<'a, Y, S>, none: S) {
        let mut other = driver.into_stack();
        let mut theirs = other.waiting.take();
        let delegates = Waiting {
            frame: mem::replace(&mut self.top, mem::replace(&mut other.top, Box::pin(Spent))),
            link: Some(mem::replace(&mut self.link, other.link.clone())),
        };
        let ours = self.waiting.get_or_insert_default();
        match &mut theirs {
            Some(theirs) if theirs.len() > ours.len() => {
                theirs.push_front(delegates);
                while let Some(below) = ours.pop_back() {
                    theirs.push_front(below);
                }
                mem::swap(theirs, ours);
            }
            Some(theirs) => {
                ours.push_back(delegates);
                ours.append(theirs);
            }
            None => ours.push_back(delegates),
        }
        self.put(Input::Next(none));
    }
}

impl<'a, Y, S> Stack<'a, Y, S> {
    /// Takes the top frame off, so that its delegator is on top.
    pub(super) fn pop(&mut self) -> BoxFrame<'a, Y, S> {
        let below = self.waiting.as_mut().and_then(|waiting| waiting.pop_back());
        let Some(Waiting { frame, link }) = below else {
            return mem::replace(&mut self.top, Box::pin(Spent));
        };
        if let Some(link) = link {
            self.link = link;
        }
        mem::replace(&mut self.top, frame)
    }
}

/// Drops the frames one by one, innermost first. (The other way around, a body's variables would be dropped before those
/// of a body that still uses them.)
impl<Y, S> Drop for Stack<'_, Y, S> {
    #[inline]
    fn drop(&mut self) {
        // Otherwise there is only one frame, and the compiler drops it.
        if self.waiting.is_some() || thread::panicking() {
            self.drop_each();
        }
    }
}

impl<Y, S> Stack<'_, Y, S> {
    /// Drops each part on its own: unfinished bodies own values of the program, and a second panic while the first one
    /// unwinds would abort the process.
    #[cold]
    #[inline(never)]
    fn drop_each(&mut self) {
        // The content of the airlock belongs to the top frame, and is dropped after it. `pop` can replace the link.
        let link = self.link.clone();
        let frames = self.depth() + 1;
        drop_each((0..frames).map(|_| self.pop()));
        drop_guarded(|| link.clear());
    }

    /// Clears the airlock after the top frame has finished and left something in it.
    #[cold]
    #[inline(never)]
    fn clear_after_the_end(&self) {
        match self.link.holds() {
            // The body did not take what came in, which is the body's choice.
            Holds::Sent
            | Holds::Next
            | Holds::Raise
            | Holds::LetGo
            | Holds::Ended
            | Holds::Nothing => self.link.clear(),
            Holds::Yielded | Holds::Delegate | Holds::Join | Holds::Handed => panic!(
                "a generator body finished with a yield or a delegation that it never awaited, whose value would be \
                 lost: write `co.yield_(value).await?`"
            ),
        }
    }
}

#[cold]
#[inline(never)]
pub(crate) fn awaited_something_else() -> ! {
    panic!(
        "a generator body awaited a future that is not its own: it can wait only for `co.yield_(value)` and \
         `co.yield_from(sub)`; to wait for a timer, a channel or a task, run the code as a task of an event loop"
    )
}
