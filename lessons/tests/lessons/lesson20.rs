use std::io;
use std::{cell::Cell, future::poll_fn, pin::pin, rc::Rc, task::Poll, time::Duration};

use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson20_selector::late::WakesLate;
use tminus_lessons::lesson20_selector::patience::{of_three, timeout};
use tminus_lessons::lesson20_selector::simulated::Network;
use tminus_lessons::lesson20_selector::{Executor, Real, Source, echo};

use crate::programs::{demo, lines_of_demo};

#[test]
fn the_demo_prints_the_runs_in_order() {
    let demo = demo("lesson20");
    let headings: Vec<&str> = demo
        .lines()
        .filter(|line| line.starts_with("== "))
        .collect();
    assert_eq!(
        headings,
        [
            "== Predict ==",
            "== Two threads ==",
            "== Asked in turn ==",
            "== Wait first ==",
            "== Keep no waker ==",
            "== Try first ==",
            "== An echo server ==",
            "== Cancelled ==",
            "== Cancelled in the middle ==",
            "== Never `Pending` ==",
            "== A share in each turn ==",
        ]
    );
    assert_eq!(
        lines_of_demo("lesson20", "== Asked in turn ==", 2)[1],
        "3 words, 30 calls, 27 of them in vain"
    );
}

/// The same program, on loopback. It prints to the output of this test.
#[test]
fn the_echo_server_runs_on_loopback() -> io::Result<()> {
    echo::real()
}

#[test]
fn a_timer_ends_a_wait_of_the_real_selector() -> io::Result<()> {
    let mut executor = Executor::new(Real::new()?)?;
    let on = executor.handle();
    on.spawn("sleeps", {
        let on = on.clone();
        async move { on.sleep(ms(1)).await }
    });
    assert_eq!(executor.run(), [""; 0]);
    assert!(on.now() >= ms(1));
    Ok(())
}

#[test]
fn a_cancelled_read_loses_nothing_whenever_the_bytes_arrive() -> io::Result<()> {
    for shift in 0..20 {
        let times = [1 + shift, 7 + 2 * shift, 9 + 3 * shift];
        of_three(times, |on, stream| async move {
            let (mut word, mut buffer) = (Vec::new(), [0; 2]);
            while word.len() < 9 {
                if let Some(n) = timeout(&on, ms(4), stream.read(&mut buffer)).await {
                    word.extend_from_slice(&buffer[..n?]);
                }
            }
            assert_eq!(String::from_utf8_lossy(&word), "T-minus 3");
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_connection_that_is_closed_ends_a_read() -> io::Result<()> {
    let network = Network::default();
    let mut executor = Executor::new(network.selector()?)?;
    let on = executor.handle();
    let (ours, theirs) = network.pair();
    let ours = Source::new(&on, ours)?;
    on.spawn("crew", async move {
        assert_eq!(ours.read(&mut [0; 4]).await.ok(), Some(0));
    });
    drop(theirs);
    assert_eq!(executor.run(), [""; 0]);
    assert_eq!(on.now(), ms(5));
    Ok(())
}

/// The wake comes after the loop has looked at its ready queue, and before it waits. If nobody rings the alarm, the
/// loop sleeps until its next deadline. The deadline keeps this from hanging, and is far away, so that a slow machine
/// does not reach it.
#[test]
fn a_thread_wakes_a_loop_that_waits() -> io::Result<()> {
    let (selector, place) = WakesLate::new()?;
    let mut executor = Executor::new(selector)?;
    let on = executor.handle();
    let (its_on, awake) = (on.clone(), Rc::new(Cell::new(None)));
    let woken_at = awake.clone();
    on.spawn("crew", async move {
        let mut sleep = pin!(its_on.sleep(Duration::from_secs(20)));
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                place.replace(Some(cx.waker().clone()));
                return sleep.as_mut().poll(cx);
            }
            Poll::Ready(())
        })
        .await;
        woken_at.set(Some(its_on.now()));
    });
    executor.run();
    let at = awake.get().expect("it has its second turn");
    let late = at >= Duration::from_secs(20);
    assert!(
        !late,
        "the wake came on another thread, and the loop slept on until its next deadline"
    );
    Ok(())
}
