//! Heap memory: of a task that waits, of one that sleeps, and of a turn.

use std::{future::poll_fn, mem, task::Poll};

use ::tminus::EventLoop;
use tminus_benches::{Heap, Table, heap};

#[cfg(target_os = "linux")]
use crate::contenders::monoio::Monoio;
use crate::contenders::{
    Loop, Sleeps, async_executor::Executor, bare_queue::BareQueue, local_pool::Pool, tokio::Tokio,
};

/// A power of two, so that every queue is full.
const TASKS: u64 = 1 << 10;

const TURNS: u64 = 100;

pub fn per_task() -> Table {
    let columns = [
        "",
        "bytes per parked task",
        "allocations",
        "bytes per sleeper",
        "allocations",
        "allocations per turn",
    ];
    let title = "Heap memory (targets: 520 bytes per sleeper, no allocation per turn)";
    let mut table = Table::new(title, &columns);
    bare_row(&mut table);
    row::<EventLoop>(&mut table, Some(per_sleeper::<EventLoop>()));
    row::<Tokio>(&mut table, Some(per_sleeper::<Tokio>()));
    row::<Executor>(&mut table, Some(per_sleeper::<Executor>()));
    row::<Pool>(&mut table, None);
    #[cfg(target_os = "linux")]
    row::<Monoio>(&mut table, Some(per_sleeper::<Monoio>()));
    table
}

fn row<L: Loop>(table: &mut Table, sleeper: Option<Heap>) {
    let parked = spawned(&L::new(), park);
    let event_loop = L::new();
    spawned(&event_loop, yields_forever::<L>);
    let (turns, ()) = heap(|| lets_run(&event_loop, TURNS));
    print(table, L::NAME, parked, sleeper, turns);
}

/// Adds the row of the bare queue, whose tasks are polled by hand: its `run` would wait for their end.
fn bare_row(table: &mut Table) {
    let spawned = |body: fn(&BareQueue)| {
        let queue = BareQueue::new();
        let (taken, ()) = heap(|| {
            for _ in 0..TASKS {
                body(&queue);
            }
            queue.round();
        });
        (taken / TASKS as f64, queue)
    };
    let (parked, _) = spawned(|queue| queue.detach(park()));
    let (_, queue) = spawned(|queue| queue.detach(yields_forever::<BareQueue>()));
    let (turns, ()) = heap(|| (0..TURNS).for_each(|_| queue.round()));
    print(table, BareQueue::NAME, parked, None, turns);
}

fn print(table: &mut Table, name: &str, parked: Heap, sleeper: Option<Heap>, turns: Heap) {
    let number = |number: Option<f64>| number.map_or("–".into(), |number| format!("{number:.0}"));
    table.row(
        name,
        [
            number(Some(parked.bytes)),
            number(Some(parked.allocations)),
            number(sleeper.map(|sleeper| sleeper.bytes)),
            number(sleeper.map(|sleeper| sleeper.allocations)),
            format!("{:.2}", turns.allocations / (TURNS * TASKS) as f64),
        ],
    );
}

async fn yields_forever<L: Loop>() -> u64 {
    loop {
        drop(L::yield_now().await);
    }
}

/// Awaits forever. Its waker is leaked, because monoio frees tasks that can no longer be woken.
async fn park() -> u64 {
    poll_fn(|cx| {
        mem::forget(cx.waker().clone());
        Poll::Pending
    })
    .await
}

fn per_sleeper<L: Sleeps>() -> Heap {
    let event_loop = L::timed();
    let wait = |milliseconds| {
        event_loop.run(async move {
            drop(L::sleep(milliseconds).await);
            0
        });
    };
    wait(1);
    let on = event_loop.clone();
    let (taken, ()) = heap(|| {
        event_loop.run(async move {
            for _ in 0..TASKS {
                on.detach(async {
                    drop(L::sleep(1_000_000).await);
                    0
                });
            }
            0
        });
        wait(20); // until async-io, too, has put its timers into its map
    });
    taken / TASKS as f64
}

/// Returns the memory of one task after it has begun, without that of the loop.
fn spawned<L: Loop, F: Future<Output = u64> + 'static>(
    event_loop: &L,
    body: impl Fn() -> F + 'static,
) -> Heap {
    lets_run(event_loop, 2);
    let on = event_loop.clone();
    let (taken, ()) = heap(|| {
        event_loop.run(async move {
            for _ in 0..TASKS {
                on.detach(body());
            }
            0
        });
        lets_run(event_loop, 2);
    });
    taken / TASKS as f64
}

fn lets_run<L: Loop>(event_loop: &L, turns: u64) {
    event_loop.run(async move {
        for _ in 0..turns {
            drop(L::yield_now().await);
        }
        turns
    });
}
