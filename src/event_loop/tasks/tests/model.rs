//! What the table should do, in the simplest words: lists of tasks, of futures and of what is ready. Nothing in it is fast, a
//! future knows all about its wait, and the order of watchers is that of one list.

use std::collections::{BTreeMap, VecDeque};

use super::*;

/// The model's name for a future that waits, or will.
pub(super) type FutureNumber = u32;

#[derive(Default)]
pub(super) struct Model {
    pub(super) tasks: Vec<ModelTask>,
    /// All before this one are gone.
    first: usize,
    pub(super) futures: BTreeMap<FutureNumber, ModelFuture>,
    pub(super) ready: VecDeque<Next>,
    pub(super) jobs: VecDeque<Next>,
    /// By deadline, and then in the order of setting.
    pub(super) timers: Vec<(Moment, Next)>,
    pub(super) running: Option<usize>,
    pub(super) outbox: Vec<Said>,
}

pub(super) struct ModelTask {
    pub(super) key: Key,
    pub(super) is_scheduled: bool,
    pub(super) ended: Option<Ending>,
    pub(super) is_free: bool,
    pub(super) is_unseen: bool,
    /// All handles, and those that are neither a future's nor a callback's.
    pub(super) handles: u32,
    pub(super) free_handles: u32,
    pub(super) turns: u32,
    pub(super) requests: usize,
    pub(super) must_cancel: bool,
    pub(super) has_news: bool,
    pub(super) thrown: Option<Kind>,
    pub(super) watchers: Vec<Watch>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Watch {
    Wakes(FutureNumber),
    Calls(CallbackId),
}

/// A job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    Turn(Key),
    Due(WaitId),
    /// A callback, with the task whose end it is for.
    Call(Option<usize>, u32),
}

/// An errand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Said {
    Wake(usize),
    DropWaker(usize),
    DropBody,
    Unretrieved(usize),
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum What {
    Sleep(Moment),
    Line,
    End(usize),
}

pub(super) struct ModelFuture {
    pub(super) what: What,
    /// What the future itself knows of its wait, which can be out of date.
    pub(super) known: Option<WaitId>,
    pub(super) wait: Option<ModelWait>,
}

pub(super) struct ModelWait {
    pub(super) id: WaitId,
    /// `None` if a callback polls.
    pub(super) by: Option<usize>,
    pub(super) state: State,
    /// The waker of something inside.
    pub(super) waker: Option<usize>,
    pub(super) turn: u32,
    pub(super) is_shared: bool,
}

impl ModelTask {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            is_scheduled: false,
            ended: None,
            is_free: false,
            is_unseen: false,
            handles: 1,
            free_handles: 1,
            turns: 0,
            requests: 0,
            must_cancel: false,
            has_news: false,
            thrown: None,
            watchers: Vec::new(),
        }
    }

    pub(super) fn lives(&self) -> bool {
        self.ended.is_none()
    }
}

impl Model {
    /// The tasks from the oldest one on that is there, with their numbers.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &ModelTask)> {
        self.tasks.iter().enumerate().skip(self.first)
    }

    pub(super) fn living(&self) -> impl Iterator<Item = &ModelTask> {
        self.numbered()
            .map(|(_, task)| task)
            .filter(|task| task.lives())
    }

    pub(super) fn forgets_gone(&mut self) {
        while self.tasks.get(self.first).is_some_and(|task| task.is_free) {
            self.first += 1;
        }
    }

    pub(super) fn schedules(&mut self, task: usize) {
        let task = &mut self.tasks[task];
        if !std::mem::replace(&mut task.is_scheduled, true) {
            self.ready.push_back(Next::Turn(task.key));
        }
    }

    pub(super) fn sets_timer(&mut self, when: Moment, next: Next) {
        let place = self
            .timers
            .partition_point(|(deadline, _)| *deadline <= when);
        self.timers.insert(place, (when, next));
    }

    pub(super) fn opens(&mut self, now: Moment) {
        let due = self
            .timers
            .partition_point(|(deadline, _)| *deadline <= now);
        let due = self.timers.drain(..due).map(|(_, next)| next);
        self.ready.extend(due);
        self.jobs = std::mem::take(&mut self.ready);
    }

    pub(super) fn begins(&mut self, task: usize) {
        self.running = Some(task);
        let task = &mut self.tasks[task];
        task.is_scheduled = false;
        task.turns += 1;
    }

    /// The running task ends, which its body does in this way.
    pub(super) fn ends(&mut self, ending: Ending) {
        let number = self.running.expect("a task has its turn");
        let task = &mut self.tasks[number];
        task.must_cancel = false;
        task.ended = Some(ending);
        task.is_unseen = ending == Ending::Failed;
        for watch in std::mem::take(&mut task.watchers) {
            match watch {
                Watch::Wakes(future) => {
                    let wait = self.futures[&future].wait.as_ref();
                    let id = wait.expect("it waits").id;
                    assert!(self.is_over(id, State::Given));
                }
                Watch::Calls(_) => self.calls_done(number),
            }
        }
        for future in self.waits_of(number, |_| true) {
            let known = self.futures[&future].known;
            self.stops(future);
            self.futures.get_mut(&future).expect("it is there").known = known;
        }
        self.running = None;
        if self.tasks[number].handles == 0 {
            self.frees_detached(number);
        }
    }

    fn frees_detached(&mut self, number: usize) {
        let task = &mut self.tasks[number];
        match task.is_unseen {
            true => {
                task.handles = 1;
                self.outbox.push(Said::Unretrieved(number));
            }
            false => {
                task.is_free = true;
                self.outbox.push(Said::DropBody);
            }
        }
    }

    pub(super) fn calls_done(&mut self, task: usize) {
        self.tasks[task].handles += 1;
        self.ready.push_back(Next::Call(Some(task), 0));
    }

    /// A handle is dropped. Returns what is expected of that, in a word.
    pub(super) fn released(&mut self, number: usize) -> &'static str {
        let task = &mut self.tasks[number];
        match (task.handles, task.lives(), task.is_unseen) {
            (1, false, true) => "unseen",
            (1, false, false) => {
                task.handles = 0;
                task.is_free = true;
                "freed"
            }
            _ => {
                task.handles -= 1;
                "nothing"
            }
        }
    }
}
