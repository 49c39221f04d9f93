//! Heap memory: of a task that has given way, of one that sleeps, and of a turn.

use ::tminus::EventLoop;
use tminus_benches::{Heap, Table, heap};

use crate::contenders::{Loop, Sleeps, async_executor::Executor, local_pool::Pool, tokio::Tokio};

/// A power of two, with which no queue has room for more.
const TASKS: u64 = 1 << 10;

const TURNS: u64 = 100;

pub fn per_task() -> Table {
    let columns = [
        "",
        "bytes per task",
        "allocations",
        "bytes per sleeper",
        "allocations",
        "allocations per turn",
    ];
    let mut table = Table::new("Heap memory (target: no allocation a turn)", &columns);
    row::<EventLoop>(&mut table, Some(per_sleeper::<EventLoop>()));
    row::<Tokio>(&mut table, Some(per_sleeper::<Tokio>()));
    row::<Executor>(&mut table, None);
    row::<Pool>(&mut table, None);
    table
}

fn row<L: Loop>(table: &mut Table, sleeper: Option<Heap>) {
    let event_loop = L::new();
    let task = spawned(&event_loop, || async {
        loop {
            L::yield_now().await;
        }
    });
    let (turns, ()) = heap(|| lets_run(&event_loop, TURNS));
    let number = |number: Option<f64>| number.map_or("–".into(), |number| format!("{number:.0}"));
    table.row(
        L::NAME,
        [
            number(Some(task.bytes)),
            number(Some(task.allocations)),
            number(sleeper.map(|sleeper| sleeper.bytes)),
            number(sleeper.map(|sleeper| sleeper.allocations)),
            format!("{:.2}", turns.allocations / (TURNS * TASKS) as f64),
        ],
    );
}

fn per_sleeper<L: Sleeps>() -> Heap {
    spawned(&L::timeless(), || async {
        L::sleep(1_000_000).await;
        0
    })
}

/// What each of the tasks takes once it has begun, beyond what the loop takes without them.
fn spawned<L: Loop, F: Future<Output = u64> + 'static>(
    event_loop: &L,
    body: impl Fn() -> F + 'static,
) -> Heap {
    lets_run(event_loop, 2);
    let on = event_loop.clone();
    let (taken, ()) = heap(|| {
        event_loop.run(async move {
            for _ in 0..TASKS {
                drop_handle(on.spawn(body()));
            }
            0
        });
        lets_run(event_loop, 2);
    });
    taken / TASKS as f64
}

/// The task goes on without it.
fn drop_handle(handle: impl Future) {
    std::mem::forget(handle);
}

fn lets_run<L: Loop>(event_loop: &L, turns: u64) {
    event_loop.run(async move {
        for _ in 0..turns {
            L::yield_now().await;
        }
        turns
    });
}
