//! A task whatever its result is: what the loop knows of it.

use std::{
    cell::{Cell, OnceCell, RefCell},
    fmt, mem,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use super::{
    any_future::FutureRef,
    cancelling::cancel_task,
    few::Few,
    kernel::{Kernel, Run},
    remote::OwnWaker,
    waiting::{Awaited, Reason},
};
use crate::{Exception, exception::catching, targets::EVENT_LOOP};

/// A task whose result is somebody else's business: what [`current_task`](super::current_task) and
/// [`all_tasks`](super::EventLoop::all_tasks) give.
#[derive(Clone)]
pub struct TaskRef(pub(crate) Rc<dyn AnyTask>);

impl TaskRef {
    /// Its name.
    pub fn name(&self) -> String {
        self.0.core().name().as_ref().to_owned()
    }

    pub(crate) fn id(&self) -> u64 {
        self.0.core().id
    }

    /// Gives it another name.
    pub fn set_name(&self, name: impl Into<String>) {
        self.0.core().name.set(Some(name.into().into()));
    }

    /// Whether it has ended.
    pub fn done(&self) -> bool {
        self.0.done()
    }

    /// The future that it is.
    pub fn as_future(&self) -> FutureRef {
        self.0.clone().future()
    }

    pub(super) fn waits_for(&self) -> String {
        let waits_for = self.0.core().waits_for.borrow();
        let reasons: Vec<String> = waits_for
            .as_slice()
            .iter()
            .map(|one| one.reason().to_string())
            .collect();
        match reasons.is_empty() {
            true => Reason::Foreign.to_string(),
            false => reasons.join(" and "),
        }
    }

    /// As [`Task::cancel`](super::Task::cancel).
    pub fn cancel(&self) -> bool {
        self.cancel_with("")
    }

    /// As [`Task::cancel_with`](super::Task::cancel_with).
    pub fn cancel_with(&self, message: &str) -> bool {
        cancel_task(self.0.clone(), message)
    }

    /// As [`Task::cancelling`](super::Task::cancelling).
    pub fn cancelling(&self) -> usize {
        self.0.core().cancel_requests.get()
    }

    /// As [`Task::uncancel`](super::Task::uncancel).
    pub fn uncancel(&self) -> usize {
        let core = self.0.core();
        let left = core.cancel_requests.get().saturating_sub(1);
        core.cancel_requests.set(left);
        if left == 0 {
            core.must_cancel.set(false);
        }
        left
    }
}

impl PartialEq for TaskRef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Rc::as_ptr(&self.0), Rc::as_ptr(&other.0))
    }
}

impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut task = f.debug_struct("Task");
        task.field("name", &self.name());
        match self.done() {
            true => task.field("done", &true),
            false => task.field("waits_for", &format_args!("{}", self.waits_for())),
        };
        task.finish()
    }
}

/// What the loop knows of a task, whatever its result is.
pub(crate) struct Core {
    /// How many tasks the loop had before it.
    pub(super) id: u64,
    /// Where it is in the loop's table.
    pub(super) place: Cell<usize>,
    /// Where somebody has kept the one that the loop lent it.
    pub(super) own_waker: OnceCell<Box<OwnWaker>>,
    /// Thrown into the task in the step that runs.
    pub(super) thrown: Cell<Option<Exception>>,
    /// To be thrown into the task in its next step.
    pub(super) thrown_next: Cell<Option<Exception>>,
    pub(super) waits_for: RefCell<Few<Rc<dyn Awaited>>>,
    /// Whether it is in the ready queue.
    pub(super) scheduled: Cell<bool>,
    pub(super) kernel: Weak<Kernel>,
    /// Nobody has asked for it yet where it is not there: most tasks have no name of their own.
    pub(super) name: Cell<Option<Rc<str>>>,
    /// Whether it has ended, or its loop has.
    pub(super) ended: Cell<bool>,
    /// How many steps it has made, the one that runs included.
    pub(super) steps: Cell<u64>,
    /// Whether a cancellation is still to be thrown in.
    pub(super) must_cancel: Cell<bool>,
    pub(super) cancel_requests: Cell<usize>,
    /// Whether what it waits for is being cancelled because it is.
    pub(super) being_cancelled: Cell<bool>,
}

