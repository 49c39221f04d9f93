//! Small programs of any kind, run again and again, and each time disturbed somewhere else. What is lost, or given twice, is
//! found by counting.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures::{FutureExt, future::Either};
use proptest::{prelude::*, test_runner::RngSeed};
use tminus::{
    Exception, Kind, LoopFuture, Task,
    event_loop::Deadlock,
    gather_results,
    sync::{Condition, Lock, Queue, Semaphore},
    yield_now,
};

use crate::{new_loop, turns};

const PERMITS: usize = 2;
const ROOM: usize = 1;
/// Longer than any program takes that does not hang.
const MANY_TURNS: u32 = 80;

/// What a task does next.
#[derive(Clone, Debug)]
enum Op {
    GiveWay,
    /// Does more while it has the lock, or a permit.
    WithLock(Vec<Op>),
    WithPermit(Vec<Op>),
    /// Likewise with all permits, acquired together.
    WithAllPermits(Vec<Op>),
    Put,
    Get,
    /// Waits under the condition's lock for a token, and takes it.
    TakeToken,
    /// Makes one under that lock, and notifies one who waits.
    MakeToken,
}

fn simple() -> impl Strategy<Value = Op> + Clone {
    prop_oneof![
        1 => Just(Op::GiveWay),
        3 => Just(Op::Put),
        3 => Just(Op::Get),
        2 => Just(Op::TakeToken),
        2 => Just(Op::MakeToken),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let ops = || prop::collection::vec(simple(), 0..3);
    let with_permit = ops().prop_map(Op::WithPermit);
    let with_all = ops().prop_map(Op::WithAllPermits);
    let inner = prop_oneof![2 => simple(), 1 => with_permit.clone()];
    let inner = prop::collection::vec(inner, 0..2);
    prop_oneof![
        3 => simple(),
        1 => inner.prop_map(Op::WithLock),
        1 => with_permit,
        1 => with_all,
    ]
}

fn program() -> impl Strategy<Value = Vec<Vec<Op>>> {
    let ops = prop::collection::vec(op(), 1..4);
    prop::collection::vec(ops, 2..7)
}

/// How one task is disturbed in one turn.
#[derive(Clone, Copy, Debug)]
enum How {
    /// It is cancelled, and ends.
    Cancel,
    /// It is cancelled in this turn and in the next, and goes on both times with what comes next.
    CancelTwiceAndCatch,
    /// What it waits for is dropped, and it goes on with what comes next.
    Drop,
}

#[derive(Clone, Copy, Debug)]
struct Disturbance {
    task: usize,
    turn: u32,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Waits {
    Nothing,
    Lock,
    Permit,
    AllPermits,
    Room,
    Item,
    Token,
    TokenLock,
}

/// What the tasks share, and what they did.
struct World {
    lock: Lock,
    semaphore: Semaphore,
    queue: Queue<u32>,
    condition: Condition,
    tokens: Cell<u32>,
    next_item: Cell<u32>,
    put: RefCell<Vec<u32>>,
    got: RefCell<Vec<u32>>,
    locks_held: Cell<usize>,
    permits_held: Cell<usize>,
    waits: RefCell<Vec<Waits>>,
    turn: Cell<u32>,
    /// When something last happened.
    last_turn: Cell<u32>,
}

/// Counts one more while it is there.
struct Counted<'a>(&'a Cell<usize>, usize);

impl<'a> Counted<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        Self::many(count, 1)
    }

    fn many(count: &'a Cell<usize>, more: usize) -> Self {
        count.set(count.get() + more);
        Self(count, more)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - self.1);
    }
}

impl World {
    fn new(tasks: usize) -> Self {
        Self {
            lock: Lock::new(),
            semaphore: Semaphore::new(PERMITS),
            queue: Queue::with_maxsize(ROOM),
            condition: Condition::new(),
            tokens: Cell::new(0),
            next_item: Cell::new(0),
            put: RefCell::default(),
            got: RefCell::default(),
            locks_held: Cell::new(0),
            permits_held: Cell::new(0),
            waits: RefCell::new(vec![Waits::Nothing; tasks]),
            turn: Cell::new(0),
            last_turn: Cell::new(0),
        }
    }

    async fn waits<T>(&self, task: usize, what: Waits, future: impl Future<Output = T>) -> T {
        self.waits.borrow_mut()[task] = what;
        let output = future.await;
        self.waits.borrow_mut()[task] = Waits::Nothing;
        self.last_turn.set(self.turn.get());
        output
    }

