//! The tasks of a loop that are not done.

use std::{cell::RefCell, rc::Rc, rc::Weak};

use super::Inner;
use tminus_lessons::lesson14_tasks_on_the_loop::{Awaitable, EventLoop};

thread_local! {
    static TASKS: RefCell<Vec<Weak<dyn AnyTask>>> = const { RefCell::new(Vec::new()) };
}

/// A task whose result has any type.
pub trait AnyTask: Awaitable {
    /// Returns `true` if the task has ended.
    fn done(&self) -> bool;

    /// Returns the loop on which the task runs.
    fn event_loop(&self) -> &EventLoop;
}

impl<T: Clone + 'static> AnyTask for Inner<T> {
    fn done(&self) -> bool {
        self.future.done()
    }

    fn event_loop(&self) -> &EventLoop {
        &self.event_loop
    }
}

/// Remembers a task without keeping it alive, and forgets all tasks that are done. (Each call looks at every task. The
/// crate has a table, from which a task removes itself.)
pub fn register(task: Rc<dyn AnyTask>) {
    TASKS.with_borrow_mut(|tasks| {
        tasks.retain(|task| task.upgrade().is_some_and(|task| !task.done()));
        tasks.push(Rc::downgrade(&task));
    });
}

/// Returns the tasks of a loop that are not done, the oldest first: Python's `asyncio.all_tasks(loop)`.
pub fn all_tasks(event_loop: &EventLoop) -> Vec<Rc<dyn AnyTask>> {
    TASKS.with_borrow(|tasks| {
        let tasks = tasks.iter().filter_map(Weak::upgrade);
        let of_this_loop = tasks.filter(|task| task.event_loop() == event_loop);
        of_this_loop.filter(|task| !task.done()).collect()
    })
}
