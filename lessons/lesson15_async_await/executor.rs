//! An executor: it polls a task only after the task's waker was called.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};

/// Runs tasks that take turns. The executor has no clock, and does not know what its tasks wait for.
pub struct Executor {
    tasks: Vec<Option<Spawned>>, // a task's id is its index; none when it is done
    ready: mpsc::Receiver<usize>, // the ready queue: the ids of tasks that were woken
    wake: mpsc::Sender<usize>,   // its other end
}

struct Spawned {
    name: &'static str,
    future: Pin<Box<dyn Future<Output = ()>>>,
    task: Task,
}

/// A handle to a task. Clones are handles to the same task.
#[derive(Clone)]
pub struct Task {
    waker: Waker,
    must_cancel: Rc<Cell<bool>>, // as in lesson 14
}

struct TaskWaker {
    id: usize,
    wake: mpsc::Sender<usize>, // a clone of the executor's
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let _ = self.wake.send(self.id); // an error only says that the executor was dropped
    }
}

thread_local! {
    /// Whether a `Cancelled` is to be raised in the task that is being polled.
    pub static MUST_CANCEL: Cell<bool> = const { Cell::new(false) };
}

impl Default for Executor {
    fn default() -> Self {
        let (wake, ready) = mpsc::channel();
        let tasks = Vec::new();
        Self { tasks, ready, wake }
    }
}

impl Executor {
    /// Makes a task of a future, and puts it into the ready queue.
    pub fn spawn(
        &mut self,
        name: &'static str,
        future: impl Future<Output = ()> + 'static,
    ) -> Task {
        let task = Task {
            waker: self.waker(self.tasks.len()),
            must_cancel: Rc::default(),
        };
        task.waker.wake_by_ref(); // its first turn
        self.tasks.push(Some(Spawned {
            name,
            future: Box::pin(future),
            task: task.clone(),
        }));
        task
    }

    fn waker(&self, id: usize) -> Waker {
        let wake = self.wake.clone();
        Waker::from(Arc::new(TaskWaker { id, wake }))
    }

    /// Polls the tasks in the ready queue until it is empty. Returns the names of the tasks in the order of their
    /// polls.
    pub fn run(&mut self) -> Vec<&'static str> {
        let mut polled = Vec::new();
        while let Ok(id) = self.ready.try_recv() {
            let Some(Spawned { name, future, task }) = &mut self.tasks[id] else {
                continue; // it is done, and was woken once too often
            };
            polled.push(*name);
            MUST_CANCEL.set(task.must_cancel.take());
            let mut cx = Context::from_waker(&task.waker);
            let is_done = future.as_mut().poll(&mut cx).is_ready();
            if MUST_CANCEL.take() {
                task.must_cancel.set(true); // nothing has raised it yet
            }
            if is_done {
                self.tasks[id] = None;
            }
        }
        polled
    }

    /// The names of the tasks that are not done.
    pub fn left(&self) -> Vec<&'static str> {
        self.tasks.iter().flatten().map(|left| left.name).collect()
    }
}

impl Task {
    /// Has a `Cancelled` raised in the task's next turn, at the `.await` at which the task is suspended.
    pub fn cancel(&self) {
        self.must_cancel.set(true);
        self.waker.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use tminus_lessons::lesson15_async_await::{Cancelled, LoopFuture, yield_now};

    #[test]
    fn tasks_take_turns() {
        let mut executor = Executor::default();
        for (name, turns) in [("a", 3), ("b", 2)] {
            executor.spawn(name, async move {
                for _ in 1..turns {
                    yield_now().await;
                }
            });
        }
        assert_eq!(executor.run(), ["a", "b", "a", "b", "a"]);
    }

    #[test]
    fn a_task_that_waits_is_not_polled_until_it_is_woken() {
        let word = LoopFuture::default();
        let its_word = word.clone();
        let mut executor = Executor::default();
        executor.spawn("crew", async move { assert_eq!(its_word.await, Ok(42)) });
        assert_eq!(executor.run(), ["crew"]);
        assert!(executor.run().is_empty());
        assert_eq!(executor.left(), ["crew"]);
        word.set_result(42);
        assert_eq!(executor.run(), ["crew"]);
        assert!(executor.left().is_empty());
    }

    #[test]
    fn a_future_that_wakes_nobody_waits_forever() {
        let mut executor = Executor::default();
        executor.spawn("stuck", std::future::pending());
        assert_eq!(executor.run(), ["stuck"]);
        assert_eq!(executor.left(), ["stuck"]);
    }

    #[test]
    fn a_cancellation_is_raised_at_the_next_loop_future_and_once() {
        let log: Rc<RefCell<Vec<Result<(), Cancelled>>>> = Rc::default();
        let its_log = log.clone();
        let mut executor = Executor::default();
        let task = executor.spawn("crew", async move {
            yield_now().await; // it raises nothing
            for _ in 0..2 {
                let outcome = LoopFuture::default().await;
                its_log.borrow_mut().push(outcome);
            }
        });
        task.cancel();
        executor.run();
        assert_eq!(*log.borrow(), [Err(Cancelled)]);
        assert_eq!(executor.left(), ["crew"]);
    }

    #[test]
    fn a_task_that_cancels_itself_gets_cancelled_at_its_next_loop_future() {
        let log: Rc<RefCell<Vec<Result<(), Cancelled>>>> = Rc::default();
        let own: Rc<RefCell<Option<Task>>> = Rc::default();
        let (its_log, itself) = (log.clone(), own.clone());
        let mut executor = Executor::default();
        let task = executor.spawn("crew", async move {
            itself.take().expect("it was spawned").cancel();
            let outcome = LoopFuture::default().await;
            its_log.borrow_mut().push(outcome);
        });
        own.replace(Some(task));
        assert_eq!(executor.run(), ["crew", "crew"]);
        assert_eq!(*log.borrow(), [Err(Cancelled)]);
    }

    #[test]
    fn a_cancelled_task_leaves_the_others_that_wait_for_the_same_future() {
        let word = LoopFuture::default();
        let mut executor = Executor::default();
        let log: Rc<RefCell<Vec<_>>> = Rc::default();
        let tasks = ["crew", "tower"].map(|name| {
            let (word, log) = (word.clone(), log.clone());
            executor.spawn(name, async move {
                let outcome = word.await;
                log.borrow_mut().push((name, outcome));
            })
        });
        executor.run();
        tasks[0].cancel();
        executor.run();
        word.set_result("go!");
        assert_eq!(executor.run(), ["tower"]);
        assert_eq!(
            *log.borrow(),
            [("crew", Err(Cancelled)), ("tower", Ok("go!"))]
        );
    }
}
