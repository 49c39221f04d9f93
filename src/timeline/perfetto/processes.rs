//! The loops and schedulers of a trace, and how far apart their moments are drawn.

use std::collections::BTreeMap;

use crate::timeline::{Moment, Runner, Task, TaskKey, Timeline, Unit, What};

/// The latest time that the viewers can read: they use signed 64-bit nanoseconds.
pub(super) const LATEST: u64 = i64::MAX as u64;

/// A loop or scheduler: one process of the trace.
pub(super) struct Process {
    /// The number of the process. The first is 1.
    pub(super) number: u64,
    /// The least distance of two moments, in nanoseconds.
    pub(super) least: u64,
    /// The time at which the last moment is drawn.
    pub(super) now: Option<u64>,
}

/// Returns the processes, by kind and in the order of their appearance. A trace without tasks has one, too.
pub(super) fn processes(timeline: &Timeline) -> BTreeMap<Runner, Process> {
    let mut spans = spans(timeline);
    if spans.is_empty() {
        let runner = match timeline.unit {
            Unit::Turns => Runner::Scheduler(1),
            Unit::Nanoseconds => Runner::EventLoop(1),
        };
        spans.insert(runner, Span::default());
    }
    let numbered = spans.into_iter().zip(1..);
    let process = |((runner, span), number): ((Runner, Span), u64)| {
        let least = span.least_distance(timeline.unit);
        let process = Process {
            number,
            least,
            now: None,
        };
        (runner, process)
    };
    numbered.map(process).collect()
}

/// A summary of the moments of a loop or scheduler.
#[derive(Default)]
struct Span {
    moments: u64,
    /// The times of the first moment and of the last one.
    times: Option<(u64, u64)>,
    /// The task that runs, and the beginning of its turn.
    running: Option<(TaskKey, u64)>,
    /// Whether the clock moves on while a task runs.
    moves: bool,
}

fn spans(timeline: &Timeline) -> BTreeMap<Runner, Span> {
    let runners = timeline.tasks().map(Task::runner);
    let mut spans: BTreeMap<Runner, Span> =
        runners.map(|runner| (runner, Span::default())).collect();
    for moment in timeline.moments() {
        let runner = timeline.runner_of(moment.task);
        if let Some(span) = runner.and_then(|runner| spans.get_mut(&runner)) {
            span.add(moment);
        }
    }
    spans
}

impl Span {
    fn add(&mut self, moment: &Moment) {
        let (first, last) = self.times.unwrap_or((moment.at, moment.at));
        self.times = Some((first.min(moment.at), last.max(moment.at)));
        self.moments += 1;
        let began = self.running.take_if(|(task, _)| *task == moment.task);
        self.moves |= began.is_some_and(|(_, began)| began < moment.at);
        if let What::Runs { .. } = moment.what {
            self.running = Some((moment.task, moment.at));
        }
    }

    /// The least distance of two moments, in nanoseconds.
    fn least_distance(&self, unit: Unit) -> u64 {
        let span = self
            .times
            .map_or(0, |(first, last)| last.min(LATEST) - first.min(LATEST));
        match (unit, span) {
            (Unit::Turns, _) | (Unit::Nanoseconds, 0) => 1_000,
            (Unit::Nanoseconds, _) if self.moves => 1,
            (Unit::Nanoseconds, span) => {
                let share = (span / 10 / self.moments).max(1); // if any time passed, there are two moments at least
                10_u64.pow(share.ilog10())
            }
        }
    }
}

/// Returns the name of a process: `EventLoop`, or `EventLoop (loop 2)` if there are several.
pub(super) fn process_name(timeline: &Timeline, runner: Runner) -> String {
    let several = timeline.has_several(runner);
    let which = several.then(|| runner.to_string());
    let moment = (timeline.unit == Unit::Turns).then(|| "1 moment = 1 µs".to_owned());
    let notes: Vec<String> = which.into_iter().chain(moment).collect();
    let kind = match runner {
        Runner::Scheduler(_) => "TaskScheduler",
        Runner::EventLoop(_) => "EventLoop",
    };
    match notes.is_empty() {
        true => kind.to_owned(),
        false => format!("{kind} ({})", notes.join("; ")),
    }
}
