//! A task's step: from where it stands to its next wait, or its end.

use std::{
    cell::Cell,
    ptr,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::{
    any_task::{AnyTask, Core},
    cancelling::cancel_what_waits,
    kernel::Kernel,
    remote::OwnWaker,
};
use crate::{Exception, exception::catching};

impl Kernel {
    /// The task goes on, where it has not ended meanwhile.
    pub(super) fn step(&self, task: Rc<dyn AnyTask>) {
        let core = task.core();
        core.scheduled.set(false);
        if core.ended.get() {
            return;
        }
        let mut thrown = core.thrown_next.take();
        // Where the thing it waited for was cancelled, that is what arrives.
        if core.must_cancel.take() && !core.waits_for_what_gives_cancelled() {
            thrown = Some(task.cancelled_error());
            if core.steps.get() == 0 {
                return self.end_early(task, thrown);
            }
        }
        let throws = thrown.is_some();
        if throws {
            core.thrown.set(thrown);
        }
        core.forget_waits();
        core.steps.set(core.steps.get() + 1);
        let polled = self.run_as(task.clone(), || {
            self.with_waker(core, |cx| {
                begin(cx.waker(), throws);
                // Two arms: where nobody hears it, no span is to be dropped. That is one instruction in thirty.
                match self.trace_turn(core) {
                    None => task.poll(cx),
                    Some(_heard) => task.poll(cx),
                }
            })
        });
        let gave_way = end();
        let not_taken = throws.then(|| core.thrown.take()).flatten();
        match polled {
            Ok(Poll::Pending) if not_taken.is_none() => self.suspend(&task, core, gave_way),
            // It waits for a future that nothing can be thrown into, so it is dropped where it stands.
            Ok(Poll::Pending) => self.end_early(task, not_taken),
            Ok(Poll::Ready(())) => self.end(task, not_taken), // it may have ended before it saw what was thrown
            Err(panic) => self.end(task, Some(panic)),
        }
    }

    #[inline]
    fn suspend(&self, task: &Rc<dyn AnyTask>, core: &Core, gave_way: bool) {
        if gave_way && !core.scheduled.replace(true) {
            self.push(task.clone());
        }
        self.trace_suspended(core);
        // One that was cancelled while it ran cancels the first thing that it waits for after that.
        if core.must_cancel.take() {
            cancel_what_waits(task.clone(), &task.cancel_message());
        }
    }

    #[cold]
    fn end_early(&self, task: Rc<dyn AnyTask>, exception: Option<Exception>) {
        task.core().waits_for.take();
        let dropped = self.run_as(task.clone(), || catching(|| task.drop_body()));
        self.end(task, dropped.err().or(exception));
    }

    fn end(&self, task: Rc<dyn AnyTask>, instead: Option<Exception>) {
        let core = task.core();
        core.ended.set(true);
        core.waits_for.take();
        self.remove_task(core);
        let id = core.id;
        self.caused_by(Some(id), || task.end(self, instead));
    }

    /// Runs a step with the task's waker. One that is kept beyond the step is the task's own from then on.
    #[inline]
    fn with_waker<T>(&self, task: &Core, step: impl FnOnce(&mut Context<'_>) -> T) -> T {
        if let Some(own) = task.own_waker.get() {
            return step(&mut Context::from_waker(own.waker()));
        }
        let lent = self.lent.borrow();
        lent.lend_to(task);
        let result = step(&mut Context::from_waker(lent.waker()));
        if lent.is_held() {
            drop(lent);
            let kept = self.lent.replace(OwnWaker::new(self.remote.clone()));
            drop(task.own_waker.set(Box::new(kept))); // it had none
        }
        result
    }
}

thread_local! {
    static STEP: Step = const {
        Step {
            waker: Cell::new(ptr::null()),
            throws: Cell::new(false),
            gives_way: Cell::new(false),
        }
    };
}

/// The step that runs on this thread: what its futures ask in each poll, and so at hand without a look at the task.
struct Step {
    /// What identifies the task's own waker. Null while no step runs.
    waker: Cell<*const ()>,
    /// Whether an exception is to be raised where the task stands.
    throws: Cell<bool>,
    /// Whether the task is to go on in the next turn.
    gives_way: Cell<bool>,
}

#[inline]
fn begin(waker: &Waker, throws: bool) {
    STEP.with(|step| {
        step.waker.set(waker.data());
        step.throws.set(throws);
        step.gives_way.set(false);
    });
}

/// Whether the task gave way.
#[inline]
fn end() -> bool {
    STEP.with(|step| {
        step.waker.set(ptr::null());
        step.throws.set(false);
        step.gives_way.take()
    })
}

/// Whether this wakes the task itself, and not something inside it that has a waker of its own.
#[inline]
pub(super) fn is_woken_by(waker: &Waker) -> bool {
    let own = STEP.with(|step| step.waker.get());
    !own.is_null() && own == waker.data()
}

/// Whether an exception is to be raised here. Who asks takes it from the task.
#[inline]
pub(super) fn takes_thrown() -> bool {
    STEP.with(|step| step.throws.take())
}

/// The task goes on in the next turn. False where it is something inside it that is to give way.
#[inline]
pub(super) fn give_way(waker: &Waker) -> bool {
    let is_task = is_woken_by(waker);
    if is_task {
        STEP.with(|step| step.gives_way.set(true));
    }
    is_task
}
