//! From handles to their loop, and what a task or callback ends with if that is a handle.

use super::{
    api::EventLoop, future::LoopFuture, future_ref::FutureRef, handle::Handle, keys::CallbackId,
    outcome::plain, remote::RemoteLoop, report::ExceptionContext, task::Task, task_ref::TaskRef,
};

impl<T> Task<T> {
    /// Returns the task's loop: Python's `task.get_loop`.
    pub fn get_loop(&self) -> EventLoop {
        self.any().get_loop()
    }
}

impl TaskRef {
    /// Returns the task's loop: Python's `task.get_loop`.
    pub fn get_loop(&self) -> EventLoop {
        EventLoop::of(self.kernel())
    }
}

impl<T> LoopFuture<T> {
    /// Returns the future's loop: Python's `future.get_loop`. `None` if it failed before it had one.
    pub fn get_loop(&self) -> Option<EventLoop> {
        self.kernel().map(EventLoop::of)
    }
}

impl FutureRef {
    /// Returns the loop of the task or future. `None` if it failed before it had one.
    pub fn get_loop(&self) -> Option<EventLoop> {
        self.kernel().map(EventLoop::of)
    }
}

impl ExceptionContext<'_> {
    /// Returns the loop. `None` while the loop is being closed by the drop of its last handle.
    pub fn event_loop(&self) -> Option<EventLoop> {
        let kernel = self.kernel.as_ref();
        let kernel = kernel.filter(|kernel| kernel.owners.get() > 0)?;
        Some(EventLoop::of(kernel))
    }
}

plain! {
    [] EventLoop, [] RemoteLoop, [] TaskRef, [] FutureRef, [] Handle, [] CallbackId,
    [T] Task<T>, [T] LoopFuture<T>,
}
