//! Listening.

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

use super::{End, Moment, State, Task, TaskKey, Timeline, Unit, Wait, What};
use crate::{event_loop, scheduler};

/// Records runs. Clones record into the same timeline.
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
    /// How many moments there is room for; any number where there is none.
    room: Option<usize>,
    /// The tasks of the timeline, by who runs them and their number. Of those with one number, the last. (One that has
    /// ended may be behind what happens yet: its end wakes those who await it.)
    known: BTreeMap<(Runner, u64), TaskKey>,
    spawned: u64,
    /// How many turns a scheduler has taken.
    turns: u64,
}

/// Who tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Runner {
    Scheduler,
    EventLoop,
}

impl Runner {
    fn of(metadata: &Metadata<'_>) -> Option<Self> {
        match metadata.target() {
            scheduler::TRACE => Some(Runner::Scheduler),
            event_loop::TRACE => Some(Runner::EventLoop),
            _ => None,
        }
    }
}

impl Recorder {
    /// One that keeps everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that keeps so many moments, the last ones: for long runs.
    pub fn with_room(moments: usize) -> Self {
        let recorder = Self::new();
        recorder.lock().room = Some(moments);
        recorder
    }

    /// What to give to a [`tracing_subscriber`] registry. Other layers beside it hear what they would hear without it.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let runners = [scheduler::TRACE, event_loop::TRACE].map(|target| (target, Level::TRACE));
        Listener(self.clone()).with_filter(Targets::from_iter(runners))
    }

    /// Runs `run`, and records what this thread does meanwhile. (Who listened on this thread before hears nothing of it.)
    pub fn record<T>(&self, run: impl FnOnce() -> T) -> T {
        let _gone = Gone;
        let subscriber = tracing_subscriber::registry().with(self.layer());
        tracing::subscriber::with_default(subscriber, run)
    }

    /// What was recorded so far.
    pub fn timeline(&self) -> Timeline {
        self.lock().timeline.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `tracing` sees who is gone when the next one comes. Until then it would ask, at each step, somebody who is not there; so
/// another one comes, who wants to hear nothing. (To rebuild its cache by hand would not do: that may leave out those who
/// listen on other threads.)
struct Gone;

impl Drop for Gone {
    fn drop(&mut self) {
        drop(Dispatch::new(
            tracing_subscriber::registry().with(LevelFilter::OFF),
        ));
    }
}

/// The layer of a [`Recorder`].
struct Listener(Recorder);

impl<S: Subscriber> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        if let Some(runner) = Runner::of(attributes.metadata()) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            fields.message = attributes.metadata().name().to_owned();
            self.0.lock().hear(runner, fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if let Some(runner) = Runner::of(event.metadata()) {
            let mut fields = Fields::default();
            event.record(&mut fields);
            self.0.lock().hear(runner, fields);
        }
    }
}

/// What an event or a span says.
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
    fn text(&mut self, name: &str) -> String {
        self.texts.remove(name).unwrap_or_default()
    }
}

impl Recording {
    fn hear(&mut self, runner: Runner, mut fields: Fields) {
        let Some(&number) = fields.numbers.get("task") else {
            return; // it is about no task
        };
        let by = fields.numbers.get("by").copied();
        let by = by.and_then(|by| self.known.get(&(runner, by)).copied());
        let what = match fields.message.as_str() {
            "spawned" => What::Spawned { by },
            "step" => What::Runs {
                step: fields.numbers.get("step").copied().unwrap_or_default(),
            },
            "yielded" => What::Yielded,
            "waits" => What::Waits(Wait {
                kind: fields.text("what"),
                of: fields.text("of"),
                until: fields.numbers.get("until").copied(),
                on: fields
                    .numbers
                    .get("on")
                    .and_then(|on| self.known.get(&(runner, *on)).copied()),
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
            _ => return,
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
        let at = match (runner, &what) {
            (Runner::EventLoop, _) => {
                self.timeline.unit = Unit::Nanoseconds;
                fields.numbers.get("at").copied().unwrap_or_default()
            }
            (Runner::Scheduler, What::Runs { .. }) => {
                self.turns += 1;
                self.turns
            }
            (Runner::Scheduler, _) => self.turns,
        };
        self.timeline.moments.push_back(Moment { at, task, what });
        let moments = self.timeline.moments.len();
        if self.room.is_some_and(|room| moments > room) {
            self.forget_one();
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

    /// A task can be given another name while it runs.
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
