//! Locks that are taken in different orders, and philosophers at a table.

use tminus::event_loop::{Deadlock, spawn_named};
use tminus::{Task, sync::Lock, timeline::Timeline};
use tminus_lessons::lesson18_sync::{Exception, gather, run_virtual, sleep, take_both};
use tminus_lessons::{lesson11_timers::programs::ms, lesson17_many::Job};

/// One task takes the pump and then the valve, the other one the valve and then the pump.
pub async fn different_orders() -> Result<(), Exception> {
    let (pump, valve) = (Lock::new(), Lock::new());
    let task = |name, first: &Lock, second: &Lock| {
        spawn_named(name, take_both(first.clone(), second.clone()))
    };
    let both = [task("fuel", &pump, &valve)?, task("drain", &valve, &pump)?];
    gather(both).await?;
    Ok(())
}

/// In which order a philosopher takes his forks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// The left one first.
    LeftFirst,
    /// The one with the lower number first. So one of them takes the right one first.
    LowerFirst,
}

const NAMES: [&str; 5] = ["Plato", "Aristotle", "Hypatia", "Descartes", "Spinoza"];

/// Five philosophers, a fork between each two of them. Each needs both of his to eat.
pub async fn dinner(order: Order) -> Result<(), Exception> {
    let forks: [Lock; 5] = Default::default();
    let philosopher = |seat: usize| {
        let (left, right) = (seat, (seat + 1) % forks.len());
        let (first, second) = match order {
            Order::LeftFirst => (left, right),
            Order::LowerFirst => (left.min(right), left.max(right)),
        };
        let meal = eat(forks[first].clone(), forks[second].clone());
        spawn_named(NAMES[seat], meal)
    };
    let table: Result<Vec<Task<()>>, Exception> = (0..forks.len()).map(philosopher).collect();
    gather(table?).await?;
    Ok(())
}

async fn eat(first: Lock, second: Lock) -> Result<(), Exception> {
    let _first = first.acquire().await?;
    sleep(ms(10)).await?; // to think about something
    let _second = second.acquire().await?;
    sleep(ms(10)).await // to eat
}

/// Runs it, draws its lanes, and says how it ended: if they wait for each other, who for whom.
pub fn tell(main: impl Job<()>) -> Result<(), Exception> {
    let (outcome, timeline) = Timeline::of(|| run_virtual(main));
    print!("{}", timeline.text(80));
    let Err(exception) = outcome else {
        println!("all are done");
        return Ok(());
    };
    let Some(deadlock) = exception.downcast_ref::<Deadlock>() else {
        return Err(exception);
    };
    for stuck in &deadlock.stuck {
        println!("{} waits for {}", stuck.task, stuck.waits_for);
    }
    println!("in a circle: {}", deadlock.cycle.join(" -> "));
    Ok(())
}
