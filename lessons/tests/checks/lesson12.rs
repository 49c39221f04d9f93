use std::{cell::RefCell, rc::Rc, time::Duration};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::{
    self as lesson, Callback, Clock, Exception, KeyboardInterrupt,
};

use crate::lesson12::{EventLoop, Handle, Watchdog};

/// The reader's loop, with a log of what is called in it. Clones write on the same log.
#[derive(Clone)]
struct Logged {
    clock: Clock,
    event_loop: EventLoop,
    lines: Rc<RefCell<String>>,
}

impl Logged {
    fn new() -> Self {
        let clock = Clock::virtual_time();
        Self {
            event_loop: EventLoop::new(&clock),
            clock,
            lines: Rc::default(),
        }
    }

    fn write(&self, what: &str) {
        let mut lines = self.lines.borrow_mut();
        let now = self.clock.now().as_millis();
        *lines += &format!("at {now} ms: {what}\n");
        let count = lines.lines().count();
        assert!(count < 100, "100 calls, and no end:\n{:.300}…", *lines);
    }

    /// A callback that writes down its call.
    fn says(&self, what: &'static str) -> impl Callback + use<> {
        let this = self.clone();
        move || {
            this.write(what);
            Ok(())
        }
    }

    fn soon(&self, what: &'static str) -> Handle {
        self.event_loop.call_soon(self.says(what))
    }

    fn later(&self, delay: u64, what: &'static str) -> Handle {
        self.event_loop.call_later(ms(delay), self.says(what))
    }

    fn stop_later(&self, delay: u64) {
        let this = self.clone();
        let stop = move || {
            this.write("stop");
            this.event_loop.stop();
            Ok(())
        };
        self.event_loop.call_later(ms(delay), stop);
    }

    /// Runs the loop, and writes down how the run ended.
    fn run(&self) {
        match self.event_loop.run_forever() {
            Ok(()) => self.write("the run ends"),
            Err(exception) => self.write(&format!("the run fails with {exception}")),
        }
    }

    #[track_caller]
    fn assert_log(&self, want: &str) {
        let got = self.lines.borrow();
        assert!(*got == want, "expected:\n{want}actual:\n{got}");
    }
}

#[test]
fn a_round_calls_what_was_ready_when_it_began() {
    let logged = Logged::new();
    let this = logged.clone();
    logged.event_loop.call_soon(move || {
        this.write("first");
        this.soon("from the first");
        this.event_loop.stop();
        Ok(())
    });
    logged.soon("second");
    logged.run();
    logged.event_loop.stop(); // the next run ends after one round
    logged.run();
    logged.assert_log(
        "\
at 0 ms: first
at 0 ms: second
at 0 ms: the run ends
at 0 ms: from the first
at 0 ms: the run ends
",
    );
}

#[test]
fn timers_are_called_by_deadline_and_the_clock_jumps() {
    let logged = Logged::new();
    for (delay, what) in [(20, "c"), (10, "a"), (20, "d"), (10, "b")] {
        logged.later(delay, what);
    }
    logged.stop_later(20);
    logged.run();
    logged.assert_log(
        "\
at 10 ms: a
at 10 ms: b
at 20 ms: c
at 20 ms: d
at 20 ms: stop
at 20 ms: the run ends
",
    );
}

#[test]
fn a_timer_that_is_due_comes_after_what_is_ready() {
    let logged = Logged::new();
    logged.later(0, "timer");
    logged.soon("ready");
    logged.event_loop.stop();
    logged.run();
    logged.assert_log(
        "\
at 0 ms: ready
at 0 ms: timer
at 0 ms: the run ends
",
    );
}

#[test]
fn a_timer_is_called_although_another_callback_is_always_ready() {
    fn again(logged: Logged) -> Result<(), Exception> {
        logged.write("again, which takes a millisecond");
        logged.clock.wait_until(logged.clock.now() + ms(1));
        let this = logged.clone();
        logged.event_loop.call_soon(move || again(this));
        Ok(())
    }
    let logged = Logged::new();
    let this = logged.clone();
    logged.event_loop.call_soon(move || again(this));
    logged.stop_later(2);
    logged.run();
    logged.assert_log(
        "\
at 0 ms: again, which takes a millisecond
at 1 ms: again, which takes a millisecond
at 2 ms: again, which takes a millisecond
at 3 ms: stop
at 3 ms: the run ends
",
    );
}

#[test]
fn what_is_cancelled_is_neither_called_nor_waited_for() {
    let logged = Logged::new();
    logged.later(10, "never").cancel();
    logged.soon("not now").cancel();
    logged.later(20, "twenty");
    let never = logged.later(30, "never");
    let this = logged.clone();
    logged.event_loop.call_later(ms(25), move || {
        this.write("cancel that of 30 ms");
        never.cancel();
        Ok(())
    });
    logged.run();
    logged.assert_log(
        "\
at 20 ms: twenty
at 25 ms: cancel that of 30 ms
at 25 ms: the run fails with RuntimeError: nothing is ready, and no timer is set
",
    );
}

