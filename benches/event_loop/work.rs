//! What the loops do: turns, tasks, messages, futures.

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

/// Tasks that give way in each turn. They are spawned within a run, which is `turns` long for each of them, and are
/// awaited there; only the turns are measured.
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

/// Each task digests for itself: not all loops let all have their turn before one has its next.
pub async fn take_turns<L: Loop>(on: L, tasks: u64, turns: u64) {
    let count = || async move {
        began();
        drop(L::yield_now().await);
        let mut counted = 0;
        for turn in 0..turns {
            counted = digest(counted, turn);
            took_turn();
            drop(L::yield_now().await); // after the last, too: nobody ends while others take turns
        }
        counted
    };
    let tasks: Vec<_> = (0..tasks).map(|_| on.spawn(count())).collect();
    for task in tasks {
        report(task.await);
    }
}

/// A task that ends at once, and is awaited.
pub fn spawns(tasks: u64) -> Comparison {
    Comparison {
        name: "spawn".into(),
        title: "To spawn a task that ends at once, and to await it".into(),
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

/// A value that goes to and fro between two tasks.
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

/// A future that is awaited, and set meanwhile.
pub fn futures(futures: u64) -> Comparison {
    Comparison {
        name: "future".into(),
        title: "A future that is made, awaited, and set meanwhile".into(),
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

/// Awaits, and sets what is awaited as soon as that is pending.
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

/// A loop that does `body` with the number of runs.
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
