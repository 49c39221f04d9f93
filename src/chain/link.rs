//! What the frames of one chain share, and the future that polls the top one.

use std::{
    cell::{Cell, OnceCell, RefCell},
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use genawaiter::{
    GeneratorState,
    rc::{Co as Airlock, Gen},
};

use super::{
    Driver,
    frame::{BoxFrame, Spent},
};
use crate::{Exception, Kind, Step};

/// What comes in while a frame waits at a yield.
pub(crate) enum Input<S> {
    /// Python's `next`: the `None` of `S`.
    Next(S),
    /// Python's `send`.
    Send(S),
    /// Python's `throw`.
    Throw(Exception),
}

/// What a body asked for when it paused.
#[derive(Clone, Copy, PartialEq)]
enum Request {
    /// Nothing; that pause was not one of ours.
    Nothing,
    /// A value is in the airlock.
    Yield,
    /// What to run in its place is in `frame`, or in the message.
    Delegate,
    /// (Asked for by the driver.) Drop the frame as it is.
    Discard,
}

/// A value on its way in.
#[derive(Default)]
pub(super) enum Sent<S> {
    #[default]
    Nothing,
    /// By `send`.
    Value(S),
    /// By `next`: what stands for Python's `None`.
    None(S),
}

/// What the frames of one chain share.
///
/// Every resume passes through here, so values take the shortest way: out through genawaiter's airlock, in through
/// `sent`. What is rare is in `cold`, which does not even exist before it is needed.
pub(crate) struct Link<Y, S> {
    airlock: Airlock<Y, ()>,
    sent: Cell<Sent<S>>,
    request: Cell<Request>,
    cold: OnceCell<Box<Cold<Y, S>>>,
}

struct Cold<Y, S> {
    /// A frame on its way: to be started, or finished and due to the one that delegated to it, or to the driver.
    frame: Cell<Option<BoxFrame<Y, S>>>,
    message: Cell<Message<Y, S>>,
    /// The frames that wait for the one above them to finish, outermost first.
    waiting: RefCell<Vec<BoxFrame<Y, S>>>,
    /// How many frames are below the one whose end the driver wants to hear of.
    floor: Cell<usize>,
    lets_go: Cell<bool>,
}

/// What else there is to say between a frame that waits and its driver.
#[derive(Default)]
enum Message<Y, S> {
    #[default]
    Nothing,
    /// From the frame: run these, which have been started; the first thing they get is the value.
    Join(Box<(Driver<Y, S>, S)>),
    /// To the frame: this is raised where you wait.
    Raise(Exception),
}

impl<Y, S> Link<Y, S> {
    /// Hands a value out; the future gives what comes in.
    #[inline]
    pub(crate) fn exchange(&self, value: Y) -> Exchange<'_, Y, S> {
        self.expect_no_request();
        // What comes back through the airlock is always `()`, so nobody waits for it.
        drop(self.airlock.yield_(value));
        self.request.set(Request::Yield);
        Exchange(self)
    }

    /// Hands a new frame to the driver, to be run on top of this one.
    #[inline]
    pub(crate) fn delegate(&self, frame: BoxFrame<Y, S>) {
        self.expect_no_request();
        self.cold().frame.set(Some(frame));
        self.request.set(Request::Delegate);
    }

    /// Hands frames that run already to the driver; the first thing they get is the value.
    pub(crate) fn join(&self, driver: Driver<Y, S>, none: S) {
        self.expect_no_request();
        let message = Message::Join(Box::new((driver, none)));
        self.cold().message.set(message);
        self.request.set(Request::Delegate);
    }

    /// What came of a delegation: the finished frame, or what is raised in its place.
    #[inline]
    pub(crate) fn poll_delegation(&self) -> Poll<Result<BoxFrame<Y, S>, Exception>> {
        if self.request.get() != Request::Nothing {
            return Poll::Pending;
        }
        match self.cold().frame.take() {
            Some(frame) => Poll::Ready(Ok(frame)),
            None => Poll::Ready(Err(raised(self))),
        }
    }

    #[inline]
    fn expect_no_request(&self) {
        if self.request.get() != Request::Nothing {
            asked_twice();
        }
    }

    #[inline]
    pub(super) fn send(&self, value: Sent<S>) {
        self.sent.set(value);
    }

    /// Raises where the top frame waits, when that is resumed.
    pub(super) fn raise(&self, exception: Exception) {
        self.cold().message.set(Message::Raise(exception));
    }

    /// Raises `GeneratorExit` in the top frame, when it is resumed: nobody refers to it any more.
    pub(super) fn let_go(&self) {
        self.raise(Kind::GeneratorExit.into());
        self.cold().lets_go.set(true);
    }

    /// Whether a `GeneratorExit` that comes in is that of [`let_go`](Link::let_go).
    pub(crate) fn lets_go(&self) -> bool {
        self.cold().lets_go.take()
    }

    /// Gives the top frame, when it is resumed, what it delegated to.
    pub(super) fn finish_delegation(&self, frame: BoxFrame<Y, S>) {
        self.cold().frame.set(Some(frame));
    }

    pub(super) fn discard_top(&self) {
        self.request.set(Request::Discard);
    }

    /// How many frames wait for the one on top.
    pub(super) fn waiting(&self) -> usize {
        let cold = self.cold.get();
        cold.map_or(0, |cold| cold.waiting.borrow().len())
    }

    pub(super) fn set_floor(&self, frames: usize) {
        self.cold().floor.set(frames);
    }

    #[inline]
    fn cold(&self) -> &Cold<Y, S> {
        self.cold.get_or_init(Default::default)
    }
}

