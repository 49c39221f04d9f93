//! The loop seen from other threads: wakers, and `call_soon_threadsafe`.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    task::Wake,
    thread::{self, Thread},
};

use super::kernel::Kernel;
use crate::Exception;

/// What others have asked of the loop since it looked last.
pub(super) enum Call {
    /// Step the task of that number.
    Step(u64),
    Call(Box<dyn FnOnce() -> Result<(), Exception> + Send>),
}

#[derive(Default)]
pub(super) struct Remote {
    inbox: Mutex<Inbox>,
}

/// What was asked, and which of the loop's tasks was behind it, if one was.
type Asked = (Call, Option<u64>);

#[derive(Default)]
struct Inbox {
    calls: Vec<Asked>,
    /// The thread that the loop runs on, while it runs.
    thread: Option<Thread>,
    closed: bool,
}

impl Remote {
    fn with<T>(&self, look: impl FnOnce(&mut Inbox) -> T) -> T {
        // Nothing that runs under the lock can leave the inbox half-changed.
        look(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// False where the loop is closed.
    fn send(&self, call: Call) -> bool {
        let mut call = Some((call, Kernel::cause_here(self))); // if it is refused, it is dropped when the lock is free: that may call the loop again
        self.with(|inbox| {
            if !inbox.closed {
                inbox.calls.extend(call.take());
                inbox.unpark();
            }
        });
        call.is_none()
    }

    pub(super) fn take(&self) -> Vec<Asked> {
        self.with(|inbox| std::mem::take(&mut inbox.calls))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.with(|inbox| inbox.calls.is_empty())
    }

    pub(super) fn runs_here(&self, runs: bool) {
        self.with(|inbox| inbox.thread = runs.then(thread::current));
    }

    pub(super) fn close(&self) {
        let calls = self.with(|inbox| {
            inbox.closed = true;
            std::mem::take(&mut inbox.calls)
        });
        drop(calls); // when the lock is free
    }
}

impl Inbox {
    fn unpark(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

/// The waker of a task. May be used from any thread.
pub(super) struct TaskWaker {
    pub(super) remote: Arc<Remote>,
    pub(super) task: u64,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.remote.send(Call::Step(self.task));
    }
}

/// The loop as other threads see it. Cheap to clone.
///
/// As long as there is one, the loop cannot know that nothing will come any more, and does not report a deadlock.
#[derive(Clone)]
pub struct RemoteLoop {
    pub(super) remote: Arc<Remote>,
    /// Until it is dropped.
    pub(super) counted: Option<Arc<()>>,
}

/// The last one that goes leaves a loop that may have nothing to wait for any more: it wakes up and sees.
impl Drop for RemoteLoop {
    fn drop(&mut self) {
        drop(self.counted.take());
        self.remote.with(|inbox| inbox.unpark());
    }
}

impl RemoteLoop {
    /// Calls `callback` on the loop's thread, in its next turn; wakes it if it sleeps. Python's
    /// `loop.call_soon_threadsafe`.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where the loop is closed.
    pub fn call_soon_threadsafe(
        &self,
        callback: impl FnOnce() -> Result<(), Exception> + Send + 'static,
    ) -> Result<(), Exception> {
        match self.remote.send(Call::Call(Box::new(callback))) {
            true => Ok(()),
            false => Err(super::closed()),
        }
    }
}

impl fmt::Debug for RemoteLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteLoop")
    }
}
