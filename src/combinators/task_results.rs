//! The results of a group's tasks, one by one, as the tasks end.
//!
//! | a task is | it counts in | leaves that state |
//! |---|---|---|
//! | running | `tasks` | it ends, and its done callback runs |
//! | done, with a result | `arrivals` | its result is taken |
//! | failed or cancelled | nothing | never |
//!
//! # Invariant
//!
//! A task leaves `tasks` after the group has dealt with its end, in the same callback. So when the last task has failed, the group
//! has cancelled its block before anybody is told that no task is left: a failure is never mistaken for the end.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    future::poll_fn,
    rc::Rc,
    task::{Context, Poll},
};

use super::{
    TaskGroup,
    arrivals::{Arrivals, Wait},
};
use crate::{
    Exception, Task,
    event_loop::{FutureRef, Outcome, Parts, TaskRef},
};

/// The results of tasks of a [`TaskGroup`], in the order in which the tasks end. [`TaskGroup::results`] creates it. Clones are
/// handles to the same results.
///
/// Tasks that are spawned with [`create_task`](TaskResults::create_task) belong to the group like others, and the group's rule
/// holds: when a task fails, the block and the other tasks are cancelled, and [`TaskGroup::run`] fails with all exceptions. So
/// [`next`](TaskResults::next) returns the results of tasks that succeeded, and a failure ends the loop over them as a
/// cancellation does, at the `?`.
///
/// A group can have any number of these, each for results of one type. There is no counterpart in asyncio; tokio's `JoinSet` and
/// the channels of trio's nurseries are used like this.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, TaskGroup, clock::VirtualClock, sleep};
///
/// async fn fetch(page: &'static str, seconds: u64) -> Result<&'static str, Exception> {
///     sleep(Duration::from_secs(seconds)).await?;
///     Ok(page)
/// }
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let order = event_loop.run_until_complete(async {
///     let group = TaskGroup::new();
///     let pages = group.results();
///     group
///         .run(async {
///             for (page, seconds) in [("index", 3), ("news", 1), ("about", 2)] {
///                 pages.create_task(fetch(page, seconds))?;
///             }
///             let mut order = Vec::new();
///             while let Some(page) = pages.next().await? {
///                 order.push(page);
///             }
///             Ok(order)
///         })
///         .await
/// })?;
/// assert_eq!(order, ["news", "about", "index"]);
/// # Ok::<(), Exception>(())
/// ```
pub struct TaskResults<T: 'static>(Rc<Inner<T>>);

struct Inner<T: 'static> {
    group: TaskGroup,
    /// The tasks whose results are still to come, by the number of their creation.
    tasks: RefCell<BTreeMap<u64, TaskRef>>,
    created: Cell<u64>,
    arrivals: Arrivals<T>,
    parts: RefCell<Parts>,
    /// The number of tasks that were spawned since `parts` were collected.
    newer: Cell<usize>,
}

// Here, so that the group does not depend on what is built upon it.
impl TaskGroup {
    /// Creates an empty collection of results of the group's tasks. The tasks that are spawned with its
    /// [`create_task`](TaskResults::create_task) belong to this group, and their results are returned one by one, as the tasks end.
    /// See [`TaskResults`] for an example.
    pub fn results<T>(&self) -> TaskResults<T> {
        TaskResults::of(self.clone())
    }
}

impl<T> TaskResults<T> {
    pub(super) fn of(group: TaskGroup) -> Self {
        Self(Rc::new(Inner {
            group,
            tasks: RefCell::default(),
            created: Cell::new(0),
            arrivals: Arrivals::default(),
            parts: RefCell::new(Rc::new([])),
            newer: Cell::new(0),
        }))
    }

    /// Spawns a task in the group as [`TaskGroup::create_task`] does. Its result will be among these, and is moved, not cloned.
    ///
    /// The block and the tasks of the group can call this, also while another task waits in [`next`](TaskResults::next). The
    /// returned handle can cancel the task; awaiting it returns `()` when the task has ended.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the block has not begun, if the group has ended, or if its tasks are being cancelled.
    pub fn create_task(
        &self,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    ) -> Result<Task<()>, Exception> {
        self.add(None, body.into_future())
    }

    /// Spawns a task as [`create_task`](TaskResults::create_task) does, and names it.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the block has not begun, if the group has ended, or if its tasks are being cancelled.
    pub fn create_named_task(
        &self,
        name: &str,
        body: impl IntoFuture<Output: Outcome<Value = T>, IntoFuture: 'static>,
    ) -> Result<Task<()>, Exception> {
        self.add(Some(name), body.into_future())
    }

    fn add(
        &self,
        name: Option<&str>,
        body: impl Future<Output: Outcome<Value = T>> + 'static,
    ) -> Result<Task<()>, Exception> {
        // Apart from the task, whose result could only be cloned.
        let result = Rc::new(Cell::new(None));
        let returned = result.clone();
        let body = async move {
            returned.set(Some(body.await.into_result()?));
            Ok(())
        };
        let (inner, number) = (self.0.clone(), self.0.created.get());
        let then = move |task: &FutureRef| {
            // A task that is cancelled in its last turn has a result that nobody gets, as in asyncio.
            let result = result.take().filter(|_| !task.cancelled());
            inner.one_is_done(number, result);
        };
        let task = self.0.group.create_task_then(name, body, then)?;
        self.0.tasks.borrow_mut().insert(number, task.any());
        self.0.created.set(number + 1);
        self.0.newer.set(self.0.newer.get() + 1);
        Ok(task)
    }

    /// Waits until a task ends, and returns its result. Returns `None` if no task is left and every result has been returned.
    ///
    /// A task that is cancelled by itself, and not with its group, has no result, and is passed over. After a `None`, further tasks
    /// can be spawned. Several tasks can wait: each result goes to one of them. If the waiting task is cancelled, or the future is
    /// dropped, no result is lost.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the waiting task is cancelled. The group does this when one of its tasks fails.
    /// - `RuntimeError` if the task would have to wait, and no event loop is running on this thread.
    pub fn next(&self) -> impl Future<Output = Result<Option<T>, Exception>> + use<T> {
        let mut next = Next {
            results: self.0.clone(),
            wait: Wait::default(),
        };
        poll_fn(move |cx| next.poll(cx))
    }

    /// Returns the result of a task that has ended, without waiting. Returns `None` if there is none at the moment.
    pub fn try_next(&self) -> Option<T> {
        self.0.arrivals.take()
    }

    /// Returns the number of tasks that have not ended, and of results that were not returned yet.
    pub fn len(&self) -> usize {
        self.0.tasks.borrow().len() + self.0.arrivals.len()
    }

    /// Returns `true` if [`next`](TaskResults::next) would return `None` now.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Inner<T> {
    fn one_is_done(&self, number: u64, result: Option<T>) {
        let is_last = {
            let mut tasks = self.tasks.borrow_mut();
            tasks.remove(&number);
            tasks.is_empty()
        };
        if let Some(result) = result {
            self.arrivals.arrives(result);
        }
        if is_last {
            self.arrivals.wake_all();
        }
    }

    /// The tasks, for reports of what is waited for. Not collected for each wait, which would take as long as there are tasks: of
    /// the tasks, one in 64 can be missing. (Those that have ended are not named.)
    fn parts(&self) -> Parts {
        let mut parts = self.parts.borrow_mut();
        if self.newer.get() > parts.len() / 64 {
            let tasks = self.tasks.borrow();
            *parts = tasks.values().map(|task| task.as_future().part()).collect();
            self.newer.set(0);
        }
        parts.clone()
    }

    /// `Some(None)` if there is nothing to wait for.
    fn ask(&self) -> Option<Option<T>> {
        match self.arrivals.take() {
            Some(result) => Some(Some(result)),
            None => self.tasks.borrow().is_empty().then_some(None),
        }
    }
}

/// The future of [`TaskResults::next`].
struct Next<T: 'static> {
    results: Rc<Inner<T>>,
    wait: Wait,
}

impl<T> Next<T> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Exception>> {
        let Self { results, wait } = self;
        wait.poll(&results.arrivals, || results.parts(), || results.ask(), cx)
    }
}

impl<T> Drop for Next<T> {
    fn drop(&mut self) {
        self.wait.gives_up(&self.results.arrivals);
    }
}

impl<T> Clone for TaskResults<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for TaskResults<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskResults")
            .field("tasks", &self.0.tasks.borrow().len())
            .field("results", &self.0.arrivals.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventLoop, clock::VirtualClock, yield_now};

    /// Otherwise each wait would take as long as there are tasks.
    #[test]
    fn the_tasks_are_not_collected_again_for_each_wait() -> Result<(), Exception> {
        EventLoop::with_clock(VirtualClock::new()).run_until_complete(async {
            let group = TaskGroup::new();
            let results = group.results();
            let block = group.run(async {
                results.create_task(yield_now())?;
                results.create_task(yield_now())?;
                let collected = results.0.parts();
                assert_eq!(collected.len(), 2);
                assert!(Rc::ptr_eq(&collected, &results.0.parts()));
                results.create_task(yield_now())?;
                assert_eq!(results.0.parts().len(), 3);
                Ok(())
            });
            block.await
        })
    }
}
