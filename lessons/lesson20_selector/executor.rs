//! The executor of lesson 15, which waits in a selector when no task is ready.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::{io, rc::Rc};

use tminus_lessons::lesson20_selector::{ALARM, Loop, Selector};

/// Runs tasks that take turns.
pub struct Executor {
    shared: Rc<Loop>,             // new
    alarm: Arc<mio::Waker>,       // new
    tasks: Vec<Option<Spawned>>,  // a task's id is its index; none when it is done
    ready: mpsc::Receiver<usize>, // the ready queue: the ids of tasks that were woken
    wake: mpsc::Sender<usize>,    // its other end
}

struct Spawned {
    name: &'static str,
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

struct TaskWaker {
    id: usize,
    wake: mpsc::Sender<usize>, // a clone of the executor's
    alarm: Arc<mio::Waker>,    // new
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let _ = self.wake.send(self.id); // an error only says that the executor was dropped
        let _ = self.alarm.wake(); // new: and this one, that nobody waits in the selector
    }
}

/// How many operations a task can do in one turn.
const SHARE: u32 = 32;

impl Executor {
    /// Creates an executor that waits in a selector.
    pub fn new(selector: impl Selector + 'static) -> io::Result<Self> {
        let (wake, ready) = mpsc::channel();
        let alarm = Arc::new(mio::Waker::new(selector.registry(), ALARM)?);
        let shared = Rc::new(Loop::new(Box::new(selector)));
        Ok(Self {
            shared,
            alarm,
            tasks: Vec::new(),
            ready,
            wake,
        })
    }

    /// Returns what the tasks see of the loop.
    pub fn handle(&self) -> Rc<Loop> {
        self.shared.clone()
    }

    /// Runs all tasks until they are done. Returns the names of tasks that wait for something that cannot come.
    pub fn run(&mut self) -> Vec<&'static str> {
        loop {
            self.start_new_tasks();
            if self.tasks.iter().all(Option::is_none) {
                return Vec::new();
            }
            let mut round: Vec<usize> = self.ready.try_iter().collect(); // all that are ready now
            let something_can_come = self.shared.wait(!round.is_empty());
            round.extend(self.ready.try_iter()); // those that `wait` has woken
            if round.is_empty() && !something_can_come {
                return self.tasks.iter().flatten().map(|left| left.name).collect();
            }
            let mut ids = HashSet::new();
            round.retain(|id| ids.insert(*id)); // woken twice: one turn
            for id in round {
                self.turn(id);
            }
        }
    }

    fn start_new_tasks(&mut self) {
        for (name, future) in self.shared.spawned.take() {
            let (id, wake, alarm) = (self.tasks.len(), self.wake.clone(), self.alarm.clone());
            let waker = Waker::from(Arc::new(TaskWaker { id, wake, alarm }));
            waker.wake_by_ref(); // its first turn
            let task = Spawned {
                name,
                future,
                waker,
            };
            self.tasks.push(Some(task));
        }
    }

    fn turn(&mut self, id: usize) {
        let Some(Spawned { future, waker, .. }) = &mut self.tasks[id] else {
            return; // it is done, and was woken once too often
        };
        self.shared.share.set(SHARE);
        let mut cx = Context::from_waker(waker);
        if future.as_mut().poll(&mut cx).is_ready() {
            self.tasks[id] = None;
        }
    }
}
