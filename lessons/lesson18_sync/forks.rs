//! Locks that are acquired in different orders. They are the crate's, which know who holds them.

use tminus::event_loop::{Deadlock, spawn_named};
use tminus::{Task, sync::Lock, timeline::Timeline};
use tminus_lessons::lesson18_sync::{Exception, gather, run_virtual, sleep};
use tminus_lessons::{lesson11_timers::programs::ms, lesson17_many::Job};

/// Acquires a lock and, 10 ms later, another one.
pub async fn take_both(first: Lock, second: Lock) -> Result<(), Exception> {
    let _first = first.acquire().await?;
    sleep(ms(10)).await?;
    let _second = second.acquire().await?;
    Ok(())
}

/// One task acquires the pump and then the valve, the other one the valve and then the pump.
pub async fn different_orders() -> Result<(), Exception> {
    let (pump, valve) = (Lock::new(), Lock::new());
    let task = |name, first: &Lock, second: &Lock| {
        spawn_named(name, take_both(first.clone(), second.clone()))
    };
    let both = [task("fuel", &pump, &valve)?, task("drain", &valve, &pump)?];
    gather(both).await?;
    Ok(())
}

/// The order in which a philosopher takes the two forks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// The left one first.
    LeftFirst,
    /// The one with the lower number first, which for the last philosopher is the right one.
    LowerFirst,
}

const NAMES: [&str; 5] = ["Plato", "Aristotle", "Hypatia", "Descartes", "Spinoza"];

/// Five philosophers, with a fork between each two of them. Each needs the two beside the plate to eat.
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

/// Runs it, and draws its lanes. If the tasks wait for each other, prints what each waits for.
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
    println!("cycle: {}", deadlock.cycle.join(" -> "));
    Ok(())
}
