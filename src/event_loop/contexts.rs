//! Which task has which context, for context variables.

use super::{kernel::Kernel, keys::Key, task_ref::TaskRef};
use crate::contextvars::{Context, Host};

impl Host for Kernel {
    fn context(&self) -> Option<Option<Context>> {
        self.quietly(|tasks| tasks.context_of_current())
    }

    fn adopts(&self, context: Context) {
        self.gets_context(Key::LOOP, context);
    }
}

impl Kernel {
    /// A task gets a context; for [`Key::LOOP`], the task that has its turn.
    pub(super) fn gets_context(&self, task: Key, context: Context) {
        let before = self.quietly(|tasks| tasks.gets_context(task, context));
        drop(before); // when the table is free
    }
}

impl TaskRef {
    /// The task gets a context. It has not had a turn yet.
    pub(super) fn gets_context(&self, context: Context) {
        self.kernel().gets_context(self.key(), context);
    }
}
