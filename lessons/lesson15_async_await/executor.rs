//! A mini-executor: it polls only what was woken.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};

/// Runs futures that take turns. It knows no time, and nothing that its futures wait for.
pub struct Executor {
    next_id: usize,
    tasks: BTreeMap<usize, Pin<Box<dyn Future<Output = ()>>>>,
    ready: mpsc::Receiver<usize>, // the ids of the tasks that were woken
    wake: mpsc::Sender<usize>,
}

/// What a task hands to what it waits for: a way into the ready queue.
struct TaskWaker {
    id: usize,
    wake: mpsc::Sender<usize>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let _ = self.wake.send(self.id); // the executor may be gone
    }
}

impl Default for Executor {
    fn default() -> Self {
        let (wake, ready) = mpsc::channel();
        let (next_id, tasks) = (0, BTreeMap::new());
        Self {
            next_id,
            tasks,
            ready,
            wake,
        }
    }
}

impl Executor {
    /// Makes a task of a future, and wakes it for its first turn.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) {
        self.tasks.insert(self.next_id, Box::pin(future));
        let _ = self.wake.send(self.next_id);
        self.next_id += 1;
    }

    fn waker(&self, id: usize) -> Waker {
        let wake = self.wake.clone();
        Waker::from(Arc::new(TaskWaker { id, wake }))
    }

    /// Polls whatever was woken, until nothing is. Returns the number of polls.
    pub fn run(&mut self) -> usize {
        let mut polls = 0;
        while let Ok(id) = self.ready.try_recv() {
            let waker = self.waker(id);
            let Some(task) = self.tasks.get_mut(&id) else {
                continue; // it is over, and was woken once too often
            };
            polls += 1;
            let mut cx = Context::from_waker(&waker);
            if task.as_mut().poll(&mut cx).is_ready() {
                self.tasks.remove(&id);
            }
        }
        polls
    }

    /// How many tasks are not over. If nobody wakes them, they never will be.
    pub fn left(&self) -> usize {
        self.tasks.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, rc::Rc};
    use tminus_lessons::lesson15_async_await::{GiveWay, oneshot};

    /// Says `name` in each of its `turns`.
    async fn says(name: &'static str, turns: usize, log: Rc<RefCell<Vec<&'static str>>>) {
        for turn in 1..=turns {
            log.borrow_mut().push(name);
            if turn < turns {
                GiveWay::default().await;
            }
        }
    }

    #[test]
    fn tasks_take_turns() {
        let log = Rc::default();
        let mut executor = Executor::default();
        executor.spawn(says("a", 3, Rc::clone(&log)));
        executor.spawn(says("b", 2, Rc::clone(&log)));
        assert_eq!(executor.run(), 5);
        assert_eq!(*log.borrow(), ["a", "b", "a", "b", "a"]);
    }

    #[test]
    fn who_waits_is_not_polled_until_it_is_woken() {
        let (sender, receiver) = oneshot();
        let mut executor = Executor::default();
        executor.spawn(async move { assert_eq!(receiver.await, Some(42)) });
        assert_eq!((executor.run(), executor.left()), (1, 1));
        assert_eq!((executor.run(), executor.left()), (0, 1));
        sender.send(42);
        assert_eq!((executor.run(), executor.left()), (1, 0));
    }

    #[test]
    fn a_future_that_wakes_nobody_waits_for_ever() {
        let mut executor = Executor::default();
        executor.spawn(std::future::pending());
        assert_eq!((executor.run(), executor.left()), (1, 1));
    }
}
