//! Your turn. All of it compiles, and nothing is right yet.
//!
//! **Exercise 1: the executor, the waker, and a future that keeps it.** Close the page, and write the bodies that are
//! marked `TODO`. You need no other type, field or function. Step 2 of the page shows what a driver has to do without a
//! waker, and has the contract. Step 4 says why nothing can be thrown in.
//!
//! **Exercise 2: `TwoTanks`**, at the end, is a future of your own.

use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::{cell::Cell, cell::RefCell, rc::Rc};

/// Runs tasks that take turns.
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

/// A handle to a task.
#[derive(Clone)]
pub struct Task {
    waker: Waker,
    must_cancel: Rc<Cell<bool>>,
}

struct TaskWaker {
    id: usize,
    wake: mpsc::Sender<usize>, // a clone of the executor's
}

thread_local! {
    /// Whether a `Cancelled` is to be raised in the task that is being polled.
    static MUST_CANCEL: Cell<bool> = const { Cell::new(false) };
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        // TODO: nothing happens. After a wake, the task is in the ready queue. (If the executor was dropped, the queue
        // returns an error. It does not matter.)
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
        // TODO: this waker does nothing. A call of it has to reach `TaskWaker::wake`, with the id of this task.
        let _ = id;
        Waker::noop().clone()
    }

    /// Polls the tasks in the ready queue until it is empty. Returns the names of the tasks in the order of their
    /// polls.
    pub fn run(&mut self) -> Vec<&'static str> {
        // TODO: no task has a turn. For each id in the ready queue, poll the task once, with its own waker, until the
        // queue is empty. Some tasks may be left then, and that is right: nobody has woken them. A task that is done is
        // dropped, and may still be woken. `MUST_CANCEL` tells the futures of this turn whether its task was cancelled.
        // If none of them raises that, it is for the task's next turn. So is a `cancel` in the middle of the poll.
        Vec::new()
    }
}

impl Task {
    /// Has a `Cancelled` raised in the task's next turn, at the `.await` at which the task is suspended.
    pub fn cancel(&self) {
        // TODO: nothing happens. The task has to be told, and it needs a turn for that: it may rest for a long time.
    }
}

/// A place for a value to come. Clones are handles to the same place.
#[derive(Clone)]
pub struct LoopFuture<T>(Rc<Inner<T>>);

struct Inner<T> {
    outcome: RefCell<Option<Result<T, Cancelled>>>, // none while it is pending
    wakers: RefCell<Vec<Waker>>,
}

/// The exception of a cancellation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cancelled;

impl<T> LoopFuture<T> {
    /// Sets its result. Returns `false` if it was done.
    pub fn set_result(&self, result: T) -> bool {
        self.finish(Ok(result))
    }

    /// Cancels it: every task awaiting it gets a `Cancelled`. Returns `false` if it was done.
    pub fn cancel(&self) -> bool {
        self.finish(Err(Cancelled))
    }

    fn finish(&self, outcome: Result<T, Cancelled>) -> bool {
        if self.0.outcome.borrow().is_some() {
            return false;
        }
        // TODO: it stays pending. When it has its outcome, tasks may be waiting for that.
        let _ = outcome;
        true
    }
}

impl<T: Clone> Future for LoopFuture<T> {
    type Output = Result<T, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // TODO: it is always pending, and breaks the first sentence of the contract. There are three cases. A
        // cancellation comes before a result.
        let _ = cx;
        Poll::Pending
    }
}

impl<T> Default for LoopFuture<T> {
    fn default() -> Self {
        Self(Rc::new(Inner {
            outcome: RefCell::new(None),
            wakers: RefCell::default(),
        }))
    }
}

/// Returns the litres in two tanks, or `None` if one of the tanks does not report. This function needs no change.
pub async fn two_tanks<F: Future<Output = Option<u32>>>(first: F, second: F) -> Option<u32> {
    let first = first.await?;
    let second = second.await?;
    Some(first + second)
}

/// What the compiler makes of [`two_tanks`], written by hand: it does the same in each poll.
pub struct TwoTanks<F> {
    first: F,
    second: F,
    // TODO: it has to know at which `.await` it is.
}

impl<F> TwoTanks<F> {
    /// Creates the future. It has not been polled.
    pub fn new(first: F, second: F) -> Self {
        Self { first, second }
    }
}

impl<F: Future<Output = Option<u32>> + Unpin> Future for TwoTanks<F> {
    type Output = Option<u32>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        // TODO: this waits for neither tank, and takes one for both.
        let first = Pin::new(&mut self.first).poll(cx);
        let second = Pin::new(&mut self.second).poll(cx);
        Poll::Ready(match (first, second) {
            (Poll::Ready(litres), _) | (_, Poll::Ready(litres)) => litres,
            (Poll::Pending, Poll::Pending) => None,
        })
    }
}
