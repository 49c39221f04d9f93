//! A run in sentences: what happened, and why.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use super::{End, Moment, State, TaskKey, Timeline, Unit, Wait, What};

/// A part of a sentence.
pub(super) enum Part {
    Text(String),
    Task(TaskKey),
}

/// The states of the tasks before the next moment: they explain why it happens.
pub(super) struct Story<'a> {
    timeline: &'a Timeline,
    states: BTreeMap<TaskKey, State>,
    ready: VecDeque<TaskKey>,
    /// The tasks that were asked to stop and have not run since.
    asked: BTreeSet<TaskKey>,
}

impl<'a> Story<'a> {
    pub(super) fn new(timeline: &'a Timeline) -> Self {
        let before = timeline.tasks();
        Self {
            timeline,
            states: before
                .map(|task| (task.id(), task.before().clone()))
                .collect(),
            ready: ready_at_first(timeline).into(),
            asked: BTreeSet::new(),
        }
    }

    /// Returns the ready queue, the front first.
    pub(super) fn ready(&self) -> impl Iterator<Item = TaskKey> {
        self.ready.iter().copied()
    }

    /// Returns a sentence about the next moment.
    pub(super) fn tell(&mut self, moment: &Moment) -> Vec<Part> {
        let sentence = self.sentence(moment);
        let task = moment.task;
        match &moment.what {
            What::CancelAsked { .. } => drop(self.asked.insert(task)),
            What::Runs { .. } | What::Ended(_) => drop(self.asked.remove(&task)),
            What::Spawned { .. } | What::Yielded | What::Waits(_) | What::Woken { .. } => {}
        }
        let state = self.states.entry(task).or_default();
        let was_ready = *state == State::Ready;
        state.change(&moment.what);
        match (was_ready, *state == State::Ready) {
            (false, true) => self.ready.push_back(task),
            (true, false) => self.ready.retain(|ready| *ready != task),
            (true, true) | (false, false) => {}
        }
        sentence.0
    }

    fn sentence(&self, moment: &Moment) -> Sentence {
        let task = moment.task;
        match &moment.what {
            What::Spawned { by: Some(by) } => Sentence::of(*by)
                .text(" spawns ")
                .task(task)
                .text(", which joins the ready queue."),
            What::Spawned { by: None } => {
                Sentence::of(task).text(" is spawned, and joins the ready queue.")
            }
            What::Runs { turn } => self.runs(task, *turn),
            What::Yielded => {
                Sentence::of(task).text(" yields, and goes to the back of the ready queue.")
            }
            What::Waits(wait) => self.waits(task, wait),
            What::Woken { by } => self.woken(task, *by, moment.at),
            What::CancelAsked { by: Some(by) } => Sentence::of(*by)
                .text(" asks ")
                .task(task)
                .text(" to stop: that is a cancellation."),
            What::CancelAsked { by: None } => {
                Sentence::of(task).text(" is asked to stop: that is a cancellation.")
            }
            What::Ended(end) => self.ended(task, end),
        }
    }

    fn runs(&self, task: TaskKey, turn: u64) -> Sentence {
        let said = match turn {
            1 => Sentence::of(task).text(" runs for the first time"),
            turn => Sentence::of(task).text(format!(" runs again, for turn {turn}")),
        };
        // The tasks of every loop are in one list here, but each loop takes the first of its own.
        let runner = self.timeline.runner_of(task);
        let mut queue = self.ready.iter();
        let first = queue.find(|other| self.timeline.runner_of(**other) == runner);
        let said = match first == Some(&task) {
            true => said.text(": it was first in the ready queue"),
            false => said,
        };
        match self.asked.contains(&task) {
            true => said.text(". The cancellation reaches it now."),
            false => said.text("."),
        }
    }

    fn waits(&self, task: TaskKey, wait: &Wait) -> Sentence {
        let said = match self.states.get(&task) {
            Some(State::Waiting(_)) => Sentence::of(task).text(" waits for more, too: "),
            _ => Sentence::of(task).text(" waits for "),
        };
        match (wait.kind.as_str(), wait.on, wait.until) {
            ("lock", Some(on), _) => said.text("a lock held by ").task(on).text("."),
            ("task", Some(on), _) => said.text("the end of ").task(on).text("."),
            ("sleep", _, Some(until)) => said
                .text("the time ")
                .text(time_text(self.timeline.unit, until))
                .text(": a timer will wake it then."),
            _ => said.text(words(wait)).text("."),
        }
    }

