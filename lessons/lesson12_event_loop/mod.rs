#![doc = include_str!("README.md")]

use std::{cell::Cell, cell::RefCell, cell::RefMut, rc::Rc, time::Duration};

pub use tminus_lessons::lesson11_timers::{
    Clock, Coroutine, Exception, Generator, LEGEND, Lanes, Step, Wait, YieldFrom, sleep,
};

pub mod programs;
mod running;
mod schedule;
mod tasks;

use running::Running;
pub use running::{KeyboardInterrupt, running_loop};
pub use schedule::{Callback, Schedule};
pub use tasks::spawn;

/// Calls back, soon or later. Clones are handles to the same loop.
#[derive(Clone)]
pub struct EventLoop(Rc<Inner>);

struct Inner {
    clock: Clock,
    schedule: RefCell<Option<Schedule>>, // none after `close`
    stopping: Cell<bool>,
}

/// A callback that was scheduled, and can be cancelled.
pub struct Handle {
    event_loop: EventLoop,
    number: u64,
}

impl Handle {
    /// Cancels the callback: it is not called, unless it already was.
    pub fn cancel(&self) {
        let schedule = self.event_loop.schedule();
        let callback = schedule.map(|mut schedule| schedule.take(self.number));
        drop(callback); // no longer borrowed: dropping what the callback captured may use the loop
    }
}

impl EventLoop {
    /// Creates a loop with nothing to do, which waits by this clock.
    pub fn new(clock: &Clock) -> Self {
        Self(Rc::new(Inner {
            clock: clock.clone(),
            schedule: RefCell::new(Some(Schedule::default())),
            stopping: Cell::new(false),
        }))
    }

    /// Returns the time that its clock shows.
    pub fn time(&self) -> Duration {
        self.0.clock.now()
    }

