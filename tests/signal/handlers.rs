//! What a handler does.

use std::thread;

use signal_hook::consts::{
    SIGALRM, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU, SIGURG, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH,
};
use tminus::{
    Kind, run,
    signal::{add_signal_handler, remove_signal_handler},
    sleep,
};

use super::*;

#[test]
fn a_waiting_loop_wakes_up() {
    let event_loop = EventLoop::new();
    let event = Event::new();
    let sets = event.clone();
    event_loop
        .add_signal_handler(SIGUSR1, move || sets.set())
        .unwrap();
    // Nothing else can wake the loop, and that is no deadlock.
    let other = thread::spawn(|| raise_in_process(SIGUSR1));
    event_loop
        .run_until_complete(async move { event.wait().await })
        .unwrap();
    other.join().unwrap();
    assert!(event_loop.remove_signal_handler(SIGUSR1).unwrap());
}

fn raise_in_process(signal: i32) {
    let signal = rustix::process::Signal::from_named_raw(signal).unwrap();
    rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
}

/// Round for round as in CPython: the byte is read in one round, and the callback is called in the next.
#[test]
fn it_is_called_once_for_each_arrival_in_the_order_of_other_callbacks() {
    run(async {
        let (log, mut seen) = (Log::default(), Vec::new());
        add_signal_handler(SIGUSR2, log.adds("signal"))?;
        raise(SIGUSR2)?;
        raise(SIGUSR2)?;
        EventLoop::running()?.call_soon(log.adds("callback"))?;
        for _ in 0..4 {
            yield_now().await?;
            seen.push(log.take());
        }
        let both = vec!["signal", "signal"];
        assert_eq!(seen, [vec!["callback"], vec![], both, vec![]]);
        raise(SIGUSR2)?;
        two_rounds().await?;
        assert_eq!(log.take(), ["signal"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_second_handler_replaces_the_first() {
    run(async {
        let log = Log::default();
        add_signal_handler(SIGHUP, log.adds("first"))?;
        add_signal_handler(SIGHUP, log.adds("second"))?;
        raise(SIGHUP)?;
        two_rounds().await?;
        assert_eq!(log.take(), ["second"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_handler_can_remove_itself() {
    run(async {
        let log = Log::default();
        let called = log.adds("called");
        let removes = move || {
            called();
            assert!(remove_signal_handler(SIGCONT)?);
            assert!(!remove_signal_handler(SIGCONT)?);
            Ok(())
        };
        add_signal_handler(SIGCONT, removes)?;
        raise(SIGCONT)?;
        two_rounds().await?;
        raise(SIGCONT)?; // which is ignored by default
        two_rounds().await?;
        assert_eq!(log.take(), ["called"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_error_goes_to_the_exception_handler_and_an_interrupt_ends_the_run() {
    let event_loop = EventLoop::new();
    let log = Log::default();
    let handled = log.adds("handled");
    event_loop.set_exception_handler(move |_| handled());
    let fails = || Err(Kind::ValueError.into());
    event_loop.add_signal_handler(SIGALRM, fails).unwrap();
    let raises = async {
        raise(SIGALRM)?;
        two_rounds().await
    };
    event_loop.run_until_complete(raises).unwrap();
    assert_eq!(log.take(), ["handled"]);

    let interrupts = || Err(Kind::KeyboardInterrupt.into());
    event_loop.add_signal_handler(SIGALRM, interrupts).unwrap();
    let hour = async {
        raise(SIGALRM)?;
        sleep(std::time::Duration::from_secs(3600)).await
    };
    let end = event_loop.run_until_complete(hour).unwrap_err();
    assert_eq!(end.kind(), Kind::KeyboardInterrupt);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn each_loop_with_a_handler_is_told() {
    let (log, loops) = (Log::default(), [EventLoop::new(), EventLoop::new()]);
    for (event_loop, name) in loops.iter().zip(["first", "second"]) {
        event_loop
            .add_signal_handler(SIGWINCH, log.adds(name))
            .unwrap();
    }
    raise(SIGWINCH).unwrap();
    for event_loop in &loops {
        event_loop.run_until_complete(two_rounds()).unwrap();
    }
    assert_eq!(log.take(), ["first", "second"]);
    loops[0].close().unwrap();
    raise(SIGWINCH).unwrap();
    loops[1].run_until_complete(two_rounds()).unwrap();
    assert_eq!(log.take(), ["second"]);
}

/// What arrives while the loop does not run is seen when it runs again.
#[test]
fn between_two_runs() {
    let (log, event_loop) = (Log::default(), EventLoop::new());
    event_loop
        .add_signal_handler(SIGVTALRM, log.adds("called"))
        .unwrap();
    event_loop.run_until_complete(two_rounds()).unwrap();
    raise(SIGVTALRM).unwrap();
    event_loop.run_until_complete(two_rounds()).unwrap();
    assert_eq!(log.take(), ["called"]);
}

#[test]
fn the_callback_is_dropped_with_its_handler_and_with_the_loop() {
    let (held, event_loop) = (Rc::new(()), EventLoop::new());
    for signal in [SIGTTIN, SIGTTOU] {
        let holds = held.clone();
        let callback = move || drop(holds.clone());
        event_loop.add_signal_handler(signal, callback).unwrap();
    }
    assert_eq!(Rc::strong_count(&held), 3);
    event_loop.remove_signal_handler(SIGTTIN).unwrap();
    assert_eq!(Rc::strong_count(&held), 2);
    drop(event_loop);
    assert_eq!(Rc::strong_count(&held), 1);
}

/// A loop with a handler has a pipe into which the signal writes. Both ends go with the loop.
#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    for _ in 0..200 {
        let event_loop = EventLoop::new();
        event_loop.add_signal_handler(SIGWINCH, || ()).unwrap();
    }
    // Other tests of this process open descriptors at the same time, so a leak is told by its growth.
    let left = open().saturating_sub(before);
    assert!(left < 200, "{left} descriptors are left of 200 loops");
}

/// The first handler was not called for it yet.
#[test]
fn an_arrival_before_a_handler_is_replaced_is_for_the_new_one() {
    run(async {
        let log = Log::default();
        add_signal_handler(SIGURG, log.adds("first"))?;
        raise(SIGURG)?;
        add_signal_handler(SIGURG, log.adds("second"))?;
        two_rounds().await?;
        assert_eq!(log.take(), ["second"]);
        Ok(())
    })
    .unwrap();
}
