//! What is refused.

use signal_hook::consts::{SIGKILL, SIGSEGV, SIGSTOP, SIGTERM};
use tminus::{
    clock::VirtualClock,
    signal::{add_signal_handler, remove_signal_handler},
    simulation::Simulation,
};

use super::*;

fn refused(signal: i32) -> String {
    let event_loop = EventLoop::new();
    let error = event_loop.add_signal_handler(signal, || {}).unwrap_err();
    assert!(!matches!(
        event_loop.remove_signal_handler(signal),
        Ok(true)
    ));
    error.to_string()
}

#[test]
fn signals_that_cannot_be_caught() {
    for signal in [SIGKILL, SIGSTOP, SIGSEGV] {
        let text = format!("RuntimeError: sig {signal} cannot be caught");
        assert_eq!(refused(signal), text);
    }
}

#[test]
fn numbers_that_are_no_signals() {
    for signal in [-9, 0, 1000, i32::MIN, i32::MAX] {
        let text = format!("ValueError: invalid signal number {signal}");
        assert_eq!(refused(signal), text);
        let removed = EventLoop::new().remove_signal_handler(signal).unwrap_err();
        assert_eq!(removed.to_string(), text);
    }
    // The C library keeps these for its threads, and Python's `valid_signals` leaves them out.
    #[cfg(target_os = "linux")]
    for signal in [32, 65] {
        assert_eq!(
            refused(signal),
            format!("ValueError: invalid signal number {signal}")
        );
    }
}

#[test]
fn without_a_loop() {
    let text = add_signal_handler(SIGTERM, || {}).unwrap_err().to_string();
    assert!(
        text.starts_with("RuntimeError: no running event loop"),
        "{text}"
    );
    assert!(remove_signal_handler(SIGTERM).is_err());
    let event_loop = EventLoop::new();
    assert!(!event_loop.remove_signal_handler(SIGTERM).unwrap());
    event_loop.close().unwrap();
    let closed = event_loop.add_signal_handler(SIGTERM, || {}).unwrap_err();
    assert_eq!(closed.to_string(), "RuntimeError: Event loop is closed");
}

#[test]
fn where_nothing_is_real() {
    let remedy = "run what handles them on a real clock, as `tminus::run` does";
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let on_virtual = event_loop.add_signal_handler(SIGTERM, || {}).unwrap_err();
    let text = "signals on a virtual clock: their time would mean nothing";
    assert_eq!(
        on_virtual.to_string(),
        format!("RuntimeError: {text}; {remedy}")
    );
    let (simulated, _) = Simulation::new(1).run(async { add_signal_handler(SIGTERM, || {}) });
    let text = "signals in a simulation, where there is nothing real";
    assert_eq!(
        simulated.unwrap_err().to_string(),
        format!("RuntimeError: {text}; {remedy}")
    );
}
