//! The executor of lesson 15, on a thread that sleeps while no task is ready.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};

use tminus_lessons::lesson15_async_await::MUST_CANCEL;
use tminus_lessons::lesson19_threads::fire_timers;

/// Runs tasks that take turns, and wait for other threads.
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
        let id = self.tasks.len();
        let wake = self.wake.clone();
        let task = Task {
            waker: Waker::from(Arc::new(TaskWaker { id, wake })),
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

    /// Polls tasks that were woken until all tasks are done. Returns the names of the tasks in the order of their
    /// polls.
    pub fn run(&mut self) -> Vec<&'static str> {
        self.run_with(next_ready)
    }

    /// As `run`, with another way to wait for a task that is ready: that of the exercise.
    pub fn run_with(
        &mut self,
        next_ready: impl Fn(&mpsc::Receiver<usize>) -> usize,
    ) -> Vec<&'static str> {
        let mut polled = Vec::new();
        while self.tasks.iter().any(Option::is_some) {
            let id = next_ready(&self.ready); // new, like the line above
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
}

/// Returns the id of the next task that was woken. While there is none, the thread sleeps.
pub fn next_ready(ready: &mpsc::Receiver<usize>) -> usize {
    loop {
        let woken = match fire_timers() {
            None => ready.recv().ok(),
            Some(time) => ready.recv_timeout(time).ok(),
        };
        if let Some(id) = woken {
            return id;
        } // no task was woken in this time, but a timer is due
    }
}

impl Task {
    /// Has a `Cancelled` raised in the task's next turn, at the `.await` at which the task is suspended.
    pub fn cancel(&self) {
        self.must_cancel.set(true);
        self.waker.wake_by_ref();
    }
}
