#![doc = include_str!("README.md")]

use std::{collections::VecDeque, time::Duration};

use indexmap::IndexMap;
pub use tminus_lessons::lesson08_yield_from::YieldFrom;
pub use tminus_lessons::lesson10_tasks::{Exception, Generator, Step, Turn};

mod clock;
mod lanes;
pub mod programs;
mod timers;

pub use clock::Clock;
pub use lanes::{LEGEND, Lanes, Pause};
use timers::Timers;

/// What a task yields: what it waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wait {
    /// Its next turn, as soon as the others have had theirs.
    Turn,
    /// The time at which this long has passed.
    For(Duration),
}

impl Pause for Wait {
    fn waits(&self) -> bool {
        matches!(self, Wait::For(_))
    }
}

/// The body of a task: a generator that yields what it waits for.
pub type Coroutine<R = ()> = Generator<Wait, (), R>;

/// Waits until `delay` has passed. If `delay` is zero, yields once.
pub fn sleep(delay: Duration) -> Coroutine {
    Generator::new(async move |co| {
        if delay.is_zero() {
            return co.yield_(Wait::Turn).await;
        }
        co.yield_(Wait::For(delay)).await
    })
}

/// Tasks that take turns, and can sleep in between.
pub struct Scheduler<R = ()> {
    clock: Clock, // new
    next_id: u32,
    ready: VecDeque<(u32, Coroutine<R>)>,
    timers: Timers<(u32, Coroutine<R>)>, // new: the tasks that sleep
    /// The results by id, in the order of completion.
    pub results: IndexMap<u32, R>,
    /// The exceptions by id, in the order of failure.
    pub errors: IndexMap<u32, Exception>,
}

impl<R> Scheduler<R> {
    /// Creates a scheduler without tasks, which waits by this clock.
    pub fn new(clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            next_id: 0,
            ready: VecDeque::new(),
            timers: Timers::new(),
            results: IndexMap::new(),
            errors: IndexMap::new(),
        }
    }

    /// Puts a task at the back of the ready queue, and returns its id.
    pub fn add(&mut self, coroutine: Coroutine<R>) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.ready.push_back((id, coroutine));
        id
    }

    /// Resumes the next task that is ready, and keeps what came of it. Returns `None` if there is no task.
    pub fn turn(&mut self) -> Option<Turn> {
        let (id, mut coroutine) = self.next_ready()?; // new
        Some(match coroutine.resume() {
            Ok(Step::Yielded(Wait::Turn)) => {
                self.ready.push_back((id, coroutine));
                Turn::Yielded(id)
            }
            // new
            Ok(Step::Yielded(Wait::For(delay))) => {
                let deadline = self.clock.now().saturating_add(delay);
                self.timers.set(deadline, (id, coroutine));
                Turn::Yielded(id)
            }
            Ok(Step::Returned(result)) => {
                self.results.insert(id, result);
                Turn::Returned(id)
            }
            Err(exception) => {
                self.errors.insert(id, exception);
                Turn::Failed(id)
            }
        })
    }

    /// Takes the task at the front of the ready queue. If all tasks sleep, waits for the first deadline.
    fn next_ready(&mut self) -> Option<(u32, Coroutine<R>)> {
        if self.ready.is_empty() {
            self.clock.wait_until(self.timers.first_deadline()?);
        }
        self.wake(); // in each turn: a task that is always ready must not keep the sleepers out
        self.ready.pop_front()
    }

    /// Moves the tasks that are due to the back of the ready queue.
    fn wake(&mut self) {
        let now = self.clock.now();
        while let Some(task) = self.timers.take_due(now) {
            self.ready.push_back(task);
        }
    }

    /// Takes turns until no task is left.
    pub fn run(&mut self) {
        while self.turn().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;
    use programs::ms;

    type Log = Rc<RefCell<Vec<(u128, &'static str)>>>;

    /// Sleeps, and writes down when it continues.
    fn sleeper(clock: &Clock, log: &Log, name: &'static str, delay: u64) -> Coroutine {
        let (clock, log) = (clock.clone(), log.clone());
        Generator::new(async move |co| {
            co.yield_from(sleep(ms(delay))).await?;
            let now = clock.now().as_millis();
            log.borrow_mut().push((now, name));
            Ok(())
        })
    }

    fn woken<const N: usize>(sleepers: [(&'static str, u64); N]) -> Vec<(u128, &'static str)> {
        let (clock, log) = (Clock::virtual_time(), Log::default());
        let mut scheduler = Scheduler::new(&clock);
        for (name, delay) in sleepers {
            scheduler.add(sleeper(&clock, &log, name, delay));
        }
        scheduler.run();
        log.take()
    }

    #[test]
    fn the_shortest_sleep_ends_first() {
        assert_eq!(
            woken([("c", 30), ("a", 10), ("b", 20)]),
            [(10, "a"), (20, "b"), (30, "c")]
        );
    }

    #[test]
    fn equal_deadlines_wake_in_the_order_they_were_set() {
        assert_eq!(
            woken([("first", 7), ("other", 3), ("second", 7), ("third", 7)]),
            [(3, "other"), (7, "first"), (7, "second"), (7, "third")]
        );
    }

    #[test]
    fn a_sleep_of_zero_yields_once() {
        assert_eq!(woken([("zero", 0), ("one", 1)]), [(0, "zero"), (1, "one")]);
        assert_eq!(
            sleep(Duration::ZERO).resume().unwrap(),
            Step::Yielded(Wait::Turn)
        );
    }

    #[test]
    fn a_sleeper_takes_two_turns_and_the_clock_jumps_once() {
        let clock = Clock::virtual_time();
        let mut scheduler = Scheduler::new(&clock);
        let id = scheduler.add(sleep(Duration::from_secs(3600)));
        assert_eq!(scheduler.turn(), Some(Turn::Yielded(id)));
        assert_eq!(clock.now(), Duration::ZERO);
        assert_eq!(scheduler.turn(), Some(Turn::Returned(id)));
        assert_eq!(clock.now(), Duration::from_secs(3600));
        assert_eq!(scheduler.turn(), None);
    }

    #[test]
    fn nobody_wakes_before_the_deadline_even_if_the_clock_moves_on_while_others_run() {
        let clock = Clock::virtual_time();
        let mut scheduler = Scheduler::new(&clock);
        let asleep = scheduler.add(sleep(ms(10)));
        let busy = scheduler.add(Generator::new({
            let clock = clock.clone();
            async move |co| {
                for now in [9, 10, 11] {
                    clock.wait_until(ms(now));
                    co.yield_(Wait::Turn).await?;
                }
                Ok(())
            }
        }));
        let turns: Vec<Turn> = std::iter::from_fn(|| scheduler.turn()).collect();
        assert_eq!(
            turns,
            [
                Turn::Yielded(asleep),
                Turn::Yielded(busy), // until 9
                Turn::Yielded(busy), // until 10
                Turn::Yielded(busy), // it was in the queue before the sleeper
                Turn::Returned(asleep),
                Turn::Returned(busy),
            ]
        );
    }
}
