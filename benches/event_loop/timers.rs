//! The work of the loops with time: tasks that sleep, and timers that are cancelled.
//!
//! All times are whole milliseconds, because the timers of tokio and monoio are no finer.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use tminus::EventLoop;
use tminus_benches::{Comparison, Contender, report};

#[cfg(target_os = "linux")]
use crate::contenders::monoio::Monoio;
use crate::{
    contenders::{Jumps, Loop, Sleeps, async_executor::Executor, tokio::Tokio},
    work::does,
};

/// Compares tasks that sleep for random times, up to as many milliseconds as there are tasks.
///
/// The order of waking is checked. So the loop needs a clock that jumps: a real clock advances while tasks are spawned.
pub fn sleepers(sleepers: u64, runs: u64) -> Comparison {
    Comparison {
        name: format!("timers-{sleepers}"),
        title: format!("A task that sleeps, one of {sleepers}, on a clock that jumps"),
        unit: "sleeper",
        units_per_run: sleepers,
        runs,
        baseline: EventLoop::NAME,
        contenders: vec![sleeps::<EventLoop>(sleepers), sleeps::<Tokio>(sleepers)],
    }
}

fn sleeps<L: Jumps>(sleepers: u64) -> Contender {
    does(L::timeless, async move |on: L, runs| {
        for _ in 0..runs {
            all_sleep(&on, sleepers, sleepers, report).await;
        }
    })
}

/// Compares tasks that sleep for a few milliseconds, also on loops whose clocks do not jump.
pub fn real_sleepers(sleepers: u64, runs: u64) -> Comparison {
    Comparison {
        name: format!("real-timers-{sleepers}"),
        title: format!("A task that sleeps, one of {sleepers}, on the real clock: CPU time"),
        unit: "sleeper",
        units_per_run: sleepers,
        runs,
        baseline: EventLoop::NAME,
        contenders: vec![
            really_sleeps::<EventLoop>(sleepers),
            really_sleeps::<Tokio>(sleepers),
            really_sleeps::<Executor>(sleepers),
            #[cfg(target_os = "linux")]
            really_sleeps::<Monoio>(sleepers),
        ],
    }
}

fn really_sleeps<L: Sleeps>(sleepers: u64) -> Contender {
    const WITHIN: u64 = 30;
    let sleeps = does(L::timed, async move |on: L, runs| {
        for _ in 0..runs {
            all_sleep(&on, sleepers, WITHIN, |_| ()).await;
        }
    });
    sleeps.by_cpu_time()
}

/// Spawns tasks that sleep for up to `within` milliseconds and call `woken` when they wake. Awaits them in the order of
/// spawning.
async fn all_sleep<L: Sleeps>(on: &L, sleepers: u64, within: u64, woken: fn(u64)) {
    let tasks: Vec<_> = (0..sleepers)
        .map(|i| {
            let delay = random_up_to(within, i);
            on.spawn(async move {
                drop(L::sleep(delay).await);
                woken(delay);
                delay
            })
        })
        .collect();
    for task in tasks {
        report(task.await);
    }
}

/// Compares timers that are set and cancelled, one after the other.
pub fn cancels(timers: u64) -> Comparison {
    Comparison {
        name: "cancel".into(),
        title: "Setting a timer and cancelling it".into(),
        unit: "timer",
        units_per_run: 1,
        runs: timers,
        baseline: EventLoop::NAME,
        contenders: vec![
            sets_and_cancels::<EventLoop>(),
            calls_and_cancels(),
            sets_and_cancels::<Tokio>(),
            sets_and_cancels::<Executor>(),
            #[cfg(target_os = "linux")]
            sets_and_cancels::<Monoio>(),
        ],
    }
}

const A_MINUTE: u64 = 60_000;

/// Polls a sleep once, which sets the timer, and drops it, which cancels the timer.
fn sets_and_cancels<L: Sleeps>() -> Contender {
    does(L::timed, async |_: L, timers| {
        for i in 0..timers {
            let delay = random_up_to(A_MINUTE, i);
            let mut sleep = pin!(L::sleep(delay));
            let waits = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
            report(if waits { delay } else { 0 });
        }
    })
}

/// Sets and cancels timers that would call a callback.
fn calls_and_cancels() -> Contender {
    let mut contender = does(EventLoop::timed, async |on: EventLoop, timers| {
        for i in 0..timers {
            let delay = random_up_to(A_MINUTE, i);
            let timer = on.call_later(Duration::from_millis(delay), || report(0));
            timer.expect("the loop is open").cancel();
            report(delay);
        }
    });
    contender.name += ", call_later";
    contender
}

/// Returns a number from 1 to `most`, from the `i`-th number of splitmix64. So it is the same for all contenders.
fn random_up_to(most: u64, i: u64) -> u64 {
    let mut bits = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    1 + (bits ^ (bits >> 31)) % most
}
