//! Recording and drawing a run: which task ran when, what each task waited for, and why.
//!
//! A [`Recorder`] is a [`tracing`] layer that listens to the [scheduler](crate::scheduler) and the
//! [event loop](crate::event_loop). Its result is a [`Timeline`], which can be drawn as [text](Timeline::text) for a
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
//! A recording can contain several event loops and schedulers. If it does, the pictures show the loop of each task. The loops
//! are numbered in the order in which they appear, so that the same program is always drawn in the same way.
//!
//! Only a recorded run pays for recording. Without a listener, the scheduler and the loop only read one atomic variable.

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

/// A recorded run: tasks, and what happened to them, in order. See the [module](self) for an example.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    unit: Unit,
    tasks: BTreeMap<TaskKey, Task>,
    moments: VecDeque<Moment>,
    forgotten: u64,
    /// The number of loops and the number of schedulers that have appeared in the recording.
    loops: u64,
    schedulers: u64,
}

/// The unit of [`Moment::at`].
///
/// ```
/// use tminus::timeline::{Recorder, Unit};
///
/// assert_eq!(Recorder::new().timeline().unit(), Unit::Turns); // before an event loop is recorded
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Turns of tasks: a [`TaskScheduler`](crate::TaskScheduler) has no other clock.
    #[default]
    Turns,
    /// Nanoseconds on the clock of an [`EventLoop`](crate::EventLoop). If the recording also has schedulers, what they do has the
    /// time of the loop's last moment.
    Nanoseconds,
}

/// A key that identifies a task in a [`Timeline`]. Keys are ordered as the tasks were spawned.
///
/// ```
/// use tminus::{Generator, TaskScheduler, timeline::Timeline};
///
/// let ((), timeline) = Timeline::of(|| {
///     let mut scheduler = TaskScheduler::new();
///     scheduler.spawn_named("fuel", Generator::new(async |co| co.yield_(()).await));
///     scheduler.run();
/// });
/// let first = timeline.moments().next().unwrap();
/// assert_eq!(timeline.task(first.task).unwrap().name(), "fuel");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskKey(pub(crate) u64);

/// The event loop or scheduler that runs a task.
///
/// Loops are numbered from 1 on, in the order in which they appear in the recording, and so are schedulers.
///
/// ```
/// use tminus::{Exception, run, timeline::{Runner, Timeline}};
///
/// let (result, timeline) = Timeline::of(|| run(async { Ok(()) }));
/// result?;
/// let main = timeline.tasks().next().unwrap();
/// assert_eq!(main.runner(), Runner::EventLoop(1));
/// assert_eq!(main.runner().to_string(), "loop 1");
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
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

/// A recorded task.
///
/// ```
/// use tminus::{Generator, TaskScheduler, timeline::Timeline};
///
/// let ((), timeline) = Timeline::of(|| {
///     let mut scheduler = TaskScheduler::new();
///     scheduler.spawn_named("fuel", Generator::new(async |co| co.yield_(()).await));
///     scheduler.spawn(Generator::new(async |co| co.yield_(()).await));
///     scheduler.run();
/// });
/// let tasks: Vec<_> = timeline.tasks().map(|task| (task.number(), task.name())).collect();
/// assert_eq!(tasks, [(0, "fuel"), (1, "task 1")]);
/// ```
#[derive(Clone, Debug)]
pub struct Task {
    id: TaskKey,
    runner: Runner,
    number: u64,
    name: String,
    /// The state before the first kept moment.
    before: State,
}

impl Task {
    /// Returns the key of the task.
    #[must_use]
    pub fn id(&self) -> TaskKey {
        self.id
    }

    /// Returns the event loop or scheduler that runs the task.
    #[must_use]
    pub fn runner(&self) -> Runner {
        self.runner
    }

    /// Returns the task's number in its scheduler or loop. The first task is 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the task's last name. A task without a name is called `task 3`, after its number.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the task's state before the first kept moment.
    #[must_use]
    pub fn before(&self) -> &State {
        &self.before
    }
}

/// The state of a task between two moments.
///
/// [`State::change`] follows a task through a recording, from [`Task::before`] on:
///
/// ```
/// use tminus::{Generator, TaskScheduler, timeline::{State, Timeline}};
///
/// let ((), timeline) = Timeline::of(|| {
///     let mut scheduler = TaskScheduler::new();
///     scheduler.spawn(Generator::new(async |co| co.yield_(()).await));
///     scheduler.run();
/// });
/// let task = timeline.tasks().next().unwrap();
/// let mut state = task.before().clone();
/// let states = timeline.moments().map(|moment| {
///     state.change(&moment.what);
///     state.clone()
/// });
/// let states: Vec<State> = states.take(4).collect();
/// assert_eq!(states, [State::Ready, State::Running, State::Ready, State::Running]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The task has not been spawned yet.
    #[default]
    Unborn,
    /// The task is in the ready queue.
    Ready,
    /// The task has its turn.
    Running,
    /// The task waits for these things.
    Waiting(Vec<Wait>),
    /// The task has ended.
    Ended(End),
}

