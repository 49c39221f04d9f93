//! A task whatever its result is: what the loop knows of it, and how a cancellation finds its way.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
    sync::Arc,
    task::Waker,
};

use super::{
    kernel::Kernel,
    remote::TaskWaker,
    waiting::{Awaited, Reason},
};
use crate::Exception;

/// A task whose result is somebody else's business: what [`current_task`](super::current_task) and
/// [`all_tasks`](super::EventLoop::all_tasks) give.
#[derive(Clone)]
pub struct TaskRef(pub(super) Rc<dyn AnyTask>);

impl TaskRef {
    /// Its name.
    pub fn name(&self) -> String {
        self.0.core().name.borrow().clone()
    }

    /// Gives it another name.
    pub fn set_name(&self, name: impl Into<String>) {
        self.0.core().name.replace(name.into());
    }

    /// Whether it has ended.
    pub fn done(&self) -> bool {
        self.0.done()
    }

    pub(super) fn waits_for(&self) -> String {
        let waits_for = self.0.core().waits_for.borrow();
        let reasons: Vec<String> = waits_for
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
        if self.0.done() {
            return false;
        }
        self.0.core().count_cancel();
        cancel_what_waits(self.0.clone(), message);
        true
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
            core.must_cancel.take();
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
pub(super) struct Core {
    pub(super) id: u64,
    pub(super) waker: Waker,
    /// The same, so that it can be seen whether others hold it, too.
    pub(super) waker_count: Arc<TaskWaker>,
    /// Thrown into the task in the step that runs.
    pub(super) thrown: Cell<Option<Exception>>,
    /// To be thrown into the task in its next step.
    pub(super) thrown_next: Cell<Option<Exception>>,
    pub(super) waits_for: RefCell<Vec<Rc<dyn Awaited>>>,
    /// Whether it is in the ready queue.
    pub(super) scheduled: Cell<bool>,
    pub(super) kernel: Weak<Kernel>,
    pub(super) name: RefCell<String>,
    pub(super) started: Cell<bool>,
    /// A cancellation that is still to be thrown in, with its message.
    pub(super) must_cancel: RefCell<Option<String>>,
    pub(super) cancel_requests: Cell<usize>,
    /// Whether what it waits for is being cancelled because it is.
    pub(super) being_cancelled: Cell<bool>,
}

impl Core {
    /// Whether somebody outside can wake the task.
    pub(super) fn waker_is_held(&self) -> bool {
        Arc::strong_count(&self.waker_count) > 2
    }

    fn count_cancel(&self) {
        self.cancel_requests.set(self.cancel_requests.get() + 1);
    }
}

/// A task of any result.
pub(super) trait AnyTask {
    fn core(&self) -> &Core;

    /// Runs it to its next wait or its end.
    fn step(self: Rc<Self>, kernel: &Kernel);

    fn done(&self) -> bool;

    /// Drops its body: it will never run again.
    fn forget(&self);
}

impl dyn AnyTask {
    /// Has `Cancelled` thrown into it in the next turn, or, if it runs now, where it waits next.
    fn must_cancel(self: Rc<Self>, message: &str) {
        let core = self.core();
        core.must_cancel.replace(Some(message.into()));
        if let Some(kernel) = core.kernel.upgrade()
            && !kernel.is_current(core.id)
        {
            kernel.schedule_step(self); // if it waits, then not for anything of the loop's
        }
    }
}

/// Cancels what a task waits for, and what that waits for if it is a task, and so on to the end of the chain: there,
/// `Cancelled` is raised. Chains may be long, so this does not recurse.
pub(super) fn cancel_what_waits(task: Rc<dyn AnyTask>, message: &str) {
    let mut chain = vec![Cancelling::of(task)];
    while let Some(last) = chain.last_mut() {
        match last.left.next() {
            Some(awaited) => match awaited.clone().as_task() {
                // Of a task that waits, at some removes, for itself, the last in the circle is the end.
                Some(task) if task.done() || task.core().being_cancelled.get() => {}
                Some(task) => {
                    last.told = true;
                    task.core().count_cancel();
                    chain.push(Cancelling::of(task));
                }
                None => last.told |= awaited.cancel_awaited(message),
            },
            None => {
                let Cancelling { task, told, .. } = chain.pop().expect("it has a last");
                task.core().being_cancelled.set(false);
                if !told {
                    task.must_cancel(message);
                }
            }
        }
    }
}

/// A task that is being cancelled.
struct Cancelling {
    task: Rc<dyn AnyTask>,
    /// What it waits for and what is still to be cancelled.
    left: std::vec::IntoIter<Rc<dyn Awaited>>,
    /// Whether something that it waits for was cancelled.
    told: bool,
}

impl Cancelling {
    fn of(task: Rc<dyn AnyTask>) -> Self {
        task.core().being_cancelled.set(true);
        let left = task.core().waits_for.borrow().clone().into_iter();
        let told = false;
        Self { task, left, told }
    }
}
