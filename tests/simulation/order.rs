//! Programs that work in asyncio's order, and not in every other.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, VecDeque},
    rc::Rc,
};

use tminus::{
    Exception, Kind, LoopFuture, Task,
    event_loop::EventLoop,
    gather,
    simulation::{Schedule, Simulation, explore},
    sleep, spawn_named, yield_now,
};

async fn fill(tank: Rc<Cell<u32>>, is_slow: bool) -> Result<(), Exception> {
    for _ in 0..3 {
        yield_now().await?;
    }
    let before = tank.get();
    if is_slow {
        yield_now().await?;
    }
    tank.set(before + 1);
    Ok(())
}

/// In asyncio's order nothing is lost: the slow pump reads after the others have written.
async fn pumps() -> Result<(), Exception> {
    let tank = Rc::new(Cell::new(0));
    let mut tasks = Vec::new();
    for n in 0..5 {
        tasks.push(spawn_named(
            &format!("pump {n}"),
            fill(tank.clone(), n == 4),
        )?);
    }
    gather(tasks).await?;
    match tank.get() {
        5 => Ok(()),
        left => Err(Exception::new(
            Kind::RuntimeError,
            format!("{left} litres of 5"),
        )),
    }
}

#[test]
fn a_lost_update_is_found_shrunk_to_one_choice_and_replayed() {
    EventLoop::new().run(pumps()).unwrap(); // asyncio's order hides it
    Simulation::replay(Schedule::default())
        .run(pumps())
        .0
        .unwrap();

    let failure = explore(0..1000, pumps).unwrap_err();
    assert_eq!(failure.schedule().len(), 1);
    assert!(failure.divergence().is_none());
    assert!(failure.runs() < 50, "{} runs", failure.runs());

    let again: Schedule = failure.schedule().to_string().parse().unwrap();
    let (result, made) = Simulation::replay(again).run(pumps());
    assert_eq!(
        result.unwrap_err().to_string(),
        failure.exception().to_string()
    );
    assert_eq!(made, *failure.choices());
}

/// A semaphore as one writes it first. A waiter that is cancelled after it was woken loses its permit.
#[derive(Clone, Default)]
struct Naive {
    permits: Rc<Cell<u32>>,
    waiters: Rc<RefCell<VecDeque<LoopFuture<()>>>>,
}

impl Naive {
    async fn acquire(&self) -> Result<(), Exception> {
        if self.permits.get() == 0 {
            let woken = EventLoop::running()?.create_future();
            self.waiters.borrow_mut().push_back(woken.clone());
            return woken.await; // the permit is handed over
        }
        self.permits.set(self.permits.get() - 1);
        Ok(())
    }

    fn release(&self) {
        while let Some(waiter) = { self.waiters.borrow_mut().pop_front() } {
            if waiter.set_result(()).is_ok() {
                return;
            }
        }
        self.permits.set(self.permits.get() + 1);
    }
}

/// In asyncio's order, the second worker is cancelled in the round in which the first one releases, just before that.
async fn workers() -> Result<(), Exception> {
    let semaphore = Naive::default();
    semaphore.release();
    let worker = |semaphore: Naive| async move {
        semaphore.acquire().await?;
        yield_now().await?;
        semaphore.release();
        Ok(())
    };
    let to_cancel = Rc::new(RefCell::new(None::<Task<()>>));
    let cancels = to_cancel.clone();
    drop(spawn_named("cancels", async move {
        yield_now().await?;
        cancels.borrow().as_ref().map(Task::cancel);
        Ok(())
    })?);
    drop(spawn_named("first", worker(semaphore.clone()))?);
    let second = spawn_named("second", worker(semaphore.clone()))?;
    to_cancel.replace(Some(second));
    sleep(std::time::Duration::from_secs(1)).await?;
    match semaphore.permits.get() {
        1 => Ok(()),
        permits => Err(Exception::new(
            Kind::RuntimeError,
            format!("{permits} permits"),
        )),
    }
}

