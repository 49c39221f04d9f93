//! Two pumps that fill one tank. An update can be lost, but not in the plain order.

use std::{cell::Cell, rc::Rc};

use super::{Choices, Executor, Run, yield_now};

/// Adds 100 litres, but reads in one turn and writes in the next.
pub async fn slow(tank: Rc<Cell<u32>>) {
    let before = tank.get();
    yield_now().await; // the pump runs
    tank.set(before + 100);
}

/// Adds 20 litres in one turn, the second.
pub async fn late(tank: Rc<Cell<u32>>) {
    yield_now().await; // the valve opens
    tank.set(tank.get() + 20);
}

/// Runs both. They should leave 120 litres.
pub fn two_pumps(choices: &mut Choices) -> Run {
    let tank = Rc::new(Cell::new(0));
    let mut executor = Executor::default();
    executor.spawn("slow", slow(tank.clone()));
    executor.spawn("late", late(tank.clone()));
    let rounds = executor.run(|of| choices.choose(of));
    let litres = tank.get();
    let failure = (litres != 120).then(|| format!("{litres} of 120 litres"));
    Run { rounds, failure }
}