#[test]
fn a_run_that_is_stopped_before_it_begins_has_one_round_and_no_wait() {
    let logged = Logged::new();
    logged.later(10, "timer");
    logged.event_loop.stop();
    logged.run();
    logged.soon("not now").cancel();
    logged.soon("ready");
    logged.event_loop.stop();
    logged.run();
    logged.stop_later(10);
    logged.run();
    logged.assert_log(
        "\
at 0 ms: the run ends
at 0 ms: ready
at 0 ms: the run ends
at 10 ms: timer
at 10 ms: stop
at 10 ms: the run ends
",
    );
}

#[test]
fn a_callback_that_fails_does_not_end_the_run() {
    let logged = Logged::new();
    let this = logged.clone();
    logged.event_loop.call_soon(move || {
        this.write("fails");
        Err(std::fmt::Error.into())
    });
    logged.soon("runs");
    logged.stop_later(1);
    logged.run();
    logged.assert_log(
        "\
at 0 ms: fails
at 0 ms: runs
at 1 ms: stop
at 1 ms: the run ends
",
    );
}

#[test]
fn an_interrupt_ends_the_run_and_the_next_run_goes_on() {
    let logged = Logged::new();
    let this = logged.clone();
    logged.event_loop.call_soon(move || {
        this.write("Ctrl-C, after a stop");
        this.event_loop.stop();
        Err(KeyboardInterrupt.into())
    });
    logged.soon("it was ready, too");
    logged.stop_later(5);
    logged.run();
    logged.run();
    logged.assert_log(
        "\
at 0 ms: Ctrl-C, after a stop
at 0 ms: the run fails with KeyboardInterrupt
at 0 ms: it was ready, too
at 5 ms: stop
at 5 ms: the run ends
",
    );
}

/// The lesson's loop, and a watchdog for 50 ms that writes down when it acts.
fn watched() -> (lesson::EventLoop, Watchdog, Rc<RefCell<Vec<Duration>>>) {
    let event_loop = lesson::EventLoop::new(&Clock::virtual_time());
    let (this, log) = (event_loop.clone(), Rc::new(RefCell::new(Vec::new())));
    let acted = log.clone();
    let act = move || acted.borrow_mut().push(this.time());
    let watchdog = Watchdog::new(&event_loop, ms(50), act).unwrap();
    (event_loop, watchdog, log)
}

/// Runs until nothing is left. The error is the loop's way to report that.
fn run_all(event_loop: &lesson::EventLoop) {
    assert!(event_loop.run_forever().is_err(), "the loop was stopped");
}

fn reset_at(event_loop: &lesson::EventLoop, times: &[u64], watchdog: Watchdog) {
    let watchdog = Rc::new(RefCell::new(watchdog));
    for &time in times {
        let watchdog = watchdog.clone();
        let reset = move || watchdog.borrow_mut().reset();
        event_loop.call_at(ms(time), reset).unwrap();
    }
}

#[test]
fn a_watchdog_is_patient_and_then_acts_once() {
    let (event_loop, _watchdog, log) = watched();
    assert_eq!(log.take(), [], "before the loop runs");
    run_all(&event_loop);
    assert_eq!(log.take(), [ms(50)], "the times at which it acted");
}

#[test]
fn a_reset_starts_its_patience_again() {
    let (event_loop, watchdog, log) = watched();
    reset_at(&event_loop, &[30, 60, 61], watchdog);
    run_all(&event_loop);
    let what = "the times at which it acted; the last reset is at 61 ms";
    assert_eq!(log.take(), [ms(111)], "{what}");
}

#[test]
fn after_it_has_acted_a_reset_makes_it_wait_again() {
    let (event_loop, watchdog, log) = watched();
    reset_at(&event_loop, &[200], watchdog);
    run_all(&event_loop);
    let what = "the times at which it acted; the reset is at 200 ms";
    assert_eq!(log.take(), [ms(50), ms(250)], "{what}");
}

#[test]
fn a_stopped_watchdog_never_acts_and_is_not_waited_for() {
    let (event_loop, mut watchdog, log) = watched();
    watchdog.reset().unwrap();
    let stop = move || {
        watchdog.stop();
        Ok(())
    };
    event_loop.call_later(ms(30), stop).unwrap();
    run_all(&event_loop);
    assert_eq!(log.take(), [], "it was stopped at 30 ms");
    assert_eq!(event_loop.time(), ms(30), "the loop waited for it");
}
