#![doc = include_str!("README.md")]

use std::{cell::Cell, cell::RefCell, rc::Rc};

pub use tminus_lessons::lesson12_event_loop::{
    Callback, Clock, EventLoop, Exception, Generator, LEGEND, Lanes, Step, YieldFrom, running_loop,
};

mod coroutines;
mod exceptions;
mod gather;
pub mod programs;
pub mod word;

pub use coroutines::{Awaitable, Coroutine, Wait, ensure_future, sleep};
pub use exceptions::{Cancelled, InvalidStateError};
pub use gather::gather;

/// A place for a result that is still to come, or for an exception. Clones are handles to the same future.
#[derive(Clone)]
pub struct Future<T>(Rc<Inner<T>>);

struct Inner<T> {
    event_loop: EventLoop,
    outcome: RefCell<Option<Result<T, Exception>>>, // `None` while the future is pending
    callbacks: RefCell<Vec<DoneCallback<T>>>,       // to be scheduled when it is done
}

type DoneCallback<T> = Box<dyn FnOnce(&Future<T>) -> Result<(), Exception>>;

impl<T: Clone + 'static> Future<T> {
    /// Creates a pending future: Python's `loop.create_future()`.
    pub fn new(event_loop: &EventLoop) -> Self {
        Self(Rc::new(Inner {
            event_loop: event_loop.clone(),
            outcome: RefCell::new(None),
            callbacks: RefCell::default(),
        }))
    }

    /// Returns `true` if the future has a result or an exception.
    pub fn done(&self) -> bool {
        self.0.outcome.borrow().is_some()
    }

    /// Sets the result. Raises [`InvalidStateError`] if the future is done.
    pub fn set_result(&self, result: T) -> Result<(), Exception> {
        self.finish(Ok(result))
    }

    /// Sets the exception. Raises [`InvalidStateError`] if the future is done.
    pub fn set_exception(&self, exception: impl Into<Exception>) -> Result<(), Exception> {
        self.finish(Err(exception.into()))
    }

    fn finish(&self, outcome: Result<T, Exception>) -> Result<(), Exception> {
        if self.done() {
            return Err(InvalidStateError("invalid state").into());
        }
        self.0.outcome.replace(Some(outcome));
        self.schedule_callbacks()
    }

    /// Schedules `callback` when the future is done, after the callbacks added before.
    pub fn add_done_callback(
        &self,
        callback: impl FnOnce(&Self) -> Result<(), Exception> + 'static,
    ) -> Result<(), Exception> {
        self.0.callbacks.borrow_mut().push(Box::new(callback));
        if self.done() {
            self.schedule_callbacks()?;
        }
        Ok(())
    }

    fn schedule_callbacks(&self) -> Result<(), Exception> {
        for callback in self.0.callbacks.take() {
            let this = self.clone();
            self.0.event_loop.call_soon(move || callback(&this))?;
        }
        Ok(())
    }

    /// Ends the future with [`Cancelled`]. Returns `false` if it was done before.
    pub fn cancel(&self) -> bool {
        self.set_exception(Cancelled).is_ok()
    }

    /// Returns `true` if the future has ended with [`Cancelled`].
    pub fn cancelled(&self) -> bool {
        let outcome = self.0.outcome.borrow();
        matches!(&*outcome, Some(Err(exception)) if exception.is::<Cancelled>())
    }

    /// Returns a clone of the result, or raises the exception. Raises [`InvalidStateError`] if the future is pending.
    pub fn result(&self) -> Result<T, Exception> {
        let outcome = self.0.outcome.borrow().clone();
        outcome.unwrap_or(Err(InvalidStateError("Result is not set.").into()))
    }

    /// Waits until the future is done, and returns its result. If it is done already, this takes no turn.
    pub fn wait(&self) -> Coroutine<T> {
        let this = self.clone();
        Generator::new(async move |co| {
            if !this.done() {
                co.yield_(Wait::For(Rc::new(this.clone()))).await?;
            }
            this.result()
        })
    }
}