/// What a task waits for.
///
/// ```
/// use std::time::Duration;
/// use tminus::{EventLoop, Exception, clock::VirtualClock, sleep, timeline::{Timeline, What}};
///
/// let event_loop = EventLoop::with_clock(VirtualClock::new());
/// let (result, timeline) = Timeline::of(|| event_loop.run_until_complete(sleep(Duration::from_secs(5))));
/// result?;
/// let wait = timeline.moments().find_map(|moment| match &moment.what {
///     What::Waits(wait) => Some(wait),
///     _ => None,
/// });
/// let wait = wait.unwrap();
/// assert_eq!((wait.kind.as_str(), wait.until), ("sleep", Some(5_000_000_000)));
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// The kind, in one word: `sleep`, `task`, `tasks`, `future`, `lock`, `queue` and so on. These are the values of the field
    /// `what` in the [trace](crate::guide::tracing#the-fields).
    pub kind: String,
    /// A description in a few words, such as `a sleep until 5s`. Empty for a future from elsewhere.
    pub of: String,
    /// The time at which the wait ends, if that is known, in the [`Unit`] of the timeline.
    pub until: Option<u64>,
    /// The task that is awaited, or that holds the lock.
    pub on: Option<TaskKey>,
}

/// How a task ended.
///
/// ```
/// use tminus::{Exception, Kind, run, timeline::{End, Timeline, What}};
///
/// let (_, timeline) = Timeline::of(|| run(async { Err::<(), Exception>(Kind::Timeout.into()) }));
/// let last = timeline.moments().last().unwrap();
/// assert!(matches!(&last.what, What::Ended(End::Failed { exception, .. }) if exception == "Timeout"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The task returned a result.
    Returned,
    /// The task ended with an exception or a panic.
    Failed {
        /// The name of the exception.
        exception: String,
        /// The message of the exception.
        text: String,
    },
    /// The task ended with `Cancelled`.
    Cancelled,
    /// The scheduler closed the task before its end.
    Closed,
}

/// Something that happened to a task.
///
/// ```
/// use tminus::{Generator, TaskScheduler, timeline::{End, Timeline, What}};
///
/// let ((), timeline) = Timeline::of(|| {
///     let mut scheduler = TaskScheduler::new();
///     scheduler.spawn(Generator::<()>::new(async |_| Ok(())));
///     scheduler.run();
/// });
/// let whats: Vec<&What> = timeline.moments().map(|moment| &moment.what).collect();
/// assert_eq!(whats, [&What::Spawned { by: None }, &What::Runs { turn: 1 }, &What::Ended(End::Returned)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// The time, in the [`Unit`] of the timeline.
    pub at: u64,
    /// The task that it happened to.
    pub task: TaskKey,
    /// What happened.
    pub what: What,
}

/// What can happen to a task. See [`Moment`] for an example.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The task was created. It is in the ready queue.
    Spawned {
        /// The task that spawned it. `None` if code outside a task did.
        by: Option<TaskKey>,
    },
    /// The task's turn begins.
    Runs {
        /// The number of the turn. The first is 1.
        turn: u64,
    },
    /// The turn ends with a yield. The task is at the back of the ready queue.
    Yielded,
    /// The turn ends, and the task waits. A task that waits for several things has a moment for each.
    Waits(Wait),
    /// What the task waited for is ready. The task joins the ready queue.
    Woken {
        /// The task that woke it. `None` if a timer or another thread did.
        by: Option<TaskKey>,
    },
    /// A cancellation of the task was requested.
    CancelAsked {
        /// The task that requested it. `None` if code outside a task did.
        by: Option<TaskKey>,
    },
    /// The task ended.
    Ended(End),
}

impl Timeline {
    /// Calls `run` while recording this thread, and returns the result together with the timeline.
    pub fn of<T>(run: impl FnOnce() -> T) -> (T, Timeline) {
        let recorder = Recorder::new();
        let result = recorder.record(run);
        (result, recorder.timeline())
    }

    /// Returns the unit of [`Moment::at`].
    #[must_use]
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Returns the tasks in the order in which they were spawned. Tasks that ended before the first kept moment are left out.
    #[must_use]
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Task> {
        self.tasks.values()
    }

    /// Returns the task with this key, if the timeline has it.
    #[must_use]
    pub fn task(&self, id: TaskKey) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// Returns a task's name as the pictures show it.
    ///
    /// Characters that a reader could not see, or that would change the order of the others, are written as escapes:
    /// `\u{202e}`. If the recording has several event loops, the label of a loop's task begins with the loop: `loop 2: main`.
    /// If it has several schedulers, the label of a scheduler's task begins with the scheduler.
    #[must_use]
    pub fn label(&self, task: &Task) -> String {
        let name = clean(task.name());
        match self.has_several(task.runner) {
            true => format!("{}: {name}", task.runner),
            false => name,
        }
    }

    /// Returns `true` if the recording has several runners of the kind of `runner`.
    fn has_several(&self, runner: Runner) -> bool {
        match runner {
            Runner::Scheduler(_) => self.schedulers > 1,
            Runner::EventLoop(_) => self.loops > 1,
        }
    }

    fn has_several_of_a_kind(&self) -> bool {
        self.loops > 1 || self.schedulers > 1
    }

    /// Returns the runner of a task. (Every moment's task is in the table.)
    fn runner_of(&self, task: TaskKey) -> Option<Runner> {
        self.tasks.get(&task).map(Task::runner)
    }

    /// Returns the moments of the run, in order.
    #[must_use]
    pub fn moments(&self) -> impl ExactSizeIterator<Item = &Moment> {
        self.moments.iter()
    }

    /// Returns the number of moments that the recorder forgot because it had no more [room](Recorder::with_room). These are the
    /// first moments of the run.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Returns the time of a moment, or zero if the timeline counts turns.
    #[must_use]
    pub fn time(&self, moment: &Moment) -> Duration {
        match self.unit {
            Unit::Turns => Duration::ZERO,
            Unit::Nanoseconds => Duration::from_nanos(moment.at),
        }
    }

    /// Forgets the first moment, and keeps its effect in [`Task::before`]. Returns the task that ended in it, which is forgotten,
    /// too.
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
    /// Changes the state to that after this event.
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
