//! The running loop of this thread, and the facts about the present turn that its futures need.

use std::{
    cell::{Cell, RefCell},
    mem::ManuallyDrop,
    ptr,
    rc::Rc,
    sync::Arc,
    task::{Context, Waker},
};

use super::{inbox::Inbox, kernel::Kernel, keys::Key};
use crate::{Exception, Kind, contextvars};

thread_local! {
    /// It has no destructor, because [`RunningGuard`] always takes the loop out. So using it needs no registration, and it
    /// exists until the very end of the thread: a loop kept in another thread-local can still read it while being dropped.
    static CURRENT: Current = const {
        Current {
            kernel: RefCell::new(ManuallyDrop::new(None)),
            address: Cell::new(ptr::null()),
            waker: Cell::new(NOBODYS),
            throws: Cell::new(false),
            asks: Cell::new(false),
            yields: Cell::new(false),
        }
    };
}

/// No waker has this as its data. (The data of [`Waker::noop`] is null.)
const NOBODYS: *const () = ptr::without_provenance(usize::MAX);

struct Current {
    kernel: RefCell<ManuallyDrop<Option<Rc<Kernel>>>>,
    /// The kernel's address, to compare.
    address: Cell<*const Kernel>,
    /// What identifies the running task's own waker, to tell a poll by the task itself from one by something inside it that
    /// has wakers of its own, such as `FuturesUnordered`. [`NOBODYS`] while no task has its turn.
    waker: Cell<*const ()>,
    /// Whether an exception is to be raised by the next of the loop's futures that is polled.
    throws: Cell<bool>,
    /// Whether a handle is polled only to know what it is a handle to. Then `throws` is set, too, so that nobody else has to look.
    asks: Cell<bool>,
    /// Whether the task is to have its next turn in the next round.
    yields: Cell<bool>,
}

/// A turn begins, or something inside it that has a waker of its own.
#[inline]
pub(super) fn is_woken_by(waker: Option<&Waker>) {
    CURRENT.with(|current| current.waker.set(waker.map_or(NOBODYS, Waker::data)));
}

/// Returns `true` if `waker` wakes the task that has its turn, and not something inside the task.
#[inline]
pub(super) fn is_own(waker: &Waker) -> bool {
    CURRENT.with(|current| current.waker.get()) == waker.data()
}

#[inline]
pub(super) fn set_yields(yields: bool) {
    CURRENT.with(|current| current.yields.set(yields));
}

#[inline]
pub(super) fn yields() -> bool {
    CURRENT.with(|current| current.yields.get())
}

pub(super) fn set_throws(throws: bool) {
    CURRENT.with(|current| current.throws.set(throws));
}

/// Takes the exception that is to be raised here, if there is one. Each of the loop's futures asks when it is polled.
///
/// It is for the task. What is polled with another waker may belong to several tasks (as `Shared` does) or be one of many
/// (in `FuturesUnordered`), so nothing is raised there.
#[inline]
pub(crate) fn take_thrown(cx: &Context<'_>) -> Option<Exception> {
    match CURRENT.with(|current| current.throws.get()) {
        true => take_thrown_now(cx),
        false => None,
    }
}

/// Like [`take_thrown`], but for a handle. A handle that is [asked](asks) what it is a handle to calls `answers` instead.
#[inline]
pub(super) fn take_thrown_by(cx: &Context<'_>, answers: impl FnOnce()) -> Option<Exception> {
    match CURRENT.with(|current| current.throws.get()) {
        true => take_thrown_or_answer(cx, answers),
        false => None,
    }
}

#[cold]
#[inline(never)]
fn take_thrown_or_answer(cx: &Context<'_>, answers: impl FnOnce()) -> Option<Exception> {
    if !CURRENT.with(|current| current.asks.get()) {
        return take_thrown_now(cx);
    }
    answers();
    Some(Kind::InvalidState.into()) // which is dropped: it only ends the poll
}