/// Runs the loop until `future` is done, and returns its result: Python's `loop.run_until_complete(future)`.
pub fn run_until_complete<T: Clone + 'static>(
    event_loop: &EventLoop,
    future: &Future<T>,
) -> Result<T, Exception> {
    let (this, wanted) = (event_loop.clone(), Rc::new(Cell::new(true)));
    let still_wanted = wanted.clone();
    future.add_done_callback(move |_| {
        if still_wanted.get() {
            this.stop();
        }
        Ok(())
    })?;
    let run = event_loop.run_forever();
    wanted.set(false); // if the run ended early, the callback is still to come
    run?;
    if !future.done() {
        let message = "Event loop stopped before Future completed.";
        return Err(Exception::RuntimeError(message, None));
    }
    future.result()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus_lessons::lesson10_tasks::ValueError;
    use tminus_lessons::lesson11_timers::programs::ms;

    type Log = Rc<RefCell<Vec<String>>>;

    fn new_loop() -> EventLoop {
        EventLoop::new(&Clock::virtual_time())
    }

    /// Runs until nothing is left to do.
    fn run(event_loop: &EventLoop) {
        event_loop.run_forever().unwrap_err();
    }

    /// Waits for a future, and logs its outcome.
    fn waiter(log: &Log, name: &'static str, future: &Future<u32>) -> Coroutine {
        let (log, future) = (log.clone(), future.clone());
        Generator::new(async move |co| {
            let entry = match co.yield_from(future.wait()).await {
                Ok(result) => format!("{name} got {result}"),
                Err(exception) => format!("{name} caught {exception}"),
            };
            log.borrow_mut().push(entry);
            Ok(())
        })
    }

    #[test]
    fn a_future_gets_one_result_and_keeps_it() {
        let future = Future::new(&new_loop());
        assert!(!future.done());
        let early = future.result().unwrap_err();
        assert_eq!(early.to_string(), "InvalidStateError: Result is not set.");
        future.set_result(1).unwrap();
        let second = future.set_result(2).unwrap_err();
        assert_eq!(second.to_string(), "InvalidStateError: invalid state");
        assert!(future.set_exception(std::fmt::Error).is_err());
        assert!(!future.cancel() && !future.cancelled());
        assert_eq!([future.result().unwrap(), future.result().unwrap()], [1, 1]);
    }

    #[test]
    fn callbacks_come_in_order_through_the_ready_queue() {
        let (event_loop, log) = (new_loop(), Log::default());
        let future = Future::new(&event_loop);
        let say = |what: &'static str| {
            let log = log.clone();
            move |future: &Future<u32>| {
                log.borrow_mut()
                    .push(format!("{what} {}", future.result()?));
                Ok(())
            }
        };
        future.add_done_callback(say("first")).unwrap();
        future.add_done_callback(say("second")).unwrap();
        future.set_result(7).unwrap();
        future.add_done_callback(say("late")).unwrap();
        assert!(log.borrow().is_empty());
        run(&event_loop);
        assert_eq!(*log.borrow(), ["first 7", "second 7", "late 7"]);
    }

    #[test]
    fn all_who_wait_get_the_exception() {
        let (event_loop, log) = (new_loop(), Log::default());
        let future = Future::new(&event_loop);
        for name in ["a", "b"] {
            let waiter = waiter(&log, name, &future);
            ensure_future(&event_loop, waiter).unwrap();
        }
        let its_future = future.clone();
        let fails = move || its_future.set_exception(ValueError("bad"));
        event_loop.call_later(ms(10), fails).unwrap();
        run(&event_loop);
        assert_eq!(*log.borrow(), ["a caught bad", "b caught bad"]);
        assert!(future.result().unwrap_err().is::<ValueError>());
    }

    #[test]
    fn waiting_for_a_done_future_takes_no_turn() {
        let future = Future::new(&new_loop());
        future.set_result(3).unwrap();
        assert!(matches!(future.wait().resume(), Ok(Step::Returned(3))));
    }

    #[test]
    fn a_sleeper_wakes_a_round_after_its_timer() {
        let (event_loop, log) = (new_loop(), Log::default());
        let (its_log, log_of_timer) = (log.clone(), log.clone());
        let sleeper: Coroutine = Generator::new(async move |co| {
            co.yield_from(sleep(ms(10))).await?;
            its_log.borrow_mut().push("sleeper".to_owned());
            Ok(())
        });
        ensure_future(&event_loop, sleeper).unwrap();
        let this = event_loop.clone();
        let set_timer = move || {
            let timer = move || {
                log_of_timer.borrow_mut().push("timer".to_owned());
                Ok(())
            };
            this.call_later(ms(10), timer)?; // after the sleeper's
            Ok(())
        };
        event_loop.call_soon(set_timer).unwrap();
        run(&event_loop);
        assert_eq!(*log.borrow(), ["timer", "sleeper"]);
    }

    #[test]
    fn what_a_coroutine_raises_is_raised_by_the_run() {
        let event_loop = new_loop();
        let fails: Coroutine = Generator::new(async |co| {
            co.yield_from(sleep(ms(10))).await?;
            Err(ValueError("bad").into())
        });
        let fails = ensure_future(&event_loop, fails).unwrap();
        let error = run_until_complete(&event_loop, &fails).unwrap_err();
        assert!(error.is::<ValueError>());
    }

    #[test]
    fn a_run_ends_if_nothing_can_set_the_future() {
        let event_loop = new_loop();
        let never = Future::<u32>::new(&event_loop);
        let error = run_until_complete(&event_loop, &never).unwrap_err();
        let message = "RuntimeError: nothing is ready, and no timer is set";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn a_run_that_is_stopped_early_raises_and_can_be_repeated() {
        let event_loop = new_loop();
        let nap = ensure_future(&event_loop, sleep(ms(10))).unwrap();
        event_loop.stop();
        let error = run_until_complete(&event_loop, &nap).unwrap_err();
        let message = "RuntimeError: Event loop stopped before Future completed.";
        assert_eq!(error.to_string(), message);
        run_until_complete(&event_loop, &nap).unwrap();
        assert_eq!(event_loop.time(), ms(10));
    }

    fn gathered(coroutines: Vec<Coroutine<u32>>) -> Result<Vec<u32>, Exception> {
        let event_loop = new_loop();
        let main = Generator::new(async move |co| {
            let event_loop = running_loop()?;
            let futures = coroutines.into_iter();
            let futures: Result<Vec<Future<u32>>, Exception> =
                futures.map(|one| ensure_future(&event_loop, one)).collect();
            co.yield_from(gather(futures?)?.wait()).await
        });
        run_until_complete(&event_loop, &ensure_future(&event_loop, main)?)
    }

    fn after(delay: u64, outcome: Result<u32, ValueError>) -> Coroutine<u32> {
        Generator::new(async move |co| {
            co.yield_from(sleep(ms(delay))).await?;
            Ok(outcome?)
        })
    }

    #[test]
    fn gather_keeps_the_order_of_its_futures() {
        let all = gathered(vec![after(30, Ok(1)), after(10, Ok(2)), after(0, Ok(3))]);
        assert_eq!(all.unwrap(), [1, 2, 3]);
        assert!(gathered(vec![]).unwrap().is_empty());
    }

    #[test]
    fn gather_raises_the_first_exception() {
        let (late, early) = (ValueError("late"), ValueError("early"));
        let all = gathered(vec![
            after(30, Err(late)),
            after(10, Ok(2)),
            after(20, Err(early)),
        ]);
        assert_eq!(all.unwrap_err().to_string(), "early");
    }
}