/// The future of [`Link::exchange`].
pub(crate) struct Exchange<'a, Y, S>(&'a Link<Y, S>);

impl<Y, S> Future for Exchange<'_, Y, S> {
    type Output = Input<S>;

    #[inline]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Input<S>> {
        if self.0.request.get() != Request::Nothing {
            return Poll::Pending;
        }
        match self.0.sent.take() {
            Sent::Value(value) => Poll::Ready(Input::Send(value)),
            Sent::None(none) => Poll::Ready(Input::Next(none)),
            Sent::Nothing => Poll::Ready(Input::Throw(raised(self.0))),
        }
    }
}

#[cold]
#[inline(never)]
fn raised<Y, S>(link: &Link<Y, S>) -> Exception {
    match link.cold().message.take() {
        Message::Raise(exception) => exception,
        Message::Nothing | Message::Join(_) => {
            panic!("a yield or a delegation was polled again after it had given what came in")
        }
    }
}

impl<Y, S> Default for Cold<Y, S> {
    fn default() -> Self {
        Self {
            frame: Cell::new(None),
            message: Cell::default(),
            waiting: RefCell::default(),
            floor: Cell::new(0),
            lets_go: Cell::new(false),
        }
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
struct Trampoline<Y, S> {
    top: BoxFrame<Y, S>,
    link: Rc<Link<Y, S>>,
}

/// A chain of frames and the driver's end of its airlock.
pub(super) struct Segment<Y, S> {
    airlock: Gen<Y, (), Trampoline<Y, S>>,
    pub(super) link: Rc<Link<Y, S>>,
}

impl<Y, S> Segment<Y, S> {
    /// A chain of one frame, which is started but has not run.
    pub(super) fn new(mut frame: BoxFrame<Y, S>) -> Self {
        let mut link = None;
        let airlock = Gen::new(|airlock| {
            let shared = link.insert(Rc::new(Link {
                airlock,
                sent: Cell::default(),
                request: Cell::new(Request::Nothing),
                cold: OnceCell::new(),
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

    /// Runs the top frame until a value comes out or the driver has something to do.
    #[inline]
    pub(super) fn resume(&mut self) -> Step<Y, Exit<Y, S>> {
        match self.airlock.resume() {
            GeneratorState::Yielded(value) => Step::Yielded(value),
            GeneratorState::Complete(()) => Step::Returned(self.take_exit()),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_exit(&self) -> Exit<Y, S> {
        let cold = self.link.cold();
        if let Some(frame) = cold.frame.take() {
            return Exit::Finished(frame);
        }
        match cold.message.take() {
            Message::Join(joined) => Exit::Joined(joined),
            Message::Nothing | Message::Raise(_) => Exit::Discarded,
        }
    }
}

impl<Y, S> Trampoline<Y, S> {
    /// Goes on until the top frame yields or there is something that only the driver can do.
    #[cold]
    #[inline(never)]
    fn go_on(&mut self, mut finished: bool, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.link.request.replace(Request::Nothing) {
                Request::Yield if !finished => return Poll::Pending,
                Request::Delegate if !finished => match self.link.cold().frame.take() {
                    Some(sub) => self.push(sub),
                    None => return Poll::Ready(()), // there are frames to join
                },
                Request::Discard => {
                    drop(self.pop());
                    return Poll::Ready(());
                }
                Request::Nothing if finished => {
                    let cold = self.link.cold();
                    let at_floor = cold.waiting.borrow().len() == cold.floor.get();
                    let frame = self.pop();
                    self.link.finish_delegation(frame);
                    if at_floor {
                        return Poll::Ready(());
                    }
                }
                Request::Nothing => awaited_something_else(),
                Request::Yield | Request::Delegate => never_awaited(),
            }
            finished = self.top.as_mut().poll(cx).is_ready();
        }
    }

    fn push(&mut self, mut sub: BoxFrame<Y, S>) {
        sub.as_mut().start(self.link.clone());
        let cold = self.link.cold();
        let parent = mem::replace(&mut self.top, sub);
        cold.waiting.borrow_mut().push(parent);
    }

    /// Takes the top frame off.
    fn pop(&mut self) -> BoxFrame<Y, S> {
        let cold = self.link.cold();
        let parent = cold.waiting.borrow_mut().pop();
        mem::replace(&mut self.top, parent.unwrap_or_else(|| Box::pin(Spent)))
    }
}

impl<Y, S> Future for Trampoline<Y, S> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let finished = self.top.as_mut().poll(cx).is_ready();
        if !finished && self.link.request.get() == Request::Yield {
            self.link.request.set(Request::Nothing);
            return Poll::Pending;
        }
        self.go_on(finished, cx)
    }
}

/// Innermost first, and one by one: a frame that waits does not own the one that it waits for.
impl<Y, S> Drop for Trampoline<Y, S> {
    fn drop(&mut self) {
        self.top = Box::pin(Spent);
        if let Some(cold) = self.link.cold.get() {
            while let Some(frame) = { cold.waiting.borrow_mut().pop() } {
                drop(frame);
            }
        }
    }
}
