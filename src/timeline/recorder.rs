//! The recorder: a layer of `tracing` that builds a timeline.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::{Context, Layer},
    prelude::*,
    registry::LookupSpan,
};

use super::{End, Moment, Runner, State, Task, TaskKey, Timeline, Unit, Wait, What};
use crate::targets::{EVENT_LOOP, SCHEDULER};

/// A recorder of runs: a `tracing` layer that builds a [`Timeline`]. Clones record into the same timeline.
///
/// ```
/// use tminus::{Generator, TaskScheduler, timeline::Recorder};
/// use tracing_subscriber::prelude::*;
///
/// let recorder = Recorder::with_room(10_000); // the last ten thousand moments
/// let subscriber = tracing_subscriber::registry().with(recorder.layer());
/// tracing::subscriber::with_default(subscriber, || {
///     let mut scheduler = TaskScheduler::new();
///     scheduler.spawn(Generator::new(async |co| co.yield_(()).await));
///     scheduler.run();
/// });
/// assert_eq!(recorder.timeline().tasks().len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Recording>>);

#[derive(Debug, Default)]
struct Recording {
    timeline: Timeline,
    /// The number of moments that are kept. `None` is no limit.
    room: Option<usize>,
    /// The loops and schedulers, by their kind and their number in the process. That number depends on what else the
    /// process does, so nothing shows it: here they are numbered in the order in which they appear.
    runners: BTreeMap<(Source, u64), Runner>,
    /// The tasks of the timeline, by their runners and numbers. If several have one number, this is the last. (A task that has
    /// ended can still cause something: its end wakes the tasks that await it.)
    known: BTreeMap<(Runner, u64), TaskKey>,
    spawned: u64,
    /// The number of turns that tasks of schedulers have had.
    turns: u64,
}

/// The kind of runner that an event is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Scheduler,
    EventLoop,
}

impl Source {
    fn of(metadata: &Metadata<'_>) -> Option<Self> {
        match metadata.target() {
            SCHEDULER => Some(Source::Scheduler),
            EVENT_LOOP => Some(Source::EventLoop),
            _ => None,
        }
    }

    /// Returns the name of the field that has the runner's number in the process.
    fn field(self) -> &'static str {
        match self {
            Source::Scheduler => "scheduler",
            Source::EventLoop => "loop",
        }
    }
}

impl Recorder {
    /// Creates a recorder that keeps every moment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a recorder that keeps the last `moments` moments, for long runs.
    #[must_use]
    pub fn with_room(moments: usize) -> Self {
        let recorder = Self::new();
        recorder.lock().room = Some(moments);
        recorder
    }

    /// Returns a layer for a [`tracing_subscriber`] registry. It has no effect on other layers of the registry.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let runners = [SCHEDULER, EVENT_LOOP].map(|target| (target, Level::TRACE));
        Listener(self.clone()).with_filter(Targets::from_iter(runners))
    }

    /// Calls `run`, and records what this thread does until `run` returns. Until then, the thread's own `tracing` subscriber
    /// receives nothing.
    ///
    /// ```
    /// use tminus::{Exception, run, timeline::Recorder};
    ///
    /// let recorder = Recorder::new();
    /// let answer = recorder.record(|| run(async { Ok(42) }))?;
    /// assert_eq!(answer, 42);
    /// assert_eq!(recorder.timeline().tasks().len(), 1); // main
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn record<T>(&self, run: impl FnOnce() -> T) -> T {
        let _second = unheard(); // from before the subscriber to after it
        let _gone = Gone;
        let subscriber = tracing_subscriber::registry().with(self.layer());
        tracing::subscriber::with_default(subscriber, run)
    }

    /// Returns a copy of the timeline recorded so far.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.lock().timeline.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes `tracing` notice that a subscriber was dropped. `tracing` notices only when another subscriber is created, and until
/// then asks the old one at every turn. So this creates a subscriber that wants nothing. (Rebuilding the cache of `tracing` by
/// hand can leave out the subscribers of other threads.)
struct Gone;

impl Drop for Gone {
    fn drop(&mut self) {
        drop(unheard());
    }
}

/// A subscriber that wants nothing.
///
/// While there is one beside that of a recording, other threads do no harm to the recording. If `tracing` knows of a single
/// subscriber, and a thread that does not have it is the first to come to an event, `tracing` asks only that thread, and
/// remembers that nobody wants the event.
fn unheard() -> Dispatch {
    Dispatch::new(tracing_subscriber::registry().with(LevelFilter::OFF))
}

/// The layer of a [`Recorder`].
struct Listener(Recorder);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        if let Some(source) = Source::of(attributes.metadata()) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            fields.message = attributes.metadata().name().to_owned();
            self.0.lock().hear(source, fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if let Some(source) = Source::of(event.metadata()) {
            let mut fields = Fields::default();
            event.record(&mut fields);
            self.0.lock().hear(source, fields);
        }
    }
}

