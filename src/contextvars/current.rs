//! Which context is current on this thread.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::context::Context;
use crate::{Exception, Kind};

/// Returns a copy of the current context: Python's `contextvars.copy_context`.
///
/// ```
/// use tminus::contextvars::{ContextVar, copy_context};
///
/// static COLOUR: ContextVar<&str> = ContextVar::new("colour");
///
/// COLOUR.set("red");
/// let before = copy_context();
/// COLOUR.set("blue");
/// assert_eq!(before.get(&COLOUR), Some("red"));
/// ```
pub fn copy_context() -> Context {
    copied().unwrap_or_default()
}

impl Context {
    /// Calls `function` in this context: Python's `Context.run`. What it sets stays in the context.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the context is current already, here or further up in the stack of calls. Run a
    ///   [`copy`](Context::copy) then.
    pub fn run<T>(&self, function: impl FnOnce() -> T) -> Result<T, Exception> {
        let is_current = || current_if_any().is_some_and(|current| current.is(self));
        if self.is_entered() || is_current() {
            return Err(Exception::new(
                Kind::RuntimeError,
                format!("cannot enter context: {self:?} is already entered"),
            ));
        }
        self.set_entered(true);
        Ok(self.runs(function))
    }

    /// Like [`run`](Context::run), if nobody else can have entered the context.
    pub(crate) fn runs<T>(&self, function: impl FnOnce() -> T) -> T {
        let _entered = enters(Frame::Context(self.clone()));
        function()
    }
}

/// A running loop, as variables see it. The loop keeps the contexts of its tasks. Entering a context in each turn would cost
/// something in each turn; instead, a variable that is used asks which task has its turn.
pub(crate) trait Host {
    /// The context of the task that has its turn. `None` if none has; `Some(None)` if it has no context yet.
    fn context(&self) -> Option<Option<Context>>;

    /// Sets the context of the task that has its turn, which has none yet.
    fn adopts(&self, context: Context);
}

/// What decides which context is current. The last one does.
enum Frame {
    /// A context that is entered; at the bottom, the thread's own.
    Context(Context),
    /// A loop runs.
    Loop {
        host: Rc<dyn Host>,
        /// That of the callback that runs, if it was scheduled with an empty context and has set something.
        of_callback: Option<Context>,
    },
}

thread_local! {
    /// Whether a variable was ever set on this thread.
    static EVER_SET: Cell<bool> = const { Cell::new(false) };
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// The frames from this depth on go when this is dropped, also when a panic passes.
pub(crate) struct Entered(usize);

impl Drop for Entered {
    fn drop(&mut self) {
        let left = FRAMES.try_with(|frames| {
            let mut frames = frames.borrow_mut();
            let depth = self.0.min(frames.len());
            frames.split_off(depth)
        });
        for frame in left.iter().flatten() {
            if let Frame::Context(context) = frame {
                context.set_entered(false);
            }
        }
        drop(left); // foreign code, when the frames are free
    }
}

fn enters(frame: Frame) -> Entered {
    let depth = FRAMES.try_with(|frames| {
        let mut frames = frames.borrow_mut();
        frames.push(frame);
        frames.len() - 1
    });
    Entered(depth.unwrap_or(usize::MAX)) // at the thread's very end there are no frames left
}

/// A loop runs on this thread until the guard is dropped. Its tasks do not see the thread's own context.
pub(crate) fn loop_runs(host: Rc<dyn Host>) -> Entered {
    enters(Frame::Loop {
        host,
        of_callback: None,
    })
}

/// Until the guard is dropped, this is as if it were another thread.
pub(crate) fn another_thread() -> Entered {
    enters(Frame::Context(Context::new()))
}

/// A callback of the loop is over. What it has set is forgotten.
#[inline]
pub(crate) fn callback_is_over() {
    if EVER_SET.get() {
        forget_callback();
    }
}

#[cold]
fn forget_callback() {
    let context = FRAMES.try_with(|frames| match frames.borrow_mut().last_mut() {
        Some(Frame::Loop { of_callback, .. }) => of_callback.take(),
        Some(Frame::Context(_)) | None => None,
    });
    drop(context); // foreign code, when the frames are free
}

/// A copy of the current context for a task or a callback. `None` if the context is empty.
#[inline]
pub(crate) fn copied() -> Option<Context> {
    match EVER_SET.get() {
        true => copied_now(),
        false => None,
    }
}

#[cold]
fn copied_now() -> Option<Context> {
    let current = current_if_any().filter(|current| !current.is_empty());
    current.map(|current| current.copy())
}

/// The current context, if it may have values.
pub(super) fn current() -> Option<Context> {
    EVER_SET.get().then(current_if_any).flatten()
}

fn current_if_any() -> Option<Context> {
    let found = FRAMES.try_with(|frames| match frames.borrow().last()? {
        Frame::Context(context) => Some(Err(context.clone())),
        Frame::Loop { host, of_callback } => Some(Ok((host.clone(), of_callback.clone()))),
    });
    match found.ok()?? {
        Ok((host, of_callback)) => host.context().unwrap_or(of_callback),
        Err(context) => Some(context),
    }
}

/// The current context. If whatever runs has none, it gets one.
pub(super) fn current_or_new() -> Context {
    EVER_SET.set(true);
    if let Some(context) = current_if_any() {
        return context;
    }
    let new = Context::new();
    let host = FRAMES.try_with(|frames| {
        let mut frames = frames.borrow_mut();
        match frames.last_mut() {
            Some(Frame::Loop { host, of_callback }) => {
                let host = host.clone();
                if host.context().is_none() {
                    *of_callback = Some(new.clone());
                    return None;
                }
                Some(host)
            }
            Some(Frame::Context(_)) => unreachable!("then it is the current one"),
            None => {
                frames.push(Frame::Context(new.clone()));
                None
            }
        }
    });
    if let Ok(Some(host)) = host {
        host.adopts(new.clone());
    }
    new
}
