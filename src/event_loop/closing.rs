//! What closes async generators when they are dropped, and at the end of a run.

use std::rc::{Rc, Weak};

use super::{kernel::Kernel, keys::Key, left_open::LeftOpen, task::Task, task_ref::TaskRef};

impl Kernel {
    /// An async generator begins in this loop: Python's `firstiter` hook.
    pub(crate) fn begins_generator(&self, generator: Weak<dyn LeftOpen>) {
        self.generators.begins(generator);
    }

    /// A task closes an async generator that was dropped: Python's `finalizer` hook. (There, a callback spawns the task, so
    /// it begins a round later.)
    pub(crate) fn closes_generator(self: &Rc<Self>, generator: Rc<dyn LeftOpen>) {
        // A closed loop drops the body instead.
        if let Ok(task) = Task::new(self, None, generator.closes()) {
            let has_ended = |key| self.quietly(|tasks| tasks.ended(key));
            self.generators.is_closed_by(task.any().key(), has_ended);
        }
    }

    /// Begins to close all open async generators. Returns every task that closes a generator, including those begun earlier.
    pub(super) fn closes_generators(self: &Rc<Self>) -> Vec<TaskRef> {
        for generator in self.generators.take_open() {
            self.closes_generator(generator);
        }
        let is_there =
            |key: &Key| self.with(|tasks| !tasks.ended(*key) && tasks.shared_if_there(*key));
        let closing = self.generators.take_closing().into_iter().filter(is_there);
        closing.map(|key| TaskRef::adopt(self, key)).collect()
    }
}
