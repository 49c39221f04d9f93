//! What the frames of one chain share, and the future that polls the top one.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use genawaiter::rc::{Co as Airlock, Gen};

use super::{
    Driver,
    frame::{BoxFrame, Spent},
};
use crate::Exception;

/// What a driver passes in through the airlock.
pub(crate) enum Input<S> {
    /// Python's `next`: the `None` of `S`.
    Next(S),
    /// Python's `send`.
    Send(S),
    /// Python's `throw`.
    Throw(Exception),
    /// Nothing for a yield: the frame has just been started, or finds what it waits for in its link.
    Wake,
}

/// What a body asked for when it paused.
#[derive(Clone, Copy, PartialEq)]
enum Request {
    /// Nothing; that pause was not one of ours.
    Nothing,
    /// A value is in the airlock.
    Yield,
    /// A sub-generator is in `answer`.
    Delegate,
    /// (Asked for by the driver.) Drop the frame as it is.
    Discard,
}

/// What a frame that delegates and its driver say to each other.
pub(crate) enum Answer<Y, S> {
    Nothing,
    /// From the frame: start this one and run it.
    Start(BoxFrame<Y, S>),
    /// From the frame: run these, which have been started; the first thing they get is the value.
    Join(Box<(Driver<Y, S>, S)>),
    /// To the frame: what you delegated to has finished.
    Done(BoxFrame<Y, S>),
    /// To the frame: this is raised where you wait.
    Raise(Exception),
}

/// What the frames of one chain share: the body's end of the airlock, and the frames that wait for the ones above.
pub(crate) struct Link<Y, S> {
    airlock: Airlock<Y, Input<S>>,
    /// Said beside the airlock, so that no more than `Y` has to pass through it.
    answer: Cell<Answer<Y, S>>,
    /// Outermost first. `None` until somebody delegates.
    #[expect(clippy::box_collection, reason = "a generator that never delegates pays 8 bytes for it, not 24")]
    waiting: Cell<Option<Box<Vec<BoxFrame<Y, S>>>>>,
    request: Cell<Request>,
    /// How many frames are below the one whose end the driver wants to hear of.
    floor: Cell<u32>,
}

impl<Y, S> Link<Y, S> {
    /// Hands a value out; the future gives what comes back in.
    #[inline]
    pub(crate) fn exchange(&self, value: Y) -> impl Future<Output = Input<S>> + Unpin + use<'_, Y, S> {
        self.ask(Request::Yield);
        self.airlock.yield_(value)
    }

    /// Hands a sub-generator to the driver. What comes of it is to be fetched by [`answer`](Link::answer).
    pub(crate) fn delegate(&self, answer: Answer<Y, S>) {
        self.ask(Request::Delegate);
        self.answer.set(answer);
    }

    #[inline]
    fn ask(&self, request: Request) {
        if self.request.replace(request) != Request::Nothing {
            asked_twice();
        }
    }

    /// What the driver has said since; nothing while the frame has to wait.
    pub(crate) fn answer(&self) -> Answer<Y, S> {
        match self.answer.take() {
            asked @ (Answer::Start(_) | Answer::Join(_)) => {
                self.answer.set(asked);
                Answer::Nothing
            }
            answer @ (Answer::Nothing | Answer::Done(_) | Answer::Raise(_)) => answer,
        }
    }

    pub(super) fn tell(&self, answer: Answer<Y, S>) {
        self.answer.set(answer);
    }

    pub(super) fn discard_top(&self) {
        self.request.set(Request::Discard);
    }

    /// How many frames wait for the one on top.
    pub(super) fn waiting(&self) -> usize {
        let waiting = self.waiting.take();
        let count = waiting.as_ref().map_or(0, |frames| frames.len());
        self.waiting.set(waiting);
        count
    }

    pub(super) fn set_floor(&self, frames: usize) {
        self.floor
            .set(u32::try_from(frames).expect("fewer than 2^32 frames fit into memory"));
    }
}

impl<Y, S> Default for Answer<Y, S> {
    fn default() -> Self {
        Answer::Nothing
    }
}

#[cold]
#[inline(never)]
fn asked_twice() -> ! {
    panic!(
        "a generator body yielded or delegated again before the last time was awaited: \
         write `co.yield_(value).await?`, and do not drop, join or select between the two"
    )
}

