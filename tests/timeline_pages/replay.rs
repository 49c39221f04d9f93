//! What a page has to show, computed from the timeline alone.

use std::{collections::BTreeMap, time::Duration};

use tminus::timeline::{End, State, TaskKey, Timeline, Unit, What};

/// What a page shows at a moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub ready: Vec<String>,
    /// The times, and the tasks.
    pub timers: Vec<(String, String)>,
    /// The tasks, and their states in one word.
    pub tasks: Vec<(String, String)>,
}

/// What it shows before the first moment that is kept, and after each.
pub fn replay(timeline: &Timeline) -> Vec<Shown> {
    let mut names = BTreeMap::<_, Vec<_>>::new();
    for task in timeline.tasks() {
        names
            .entry(timeline.label(task))
            .or_default()
            .push(task.id());
    }
    let names: BTreeMap<TaskKey, String> = timeline
        .tasks()
        .map(|task| {
            let label = timeline.label(task);
            match names[&label].len() {
                1 => (task.id(), label),
                _ => (task.id(), format!("{label} #{}", task.number())),
            }
        })
        .collect();
    let tasks = timeline.tasks();
    let mut states: BTreeMap<TaskKey, State> = tasks
        .map(|task| (task.id(), task.before().clone()))
        .collect();
    // The tasks that are in the queue at first run in its order.
    let runs = timeline.moments().filter_map(|moment| match moment.what {
        What::Runs { .. } => Some(moment.task),
        _ => None,
    });
    let mut ready = Vec::new();
    for task in runs {
        if states[&task] == State::Ready && !ready.contains(&task) {
            ready.push(task);
        }
    }
    // In the order in which they began to wait.
    let mut waiting: Vec<TaskKey> = Vec::new();
    waiting.extend(
        states
            .iter()
            .filter(|(_, state)| matches!(state, State::Waiting(_)))
            .map(|(task, _)| *task),
    );

    let show = |states: &BTreeMap<TaskKey, State>, ready: &[TaskKey], waiting: &[TaskKey]| {
        let mut timers: Vec<(u64, TaskKey)> = waiting
            .iter()
            .flat_map(|task| match &states[task] {
                State::Waiting(waits) => waits
                    .iter()
                    .filter_map(|wait| Some((wait.until?, *task)))
                    .collect(),
                _ => Vec::new(),
            })
            .collect();
        timers.sort_by_key(|(until, _)| *until);
        let timers = timers.into_iter();
        Shown {
            ready: ready.iter().map(|task| names[task].clone()).collect(),
            timers: timers
                .map(|(until, task)| (time(timeline, until), names[&task].clone()))
                .collect(),
            tasks: states
                .iter()
                .map(|(task, state)| (names[task].clone(), word(state).to_owned()))
                .collect(),
        }
    };
    let mut all = vec![show(&states, &ready, &waiting)];
    for moment in timeline.moments() {
        let state = states.get_mut(&moment.task).unwrap();
        state.change(&moment.what);
        let (is_ready, waits) = (*state == State::Ready, matches!(state, State::Waiting(_)));
        for (list, belongs) in [(&mut ready, is_ready), (&mut waiting, waits)] {
            match (belongs, list.contains(&moment.task)) {
                (true, false) => list.push(moment.task),
                (false, true) => list.retain(|task| *task != moment.task),
                (true, true) | (false, false) => {}
            }
        }
        all.push(show(&states, &ready, &waiting));
    }
    all
}

fn word(state: &State) -> &'static str {
    match state {
        State::Unborn => "not yet spawned",
        State::Ready => "ready",
        State::Running => "running",
        State::Waiting(_) => "waiting",
        State::Ended(End::Returned) => "returned",
        State::Ended(End::Failed { .. }) => "failed",
        State::Ended(End::Cancelled) => "cancelled",
        State::Ended(End::Closed) => "closed",
        other => panic!("{other:?} is new"),
    }
}

/// A time, as a page shows it.
pub fn time(timeline: &Timeline, at: u64) -> String {
    match (timeline.unit(), at) {
        (Unit::Nanoseconds, 0) => "0s".into(),
        (Unit::Nanoseconds, at) => format!("{:?}", Duration::from_nanos(at)),
        (Unit::Turns, 0) => "before turn 1".into(),
        (Unit::Turns, turn) => format!("turn {turn}"),
        (other, _) => panic!("{other:?} is new"),
    }
}
