//! The limit: what is left of a loop if no task is ever woken.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::poll_fn,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use futures::FutureExt;

use super::Loop;

/// A queue of tasks that are all polled in turn, ready or not.
#[derive(Clone)]
pub struct BareQueue(Rc<RefCell<VecDeque<Task>>>);

type Task = Pin<Box<dyn Future<Output = ()>>>;

impl BareQueue {
    /// Polls each task once.
    pub fn round(&self) {
        let tasks = self.0.borrow().len();
        self.poll_next(&mut Context::from_waker(Waker::noop()), tasks);
    }

    /// Polls the given number of tasks, or until none is left.
    fn poll_next(&self, cx: &mut Context<'_>, tasks: usize) {
        for _ in 0..tasks {
            let next = self.0.borrow_mut().pop_front(); // not in the `let else`: the task may spawn
            let Some(mut task) = next else { break };
            if task.as_mut().poll(cx).is_pending() {
                self.0.borrow_mut().push_back(task);
            }
        }
    }
}

impl Loop for BareQueue {
    const NAME: &'static str = "bare queue";

    fn new() -> Self {
        Self(Rc::default())
    }

    /// Runs `main`. It is polled again only when no task is left, because it waits for them.
    fn run(&self, main: impl Future<Output = u64> + 'static) -> u64 {
        let mut main = pin!(main);
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(result) = main.as_mut().poll(&mut cx) {
                return result;
            }
            self.poll_next(&mut cx, usize::MAX);
        }
    }

    fn spawn(
        &self,
        body: impl Future<Output = u64> + 'static,
    ) -> impl Future<Output = u64> + 'static {
        let result = Rc::new(Cell::new(None));
        let end = result.clone();
        let task = body.map(move |value| end.set(Some(value)));
        self.0.borrow_mut().push_back(Box::pin(task));
        poll_fn(move |_| result.get().map_or(Poll::Pending, Poll::Ready))
    }

    fn detach(&self, body: impl Future<Output = u64> + 'static) {
        let task = body.map(drop);
        self.0.borrow_mut().push_back(Box::pin(task));
    }

    fn yield_now() -> impl Future {
        let mut gave_way = false;
        poll_fn(move |_| match gave_way {
            true => Poll::Ready(()),
            false => {
                gave_way = true;
                Poll::Pending
            }
        })
    }
}
