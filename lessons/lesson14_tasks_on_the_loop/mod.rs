#![doc = include_str!("README.md")]

use std::{cell::Cell, cell::RefCell, ops::Deref, rc::Rc};

pub use tminus_lessons::lesson13_futures::{
    Awaitable, Callback, Cancelled, Clock, Coroutine, EventLoop, Exception, Future, Generator,
    LEGEND, Lanes, Step, Wait, YieldFrom, run_until_complete, running_loop, sleep,
};

mod all_tasks;
pub mod before;
pub mod early;
pub mod ends;
pub mod hold;
pub mod programs;
mod run;

pub use all_tasks::{AnyTask, all_tasks};
pub use run::{cancel_all_tasks, create_task, run};

/// A future together with the coroutine that sets it. Clones are handles to the same task.
#[derive(Clone)]
pub struct Task<T>(Rc<Inner<T>>);

struct Inner<T> {
    event_loop: EventLoop,
    future: Future<T>,
    coroutine: RefCell<Option<Coroutine<T>>>, // `None` during a turn, and after the last one
    waits_for: RefCell<Option<Rc<dyn Awaitable>>>, // what the last `Wait::For` said
    must_cancel: Cell<bool>,                  // the next turn begins with a throw
    cancelling: Cell<u32>,                    // the number of requests to cancel
}

/// A task is a future: Python's `Task` inherits from `Future`. (Python forbids `set_result` for tasks. Here nobody does.)
impl<T> Deref for Task<T> {
    type Target = Future<T>;

    fn deref(&self) -> &Future<T> {
        &self.0.future
    }
}

impl<T: Clone + 'static> Task<T> {
    /// Creates a task. It has its first turn in the next round.
    pub fn new(event_loop: &EventLoop, coroutine: Coroutine<T>) -> Result<Self, Exception> {
        let task = Self(Rc::new(Inner {
            event_loop: event_loop.clone(),
            future: Future::new(event_loop),
            coroutine: RefCell::new(Some(coroutine)),
            waits_for: RefCell::new(None),
            must_cancel: Cell::new(false),
            cancelling: Cell::new(0),
        }));
        let this = task.clone();
        event_loop.call_soon(move || this.give_turn())?;
        all_tasks::register(task.0.clone());
        Ok(task)
    }

    fn give_turn(&self) -> Result<(), Exception> {
        let coroutine = self.0.coroutine.take();
        let mut coroutine =
            coroutine.expect("a task has one turn at a time, and none after its end");
        let step = if self.0.must_cancel.take() {
            coroutine.throw(Cancelled)
        } else {
            coroutine.resume()
        };
        match step {
            Ok(Step::Yielded(wait)) => {
                self.0.coroutine.replace(Some(coroutine));
                self.rest(wait)
            }
            Ok(Step::Returned(_)) if self.0.must_cancel.take() => self.set_exception(Cancelled),
            Ok(Step::Returned(result)) => self.set_result(result),
            Err(exception) => self.set_exception(exception),
        }
    }

    fn rest(&self, wait: Wait) -> Result<(), Exception> {
        let this = self.clone();
        let next_turn = move || this.give_turn();
        match wait {
            Wait::Turn => {
                self.0.event_loop.call_soon(next_turn)?;
            }
            Wait::For(awaited) => {
                awaited.call_when_done(Box::new(next_turn))?;
                if self.0.must_cancel.get() && awaited.cancel() {
                    self.0.must_cancel.set(false); // `awaited` delivers it
                }
                self.0.waits_for.replace(Some(awaited));
            }
        }
        Ok(())
    }

    /// Requests a cancellation: [`Cancelled`] is raised at the task's current wait. Returns `false` if the task is
    /// done.
    pub fn cancel(&self) -> bool {
        self.0.cancel()
    }

    /// Waits until the task is done, and returns its result. A cancellation of the waiter cancels the task, too.
    pub fn wait(&self) -> Coroutine<T> {
        let this = self.clone();
        Generator::new(async move |co| {
            if !this.done() {
                co.yield_(Wait::For(this.0.clone())).await?;
            }
            this.result()
        })
    }

    /// Returns the number of requests to cancel the task.
    pub fn cancelling(&self) -> u32 {
        self.0.cancelling.get()
    }
}

