//! After its handler is removed, a signal does what it does by default. For that, this test starts itself.

use std::{env, os::unix::process::ExitStatusExt, process::Command};

use signal_hook::consts::{SIGQUIT, SIGTERM};

use super::*;

const CHILD: &str = "SIGNAL_TEST_CHILD";

/// Runs one test of this file in a process of its own, as the child.
fn status_of(test: &str) -> std::process::ExitStatus {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, "1");
    child.output().unwrap().status
}

fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

#[test]
fn a_removed_handler_leaves_the_default() {
    if !is_child() {
        let status = status_of("defaults::a_removed_handler_leaves_the_default");
        assert_eq!(status.signal(), Some(SIGTERM), "{status}");
        return;
    }
    let event_loop = EventLoop::new();
    event_loop.add_signal_handler(SIGTERM, || {}).unwrap();
    raise(SIGTERM).unwrap(); // has no effect
    event_loop.remove_signal_handler(SIGTERM).unwrap();
    raise(SIGTERM).unwrap();
}

#[test]
fn the_end_of_the_last_loop_leaves_the_default() {
    if !is_child() {
        let status = status_of("defaults::the_end_of_the_last_loop_leaves_the_default");
        assert_eq!(status.signal(), Some(SIGQUIT), "{status}");
        return;
    }
    let loops = [EventLoop::new(), EventLoop::new()];
    for event_loop in &loops {
        event_loop.add_signal_handler(SIGQUIT, || {}).unwrap();
    }
    let [first, second] = loops;
    drop(first);
    raise(SIGQUIT).unwrap(); // the second one has a handler
    drop(second);
    raise(SIGQUIT).unwrap();
}

/// `signal-hook` has no default for these, so the status is the one that a shell would show.
#[cfg(target_os = "linux")]
#[test]
fn a_real_time_signal_ends_the_process_too() {
    const SIGNAL: i32 = 40;
    if !is_child() {
        let status = status_of("defaults::a_real_time_signal_ends_the_process_too");
        assert_eq!(status.code(), Some(128 + SIGNAL), "{status}");
        return;
    }
    let log = Log::default();
    let event_loop = EventLoop::new();
    event_loop
        .add_signal_handler(SIGNAL, log.adds("called"))
        .unwrap();
    raise(SIGNAL).unwrap();
    event_loop.run_until_complete(two_rounds()).unwrap();
    assert_eq!(log.take(), ["called"]);
    event_loop.remove_signal_handler(SIGNAL).unwrap();
    raise(SIGNAL).unwrap();
}
