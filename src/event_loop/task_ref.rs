//! Handles to tasks that do not name the type of the result.

use std::{
    fmt,
    hash::{Hash, Hasher},
    rc::Rc,
    task::{Context, Waker},
};

use super::{
    body::BoxBody,
    current,
    kernel::{Kernel, closed},
    keys::{CallbackId, Id, Key, TaskNumber, WaitId},
    outcome::Outcome,
    tasks::Tasks,
    trace,
    waits::{cancelling::cancel_task, deadlock},
};
use crate::{Exception, Kind, contextvars};

/// A type-erased handle to a task, without access to its result. [`current_task`](super::current_task) and
/// [`all_tasks`](super::EventLoop::all_tasks) return it.
///
/// ```
/// use tminus::{Exception, event_loop::current_task, run};
///
/// let name = run(async { Ok(current_task()?.name()) })?;
/// assert_eq!(name, "Task-1");
/// # Ok::<(), Exception>(())
/// ```
pub struct TaskRef {
    kernel: Rc<Kernel>,
    key: Key,
}

impl TaskRef {
    /// A handle that the table has counted already.
    #[inline]
    pub(super) fn adopt(kernel: &Rc<Kernel>, key: Key) -> Self {
        let kernel = kernel.clone();
        Self { kernel, key }
    }

    /// A further handle. The task's row has to be there.
    pub(super) fn of(kernel: &Rc<Kernel>, key: Key) -> Self {
        kernel.quietly(|tasks| tasks.shared(key));
        Self::adopt(kernel, key)
    }

    #[inline]
    pub(super) fn key(&self) -> Key {
        self.key
    }

    #[inline]
    pub(super) fn kernel(&self) -> &Rc<Kernel> {
        &self.kernel
    }

    /// Returns the task's name.
    pub fn name(&self) -> String {
        let name = self.kernel.with(|tasks| tasks.name(self.key));
        name.as_ref().to_owned()
    }

    /// Returns what identifies the task, in this process.
    pub fn id(&self) -> Id {
        Id {
            of_loop: self.kernel.id,
            number: self.number(),
        }
    }

    pub(crate) fn number(&self) -> TaskNumber {
        let number = self.kernel.with(|tasks| tasks.number(self.key));
        number.expect("a handle keeps the row of its task")
    }

    /// Sets the task's name.
    pub fn set_name(&self, name: impl Into<String>) {
        let name: Rc<str> = name.into().into();
        self.kernel.with(|tasks| tasks.set_name(self.key, name));
    }

    /// Returns `true` if the task has ended.
    #[inline]
    pub fn done(&self) -> bool {
        self.kernel.quietly(|tasks| tasks.ended(self.key))
    }

    /// Returns `true` if the task ended by a cancellation.
    pub fn cancelled(&self) -> bool {
        self.kernel.with(|tasks| tasks.ended_cancelled(self.key))
    }

    /// Requests a cancellation. See [`Task::cancel`](super::Task::cancel).
    pub fn cancel(&self) -> bool {
        self.cancel_with("")
    }

    /// Requests a cancellation, with a message. See [`Task::cancel_with`](super::Task::cancel_with).
    pub fn cancel_with(&self, message: &str) -> bool {
        if !self.done() && self.kernel.open().is_err() {
            self.kernel
                .reports("Exception in cancel", &closed(), Some(self.key));
            return false;
        }
        cancel_task(&self.kernel, self.key, message)
    }

    /// Like [`cancel`](TaskRef::cancel), and says nothing if the loop is closed: then there is nothing left to be stopped.
    pub(crate) fn cancel_if_open(&self) {
        if self.kernel.open().is_ok() {
            self.cancel();
        }
    }

    /// Returns how many cancellation requests were made and not withdrawn. See
    /// [`Task::cancelling`](super::Task::cancelling).
    pub fn cancelling(&self) -> usize {
        self.kernel.with(|tasks| tasks.cancel_requests(self.key))
    }

    /// Withdraws one cancellation request, and returns how many remain. See [`Task::uncancel`](super::Task::uncancel).
    pub fn uncancel(&self) -> usize {
        self.kernel.with(|tasks| tasks.uncancels(self.key))
    }

    pub(super) fn waits_for(&self) -> String {
        deadlock::waits_for(&self.kernel, self.key)
    }

    /// The `Cancelled` that whoever asks now gets.
    pub(super) fn cancelled_error(&self) -> Exception {
        self.kernel.with(|tasks| tasks.cancelled_error(self.key))
    }

