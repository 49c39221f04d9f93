//! What there is to know of tasks: their names, and all of them that are not done.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::Inner;
use tminus_lessons::lesson14_tasks_on_the_loop::{Awaitable, EventLoop, Task};

thread_local! {
    static TASKS: RefCell<Vec<Weak<dyn AnyTask>>> = const { RefCell::new(Vec::new()) };
    static NAMES: Cell<u32> = const { Cell::new(0) };
}

/// A task with a result of any type.
pub trait AnyTask: Awaitable {
    /// Its name.
    fn name(&self) -> String;

    /// Whether it is over.
    fn done(&self) -> bool;

    /// The loop on which it has its turns.
    fn event_loop(&self) -> &EventLoop;
}

impl<T: 'static> AnyTask for Inner<T> {
    fn name(&self) -> String {
        self.name.borrow().clone()
    }

    fn done(&self) -> bool {
        self.future.done()
    }

    fn event_loop(&self) -> &EventLoop {
        &self.event_loop
    }
}

impl<T: 'static> Task<T> {
    /// Its name: the one it was given, or one like `Task-1`.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Gives it a name.
    pub fn set_name(&self, name: &str) {
        self.0.name.replace(name.to_owned());
    }

    /// How often it was asked to stop.
    pub fn cancelling(&self) -> u32 {
        self.0.cancelling.get()
    }
}

pub(super) fn new_name() -> String {
    NAMES.set(NAMES.get() + 1);
    format!("Task-{}", NAMES.get())
}

/// Remembers a task, but does not keep it alive. It looks at all the others, which is slow with many of them. The crate
/// has a table.
pub(super) fn add<T: AnyTask + 'static>(task: &Rc<T>) {
    let task: Rc<dyn AnyTask> = task.clone();
    TASKS.with_borrow_mut(|tasks| {
        tasks.retain(|task| task.upgrade().is_some_and(|task| !task.done()));
        tasks.push(Rc::downgrade(&task));
    });
}

impl EventLoop {
    /// Its tasks that are not done, the oldest first.
    pub fn all_tasks(&self) -> Vec<Rc<dyn AnyTask>> {
        TASKS.with_borrow(|tasks| {
            let tasks = tasks.iter().filter_map(Weak::upgrade);
            let its_own = |task: &Rc<dyn AnyTask>| task.event_loop() == self && !task.done();
            tasks.filter(its_own).collect()
        })
    }
}
