//! A body and the stages of its life, and an operation on it.
//!
//! | stage | entered when | left when |
//! |---|---|---|
//! | `Created` | the generator is created | an operation starts it, or it is closed |
//! | `Running` | an operation polls the body | that poll ends |
//! | `AtYield` | the body has yielded | an operation resumes it |
//! | `Inside` | the body waits for a future | the operation, or the next one, polls it again; or it is closed |
//! | `Finished` | the body ends, panics or is dropped | never |
//!
//! The body is in its cell in all stages but `Running` and `Finished`. A panic leaves `Finished`.

use std::{
    cell::{Cell, OnceCell, RefCell},
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use super::airlock::Airlock;
use crate::{
    Exception, Kind,
    coroutine::is_none,
    dropping::drop_in_turn,
    event_loop::{Kernel, LeftOpen, running},
    exception::escaped_stop_iteration,
};

/// What an operation, the handle and the loop share.
pub(super) struct Shared<Y, S> {
    stage: Cell<Stage>,
    /// `None` while it is polled, and once it has finished.
    body: RefCell<Option<Body>>,
    airlock: Rc<Airlock<Y, S>>,
    /// Whether an operation has begun and is not over.
    is_running: Cell<bool>,
    /// Whether `aclose` was called. A body that ignores it is still alive, but nothing more is thrown in.
    is_closing: Cell<bool>,
    /// Whether its handle was dropped, so that a task closes it.
    is_dropped: Cell<bool>,
    /// The loop in which it was begun.
    host: OnceCell<Rc<Kernel>>,
}

type Body = Pin<Box<dyn Future<Output = Result<(), Exception>>>>;

/// How far the body is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Created,
    /// It is being polled.
    Running,
    AtYield,
    /// It waits for a future.
    Inside,
    Finished,
}

/// What an operation does to the body.
pub(super) enum Input<S> {
    Resume(fn() -> S),
    Send(S),
    Throw(Exception),
    Close,
}

/// An operation on a generator, from its first poll to its end.
pub(super) struct Operation<Y: 'static, S: 'static> {
    shared: Rc<Shared<Y, S>>,
    name: &'static str,
    is_close: bool,
    /// Until it has begun.
    input: Option<Input<S>>,
    is_running: bool,
}

impl<Y, S> Unpin for Operation<Y, S> {} // the body is in a box

impl<Y, S> Operation<Y, S> {
    pub(super) fn new(shared: Rc<Shared<Y, S>>, input: Input<S>) -> Self {
        Self {
            shared,
            name: match input {
                Input::Resume(_) | Input::Send(_) => "anext()", // CPython's word for both
                Input::Throw(_) => "athrow()",
                Input::Close => "aclose()",
            },
            is_close: matches!(input, Input::Close),
            input: Some(input),
            is_running: false,
        }
    }
}

impl<Y, S> Future for Operation<Y, S> {
    type Output = Result<Option<Y>, Exception>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(input) = this.input.take() {
            if this.shared.is_running.get() {
                return Poll::Ready(Err(already_running(this.name)));
            }
            if let Some(result) = this.shared.begins(this.name, input) {
                return Poll::Ready(result);
            }
            this.shared.is_running.set(true);
            this.is_running = true;
        }
        let result = ready!(this.shared.poll(cx));
        this.shared.is_running.set(false);
        this.is_running = false;
        Poll::Ready(match result {
            Ok(Some(_)) if this.is_close => Err(Exception::new(
                Kind::RuntimeError,
                "async generator ignored GeneratorExit",
            )),
            Err(exception) if this.is_close && exception.kind() == Kind::GeneratorExit => Ok(None),
            result => result,
        })
    }
}

impl<Y, S> Drop for Operation<Y, S> {
    fn drop(&mut self) {
        if self.is_running {
            self.shared.is_running.set(false);
        }
    }
}

impl<Y: 'static, S: 'static> Shared<Y, S> {
    pub(super) fn new(body: Body, airlock: Rc<Airlock<Y, S>>) -> Rc<Self> {
        Rc::new(Self {
            stage: Cell::new(Stage::Created),
            body: RefCell::new(Some(body)),
            airlock,
            is_running: Cell::new(false),
            is_closing: Cell::new(false),
            is_dropped: Cell::new(false),
            host: OnceCell::new(),
        })
    }

    pub(super) fn is_running(&self) -> bool {
        self.is_running.get()
    }