impl Core {
    #[inline]
    pub(super) fn new(kernel: &Rc<Kernel>, name: Option<String>) -> Self {
        Self {
            id: kernel.next_task_id(),
            place: Cell::default(),
            own_waker: OnceCell::new(),
            thrown: Cell::default(),
            thrown_next: Cell::default(),
            waits_for: RefCell::default(),
            scheduled: Cell::default(),
            kernel: Rc::downgrade(kernel),
            name: Cell::new(name.map(Into::into)),
            ended: Cell::default(),
            steps: Cell::default(),
            must_cancel: Cell::default(),
            cancel_requests: Cell::default(),
            being_cancelled: Cell::default(),
        }
    }

    pub(super) fn name(&self) -> Rc<str> {
        let name = self.name.take();
        let name = name.unwrap_or_else(|| format!("Task-{}", self.id + 1).into());
        self.name.set(Some(name.clone()));
        name
    }

    pub(super) fn waits_for_what_gives_cancelled(&self) -> bool {
        let waits_for = self.waits_for.borrow();
        waits_for
            .as_slice()
            .iter()
            .any(|awaited| awaited.gives_cancelled())
    }

    /// What it waited for has come.
    #[inline]
    pub(super) fn forget_waits(&self) {
        let mut waits_for = self.waits_for.borrow_mut();
        if !waits_for.is_empty() {
            let waited_for = mem::take(&mut *waits_for);
            drop(waits_for); // what is dropped now may look at this task
            drop(waited_for);
        }
    }

    /// Whether somebody outside can wake the task.
    pub(super) fn waker_is_held(&self) -> bool {
        self.own_waker.get().is_some_and(|own| own.is_held())
    }

    pub(super) fn count_cancel(&self) {
        self.cancel_requests.set(self.cancel_requests.get() + 1);
    }
}

/// A task of any result.
pub(crate) trait AnyTask: Run {
    fn core(&self) -> &Core;

    fn done(&self) -> bool;

    /// The future that it is.
    fn future(self: Rc<Self>) -> FutureRef;

    /// Has `Cancelled` thrown into it when what it waits for wakes it, or else in the next turn; if it runs now, where it
    /// waits next.
    fn must_cancel(self: Rc<Self>, message: &str, is_woken: bool);

    /// What was said when it was cancelled last.
    fn cancel_message(&self) -> String;

    /// The `Cancelled` that says so.
    fn cancelled_error(&self) -> Exception;

    /// Polls its body, and drops it where it ends. What it ended with, it keeps for `end`.
    ///
    /// # Errors
    ///
    /// A panic of the body.
    fn poll(&self, cx: &mut Context<'_>) -> Result<Poll<()>, Exception>;

    /// Drops its body where it stands.
    fn drop_body(&self);

    /// It has no body any more. It ends with what that ended with, where that is an exception, or else with this.
    fn end(self: Rc<Self>, kernel: &Kernel, instead: Option<Exception>);

    /// Nobody is to be told any more.
    fn forget_callbacks(&self);
}

/// Its loop is closed: it will never run again.
pub(super) fn forget(task: &dyn AnyTask, loop_number: u64) {
    task.core().ended.set(true);
    task.core().waits_for.take();
    task.forget_callbacks();
    if let Err(panic) = catching(|| task.drop_body()) {
        tracing::error!(
            target: EVENT_LOOP,
            {
                "loop" = loop_number,
                task = task.core().id,
                name = &*task.core().name(),
                exception = panic.name(),
                text = %panic.message(),
            },
            "a task panicked while it was dropped"
        );
    }
}
