//! One way to solve the exercises.
//!
//! **The waker.** A waiting generator says what it waits for, and the driver arranges to be called back. A waiting
//! future returns `Pending`, which says nothing. So the roles are exchanged: with each poll the driver passes in the
//! way back, and the future arranges to be called. This leaves each side one duty. A `poll` that returns `Pending` has
//! left the waker where the news will arrive. If `poll` forgets the waker, the task sleeps forever. And whoever brings
//! the news calls the waker: `finish` calls the waker for a result and for a cancellation. A waker only
//! puts an id into a queue. It runs no task, so it can be called anywhere: in the middle of another task's turn, twice,
//! after the task is done, on another thread.
//!
//! A cancellation needs no second channel. An `async fn` cannot be thrown into, but it can be polled, and what it
//! awaits decides what the `.await` returns. So `cancel` sets a flag and wakes the task, and the first `LoopFuture`
//! polled in that turn returns `Err(Cancelled)`. From there, `?` propagates the error, as it propagated thrown
//! exceptions. If nothing raises `Cancelled` in that turn, the flag goes back to the task: a cancellation may be late,
//! but must not get lost. And after the poll `run` sets the task's flag, but does not clear it: the task may have
//! cancelled itself in this turn.
//!
//! **`TwoTanks`.** An `.await` is three things: poll what is awaited, return `Pending` if that is pending, and continue
//! in the *same* poll if it is ready. The `loop` is there for the third. Without it, the poll that finds the first tank
//! ready would return `Pending` although nobody has the waker: the first tank is done, and the second was never asked.
//! And a future is polled only while it is awaited: the second tank not before the first has reported, and the first
//! not again after that, because a future that has returned `Ready` must not be polled again. So the state says at
//! which `.await` it is. A `?` is one more way to the end.

use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker, ready};
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
}

impl Task {
    /// Has a `Cancelled` raised in the task's next turn, at the `.await` at which the task is suspended.
    pub fn cancel(&self) {
        self.must_cancel.set(true);
        self.waker.wake_by_ref();
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
        self.0.outcome.replace(Some(outcome));
        for waker in self.0.wakers.take() {
            waker.wake();
        }
        true
    }
}

impl<T: Clone> Future for LoopFuture<T> {
    type Output = Result<T, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if MUST_CANCEL.take() {
            return Poll::Ready(Err(Cancelled));
        }
        if let Some(outcome) = &*self.0.outcome.borrow() {
            return Poll::Ready(outcome.clone());
        }
        self.0.wakers.borrow_mut().push(cx.waker().clone());
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
    state: State,
}

/// At which `.await` it is.
enum State {
    First,
    Second(u32), // the litres in the first tank
    Closed,
}

impl<F> TwoTanks<F> {
    /// Creates the future. It has not been polled.
    pub fn new(first: F, second: F) -> Self {
        Self {
            first,
            second,
            state: State::First,
        }
    }
}

impl<F: Future<Output = Option<u32>> + Unpin> Future for TwoTanks<F> {
    type Output = Option<u32>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        loop {
            let result = match self.state {
                State::First => match ready!(Pin::new(&mut self.first).poll(cx)) {
                    Some(litres) => {
                        self.state = State::Second(litres);
                        continue;
                    }
                    None => None,
                },
                State::Second(first) => {
                    let second = ready!(Pin::new(&mut self.second).poll(cx));
                    second.map(|second| first + second)
                }
                State::Closed => panic!("`async fn` resumed after completion"),
            };
            self.state = State::Closed;
            return Poll::Ready(result);
        }
    }
}
