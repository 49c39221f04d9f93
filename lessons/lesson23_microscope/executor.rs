//! The executor of lesson 15, which runs rounds, and asks which task is next.

use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};

/// Runs tasks in rounds. In each round, somebody else decides which task is next.
pub struct Executor {
    tasks: Vec<Option<Task>>, // a task's id is its index; none when it is done
    ready: mpsc::Receiver<usize>, // the ids of tasks that were woken
    wake: mpsc::Sender<usize>, // its other end
}

struct Task {
    name: &'static str,
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
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
    pub fn spawn(&mut self, name: &'static str, future: impl Future<Output = ()> + 'static) {
        let (id, wake) = (self.tasks.len(), self.wake.clone());
        let waker = Waker::from(Arc::new(TaskWaker { id, wake }));
        waker.wake_by_ref(); // its first turn
        let future = Box::pin(future);
        self.tasks.push(Some(Task {
            name,
            future,
            waker,
        }));
    }

    /// Runs rounds until no task is ready. `choose(of)` returns a number below `of`: the place of the next task in what
    /// is left of the batch. Returns the names of the tasks in the order of their turns, round by round.
    pub fn run(&mut self, mut choose: impl FnMut(usize) -> usize) -> Vec<Vec<&'static str>> {
        let mut rounds = Vec::new();
        loop {
            let mut batch = self.batch();
            if batch.is_empty() {
                return rounds;
            }
            let mut turns = Vec::new();
            while !batch.is_empty() {
                let id = batch.remove(choose(batch.len())); // in lesson 15, always the first
                turns.push(self.turn(id));
            }
            rounds.push(turns);
        }
    }

    /// The tasks that are ready now, in the order in which they were woken.
    fn batch(&self) -> Vec<usize> {
        let mut batch = Vec::new();
        for id in self.ready.try_iter() {
            if self.tasks[id].is_some() && !batch.contains(&id) {
                batch.push(id);
            }
        }
        batch
    }

    fn turn(&mut self, id: usize) -> &'static str {
        let task = self.tasks[id]
            .as_mut()
            .expect("a batch has no task that is done");
        let name = task.name;
        let mut cx = Context::from_waker(&task.waker);
        if task.future.as_mut().poll(&mut cx).is_ready() {
            self.tasks[id] = None;
        }
        name
    }

    /// Returns the names of the tasks that are not done.
    pub fn left(&self) -> Vec<&'static str> {
        self.tasks.iter().flatten().map(|left| left.name).collect()
    }
}
