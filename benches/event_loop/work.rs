//! The work of the loops: turns, tasks, messages, futures.

use std::{cell::Cell, future::poll_fn, pin::pin};

use tminus::EventLoop;
use tminus_benches::{
    Comparison, Contender, began, digest, only_turns_count, report, take_digest, took_turn,
};

#[cfg(target_os = "linux")]
use crate::contenders::monoio::Monoio;
use crate::contenders::{
    Loop, Passes,
    async_executor::Executor,
    bare_queue::BareQueue,
    local_pool::Pool,
    tokio::{Tokio, TokioSet},
};

/// Compares tasks that yield to the loop `turns` times each. A run spawns and awaits them; only the turns are measured.
pub fn turns(tasks: u64, turns: u64) -> Comparison {
    Comparison {
        name: format!("turns-{tasks}"),
        title: format!("A turn, {tasks} tasks"),
        unit: "turn",
        units_per_run: tasks,
        runs: turns,
        baseline: EventLoop::NAME,
        contenders: vec![
            takes_turns::<BareQueue>(tasks),
            takes_turns::<EventLoop>(tasks),
            takes_turns::<Tokio>(tasks),
            takes_turns::<TokioSet>(tasks),
            takes_turns::<Executor>(tasks),
            takes_turns::<Pool>(tasks),
            #[cfg(target_os = "linux")]
            takes_turns::<Monoio>(tasks),
        ],
    }
}

fn takes_turns<L: Loop>(tasks: u64) -> Contender {
    does(L::new, async move |on: L, turns| {
        only_turns_count(tasks, tasks * turns);
        take_turns(on, tasks, turns).await;
    })
}

/// Spawns tasks that yield `turns` times, and awaits them. Each task has a digest of its own, because some loops run a task
/// again before all others have had their turn.
pub async fn take_turns<L: Loop>(on: L, tasks: u64, turns: u64) {
    let count = || async move {
        began();
        drop(L::yield_now().await);
        let mut counted = 0;
        for turn in 0..turns {
            counted = digest(counted, turn);
            took_turn();
            drop(L::yield_now().await); // after the last, too: no task ends while others take turns
        }
        counted
    };
    let tasks: Vec<_> = (0..tasks).map(|_| on.spawn(count())).collect();
    for task in tasks {
        report(task.await);
    }
}

/// Compares tasks that end in their first turn, each spawned and awaited.
pub fn spawns(tasks: u64) -> Comparison {
    Comparison {
        name: "spawn".into(),
        title: "Spawning a task that ends in its first turn, and awaiting it".into(),
        unit: "task",
        units_per_run: 1,
        runs: tasks,
        baseline: EventLoop::NAME,
        contenders: vec![
            spawns_tasks::<BareQueue>(),
            spawns_tasks::<EventLoop>(),
            spawns_tasks::<Tokio>(),
            spawns_tasks::<TokioSet>(),
            spawns_tasks::<Executor>(),
            spawns_tasks::<Pool>(),
            #[cfg(target_os = "linux")]
            spawns_tasks::<Monoio>(),
        ],
    }
}

fn spawns_tasks<L: Loop>() -> Contender {
    does(L::new, async |on: L, tasks| {
        for i in 0..tasks {
            report(on.spawn(async move { i }).await);
        }
    })
}

/// Compares values that two tasks send to each other.
pub fn ping_pong(round_trips: u64) -> Comparison {
    Comparison {
        name: "ping-pong".into(),
        title: "A message from one task to another that waits for it, over a queue".into(),
        unit: "message",
        units_per_run: 2,
        runs: round_trips,
        baseline: EventLoop::NAME,
        contenders: vec![
            plays::<EventLoop>(),
            plays::<Tokio>(),
            plays::<Executor>(),
            plays::<Pool>(),
            #[cfg(target_os = "linux")]
            plays::<Monoio>(),
        ],
    }
}

fn plays<L: Passes>() -> Contender {
    does(L::new, async |on: L, round_trips| {
        let (ping, mut pings) = L::queue();
        let (pong, mut pongs) = L::queue();
        let echo = on.spawn(async move {
            for _ in 0..round_trips {
                pong(pings().await + 1);
            }
            round_trips
        });
        for i in 0..round_trips {
            ping(i);
            report(pongs().await);
        }
        echo.await;
    })
}

/// Compares futures that are set while a task awaits them.
pub fn futures(futures: u64) -> Comparison {
    Comparison {
        name: "future".into(),
        title: "A future that is created, awaited, and set while it is awaited".into(),
        unit: "future",
        units_per_run: 1,
        runs: futures,
        baseline: EventLoop::NAME,
        contenders: vec![
            sets::<EventLoop>(),
            sets::<Tokio>(),
            sets::<Executor>(),
            sets::<Pool>(),
            #[cfg(target_os = "linux")]
            sets::<Monoio>(),
        ],
    }
}

fn sets<L: Passes>() -> Contender {
    does(L::new, async |on: L, futures| {
        for i in 0..futures {
            let (future, set) = on.future();
            report(set_while_awaited(future, || set(i)).await);
        }
    })
}

/// Awaits a future, and calls `set` as soon as the future is pending.
async fn set_while_awaited<F: Future>(future: F, set: impl FnOnce()) -> F::Output {
    let mut future = pin!(future);
    let set = Cell::new(Some(set));
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        if polled.is_pending()
            && let Some(set) = set.take()
        {
            set();
        }
        polled
    })
    .await
}

/// Creates a contender whose loop runs `body` with the number of runs.
pub fn does<L: Loop>(
    make: impl Fn() -> L + 'static,
    body: impl AsyncFn(L, u64) + Copy + 'static,
) -> Contender {
    Contender::new(L::NAME, move || {
        let on = make();
        move |runs| {
            let main = on.clone();
            on.run(async move {
                body(main, runs).await;
                take_digest()
            })
        }
    })
}