#[cold]
#[inline(never)]
fn awaited_something_else() -> ! {
    panic!(
        "a generator body awaited a future that is not its own: it can wait only for `co.yield_(value)` and \
         `co.yield_from(sub)`; to wait for a timer, a channel or a task, run the code as a task of an event loop"
    )
}

#[cold]
#[inline(never)]
fn never_awaited() -> ! {
    panic!(
        "a generator body finished with a yield or a delegation that it never awaited, whose value would be lost: \
         write `co.yield_(value).await?`"
    )
}

/// Why a chain stopped without a value in its airlock.
pub(super) enum Exit<Y, S> {
    /// The frame at the floor has finished; it is off the chain.
    Finished(BoxFrame<Y, S>),
    /// The top frame delegates to frames with an airlock of their own.
    Joined(Box<(Driver<Y, S>, S)>),
    /// The top frame was dropped as it was.
    Discarded,
}

/// The future in the airlock: polls the frame on top, and changes which one that is.
pub(super) struct Trampoline<Y, S> {
    top: BoxFrame<Y, S>,
    link: Rc<Link<Y, S>>,
}

/// A chain of frames and the driver's end of its airlock.
pub(super) struct Segment<Y, S> {
    pub(super) airlock: Gen<Y, Input<S>, Trampoline<Y, S>>,
    pub(super) link: Rc<Link<Y, S>>,
}

impl<Y, S> Segment<Y, S> {
    /// A chain of one frame, which is started but has not run.
    pub(super) fn new(mut frame: BoxFrame<Y, S>) -> Self {
        let mut link = None;
        let airlock = Gen::new(|airlock| {
            let shared = link.insert(Rc::new(Link {
                airlock,
                answer: Cell::new(Answer::Nothing),
                waiting: Cell::new(None),
                request: Cell::new(Request::Nothing),
                floor: Cell::new(0),
            }));
            frame.as_mut().start(shared.clone());
            Trampoline {
                top: frame,
                link: shared.clone(),
            }
        });
        let link = link.expect("genawaiter calls the producer at once");
        Self { airlock, link }
    }
}

impl<Y, S> Trampoline<Y, S> {
    #[cold]
    fn push(&mut self, mut sub: BoxFrame<Y, S>) {
        sub.as_mut().start(self.link.clone());
        let parent = std::mem::replace(&mut self.top, sub);
        let mut waiting = self.link.waiting.take().unwrap_or_default();
        waiting.push(parent);
        self.link.waiting.set(Some(waiting));
    }

    /// Takes the top frame off. Says whether it was the one at the floor.
    fn pop(&mut self) -> (BoxFrame<Y, S>, bool) {
        let mut waiting = self.link.waiting.take();
        let below = waiting.as_ref().map_or(0, |frames| frames.len());
        let parent = waiting
            .as_mut()
            .and_then(|frames| frames.pop())
            .unwrap_or_else(|| Box::pin(Spent));
        self.link.waiting.set(waiting);
        let at_floor = below == self.link.floor.get() as usize;
        (std::mem::replace(&mut self.top, parent), at_floor)
    }
}

impl<Y, S> Future for Trampoline<Y, S> {
    type Output = Exit<Y, S>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Exit<Y, S>> {
        let this = &mut *self;
        loop {
            let finished = this.top.as_mut().poll(cx).is_ready();
            let request = this.link.request.replace(Request::Nothing);
            if finished {
                if request != Request::Nothing {
                    never_awaited();
                }
                let (frame, at_floor) = this.pop();
                if at_floor {
                    return Poll::Ready(Exit::Finished(frame));
                }
                this.link.tell(Answer::Done(frame));
                continue;
            }
            match request {
                Request::Yield => return Poll::Pending,
                Request::Delegate => match this.link.answer.take() {
                    Answer::Start(sub) => this.push(sub),
                    Answer::Join(joined) => return Poll::Ready(Exit::Joined(joined)),
                    Answer::Nothing | Answer::Done(_) | Answer::Raise(_) => {
                        unreachable!("`delegate` puts what it asks for into `answer`")
                    }
                },
                Request::Discard => {
                    drop(this.pop());
                    return Poll::Ready(Exit::Discarded);
                }
                Request::Nothing => awaited_something_else(),
            }
        }
    }
}

/// Innermost first, and one by one: a frame that waits does not own the one that it waits for.
impl<Y, S> Drop for Trampoline<Y, S> {
    fn drop(&mut self) {
        self.top = Box::pin(Spent);
        if let Some(mut waiting) = self.link.waiting.take() {
            while waiting.pop().is_some() {}
        }
    }
}
