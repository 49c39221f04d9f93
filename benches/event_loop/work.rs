//! What the loops do: turns, tasks, messages, futures, timers.

use tminus::EventLoop;
use tminus_benches::{Comparison, Contender, digest, report, take_digest};

use crate::contenders::{
    Loop, Sleeps, TMINUS, async_executor::Executor, local_pool::Pool, set_while_awaited,
    tokio::Tokio,
};

/// Tasks that give way in each turn. They are spawned and end within a run, which is `turns` long for each of them.
pub fn turns(tasks: u64, turns: u64) -> Comparison {
    Comparison {
        name: format!("turns-{tasks}"),
        title: format!("A turn, {tasks} tasks"),
        unit: "turn",
        units_per_run: tasks,
        runs: turns,
        baseline: TMINUS,
        contenders: vec![
            takes_turns::<EventLoop>(tasks),
            takes_turns::<Tokio>(tasks),
            takes_turns::<Executor>(tasks),
            takes_turns::<Pool>(tasks),
        ],
    }
}

fn takes_turns<L: Loop>(tasks: u64) -> Contender {
    does(L::new, async move |on: L, turns| {
        take_turns(on, tasks, turns).await;
    })
}

/// Each task digests for itself: not all loops let all have their turn before one has its next.
pub async fn take_turns<L: Loop>(on: L, tasks: u64, turns: u64) {
    let count = || async move {
        let mut counted = 0;
        for turn in 0..turns {
            counted = digest(counted, turn);
            L::yield_now().await;
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
        baseline: TMINUS,
        contenders: vec![
            spawns_tasks::<EventLoop>(),
            spawns_tasks::<Tokio>(),
            spawns_tasks::<Executor>(),
            spawns_tasks::<Pool>(),
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
        baseline: TMINUS,
        contenders: vec![
            plays::<EventLoop>(),
            plays::<Tokio>(),
            plays::<Executor>(),
            plays::<Pool>(),
        ],
    }
}

fn plays<L: Loop>() -> Contender {
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
        baseline: TMINUS,
        contenders: vec![
            sets::<EventLoop>(),
            sets::<Tokio>(),
            sets::<Executor>(),
            sets::<Pool>(),
        ],
    }
}

fn sets<L: Loop>() -> Contender {
    does(L::new, async |on: L, futures| {
        for i in 0..futures {
            let (future, set) = on.future();
            report(set_while_awaited(future, || set(i)).await);
        }
    })
}

/// Sleepers of as many deadlines, set in no order. (A loop without a clock that jumps would have to wait.)
pub fn timers(sleepers: u64, runs: u64) -> Comparison {
    Comparison {
        name: format!("timers-{sleepers}"),
        title: format!("A task that sleeps, one of {sleepers}, on a clock that jumps"),
        unit: "sleeper",
        units_per_run: sleepers,
        runs,
        baseline: TMINUS,
        contenders: vec![sleeps::<EventLoop>(sleepers), sleeps::<Tokio>(sleepers)],
    }
}

fn sleeps<L: Sleeps>(sleepers: u64) -> Contender {
    const STRIDE: u64 = 514_229; // a prime that does not divide their number
    does(L::timeless, async move |on: L, runs| {
        for _ in 0..runs {
            let tasks: Vec<_> = (0..sleepers)
                .map(|i| {
                    let deadline = 1 + i * STRIDE % sleepers;
                    on.spawn(async move {
                        L::sleep(deadline).await;
                        report(deadline);
                        deadline
                    })
                })
                .collect();
            for task in tasks {
                task.await;
            }
        }
    })
}

/// A loop that does `body` with the number of runs.
fn does<L: Loop>(
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