/// The name and the fields of an event or a span.
#[derive(Default)]
struct Fields {
    message: String,
    numbers: BTreeMap<&'static str, u64>,
    texts: BTreeMap<&'static str, String>,
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.numbers.insert(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.texts.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            name => drop(self.texts.insert(name, text)),
        }
    }
}

impl Fields {
    fn number(&self, name: &str) -> Option<u64> {
        self.numbers.get(name).copied()
    }

    fn text(&mut self, name: &str) -> String {
        self.texts.remove(name).unwrap_or_default()
    }
}

impl Recording {
    fn hear(&mut self, source: Source, mut fields: Fields) {
        let Some(&number) = fields.numbers.get("task") else {
            return; // it is about no task
        };
        let runner = self.runner(source, fields.number(source.field()));
        let by = fields.number("by");
        let by = by.and_then(|by| self.known.get(&(runner, by)).copied());
        let what = match fields.message.as_str() {
            "spawned" => What::Spawned { by },
            "turn" => What::Runs {
                turn: fields.number("turn").unwrap_or_default(),
            },
            "yielded" => What::Yielded,
            "waits" => What::Waits(Wait {
                kind: fields.text("what"),
                of: fields.text("of"),
                until: fields.number("until"),
                on: fields
                    .number("on")
                    .and_then(|on| self.known.get(&(runner, on)).copied()),
            }),
            "woken" => What::Woken { by },
            "cancel" => What::CancelAsked { by },
            "returned" => What::Ended(End::Returned),
            "cancelled" => What::Ended(End::Cancelled),
            "closed" => What::Ended(End::Closed),
            "failed" | "panicked" => What::Ended(End::Failed {
                exception: fields.text("exception"),
                text: fields.text("text"),
            }),
            _ => return, // `slow turn` and the like are no moments
        };
        let (key, name) = ((runner, number), fields.text("name"));
        let task = match (self.known.get(&key), &what) {
            (Some(&task), _) if !matches!(what, What::Spawned { .. }) => {
                self.rename(task, name);
                task
            }
            // One that was spawned before anybody listened is new, too.
            _ => self.add_task(key, name),
        };
        let at = self.time_of(source, &fields, &what);
        self.timeline.moments.push_back(Moment { at, task, what });
        let moments = self.timeline.moments.len();
        if self.room.is_some_and(|room| moments > room) {
            self.forget_one();
        }
    }

    /// Returns the loop or scheduler with this number in the process.
    fn runner(&mut self, source: Source, number: Option<u64>) -> Runner {
        let key = (source, number.unwrap_or_default());
        if let Some(runner) = self.runners.get(&key) {
            return *runner;
        }
        let runner = match source {
            Source::Scheduler => {
                self.timeline.schedulers += 1;
                Runner::Scheduler(self.timeline.schedulers)
            }
            Source::EventLoop => {
                self.timeline.loops += 1;
                Runner::EventLoop(self.timeline.loops)
            }
        };
        self.runners.insert(key, runner);
        runner
    }

    /// Returns the time of a moment. A scheduler counts turns. If the recording also has a loop, the scheduler borrows its clock.
    fn time_of(&mut self, source: Source, fields: &Fields, what: &What) -> u64 {
        match (source, self.timeline.unit) {
            (Source::EventLoop, unit) => {
                let at = fields.number("at").unwrap_or_default();
                if unit == Unit::Turns {
                    self.timeline.unit = Unit::Nanoseconds;
                    for moment in &mut self.timeline.moments {
                        moment.at = at;
                    }
                }
                at
            }
            (Source::Scheduler, Unit::Nanoseconds) => {
                let last = self.timeline.moments.back();
                last.map_or(0, |moment| moment.at)
            }
            (Source::Scheduler, Unit::Turns) => {
                self.turns += u64::from(matches!(what, What::Runs { .. }));
                self.turns
            }
        }
    }

    fn forget_one(&mut self) {
        if let Some(task) = self.timeline.forget_one() {
            let key = (task.runner, task.number());
            if self.known.get(&key) == Some(&task.id()) {
                self.known.remove(&key);
            }
        }
    }

    /// Changes the name of a task, which can get another one while it runs.
    fn rename(&mut self, task: TaskKey, name: String) {
        if let Some(task) = self.timeline.tasks.get_mut(&task)
            && !name.is_empty()
            && task.name != name
        {
            task.name = name;
        }
    }

    fn add_task(&mut self, key: (Runner, u64), name: String) -> TaskKey {
        let id = TaskKey(self.spawned);
        self.spawned += 1;
        let name = match name.is_empty() {
            true => format!("task {}", key.1),
            false => name,
        };
        let task = Task {
            id,
            runner: key.0,
            number: key.1,
            name,
            before: State::Unborn,
        };
        self.timeline.tasks.insert(id, task);
        self.known.insert(key, id);
        id
    }
}
