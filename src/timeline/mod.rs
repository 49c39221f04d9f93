//! To see a run: who ran when, who waited for what, and why.
//!
//! A [`Recorder`] listens, as a [`tracing`] layer, to the [scheduler](crate::scheduler) and the
//! [event loop](crate::event_loop). What it heard is a [`Timeline`]. It draws itself as [text](Timeline::text) for a
//! terminal, as an [SVG](Timeline::svg) picture, as an [HTML](Timeline::html) page to step through, and as a
//! [trace](Timeline::perfetto) for the viewer of Perfetto.
//!
//! ```
//! use tminus::{EventLoop, Exception, clock::VirtualClock, sleep, spawn_named};
//! use tminus::timeline::{Timeline, What};
//! use std::time::Duration;
//!
//! let event_loop = EventLoop::with_clock(VirtualClock::new());
//! let (result, timeline) = Timeline::of(|| {
//!     event_loop.run_until_complete(async {
//!         let burn = spawn_named("burn", sleep(Duration::from_secs(2)))?;
//!         burn.await
//!     })
//! });
//! result?;
//! let burn = timeline.tasks().find(|task| task.name() == "burn").unwrap();
//! let turns = timeline.moments().filter(|moment| moment.task == burn.id());
//! let turns = turns.filter(|moment| matches!(moment.what, What::Runs { .. }));
//! let times: Vec<Duration> = turns.map(|turn| timeline.time(turn)).collect();
//! assert_eq!(times, [Duration::ZERO, Duration::from_secs(2)]);
//! # Ok::<(), Exception>(())
//! ```
//!
//! What it costs is paid by who records: where nobody listens, the scheduler and the loop ask one atomic variable.

mod bins;
mod columns;
mod html;
mod json;
mod perfetto;
mod plotter;
mod recorder;
mod scale;
mod story;
mod svg;
mod text;
mod words;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    time::Duration,
};

pub use recorder::Recorder;
use words::clean;

/// A run, as it was recorded: tasks, and what happened to them, in order.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    unit: Unit,
    tasks: BTreeMap<TaskKey, Task>,
    moments: VecDeque<Moment>,
    forgotten: u64,
    /// How many loops, and how many schedulers, have appeared in the recording.
    loops: u64,
    schedulers: u64,
}

/// What [`Moment::at`] counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Turns: the clock of a [`TaskScheduler`](crate::TaskScheduler).
    #[default]
    Turns,
    /// Nanoseconds on the clock of an [`EventLoop`](crate::EventLoop).
    Nanoseconds,
}

/// Names a task in a [`Timeline`]. They are in the order of spawning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskKey(pub(crate) u64);

/// The event loop or scheduler that runs a task. Each kind is numbered from 1 on, in the order in which they appear in the
/// recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runner {
    /// A [`TaskScheduler`](crate::TaskScheduler).
    Scheduler(u64),
    /// An [`EventLoop`](crate::EventLoop).
    EventLoop(u64),
}

impl fmt::Display for Runner {
    /// Writes `loop 1` or `scheduler 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Runner::Scheduler(number) => write!(f, "scheduler {number}"),
            Runner::EventLoop(number) => write!(f, "loop {number}"),
        }
    }
}

/// A task that was recorded.
#[derive(Clone, Debug)]
pub struct Task {
    id: TaskKey,
    runner: Runner,
    number: u64,
    name: String,
    /// What it did before the first moment that is kept.
    before: State,
}

impl Task {
    /// Which one it is.
    pub fn id(&self) -> TaskKey {
        self.id
    }

    /// Returns the event loop or scheduler that runs it.
    pub fn runner(&self) -> Runner {
        self.runner
    }

    /// Its number in its scheduler or loop: 0 is the first.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its name, the last one it had; of one without a name, its number.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it was before the first moment that is kept.
    pub fn before(&self) -> &State {
        &self.before
    }
}

/// How a task is, between two moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It was not there yet.
    #[default]
    Unborn,
    /// It is in the ready queue.
    Ready,
    /// It is the one that runs.
    Running,
    /// It waits, for all of these.
    Waiting(Vec<Wait>),
    /// It is over.
    Ended(End),
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// In one word: `sleep`, `task`, `tasks`, `future`, `lock`, `queue` and so on, as the loop tells
    /// [`tracing`](crate::event_loop#what-it-tells-tracing).
    pub kind: String,
    /// In a few words.
    pub of: String,
    /// Until when, where that is known.
    pub until: Option<u64>,
    /// The task that is waited for, or has the lock.
    pub on: Option<TaskKey>,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With a result.
    Returned,
    /// With an exception, or a panic.
    Failed {
        /// Which one.
        exception: String,
        /// Its text.
        text: String,
    },
    /// By a cancellation.
    Cancelled,
    /// It was dropped by its scheduler.
    Closed,
}

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, in the [`Unit`] of the timeline.
    pub at: u64,
    /// To which task.
    pub task: TaskKey,
    /// What.
    pub what: What,
}