    fn woken(&self, task: TaskKey, by: Option<TaskKey>, at: u64) -> Sentence {
        let waits = match self.states.get(&task) {
            Some(State::Waiting(waits)) => waits.as_slice(),
            _ => &[],
        };
        let ended = |key: TaskKey| matches!(self.states.get(&key), Some(State::Ended(_)));
        let due = |wait: &Wait| wait.until.is_some_and(|until| until <= at);
        let over = match waits {
            [wait] if wait.kind == "task" => wait.on.filter(|on| ended(*on)),
            _ => None,
        };
        if let Some(over) = over
            && by.is_none_or(|by| by == over)
        {
            let said = Sentence::of(over).text(" is done, which wakes ").task(task);
            return said.text(". It joins the ready queue.");
        }
        let said = match (by, waits) {
            (Some(by), _) if self.asked.contains(&task) => Sentence::of(by)
                .text(" wakes ")
                .task(task)
                .text(", to bring it the cancellation"),
            (None, _) if self.asked.contains(&task) => {
                Sentence::of(task).text(" is woken, to bring it the cancellation")
            }
            (Some(by), [wait]) => Sentence::of(by)
                .text(" wakes ")
                .task(task)
                .text(", which waited for ")
                .text(match wait.kind.as_str() {
                    "lock" => "a lock".to_owned(), // its holder has just changed
                    _ => words(wait),
                }),
            (Some(by), _) => Sentence::of(by).text(" wakes ").task(task),
            (None, waits) if waits.iter().any(due) => {
                Sentence::of(task).text(" is woken by its timer, which is due")
            }
            (None, [wait]) if wait.kind == "foreign" => {
                Sentence::of(task).text(" is woken from outside the loop")
            }
            (None, _) => Sentence::of(task).text(" is woken: what it waited for is ready"),
        };
        said.text(". It joins the ready queue.")
    }

    fn ended(&self, task: TaskKey, end: &End) -> Sentence {
        let said = Sentence::of(task);
        let ran = self.states.get(&task) == Some(&State::Running);
        match end {
            End::Returned => said.text(" returns. It is done."),
            End::Failed { exception, text } if text.is_empty() => {
                said.text(format!(" fails with {exception}. It is done."))
            }
            End::Failed { exception, text } => {
                said.text(format!(" fails with {exception}: {text}. It is done."))
            }
            End::Cancelled if ran => said.text(" ends with the cancellation. It is done."),
            End::Cancelled => said.text(" is cancelled before it runs. It is done."),
            End::Closed => said.text(" is closed before its end. It is done."),
        }
    }
}

/// Returns what a task waits for, in a few words.
pub(super) fn words(wait: &Wait) -> String {
    match (wait.of.is_empty(), wait.kind.as_str()) {
        (false, _) => wait.of.clone(),
        (true, "foreign") => "something outside the loop".to_owned(),
        (true, kind) => kind.to_owned(),
    }
}

/// Returns a time as people read it.
pub(super) fn time_text(unit: Unit, at: u64) -> String {
    match (unit, at) {
        (Unit::Turns, 0) => "before turn 1".to_owned(),
        (Unit::Turns, turn) => format!("turn {turn}"),
        (Unit::Nanoseconds, 0) => "0s".to_owned(), // and not 0ns
        (Unit::Nanoseconds, at) => format!("{:?}", Duration::from_nanos(at)),
    }
}

/// Returns the ready queue before the first moment. Its order was not kept, but its first task runs first.
fn ready_at_first(timeline: &Timeline) -> Vec<TaskKey> {
    let ready = timeline.tasks();
    let ready = ready.filter(|task| *task.before() == State::Ready);
    let mut left: BTreeSet<TaskKey> = ready.map(|task| task.id()).collect();
    let mut queue = Vec::new();
    for moment in timeline.moments() {
        if left.is_empty() {
            break;
        }
        let leaves = matches!(moment.what, What::Runs { .. } | What::Ended(_));
        if leaves && left.remove(&moment.task) {
            queue.push(moment.task);
        }
    }
    queue.extend(left);
    queue
}

struct Sentence(Vec<Part>);

impl Sentence {
    fn of(task: TaskKey) -> Self {
        Self(vec![Part::Task(task)])
    }

    fn task(mut self, task: TaskKey) -> Self {
        self.0.push(Part::Task(task));
        self
    }

    fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        match self.0.last_mut() {
            Some(Part::Text(before)) => before.push_str(&text),
            Some(Part::Task(_)) | None => self.0.push(Part::Text(text)),
        }
        self
    }
}