    pub(super) fn stage_in_words(&self) -> &'static str {
        match self.stage.get() {
            Stage::Created => "created",
            Stage::Running => "running",
            Stage::AtYield | Stage::Inside => "suspended",
            Stage::Finished => "finished",
        }
    }

    /// The handle is dropped: a task of the loop closes the generator if it waits at a `yield_`.
    pub(super) fn is_left(self: &Rc<Self>) {
        match self.host.get() {
            Some(kernel) if self.stage.get() == Stage::AtYield && kernel.open().is_ok() => {
                self.is_dropped.set(true);
                kernel.closes_generator(self.clone());
            }
            _ => self.finishes(),
        }
    }

    /// Hands an input to the body. Returns the result if the body is not to run.
    pub(super) fn begins(
        self: &Rc<Self>,
        name: &str,
        input: Input<S>,
    ) -> Option<Result<Option<Y>, Exception>> {
        let sent = match (self.stage.get(), input) {
            (Stage::Running, _) => return Some(Err(already_running(name))),
            (Stage::Finished, _) => return Some(Ok(None)),
            (Stage::Created, Input::Send(value)) if !is_none(&value) => {
                return Some(Err(Exception::new(
                    Kind::TypeError,
                    "can't send non-None value to a just-started async generator",
                )));
            }
            (Stage::Created, Input::Send(_) | Input::Resume(_)) => {
                if let Ok(kernel) = running() {
                    let this: Rc<dyn LeftOpen> = self.clone();
                    kernel.begins_generator(Rc::downgrade(&this));
                    let is_first = self.host.set(kernel).is_ok();
                    debug_assert!(is_first, "it begins once");
                }
                return None;
            }
            (Stage::Inside, Input::Send(_) | Input::Resume(_)) => return None, // it goes on
            (Stage::Created | Stage::Inside, Input::Throw(exception)) => {
                self.finishes();
                return Some(Err(exception));
            }
            (Stage::Created | Stage::Inside, Input::Close) => {
                self.finishes();
                return Some(Ok(None));
            }
            (Stage::AtYield, Input::Send(value)) => Ok(value),
            (Stage::AtYield, Input::Resume(default)) => Ok(default()),
            (Stage::AtYield, Input::Throw(_) | Input::Close) if self.is_closing.get() => {
                return Some(Ok(None));
            }
            (Stage::AtYield, Input::Throw(exception)) => Err(exception),
            (Stage::AtYield, Input::Close) => {
                self.is_closing.set(true);
                Err(Kind::GeneratorExit.into())
            }
        };
        self.airlock.sent.set(Some(sent));
        if let Some(waker) = self.airlock.inside.take() {
            waker.wake();
        }
        None
    }

    /// Runs the body until it yields, ends or has to wait.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<Option<Y>, Exception>> {
        let Some(mut body) = self.body.take() else {
            return Poll::Ready(Ok(None)); // it was closed while an operation waited
        };
        let finished = Finished(&self.stage);
        self.stage.set(Stage::Running);
        let polled = body.as_mut().poll(cx);
        mem::forget(finished);
        let yielded = self.airlock.yielded.take();
        let (stage, result) = match (polled, yielded) {
            (Poll::Pending, Some(value)) => (Stage::AtYield, Poll::Ready(Ok(Some(value)))),
            (Poll::Pending, None) => (Stage::Inside, Poll::Pending),
            (Poll::Ready(result), _) => {
                self.stage.set(Stage::Finished);
                drop_in_turn(body);
                let what = "async generator";
                let result = result.map_err(|exception| escaped_stop_iteration(exception, what));
                return Poll::Ready(result.map(|()| None));
            }
        };
        self.stage.set(stage);
        let none = self.body.replace(Some(body));
        debug_assert!(none.is_none(), "it was taken out");
        result
    }

    /// Drops the body, and runs nothing of it.
    fn finishes(&self) {
        self.stage.set(Stage::Finished);
        let body = self.body.take();
        drop_in_turn(body);
    }
}

/// A panic of the body finishes the generator.
struct Finished<'a>(&'a Cell<Stage>);

impl Drop for Finished<'_> {
    fn drop(&mut self) {
        self.0.set(Stage::Finished);
    }
}

#[cold]
pub(super) fn already_running(name: &str) -> Exception {
    Exception::new(
        Kind::RuntimeError,
        format!("{name}: asynchronous generator is already running"),
    )
}

impl<Y: 'static, S: 'static> LeftOpen for Shared<Y, S> {
    fn is_open(&self) -> bool {
        matches!(self.stage.get(), Stage::AtYield | Stage::Inside) && !self.is_dropped.get()
    }

    fn closes(self: Rc<Self>) -> Pin<Box<dyn Future<Output = Result<(), Exception>>>> {
        let close = Operation::new(self, Input::Close);
        Box::pin(async move { close.await.map(drop) })
    }
}