#[test]
fn a_naive_semaphore_loses_a_permit_in_some_order() {
    EventLoop::new().run(workers()).unwrap();
    let failure = explore(0..1000, workers).unwrap_err();
    assert_eq!(failure.exception().message(), "0 permits");
    assert!(failure.schedule().len() <= 2, "{}", failure.schedule());
}

#[test]
fn callbacks_keep_their_order() {
    let program = || async {
        let called = Rc::new(RefCell::new(Vec::new()));
        let event_loop = EventLoop::running()?;
        for n in 0..10 {
            let called = called.clone();
            event_loop.call_soon(move || called.borrow_mut().push(n))?;
            drop(spawn_named("beside", yield_now())?);
        }
        for _ in 0..3 {
            yield_now().await?;
        }
        assert_eq!(*called.borrow(), Vec::from_iter(0..10));
        Ok(())
    };
    explore(0..300, program).unwrap();
}

#[test]
fn no_task_waits_for_a_second_round() {
    let program = || async {
        let rounds = Rc::new(Cell::new(0));
        let mut tasks = Vec::new();
        for _ in 0..5 {
            let rounds = rounds.clone();
            tasks.push(spawn_named("fair", async move {
                for n in 0..10 {
                    let now = rounds.get();
                    assert!(now == n || now == n + 1, "round {now}, turn {n}");
                    yield_now().await?;
                }
                Ok(())
            })?);
        }
        for _ in 0..12 {
            yield_now().await?;
            rounds.set(rounds.get() + 1);
        }
        gather(tasks).await?;
        Ok(())
    };
    explore(0..300, program).unwrap();
}

#[test]
fn the_plain_run_is_in_the_order_of_an_ordinary_loop() {
    let trace = || {
        let log = Rc::new(RefCell::new(Vec::new()));
        let written = log.clone();
        let program = async move {
            let mut tasks = Vec::new();
            for n in 0..4_u64 {
                let log = written.clone();
                tasks.push(spawn_named("logs", async move {
                    for turn in 0..3 {
                        log.borrow_mut().push((n, turn));
                        sleep(std::time::Duration::from_millis(n % 2)).await?;
                    }
                    Ok(())
                })?);
            }
            gather(tasks).await?;
            Ok(())
        };
        (program, log)
    };
    let (program, ordinary) = trace();
    let clock = tminus::clock::VirtualClock::new();
    EventLoop::with_clock(clock).run(program).unwrap();
    let (program, plain) = trace();
    let (result, made) = Simulation::replay(Schedule::default()).run(program);
    result.unwrap();
    assert!(made.len() > 5);
    assert_eq!(plain, ordinary);
}

#[test]
fn three_tasks_run_in_each_of_their_orders() {
    let orders = Rc::new(RefCell::new(BTreeSet::new()));
    let program = || {
        let orders = orders.clone();
        async move {
            let order = Rc::new(RefCell::new(Vec::new()));
            let mut tasks = Vec::new();
            for n in 0..3 {
                let order = order.clone();
                tasks.push(spawn_named("ordered", async move {
                    order.borrow_mut().push(n);
                    Ok(())
                })?);
            }
            gather(tasks).await?;
            orders.borrow_mut().insert(order.take());
            Ok(())
        }
    };
    explore(0..300, program).unwrap();
    assert_eq!(orders.borrow().len(), 6);
}

/// As in an ordinary loop: the other task is cancelled before its first turn.
#[test]
fn an_interrupt_ends_a_run_before_the_next_task_has_its_turn() {
    let began = Rc::new(Cell::new(0));
    let counted = began.clone();
    let (result, _) = Simulation::replay(Schedule::default()).run(async move {
        for _ in 0..2 {
            let began = counted.clone();
            drop(spawn_named("interrupts", async move {
                began.set(began.get() + 1);
                Err::<(), _>(Exception::from(Kind::KeyboardInterrupt))
            })?);
        }
        sleep(std::time::Duration::from_secs(1)).await
    });
    assert_eq!(result.unwrap_err().kind(), Kind::KeyboardInterrupt);
    assert_eq!(began.get(), 1);
}
