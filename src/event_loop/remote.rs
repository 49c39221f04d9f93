//! The loop seen from other threads: wakers, and `call_soon_threadsafe`.

use std::{
    fmt, mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence},
    },
    task::{Wake, Waker},
    thread::{self, Thread},
};

use super::{any_task::Core, kernel::Kernel};
use crate::Exception;

/// What others have asked of the loop since it looked last.
pub(super) enum Call {
    /// Step the task of that number, which has that place in the loop's table.
    Step {
        id: u64,
        place: usize,
    },
    Call(Box<dyn FnOnce() -> Result<(), Exception> + Send>),
}

#[derive(Default)]
pub(super) struct Remote {
    inbox: Mutex<Inbox>,
    /// Whether there is something in the inbox: the loop looks in each turn, and need not lock it for that.
    has_calls: AtomicBool,
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
                self.has_calls.store(true, Ordering::Release);
                inbox.unpark();
            }
        });
        call.is_none()
    }

    pub(super) fn take(&self) -> Vec<Asked> {
        self.with(|inbox| {
            self.has_calls.store(false, Ordering::Relaxed);
            mem::take(&mut inbox.calls)
        })
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        !self.has_calls.load(Ordering::Acquire)
    }

    pub(super) fn runs_here(&self, runs: bool) {
        self.with(|inbox| inbox.thread = runs.then(thread::current));
    }

    pub(super) fn close(&self) {
        let calls = self.with(|inbox| {
            inbox.closed = true;
            mem::take(&mut inbox.calls)
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

/// A waker, and a hold on what it wakes, by which it is seen whether others have one, too.
///
/// Few tasks await what needs a waker, and to make one for each would take time and memory. So the loop lends its own to
/// each task for its step, and makes another one when a task has kept it.
pub(super) struct OwnWaker {
    waker: Waker,
    shared: Arc<TaskWaker>,
}

impl OwnWaker {
    pub(super) fn new(remote: Arc<Remote>) -> Self {
        let shared = Arc::new(TaskWaker {
            remote,
            id: AtomicU64::default(),
            place: AtomicUsize::default(),
        });
        let waker = shared.clone().into();
        Self { waker, shared }
    }

    /// From now on it wakes this task. (Nobody else has it.)
    #[inline]
    pub(super) fn lend_to(&self, task: &Core) {
        self.shared.id.store(task.id, Ordering::Relaxed);
        self.shared.place.store(task.place.get(), Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Whether somebody else can use it.
    #[inline]
    pub(super) fn is_held(&self) -> bool {
        let is_held = Arc::strong_count(&self.shared) > 2;
        fence(Ordering::Acquire); // who used it on another thread, and dropped it, woke the task that it was lent to
        is_held
    }
}

/// What wakes a task, from any thread.
struct TaskWaker {
    remote: Arc<Remote>,
    id: AtomicU64,
    place: AtomicUsize,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.remote.send(Call::Step {
            id: self.id.load(Ordering::Relaxed),
            place: self.place.load(Ordering::Relaxed),
        });
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