    async fn run(&self, task: usize, ops: &[Op]) -> Result<(), Exception> {
        for op in ops {
            Box::pin(self.run_one(task, op)).await?;
        }
        Ok(())
    }

    async fn run_one(&self, task: usize, op: &Op) -> Result<(), Exception> {
        match op {
            Op::GiveWay => yield_now().await,
            Op::WithLock(ops) => {
                let _guard = self.waits(task, Waits::Lock, self.lock.acquire()).await?;
                let _held = Counted::new(&self.locks_held);
                assert_eq!(self.locks_held.get(), 1, "one at a time");
                yield_now().await?;
                self.run(task, ops).await
            }
            Op::WithPermit(ops) => {
                let permit = self.waits(task, Waits::Permit, self.semaphore.acquire());
                let _permit = permit.await?;
                let _held = Counted::new(&self.permits_held);
                assert!(self.permits_held.get() <= PERMITS, "so many at a time");
                yield_now().await?;
                self.run(task, ops).await
            }
            Op::WithAllPermits(ops) => {
                let permits = self.semaphore.acquire_many(PERMITS);
                let _permits = self.waits(task, Waits::AllPermits, permits).await?;
                let _held = Counted::many(&self.permits_held, PERMITS);
                assert_eq!(self.permits_held.get(), PERMITS, "nobody else has one");
                yield_now().await?;
                self.run(task, ops).await
            }
            Op::Put => {
                let item = self.next_item.replace(self.next_item.get() + 1);
                self.waits(task, Waits::Room, self.queue.put(item)).await?;
                self.put.borrow_mut().push(item);
                Ok(())
            }
            Op::Get => {
                let item = self.waits(task, Waits::Item, self.queue.get()).await?;
                self.got.borrow_mut().push(item);
                Ok(())
            }
            Op::TakeToken => {
                let guard = self.waits(task, Waits::TokenLock, self.condition.acquire());
                let _guard = guard.await?;
                let token = self.condition.wait_for(|| self.tokens.get() > 0);
                let waited = self.waits(task, Waits::Token, token).await;
                assert!(self.condition.locked(), "who returns has the lock");
                waited?;
                self.tokens.set(self.tokens.get() - 1);
                yield_now().await
            }
            Op::MakeToken => {
                let guard = self.waits(task, Waits::TokenLock, self.condition.acquire());
                let _guard = guard.await?;
                self.tokens.set(self.tokens.get() + 1);
                self.condition.notify(1)?;
                yield_now().await
            }
        }
    }

    /// A task, and what it does when it is disturbed.
    async fn live(
        &self,
        task: usize,
        ops: &[Op],
        how: Option<How>,
        signal: LoopFuture<()>,
    ) -> Result<(), Exception> {
        for op in ops {
            let step = Box::pin(self.run_one(task, op));
            let ended = match how {
                Some(How::Drop) if !signal.done() => {
                    match futures::future::select(step, signal.clone()).await {
                        Either::Left((ended, _)) => ended,
                        Either::Right((_, step)) => {
                            drop(step);
                            self.waits.borrow_mut()[task] = Waits::Nothing;
                            Ok(())
                        }
                    }
                }
                _ => step.await,
            };
            match (ended, how) {
                (Err(exception), Some(How::CancelTwiceAndCatch))
                    if exception.kind() == Kind::Cancelled =>
                {
                    self.waits.borrow_mut()[task] = Waits::Nothing;
                }
                (ended, _) => ended?,
            }
        }
        Ok(())
    }