    /// Borrows what is scheduled. Fails if the loop is closed.
    fn schedule(&self) -> Result<RefMut<'_, Schedule>, Exception> {
        let schedule = RefMut::filter_map(self.0.schedule.borrow_mut(), Option::as_mut);
        schedule.map_err(|_| Exception::RuntimeError("Event loop is closed", None))
    }

    /// Calls back in the next round, after what was scheduled before.
    pub fn call_soon(&self, callback: impl Callback) -> Result<Handle, Exception> {
        let (event_loop, number) = (self.clone(), self.schedule()?.add_ready(callback));
        Ok(Handle { event_loop, number })
    }

    /// Calls back when `delay` has passed.
    pub fn call_later(
        &self,
        delay: Duration,
        callback: impl Callback,
    ) -> Result<Handle, Exception> {
        self.call_at(self.time().saturating_add(delay), callback)
    }

    /// Calls back when its clock shows `when`. Equal deadlines keep the order of scheduling.
    pub fn call_at(&self, when: Duration, callback: impl Callback) -> Result<Handle, Exception> {
        let (event_loop, number) = (self.clone(), self.schedule()?.add_timer(when, callback));
        Ok(Handle { event_loop, number })
    }

    /// Runs round after round, until it is stopped or interrupted, or could only wait forever.
    pub fn run_forever(&self) -> Result<(), Exception> {
        let _running = Running::enter(self)?; // fails if a loop is running
        let outcome = self.run();
        self.0.stopping.set(false); // a stop is for one run, however the run ends
        outcome
    }

    /// Has round after round, until the loop is stopped or interrupted, or could only wait forever.
    fn run(&self) -> Result<(), Exception> {
        loop {
            self.wait()?;
            self.round()?;
            if self.0.stopping.get() {
                return Ok(());
            }
        }
    }

    /// If nothing is ready, waits for the first deadline. Then makes ready what is due.
    fn wait(&self) -> Result<(), Exception> {
        let mut schedule = self.schedule()?;
        if schedule.ready() == 0 && !self.0.stopping.get() {
            let nothing = Exception::RuntimeError("nothing is ready, and no timer is set", None);
            let deadline = schedule.first_deadline().ok_or(nothing)?;
            self.0.clock.wait_until(deadline);
        }
        schedule.wake(self.time());
        Ok(())
    }

    /// Calls what is ready now. What gets ready in the meantime is for the next round.
    fn round(&self) -> Result<(), Exception> {
        let batch = self.schedule()?.ready();
        for _ in 0..batch {
            let Some(callback) = self.schedule()?.next_ready() else {
                continue; // it was cancelled
            }; // here the borrow ends, for the callback may schedule something
            match callback() {
                Err(interrupt) if interrupt.is::<KeyboardInterrupt>() => return Err(interrupt),
                Err(exception) => eprintln!("Exception in callback: {exception}"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Ends the run after the current round.
    pub fn stop(&self) {
        self.0.stopping.set(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus_lessons::lesson11_timers::programs::ms;

    /// A loop, and a log of what is called in it and when.
    #[derive(Clone)]
    struct Logged {
        event_loop: EventLoop,
        log: Rc<RefCell<Vec<(u128, &'static str)>>>,
    }

    impl Logged {
        fn new() -> Self {
            let event_loop = EventLoop::new(&Clock::virtual_time());
            let log = Rc::default();
            Self { event_loop, log }
        }

        fn says(&self, what: &'static str) -> impl Callback + use<> {
            let this = self.clone();
            move || {
                let now = this.event_loop.time().as_millis();
                this.log.borrow_mut().push((now, what));
                Ok(())
            }
        }

        fn soon(&self, what: &'static str) -> Handle {
            self.event_loop.call_soon(self.says(what)).unwrap()
        }

        fn later(&self, delay: u64, what: &'static str) -> Handle {
            let handle = self.event_loop.call_later(ms(delay), self.says(what));
            handle.unwrap()
        }

        fn stop_later(&self, delay: u64) {
            let this = self.event_loop.clone();
            let stop = move || {
                this.stop();
                Ok(())
            };
            self.event_loop.call_later(ms(delay), stop).unwrap();
        }

        fn run(&self) -> Vec<(u128, &'static str)> {
            self.event_loop.run_forever().unwrap();
            self.log.take()
        }
    }

    #[test]
    fn what_a_callback_schedules_runs_in_the_next_round() {
        let logged = Logged::new();
        let this = logged.clone();
        let first = move || {
            this.soon("third");
            this.event_loop.stop();
            this.says("first")()
        };
        logged.event_loop.call_soon(first).unwrap();
        logged.soon("second");
        assert_eq!(logged.run(), [(0, "first"), (0, "second")]);
        logged.event_loop.stop();
        assert_eq!(logged.run(), [(0, "third")]);
    }

    #[test]
    fn timers_fire_by_deadline_and_then_in_the_order_of_scheduling() {
        let logged = Logged::new();
        logged.later(20, "c");
        logged.later(10, "a");
        let past = logged
            .event_loop
            .call_at(Duration::ZERO, logged.says("past"));
        past.unwrap();
        logged.later(20, "d");
        logged.later(10, "b");
        logged.stop_later(20);
        let all = [(0, "past"), (10, "a"), (10, "b"), (20, "c"), (20, "d")];
        assert_eq!(logged.run(), all);
    }

    #[test]
    fn what_is_ready_runs_before_a_timer_that_is_due() {
        let logged = Logged::new();
        logged.later(0, "timer");
        logged.soon("ready");
        logged.event_loop.stop();
        assert_eq!(logged.run(), [(0, "ready"), (0, "timer")]);
    }

    #[test]
    fn a_cancelled_timer_is_not_waited_for() {
        let logged = Logged::new();
        let never = logged.later(10, "never");
        logged.soon("not now").cancel();
        never.cancel();
        never.cancel();
        logged.stop_later(20);
        assert_eq!(logged.run(), []);
        let alone = logged.later(10, "never");
        alone.cancel();
        logged.event_loop.run_forever().unwrap_err();
        assert_eq!(logged.event_loop.time(), ms(20));
    }

    #[test]
    fn a_failing_callback_is_reported_and_the_others_run() {
        let logged = Logged::new();
        let fails = logged.event_loop.call_soon(|| Err(std::fmt::Error.into()));
        fails.unwrap();
        logged.soon("runs");
        logged.event_loop.stop();
        assert_eq!(logged.run(), [(0, "runs")]);
    }

    #[test]
    fn an_interrupt_ends_the_run_and_nothing_is_lost() {
        let logged = Logged::new();
        let interrupt = logged
            .event_loop
            .call_soon(|| Err(KeyboardInterrupt.into()));
        interrupt.unwrap();
        logged.soon("afterwards");
        logged.event_loop.stop();
        let error = logged.event_loop.run_forever().unwrap_err();
        assert!(error.is::<KeyboardInterrupt>());
        assert_eq!(*logged.log.borrow(), []);
        logged.stop_later(5);
        assert_eq!(logged.run(), [(0, "afterwards")]);
    }

    #[test]
    fn a_loop_with_nothing_to_wait_for_gives_up() {
        let error = Logged::new().event_loop.run_forever().unwrap_err();
        let message = "RuntimeError: nothing is ready, and no timer is set";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn a_closed_loop_refuses_work() {
        let event_loop = EventLoop::new(&Clock::virtual_time());
        event_loop.close().unwrap();
        event_loop.close().unwrap();
        let refused = [
            event_loop.call_soon(|| Ok(())).err(),
            event_loop.call_later(ms(1), || Ok(())).err(),
            event_loop.call_at(ms(1), || Ok(())).err(),
            event_loop.run_forever().err(),
        ];
        for error in refused {
            let message = "RuntimeError: Event loop is closed";
            assert_eq!(error.unwrap().to_string(), message);
        }
    }

    #[test]
    fn a_running_loop_cannot_be_closed_nor_run_again() {
        let event_loop = EventLoop::new(&Clock::virtual_time());
        let this = event_loop.clone();
        let log = Rc::new(RefCell::new(Vec::new()));
        let its_log = log.clone();
        let tries = move || {
            assert!(this.is_running() && running_loop()? == this);
            let mut log = its_log.borrow_mut();
            log.extend(this.close().err().map(|error| error.to_string()));
            log.extend(this.run_forever().err().map(|error| error.to_string()));
            this.stop();
            Ok(())
        };
        event_loop.call_soon(tries).unwrap();
        event_loop.run_forever().unwrap();
        assert_eq!(
            *log.borrow(),
            [
                "RuntimeError: Cannot close a running event loop",
                "RuntimeError: Cannot run the event loop while another loop is running",
            ]
        );
        assert!(!event_loop.is_running() && !event_loop.is_closed());
    }

    #[test]
    fn closing_the_loop_closes_its_tasks() {
        let logged = Logged::new();
        let this = logged.clone();
        let task: Coroutine = Generator::new(async move |co| {
            let outcome = co.yield_from(sleep(ms(1000))).await;
            this.says("closed")()?;
            outcome
        });
        spawn(&logged.event_loop, task).unwrap();
        logged.stop_later(1);
        assert_eq!(logged.run(), []);
        logged.event_loop.close().unwrap();
        assert_eq!(logged.log.take(), [(1, "closed")]);
    }
}
