//! Random transitions, each made by the table and by the [`model`](super::model): the results agree. What else has to agree
//! is in [`agreement`](super::agreement).

use std::task::Waker;

use super::{
    model::{FutureNumber, Model, ModelTask, Next},
    *,
};
use crate::timers::TimerId;

/// At most this many futures wait, and at most this many rows are in use.
pub(super) const FUTURES: usize = 16;
const TASKS: usize = 12;
pub(super) const WAKERS: usize = 3;

/// Xorshift, so that a seed is a run.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits fit") % end
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

pub(super) struct Run {
    pub(super) random: Random,
    pub(super) table: Tasks,
    pub(super) body: Option<BoxBody>,
    pub(super) jobs: Vec<Job>,
    pub(super) model: Model,
    pub(super) wakers: [Waker; WAKERS],
    pub(super) now: Moment,
    /// How many futures and callbacks there were.
    pub(super) futures: FutureNumber,
    pub(super) called: u32,
    /// The timers of callbacks, and of some that were called.
    pub(super) alarms: Vec<(TimerId, Next)>,
    /// Names of waits that are no longer there.
    pub(super) stale: Vec<WaitId>,
}

pub(super) struct Nothing;

impl Callable for Nothing {
    fn call(&self) -> Option<Result<(), Exception>> {
        Some(Ok(()))
    }
}

