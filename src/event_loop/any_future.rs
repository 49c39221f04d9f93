//! A future whatever its result is.

use std::{
    fmt,
    rc::{Rc, Weak},
};

use super::{cancelling::cancel, future::CallbackId, kernel::Kernel, waiting::Awaited};
use crate::Exception;

/// A future whose result is somebody else's business: what [`wait()`](crate::wait) takes where results differ.
#[derive(Clone)]
pub struct FutureRef(pub(crate) Rc<dyn AnyFuture>);

/// A future of any result.
pub(crate) trait AnyFuture: Awaited {
    fn kernel(&self) -> Weak<Kernel>;

    /// Whether it ended with an exception, a cancellation apart. Who asks has seen it.
    fn failed(&self) -> bool;

    /// The exception that it ended with, be it a `Cancelled`. Who asks has seen it.
    fn failure(self: Rc<Self>) -> Option<Exception>;

    /// The `Cancelled` that who asks now gets.
    fn cancelled_error(&self) -> Exception;

    /// Calls `callback` in the turn after it is done.
    fn add_callback(self: Rc<Self>, callback: Box<dyn FnOnce(FutureRef)>) -> CallbackId;

    fn remove_callback(&self, id: CallbackId);
}

impl FutureRef {
    /// Whether it has a result or an exception, or was cancelled.
    pub fn done(&self) -> bool {
        self.0.done()
    }

    /// As [`LoopFuture::cancel`].
    pub fn cancel(&self) -> bool {
        self.cancel_with("")
    }

    /// As [`LoopFuture::cancel_with`].
    pub fn cancel_with(&self, message: &str) -> bool {
        cancel(self.0.clone(), message)
    }

    pub(crate) fn awaited(&self) -> Rc<dyn Awaited> {
        self.0.clone()
    }

    /// The same for two handles of one future, and no others.
    pub(crate) fn address(&self) -> *const () {
        Rc::as_ptr(&self.0).cast()
    }
}

impl PartialEq for FutureRef {
    fn eq(&self, other: &Self) -> bool {
        self.address() == other.address()
    }
}

impl Eq for FutureRef {}

impl fmt::Debug for FutureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FutureRef")
            .field("done", &self.done())
            .finish()
    }
}
