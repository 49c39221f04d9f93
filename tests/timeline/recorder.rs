//! What is recorded.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tminus::{
    EventLoop,
    clock::VirtualClock,
    sleep, spawn_named,
    timeline::{Recorder, Task, Timeline, What},
};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    filter::LevelFilter,
    layer::{Context, Layer},
    prelude::*,
};

use crate::programs;

#[test]
fn a_task_that_has_ended_wakes_who_awaits_it() {
    let timeline = programs::a_task_awaited();
    let name = |id| timeline.task(id).unwrap().name();
    let woken = timeline.moments().filter_map(|moment| match moment.what {
        What::Woken { by } => Some((name(moment.task), by.map(name))),
        _ => None,
    });
    let woken: Vec<_> = woken.collect();
    assert_eq!(
        woken,
        [
            ("answer", None),
            ("question", Some("answer")),
            ("Task-1", Some("question"))
        ]
    );
}

#[test]
fn a_ring_forgets_tasks_too() {
    let all = programs::in_a_ring(usize::MAX);
    assert_eq!(all.forgotten(), 0);
    let some = programs::in_a_ring(10);
    assert_eq!(some.moments().len(), 10);
    assert_eq!(some.forgotten() + 10, all.moments().len() as u64);
    assert!(some.tasks().len() < all.tasks().len());
}

/// Keeps the targets of the events that it hears.
#[derive(Clone, Default)]
struct Targets(Arc<Mutex<Vec<&'static str>>>);

impl<S: Subscriber> Layer<S> for Targets {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push(event.metadata().target());
    }
}

#[test]
fn who_else_listens_hears_what_it_heard_without_a_recorder() {
    let (recorder, everything, loud) = (Recorder::new(), Targets::default(), Targets::default());
    let subscriber = tracing_subscriber::registry()
        .with(everything.clone())
        .with(recorder.layer())
        .with(loud.clone().with_filter(LevelFilter::WARN));
    tracing::subscriber::with_default(subscriber, || {
        tracing::debug!(target: "pump", "fills");
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        event_loop.run(sleep(Duration::from_secs(1))).unwrap();
        tracing::event!(target: "pump", Level::ERROR, "leaks");
    });
    let everything = everything.0.lock().unwrap();
    assert_eq!(
        everything
            .iter()
            .filter(|target| **target == "pump")
            .count(),
        2
    );
    assert!(everything.contains(&"tminus::event_loop"));
    assert_eq!(*loud.0.lock().unwrap(), ["pump"]);
    assert_eq!(recorder.timeline().tasks().len(), 1);
}

#[test]
fn a_task_has_the_last_name_it_was_given() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let (_, timeline) = Timeline::of(|| {
        event_loop.run(async {
            let task = spawn_named("countdown", sleep(Duration::from_secs(1)))?;
            sleep(Duration::ZERO).await?;
            task.set_name("launch");
            task.await
        })
    });
    let names: Vec<&str> = timeline.tasks().map(Task::name).collect();
    assert_eq!(names, ["Task-1", "launch"]);
}
