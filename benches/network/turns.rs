//! Turns of tasks that yield, while another task waits for a socket.

use tminus::EventLoop;
use tminus_benches::{Comparison, Contender, digest, report, take_digest};

use crate::contenders::{Loop, async_executor::Executor, tokio::Tokio};

/// Compares tasks that yield to the loop `turns` times each, while a task waits for data that never arrives.
pub fn beside_a_socket(tasks: u64, turns: u64) -> Comparison {
    Comparison {
        name: "turns".into(),
        title: format!("A turn, {tasks} tasks, beside a socket that is awaited"),
        unit: "turn",
        units_per_run: tasks,
        runs: turns,
        baseline: EventLoop::NAME,
        contenders: vec![
            takes_turns::<EventLoop>(tasks),
            takes_turns::<Tokio>(tasks),
            takes_turns::<Executor>(tasks),
        ],
    }
}

fn takes_turns<L: Loop>(tasks: u64) -> Contender {
    Contender::new(L::NAME, move || {
        let on = L::new();
        let main = on.clone();
        on.run(async move {
            let (listener, at) = L::listen().await;
            let client = L::connect(at).await;
            main.detach(L::echo(L::accept(&listener).await, 1));
            main.detach(L::echo(client, 1));
            L::sleep(std::time::Duration::from_millis(1)).await; // they wait by then
        });
        move |turns| {
            let main = on.clone();
            on.run(async move {
                let tasks: Vec<_> = (0..tasks).map(|_| main.spawn(count::<L>(turns))).collect();
                for task in tasks {
                    report(task.await);
                }
                take_digest()
            })
        }
    })
}

async fn count<L: Loop>(turns: u64) -> u64 {
    let mut counted = 0;
    for turn in 0..turns {
        counted = digest(counted, turn);
        drop(L::yield_now().await);
    }
    counted
}