impl<T: Clone + 'static> Awaitable for Inner<T> {
    fn call_when_done(&self, callback: Box<dyn Callback>) -> Result<(), Exception> {
        self.future.call_when_done(callback)
    }

    fn cancel(&self) -> bool {
        if self.future.done() {
            return false;
        }
        self.cancelling.set(self.cancelling.get() + 1);
        let awaited = self.waits_for.borrow().clone();
        let delivers = awaited.is_some_and(|awaited| awaited.cancel());
        if !delivers {
            self.must_cancel.set(true);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus_lessons::lesson10_tasks::ValueError;
    use tminus_lessons::lesson11_timers::programs::ms;

    #[derive(Clone, Default)]
    struct Log(Rc<RefCell<Vec<String>>>);

    impl Log {
        fn add(&self, entry: impl Into<String>) {
            self.0.borrow_mut().push(entry.into());
        }

        fn take(&self) -> Vec<String> {
            self.0.take()
        }

        /// Runs a coroutine, and adds `name` if it is cancelled.
        fn says(&self, name: &'static str, coroutine: Coroutine) -> Coroutine {
            let log = self.clone();
            Generator::new(async move |co| {
                let outcome = co.yield_from(coroutine).await;
                if outcome.as_ref().is_err_and(Exception::is::<Cancelled>) {
                    log.add(name);
                }
                outcome
            })
        }
    }

    fn main(body: Coroutine) {
        run(&Clock::virtual_time(), body).unwrap();
    }

    #[test]
    fn a_cancellation_comes_back_up_a_task_a_round() {
        let log = Log::default();
        let its_log = log.clone();
        main(Generator::new(async move |co| {
            let log = its_log;
            let inner = create_task(log.says("inner", sleep(ms(1000))))?;
            let outer = create_task(log.says("outer", inner.wait()))?;
            co.yield_(Wait::Turn).await?;
            co.yield_(Wait::Turn).await?;
            let its_log = log.clone();
            create_task(Generator::new(async move |co| {
                for n in 0..3 {
                    its_log.add(format!("other {n}"));
                    co.yield_(Wait::Turn).await?;
                }
                Ok(())
            }))?;
            assert!(outer.cancel());
            log.add("cancelled");
            let outcome = co.yield_from(outer.wait()).await;
            assert!(outcome.is_err() && inner.cancelled() && outer.cancelled());
            Ok(())
        }));
        // CPython 3.13 has the same order.
        let order = "cancelled, other 0, inner, other 1, outer, other 2";
        assert_eq!(log.take().join(", "), order);
    }

    #[test]
    fn a_cancelled_sleep_takes_no_time() {
        let clock = Clock::virtual_time();
        let sleeper = Generator::new(async |co| {
            let task = create_task(sleep(ms(1000)))?;
            co.yield_from(sleep(ms(10))).await?;
            task.cancel();
            co.yield_from(task.wait()).await
        });
        let error = run(&clock, sleeper).unwrap_err();
        assert!(error.is::<Cancelled>());
        assert_eq!(clock.now(), ms(10));
    }

    #[test]
    fn a_cancellation_can_be_caught() {
        main(Generator::new(async |co| {
            let task = create_task(Generator::new(async |co| {
                let caught = co.yield_from(sleep(ms(1000))).await;
                assert!(caught.unwrap_err().is::<Cancelled>());
                co.yield_from(sleep(ms(1))).await?;
                Ok("went on")
            }))?;
            co.yield_(Wait::Turn).await?;
            assert!(task.cancel());
            assert_eq!(co.yield_from(task.wait()).await?, "went on");
            assert!(task.done() && !task.cancelled() && !task.cancel());
            assert_eq!(task.cancelling(), 1);
            Ok(())
        }));
    }

    #[test]
    fn a_task_that_is_cancelled_before_its_first_turn_runs_nothing() {
        main(Generator::new(async |co| {
            let task: Task<()> = create_task(Generator::new(async |_| panic!("it ran")))?;
            task.cancel();
            assert!(!task.done());
            assert!(co.yield_from(task.wait()).await.is_err());
            assert!(task.cancelled());
            Ok(())
        }));
    }

    #[test]
    fn a_cancellation_is_not_lost_if_the_result_came_first() {
        main(Generator::new(async |co| {
            let future = Future::new(&running_loop()?);
            let task = create_task(future.wait())?;
            co.yield_(Wait::Turn).await?;
            future.set_result(1)?;
            assert!(task.cancel());
            assert!(co.yield_from(task.wait()).await.is_err());
            assert!(task.cancelled() && !future.cancelled());
            Ok(())
        }));
    }

    #[test]
    fn a_task_that_cancels_itself_learns_of_it_where_it_waits_next() {
        let log = Log::default();
        let its_log = log.clone();
        main(Generator::new(async move |co| {
            let myself: Rc<RefCell<Option<Task<u32>>>> = Rc::default();
            let its_own = myself.clone();
            let task = create_task(Generator::new(async move |co| {
                let cancel = || its_own.borrow().as_ref().map(Task::cancel);
                cancel();
                its_log.add("still on");
                if co.yield_from(sleep(ms(1000))).await.is_err() {
                    its_log.add("now");
                }
                cancel();
                Ok(3) // nobody gets it
            }))?;
            myself.replace(Some(task.clone()));
            assert!(co.yield_from(task.wait()).await.is_err());
            assert!(task.cancelled() && task.cancelling() == 2);
            Ok(())
        }));
        assert_eq!(log.take(), ["still on", "now"]);
    }

    #[test]
    fn an_exception_of_a_task_is_raised_where_another_task_waits_for_it() {
        main(Generator::new(async |co| {
            let task: Task<()> = create_task(Generator::new(async |co| {
                co.yield_(Wait::Turn).await?;
                Err(ValueError("bad").into())
            }))?;
            for _ in 0..2 {
                let error = co.yield_from(task.wait()).await.unwrap_err();
                assert!(error.is::<ValueError>());
            }
            Ok(())
        }));
    }

    #[test]
    fn all_tasks_are_those_of_the_loop_that_are_not_done() {
        let clock = Clock::virtual_time();
        let (one, other) = (EventLoop::new(&clock), EventLoop::new(&clock));
        let first = Task::new(&one, sleep(ms(10))).unwrap();
        Task::new(&other, sleep(ms(10))).unwrap();
        Task::new(&one, sleep(ms(20))).unwrap();
        assert_eq!((all_tasks(&one).len(), all_tasks(&other).len()), (2, 1));
        run_until_complete(&one, &first).unwrap();
        assert_eq!((all_tasks(&one).len(), all_tasks(&other).len()), (1, 1));
    }

    #[test]
    fn at_the_end_the_tasks_that_are_left_clean_up_in_the_order_of_creation() {
        let log = Log::default();
        let its_log = log.clone();
        main(Generator::new(async move |co| {
            for name in ["a", "b", "c"] {
                create_task(its_log.says(name, sleep(ms(1000))))?;
            }
            co.yield_(Wait::Turn).await
        }));
        assert_eq!(log.take(), ["a", "b", "c"]);
    }
}