impl Run {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            table: Tasks::new(),
            body: None,
            jobs: Vec::new(),
            model: Model::default(),
            wakers: std::array::from_fn(|_| waker().1),
            now: 0,
            futures: 0,
            called: 0,
            alarms: Vec::new(),
            stale: Vec::new(),
        }
    }

    pub(super) fn step(&mut self) {
        match self.random.below(100) {
            0..6 => self.spawns(),
            6..36 if self.model.running.is_none() => self.runs_a_job(),
            6..14 => self.suspends(),
            14..20 => self.ends(),
            20..45 => self.polls(),
            45..52 => self.drops_a_future(),
            52..58 => self.gives(),
            58..62 => self.wakes(),
            62..69 => self.cancels(),
            69..71 => self.withdraws(),
            71 => self.cancels_inside(),
            72..82 => self.shares_or_releases(),
            82..87 => self.adds_or_removes_a_callback(),
            87..90 => self.awaits_itself(),
            90..94 => self.calls_later_or_not(),
            _ => self.uses_what_is_stale(),
        }
    }

    fn spawns(&mut self) {
        let there = self.model.numbered().filter(|(_, task)| !task.is_free);
        if there.count() < TASKS {
            let spawned = self.table.spawned(Stage::boxed(async { Ok(0) }));
            let key = spawned.unwrap_or_else(|_| unreachable!("the loop is open"));
            self.model.tasks.push(ModelTask::new(key));
            self.model.schedules(self.model.tasks.len() - 1);
        }
    }

    /// A task that has not been freed.
    pub(super) fn any_task(&mut self) -> Option<usize> {
        let there: Vec<usize> = self
            .model
            .numbered()
            .filter(|(_, task)| !task.is_free)
            .map(|(number, _)| number)
            .collect();
        (!there.is_empty()).then(|| there[self.random.below(there.len())])
    }

    pub(super) fn any_future(&mut self) -> Option<FutureNumber> {
        let futures: Vec<_> = self.model.futures.keys().copied().collect();
        (!futures.is_empty()).then(|| futures[self.random.below(futures.len())])
    }

    pub(super) fn number_of(&self, key: Key) -> Option<usize> {
        let mut tasks = self.model.numbered();
        let found = tasks.find(|(_, task)| task.key == key && !task.is_free);
        found.map(|(number, _)| number)
    }

    fn runs_a_job(&mut self) {
        if self.jobs.is_empty() {
            self.now += self.random.below(4) as Moment;
            self.table.opens_at(&mut self.jobs, self.now);
            return self.model.opens(self.now);
        }
        self.model.jobs.pop_front();
        match self.jobs.remove(0) {
            Job::Turn(key) => self.begins(key),
            Job::Due(wait) => {
                let given = self.table.given(wait);
                assert_eq!(given, self.model.is_over(wait, State::Given));
            }
            Job::Call(call) => match self.table.takes_call(call) {
                Some(Call::Done(_, key)) => {
                    self.table.called();
                    let number = self.number_of(key).expect("the callback holds it");
                    self.releases(number);
                }
                Some(Call::Handle(_)) => self.table.called(),
                None => panic!("a callback is called once"),
            },
        }
    }

    fn begins(&mut self, key: Key) {
        let number = self.number_of(key).filter(|&n| self.model.tasks[n].lives());
        let is_plain = number.is_some_and(|number| {
            let task = &self.model.tasks[number];
            !task.must_cancel && !task.has_news
        });
        assert_eq!(self.table.begins(key, &mut self.body), is_plain);
        match (number, is_plain) {
            (Some(number), true) => self.model.begins(number),
            (Some(number), false) => self.begins_with_news(number),
            (None, _) => {
                assert!(matches!(self.table.news(key, &mut self.body), News::Gone));
                if let Some(ended) = self.number_of(key) {
                    self.model.tasks[ended].is_scheduled = false;
                }
            }
        }
    }

    fn begins_with_news(&mut self, number: usize) {
        let raises_by_itself = !self.model.awaits_cancelled(number);
        let task = &mut self.model.tasks[number];
        let raises = std::mem::take(&mut task.must_cancel) && raises_by_itself;
        let is_first = task.turns == 0;
        if raises && !is_first {
            (task.thrown, task.has_news) = (Some(Kind::Cancelled), true);
        }
        let key = task.key;
        self.model.begins(number);
        match self.table.news(key, &mut self.body) {
            News::Gone
            | News::Begins {
                own_waker: Some(_), ..
            } => panic!("it lives, and nobody has its waker"),
            News::Never(cancelled) => {
                assert!(raises && is_first);
                self.model.tasks[number].turns = 0;
                self.fails(cancelled);
            }
            News::Begins { throws: true, .. } => {
                let task = &mut self.model.tasks[number];
                assert!(std::mem::take(&mut task.has_news));
                let thrown = self.table.takes_thrown().map(|thrown| thrown.kind());
                assert_eq!(thrown, task.thrown.take());
            }
            News::Begins { throws: false, .. } => {
                assert!(!self.model.tasks[number].has_news && !raises)
            }
        }
    }

    fn suspends(&mut self) {
        let Some(number) = self.model.running.take() else {
            return;
        };
        let yields = self.random.one_in(3);
        let key = self.model.tasks[number].key;
        let was_cancelled = self.table.suspends(key, &mut self.body, yields);
        if yields {
            self.model.schedules(number);
        }
        let must_cancel = std::mem::take(&mut self.model.tasks[number].must_cancel);
        assert_eq!(was_cancelled, must_cancel);
        if was_cancelled {
            self.table.takes_cancel(key);
            self.passes_on(number);
        }
    }

    fn ends(&mut self) {
        let Some(number) = self.model.running else {
            return;
        };
        match self.random.below(4) {
            0 => self.fails(error("no")),
            1 => self.fails(cancelled("")),
            _ => {
                let body = self.body.as_mut().expect("it has its turn");
                let mut cx = Context::from_waker(Waker::noop());
                assert!(body.as_mut().poll(&mut cx).is_ready());
                let key = self.model.tasks[number].key;
                let ended = self.table.ends(key, &mut self.body, Ending::Returned);
                assert_eq!(ended, !self.model.tasks[number].must_cancel);
                match ended {
                    true => self.model.ends(Ending::Returned),
                    false => {
                        let error = self.table.takes_cancelled(key);
                        self.model.tasks[number].must_cancel = false;
                        self.fails(error);
                    }
                }
            }
        }
    }

    fn fails(&mut self, exception: Exception) {
        let ending = Ending::of(&exception);
        let body = self.body.as_mut().expect("it has its turn");
        body.as_mut().fail(exception);
        let key = self.table.current;
        assert!(self.table.ends(key, &mut self.body, ending));
        self.model.ends(ending);
    }
}
