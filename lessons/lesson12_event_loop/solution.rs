//! One way to solve the exercises.
//!
//! **`EventLoop`.** A round is a promise to everybody who is not in it. The batch is counted before the first call, so a
//! round ends, whatever its callbacks schedule. Then the loop looks: was it stopped, and is a timer due? With a `while
//! let` instead of the count, one callback that schedules itself is enough, and the loop never looks again.
//!
//! Three borrows decide whether it works. `round` takes a callback out, and no longer borrows the schedule when it calls:
//! the callback will want to schedule something. `wait` may borrow, because it calls nobody. And `cancel` drops the
//! callback only after the borrow, because what the callback captured is dropped with it, and may use the loop.
//!
//! `stop` sets a flag, no more. So the rest of the round is called, and a stop before the run allows one round. Whoever
//! sets a flag has to say when it is cleared: here at the end of the run, even if an interrupt ends it.
//!
//! **`Watchdog`.** A timer cannot be moved. It is cancelled, and another one is set; without the `cancel`, the watchdog acts
//! once for each reset. The old entry stays in the heap until its deadline. With many resets, say one for each packet, it
//! is better to keep the timer and only write down the time of the reset. The callback then sets a timer for what is left.

use std::{cell::Cell, cell::RefCell, rc::Rc, time::Duration};

use tminus_lessons::lesson12_event_loop::{
    self as lesson, Callback, Clock, Exception, KeyboardInterrupt, Schedule,
};

#[derive(Clone)]
pub struct EventLoop(Rc<Inner>);

struct Inner {
    clock: Clock,
    schedule: RefCell<Schedule>,
    stopping: Cell<bool>,
}

pub struct Handle {
    event_loop: EventLoop,
    number: u64,
}

impl Handle {
    pub fn cancel(&self) {
        let _callback = self.event_loop.0.schedule.borrow_mut().take(self.number);
    }
}

impl EventLoop {
    pub fn new(clock: &Clock) -> Self {
        Self(Rc::new(Inner {
            clock: clock.clone(),
            schedule: RefCell::default(),
            stopping: Cell::new(false),
        }))
    }

    pub fn call_soon(&self, callback: impl Callback) -> Handle {
        let event_loop = self.clone();
        let number = self.0.schedule.borrow_mut().add_ready(callback);
        Handle { event_loop, number }
    }

    pub fn call_later(&self, delay: Duration, callback: impl Callback) -> Handle {
        let deadline = self.0.clock.now().saturating_add(delay);
        let event_loop = self.clone();
        let number = self.0.schedule.borrow_mut().add_timer(deadline, callback);
        Handle { event_loop, number }
    }

    pub fn run_forever(&self) -> Result<(), Exception> {
        let outcome = self.run();
        self.0.stopping.set(false);
        outcome
    }

    fn run(&self) -> Result<(), Exception> {
        loop {
            self.wait()?;
            self.round()?;
            if self.0.stopping.get() {
                return Ok(());
            }
        }
    }

    fn wait(&self) -> Result<(), Exception> {
        let mut schedule = self.0.schedule.borrow_mut();
        if schedule.ready() == 0 && !self.0.stopping.get() {
            let nothing = Exception::RuntimeError("nothing is ready, and no timer is set", None);
            let deadline = schedule.first_deadline().ok_or(nothing)?;
            self.0.clock.wait_until(deadline);
        }
        schedule.wake(self.0.clock.now());
        Ok(())
    }

    fn round(&self) -> Result<(), Exception> {
        let batch = self.0.schedule.borrow_mut().ready();
        for _ in 0..batch {
            let Some(callback) = self.0.schedule.borrow_mut().next_ready() else {
                continue;
            };
            match callback() {
                Err(interrupt) if interrupt.is::<KeyboardInterrupt>() => return Err(interrupt),
                Err(exception) => eprintln!("Exception in callback: {exception}"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    pub fn stop(&self) {
        self.0.stopping.set(true);
    }
}

pub struct Watchdog {
    event_loop: lesson::EventLoop,
    patience: Duration,
    action: Rc<dyn Fn()>,
    timer: Option<lesson::Handle>, // the one of the last reset
}

impl Watchdog {
    pub fn new(
        event_loop: &lesson::EventLoop,
        patience: Duration,
        action: impl Fn() + 'static,
    ) -> Result<Self, Exception> {
        let mut watchdog = Self {
            event_loop: event_loop.clone(),
            patience,
            action: Rc::new(action),
            timer: None,
        };
        watchdog.reset().map(|()| watchdog)
    }

    pub fn reset(&mut self) -> Result<(), Exception> {
        let action = self.action.clone();
        let timer = self.event_loop.call_later(self.patience, move || {
            action();
            Ok(())
        })?;
        if let Some(before) = self.timer.replace(timer) {
            before.cancel();
        }
        Ok(())
    }

    pub fn stop(self) {
        self.timer.iter().for_each(lesson::Handle::cancel);
    }
}