/// What can happen to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was made, and is in the ready queue.
    Spawned {
        /// By which task, if by one.
        by: Option<TaskKey>,
    },
    /// A turn begins.
    Runs {
        /// The first is 1.
        turn: u64,
    },
    /// The turn is over: it gave way, and is in the ready queue.
    Yielded,
    /// The turn is over: it waits for this. One moment for each that it waits for.
    Waits(Wait),
    /// What it waited for is there: it is in the ready queue.
    Woken {
        /// By which task; by nobody where a timer or another thread did.
        by: Option<TaskKey>,
    },
    /// Somebody asked it to stop.
    CancelAsked {
        /// Which task, if a task did.
        by: Option<TaskKey>,
    },
    /// It is over.
    Ended(End),
}

impl Timeline {
    /// Runs `run` on this thread, and gives what came of it and the timeline.
    pub fn of<T>(run: impl FnOnce() -> T) -> (T, Timeline) {
        let recorder = Recorder::new();
        let result = recorder.record(run);
        (result, recorder.timeline())
    }

    /// What [`Moment::at`] counts.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The tasks, in the order of spawning. Those that ended before the first moment that is kept are not among them.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Task> {
        self.tasks.values()
    }

    /// A task of this timeline.
    pub fn task(&self, id: TaskKey) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// Returns a task's name as the pictures show it.
    ///
    /// Characters that a reader could not see, or that would change the order of the others, are written as escapes:
    /// `\u{202e}`. If the recording has several event loops, the name of a loop's task begins with the loop: `loop 2: main`.
    /// It is the same with several schedulers.
    pub fn label(&self, task: &Task) -> String {
        let name = clean(task.name());
        match self.has_several(task.runner) {
            true => format!("{}: {name}", task.runner),
            false => name,
        }
    }

    /// Returns `true` if the recording has several loops, or several schedulers, if it is one.
    fn has_several(&self, runner: Runner) -> bool {
        match runner {
            Runner::Scheduler(_) => self.schedulers > 1,
            Runner::EventLoop(_) => self.loops > 1,
        }
    }

    fn has_several_of_a_kind(&self) -> bool {
        self.loops > 1 || self.schedulers > 1
    }

    /// The runner of a task of this timeline. (Every moment's task is in the table.)
    fn runner_of(&self, task: TaskKey) -> Option<Runner> {
        self.tasks.get(&task).map(Task::runner)
    }

    /// What happened, in order.
    pub fn moments(&self) -> impl ExactSizeIterator<Item = &Moment> {
        self.moments.iter()
    }

    /// How many moments were forgotten, where there was [room](Recorder::with_room) for so many only. They were the first.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// When a moment was; zero where turns are counted.
    pub fn time(&self, moment: &Moment) -> Duration {
        match self.unit {
            Unit::Turns => Duration::ZERO,
            Unit::Nanoseconds => Duration::from_nanos(moment.at),
        }
    }

    /// Forgets the first moment. What it did is in [`Task::before`]. The task that ended in it is forgotten, too.
    fn forget_one(&mut self) -> Option<Task> {
        let moment = self.moments.pop_front()?;
        self.forgotten += 1;
        if matches!(moment.what, What::Ended(_)) {
            return self.tasks.remove(&moment.task);
        }
        if let Some(task) = self.tasks.get_mut(&moment.task) {
            task.before.change(&moment.what);
        }
        None
    }
}

impl State {
    /// What becomes of it.
    pub fn change(&mut self, what: &What) {
        match (what, &mut *self) {
            (What::CancelAsked { .. }, _) => {}
            (What::Waits(wait), State::Waiting(waits)) => waits.push(wait.clone()),
            (What::Waits(wait), _) => *self = State::Waiting(vec![wait.clone()]),
            (What::Spawned { .. } | What::Yielded | What::Woken { .. }, _) => *self = State::Ready,
            (What::Runs { .. }, _) => *self = State::Running,
            (What::Ended(end), _) => *self = State::Ended(end.clone()),
        }
    }
}