    /// Takes the outcome of a task out of the table, so that it can be inspected: cloning the outcome is foreign code. `None`
    /// is in it if the task has not ended.
    #[inline]
    pub(super) fn borrow(&self) -> Lent<'_> {
        let body = self.kernel.quietly(|tasks| tasks.lends(self.key));
        Lent { of: self, body }
    }

    /// Calls `callback` with the task in the round after its end. If the task has ended already, the callback is called in the
    /// next round.
    pub fn add_done_callback<O: Outcome<Value = ()>>(
        &self,
        callback: impl FnOnce(&TaskRef) -> O + 'static,
    ) -> CallbackId {
        self.add_callback(|task| callback(&task).into_result())
    }

    pub(super) fn add_callback(
        &self,
        callback: impl FnOnce(TaskRef) -> Result<(), Exception> + 'static,
    ) -> CallbackId {
        let kernel = self.kernel.clone();
        let call = Box::new(move |key| callback(Self { kernel, key }));
        if self.done()
            && let Err(closed) = self.kernel.open()
        {
            self.kernel
                .reports("Exception in add_done_callback", &closed, Some(self.key));
        }
        self.kernel
            .with(|tasks| tasks.calls_when_done(self.key, call))
    }

    /// Removes a done callback. Returns `false` if it was called, or is about to be.
    pub fn remove_done_callback(&self, id: CallbackId) -> bool {
        let removed = self
            .kernel
            .with(|tasks| tasks.forgets_callback(self.key, id));
        removed.is_some() // and is dropped now, when the table is free
    }

    /// The running task awaits this one: returns the outcome if it has ended, and otherwise waits.
    #[inline(always)]
    pub(super) fn poll_end(
        &self,
        wait: &mut Option<WaitId>,
        cx: &Context<'_>,
    ) -> Result<Option<Lent<'_>>, Exception> {
        let polled = self.poll_end_with(wait, cx, Tasks::lends)?;
        Ok(polled.map(|body| Lent { of: self, body }))
    }

    /// Like [`poll_end`](TaskRef::poll_end), with what is done if the task has ended. The table is borrowed while that is done.
    #[inline(always)]
    pub(super) fn poll_end_with<T>(
        &self,
        wait: &mut Option<WaitId>,
        cx: &Context<'_>,
        ended: impl FnOnce(&mut Tasks, Key) -> T,
    ) -> Result<Option<T>, Exception> {
        let has_ended = match current::is_own(cx.waker()) && current::is_running(&self.kernel) {
            true => {
                return Ok(self.kernel.with(|tasks| {
                    let has_ended = tasks.awaits(self.key, wait);
                    has_ended.then(|| ended(tasks, self.key))
                }));
            }
            false => self.poll_end_inside(wait, cx.waker())?,
        };
        Ok(has_ended.then(|| self.kernel.quietly(|tasks| ended(tasks, self.key))))
    }

    #[cold]
    #[inline(never)]
    fn poll_end_inside(&self, wait: &mut Option<WaitId>, waker: &Waker) -> Result<bool, Exception> {
        of_this_loop(&self.kernel, self.done(), || {
            format!("task {:?}", self.name())
        })?;
        let is_known =
            wait.is_some_and(|id| self.kernel.with(|tasks| tasks.knows_waker(id, waker)));
        let mut waker = (!is_known).then(|| waker.clone());
        Ok(self
            .kernel
            .with(|tasks| tasks.awaits_inside(self.key, wait, &mut waker)))
    }
}

/// A future of a loop can be awaited in that loop, and (as what has ended does not wait) anywhere once it is done.
#[cold]
#[inline(never)]
pub(super) fn of_this_loop(
    kernel: &Rc<Kernel>,
    done: bool,
    what: impl FnOnce() -> String,
) -> Result<(), Exception> {
    match current::running() {
        Some(running) if !done && !Rc::ptr_eq(&running, kernel) => {
            let by = running.with(|tasks| tasks.current().map(|key| tasks.name(key)));
            let by = by.unwrap_or_else(|| "a callback".into());
            let what = what();
            Err(Exception::new(
                Kind::RuntimeError,
                format!("Task {by:?} got {what} attached to a different loop"),
            ))
        }
        _ => Ok(()),
    }
}

/// The outcome of a task, while it is out of the table. It goes back when this is dropped, also when a panic passes.
pub(super) struct Lent<'a> {
    pub(super) of: &'a TaskRef,
    pub(super) body: Option<BoxBody>,
}

impl Drop for Lent<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            self.of
                .kernel
                .quietly(|tasks| tasks.gets_back(self.of.key, body));
        }
    }
}

impl Clone for TaskRef {
    fn clone(&self) -> Self {
        Self::of(&self.kernel, self.key)
    }
}

impl Drop for TaskRef {
    #[inline]
    fn drop(&mut self) {
        self.kernel.release(self.key);
    }
}

impl PartialEq for TaskRef {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && Rc::ptr_eq(&self.kernel, &other.kernel)
    }
}

impl Eq for TaskRef {}

impl Hash for TaskRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
        Rc::as_ptr(&self.kernel).hash(state);
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

/// Spawns a task, and returns its first handle.
///
/// # Errors
///
/// - `RuntimeError` if the loop is closed.
#[inline]
pub(super) fn spawn(
    kernel: &Rc<Kernel>,
    name: Option<&str>,
    body: BoxBody,
) -> Result<TaskRef, Exception> {
    kernel.takes_requests();
    let task = match kernel.quietly(|tasks| tasks.spawned(body)) {
        Ok(key) => TaskRef::adopt(kernel, key),
        Err(body) => {
            drop(body); // when the table is free
            return Err(closed());
        }
    };
    if let Some(name) = name {
        task.set_name(name);
    }
    if let Some(context) = contextvars::copied() {
        task.gets_context(context);
    }
    if trace::errors_are_heard() {
        trace::spawned(&kernel.told(Some(task.key)));
    }
    Ok(task)
}