    /// When all is quiet: is nothing lost, and does nobody wait for what is there?
    fn check(&self) -> Result<(), TestCaseError> {
        let stuck = |what| self.waits.borrow().contains(&what);
        prop_assert_eq!(self.lock.locked(), self.locks_held.get() == 1);
        prop_assert_eq!(self.semaphore.value() + self.permits_held.get(), PERMITS);
        prop_assert!(!self.condition.locked());
        prop_assert!(
            !stuck(Waits::Lock) || self.lock.locked(),
            "the lock is free"
        );
        prop_assert!(
            !stuck(Waits::Permit) || self.semaphore.value() == 0 || stuck(Waits::AllPermits), // nobody overtakes that one
            "a permit is free"
        );
        prop_assert!(
            !stuck(Waits::AllPermits) || self.semaphore.value() < PERMITS,
            "all permits are free"
        );
        prop_assert!(!stuck(Waits::Room) || self.queue.is_full(), "there is room");
        prop_assert!(
            !stuck(Waits::Item) || self.queue.is_empty(),
            "there is an item"
        );
        prop_assert!(
            !stuck(Waits::Token) || self.tokens.get() == 0,
            "there is a token"
        );
        prop_assert!(!stuck(Waits::TokenLock), "its lock is never kept");
        // Who left has left no place behind, so that what is free is had at once.
        prop_assert_eq!(is_had_at_once(self.lock.acquire()), !self.lock.locked());
        prop_assert!(is_had_at_once(self.condition.acquire()));
        let is_permit_free = self.semaphore.value() > 0 && !stuck(Waits::AllPermits);
        prop_assert_eq!(is_had_at_once(self.semaphore.acquire()), is_permit_free);

        let mut seen = self.got.borrow().clone();
        while let Ok(item) = self.queue.get_nowait() {
            seen.push(item);
        }
        // In the order of putting, though not of being told so: who waited for room hears of it later.
        let mut put = self.put.borrow().clone();
        put.sort_unstable();
        seen.sort_unstable();
        prop_assert_eq!(seen, put, "each item that was put, once");
        Ok(())
    }
}

/// Runs a program to its end, or until it is stuck, and checks what is left. Gives the last turn in which something happened.
fn run(program: &Rc<Vec<Vec<Op>>>, disturbance: Option<Disturbance>) -> Result<u32, TestCaseError> {
    let event_loop = new_loop();
    let world = Rc::new(World::new(program.len()));
    let signal = event_loop.create_future::<()>();
    let live = |task: usize| {
        let how = disturbance
            .filter(|one| one.task == task)
            .map(|one| one.how);
        let (world, program, signal) = (world.clone(), program.clone(), signal.clone());
        let body = async move { world.live(task, &program[task], how, signal).await };
        event_loop.create_task(body).unwrap()
    };
    let tasks: Vec<Task<()>> = (0..program.len()).map(live).collect();
    let disturbed = disturb(world.clone(), tasks.clone(), disturbance, signal);
    event_loop.create_task(disturbed).unwrap();
    let all = gather_results(tasks.clone());
    if let Err(stuck) = event_loop.run_until_complete(all) {
        prop_assert!(stuck.is::<Deadlock>(), "{:?}", stuck);
    }
    for task in tasks.iter().filter(|task| task.done() && !task.cancelled()) {
        prop_assert_eq!(
            task.exception().unwrap().map(|failure| failure.to_string()),
            None
        );
    }
    world.check()?; // who is stuck still has what it has
    Ok(world.last_turn.get())
}

/// Counts the turns, and disturbs a task in one of them.
async fn disturb(
    world: Rc<World>,
    tasks: Vec<Task<()>>,
    disturbance: Option<Disturbance>,
    signal: LoopFuture<()>,
) -> Result<(), Exception> {
    let Some(Disturbance { task, turn, how }) = disturbance else {
        for _ in 0..MANY_TURNS {
            world.turn.set(world.turn.get() + 1);
            yield_now().await?;
        }
        return Ok(());
    };
    turns(turn).await?;
    match how {
        How::Drop => signal.set_result(())?,
        How::Cancel => drop(tasks[task].cancel()),
        How::CancelTwiceAndCatch => {
            tasks[task].cancel();
            yield_now().await?;
            tasks[task].cancel();
        }
    }
    Ok(())
}

fn is_had_at_once<T>(acquired: impl Future<Output = Result<T, Exception>>) -> bool {
    acquired.now_or_never().is_some_and(|had| had.is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(321),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whoever_is_cancelled_or_dropped_and_whenever_nothing_is_lost(program in program()) {
        let program = Rc::new(program);
        let last_turn = run(&program, None)?;
        prop_assert!(last_turn < MANY_TURNS - 1, "it never becomes quiet");
        for turn in 0..=last_turn {
            for task in 0..program.len() {
                for how in [How::Cancel, How::CancelTwiceAndCatch, How::Drop] {
                    let disturbance = Disturbance { task, turn, how };
                    run(&program, Some(disturbance)).map_err(|error| {
                        TestCaseError::fail(format!("{disturbance:?}: {error}"))
                    })?;
                }
            }
        }
    }
}