/// Polls a handle, which then answers what it is a handle to, and does nothing else. No loop may run.
pub(super) fn asks(poll: impl FnOnce(&mut Context<'_>)) {
    let sets = |asks| {
        CURRENT.with(|current| {
            current.throws.set(asks);
            current.asks.set(asks);
        });
    };
    sets(true);
    poll(&mut Context::from_waker(Waker::noop()));
    sets(false);
}

#[cold]
#[inline(never)]
fn take_thrown_now(cx: &Context<'_>) -> Option<Exception> {
    match is_own(cx.waker()) {
        true => take_thrown_anywhere(),
        false => None,
    }
}

/// Like [`take_thrown`], whoever polls.
pub(super) fn take_thrown_anywhere() -> Option<Exception> {
    if !CURRENT.with(|current| current.throws.get()) {
        return None;
    }
    set_throws(false);
    let kernel = running()?;
    kernel.with(|tasks| tasks.takes_thrown())
}

/// The loop that runs on this thread.
#[inline]
pub(super) fn running() -> Option<Rc<Kernel>> {
    CURRENT.with(|current| Option::clone(&current.kernel.borrow()))
}

/// Like [`running`], but fails if no loop is running.
#[inline]
pub(crate) fn expect_running() -> Result<Rc<Kernel>, Exception> {
    running().ok_or_else(none_runs)
}

#[cold]
fn none_runs() -> Exception {
    Exception::new(
        Kind::RuntimeError,
        "no running event loop on this thread: call this in a task, and start that by `tminus::run`",
    )
}

/// Returns `true` if the loop of this kernel is running on this thread.
#[inline(always)]
pub(super) fn is_running(kernel: &Kernel) -> bool {
    CURRENT.with(|current| ptr::eq(current.address.get(), kernel))
}

/// Wakes a task directly if its loop is running on this thread. Then the task gets its place in the ready queue
/// now, among what the running task wakes by other means. Returns `false` if another thread calls.
pub(super) fn wakes_here(inbox: &Arc<Inbox>, task: Key) -> bool {
    let Some(kernel) = running().filter(|kernel| Arc::ptr_eq(&kernel.inbox, inbox)) else {
        return false;
    };
    kernel.with(|tasks| tasks.woken(task));
    true
}

/// While the guard exists, its loop is the running loop of this thread. A panic drops the guard, too.
pub(super) struct RunningGuard {
    _contexts: contextvars::Entered,
}

impl RunningGuard {
    pub(super) fn new(kernel: &Rc<Kernel>) -> Result<Self, Exception> {
        none_may_run()?;
        CURRENT.with(|current| {
            *current.kernel.borrow_mut() = ManuallyDrop::new(Some(kernel.clone()));
            current.address.set(Rc::as_ptr(kernel));
        });
        kernel.inbox.runs_here(kernel.interrupter());
        Ok(Self {
            _contexts: contextvars::loop_runs(kernel.clone()),
        })
    }
}

thread_local! {
    /// The loop that is hidden while a job runs on its thread.
    static HIDDEN: RefCell<Option<Rc<Kernel>>> = const { RefCell::new(None) };
}

/// The simulated loop of this thread, if there is one: the running loop, or the loop hidden by a job.
pub(crate) fn simulated() -> Option<Rc<Kernel>> {
    let hidden = || HIDDEN.try_with(|hidden| hidden.borrow().clone()).ok()?;
    let kernel = running().or_else(hidden)?;
    kernel.chance().is_some().then_some(kernel)
}

/// Returns `true` if a loop stands still while this thread blocks.
pub(crate) fn blocks_a_loop() -> bool {
    running().is_some() || HIDDEN.try_with(|hidden| hidden.borrow().is_some()) == Ok(true)
}

/// Runs a job of another thread on the loop's own, in a simulation. As on a thread of its own, no loop runs there as far as
/// the job can see, and it can run one. The job must not panic.
pub(crate) fn hides_the_loop(job: impl FnOnce()) {
    let hidden = CURRENT.with(|current| {
        let none = ManuallyDrop::new(None);
        let kernel = ManuallyDrop::into_inner(current.kernel.replace(none));
        let address = current.address.replace(ptr::null());
        let waker = current.waker.replace(NOBODYS);
        (
            kernel,
            address,
            waker,
            current.throws.take(),
            current.yields.take(),
        )
    });
    let (kernel, address, waker, throws, yields) = hidden;
    let outer = HIDDEN.replace(kernel);
    let elsewhere = contextvars::another_thread();
    job();
    drop(elsewhere);
    let kernel = HIDDEN.replace(outer);
    CURRENT.with(|current| {
        current.kernel.replace(ManuallyDrop::new(kernel));
        current.address.set(address);
        current.waker.set(waker);
        current.throws.set(throws);
        current.yields.set(yields);
    });
}

/// A loop inside a loop is refused: the outer one would stand still.
pub(super) fn none_may_run() -> Result<(), Exception> {
    match running() {
        None => Ok(()),
        Some(_) => Err(Exception::new(
            Kind::RuntimeError,
            "an event loop is already running on this thread: await, or spawn a task, instead of running another",
        )),
    }
}

impl Drop for RunningGuard {
    fn drop(&mut self) {
        is_woken_by(None);
        set_throws(false);
        let none = ManuallyDrop::new(None);
        let kernel = CURRENT.with(|current| {
            current.address.set(ptr::null());
            current.kernel.replace(none)
        });
        if let Some(kernel) = ManuallyDrop::into_inner(kernel) {
            kernel.inbox.runs_nowhere();
        }
    }
}
