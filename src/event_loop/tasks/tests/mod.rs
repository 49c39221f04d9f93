//! The table without a loop: the tests make the transitions themselves, instead of a round.
//!
//! After each transition the whole table is held against the invariant (see [`invariant`]), and the states of all tasks are
//! noted, so that a test can assert the whole life of a task.

mod agreement;
mod awaiting;
mod cancelled;
mod closed;
mod handles;
mod invariant;
mod lives;
mod model;
mod model_waits;
mod moved;
mod random;
mod random_acts;
mod random_polls;
mod stale;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Wake},
};

use super::{super::body::Stage, *};
use crate::Kind;

use invariant::assert_invariant;

/// A table, and what a round would have: the jobs, and the body of the task that has its turn.
struct Table {
    tasks: Tasks,
    jobs: Vec<Job>,
    body: Option<BoxBody>,
    stories: BTreeMap<Key, Vec<&'static str>>,
}

impl Table {
    fn new() -> Self {
        Self {
            tasks: Tasks::new(),
            jobs: Vec::new(),
            body: None,
            stories: BTreeMap::new(),
        }
    }

    /// Makes a transition.
    fn does<T>(&mut self, change: impl FnOnce(&mut Tasks) -> T) -> T {
        let result = change(&mut self.tasks);
        self.is_sound();
        result
    }

    fn is_sound(&mut self) {
        assert_invariant(&self.tasks, &self.jobs);
        for (&key, story) in &mut self.stories {
            let state = state(&self.tasks, key);
            if story.last() != Some(&state) {
                story.push(state);
            }
        }
    }

    /// Spawns a task whose body returns in its first poll. (A test that lets a task wait does not poll its body.)
    fn spawn(&mut self, result: Result<u32, Exception>) -> Key {
        self.spawn_body(async { result })
    }

    fn spawn_body(&mut self, body: impl Future<Output = Result<u32, Exception>> + 'static) -> Key {
        let Ok(key) = self.tasks.spawned(Stage::boxed(body)) else {
            panic!("the table is open");
        };
        self.stories.insert(key, Vec::new());
        self.is_sound();
        key
    }

    /// Opens a round. Returns its jobs, in words: `turn 1`, `due 1`, `call`. Numbers are those of the tasks.
    fn opens(&mut self, now: Moment) -> Vec<String> {
        assert!(self.jobs.is_empty(), "the last round is not over");
        self.tasks.opens_at(&mut self.jobs, now);
        self.is_sound();
        self.jobs.iter().map(|job| self.in_words(*job)).collect()
    }

    fn in_words(&self, job: Job) -> String {
        match job {
            Job::Turn(key) => match self.tasks.number(key) {
                Some(number) => format!("turn {number}"),
                None => "turn of nobody".into(),
            },
            Job::Due(wait) => format!("due {}", self.tasks.rows[wait.row as usize].number),
            Job::Call(_) => "call".into(),
        }
    }

    /// Takes the next job of the round.
    fn next_job(&mut self) -> Job {
        self.jobs.remove(0)
    }

    /// The next job is a task's turn like others, which begins.
    fn begins(&mut self, key: Key) {
        assert!(matches!(self.next_job(), Job::Turn(turn) if turn == key));
        assert!(self.tasks.begins(key, &mut self.body));
        self.is_sound();
    }

    /// The next job is a turn with news.
    fn has_news(&mut self, key: Key) -> News {
        assert!(matches!(self.next_job(), Job::Turn(turn) if turn == key));
        assert!(!self.tasks.begins(key, &mut self.body));
        let news = self.tasks.news(key, &mut self.body);
        self.is_sound();
        news
    }

    /// The next job is a sleep that is over.
    fn gives_due(&mut self) -> bool {
        let Job::Due(wait) = self.next_job() else {
            panic!("another job is next");
        };
        self.does(|tasks| tasks.given(wait))
    }

    /// The next job is a callback of a task's end.
    fn calls(&mut self) {
        let Job::Call(call) = self.next_job() else {
            panic!("another job is next");
        };
        match self.tasks.takes_call(call) {
            Some(Call::Done(call, key)) => call(key).expect("it does not fail"),
            Some(Call::Handle(call)) => drop(call.call()),
            None => panic!("each callback is called once"),
        }
        self.does(Tasks::called);
    }

    /// The turn is over, and the task waits. Returns `true` if it was cancelled in that turn.
    fn suspends(&mut self) -> bool {
        self.suspends_and(false)
    }

    fn suspends_and(&mut self, yields: bool) -> bool {
        let was_cancelled = self
            .tasks
            .suspends(self.tasks.current, &mut self.body, yields);
        self.is_sound();
        was_cancelled
    }

    /// The body of the running task is polled, and the task ends with its result.
    fn ends(&mut self) -> bool {
        let body = self.body.as_mut().expect("a task has its turn");
        let Poll::Ready(ending) = body.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("the body waits");
        };
        self.ends_as(ending)
    }

    /// The running task ends with this exception instead of its result.
    fn fails(&mut self, exception: Exception) -> bool {
        let ending = Ending::of(&exception);
        let body = self.body.as_mut().expect("a task has its turn");
        body.as_mut().fail(exception);
        self.ends_as(ending)
    }

    fn ends_as(&mut self, ending: Ending) -> bool {
        let ended = self.tasks.ends(self.tasks.current, &mut self.body, ending);
        self.is_sound();
        ended
    }

    /// Spawns a task whose first turn has begun.
    fn spawn_running(&mut self) -> Key {
        let key = self.spawn(Ok(0));
        assert_eq!(self.opens(0).len(), 1);
        self.begins(key);
        key
    }

    /// Spawns a task that waits, as one of several for the same.
    fn spawn_waiting(&mut self) -> (Key, WaitId) {
        let key = self.spawn_running();
        let wait = self.does(|tasks| tasks.waits(LINE, None));
        self.suspends();
        (key, wait)
    }

    /// Drops a handle. Returns what came of that, in a word.
    fn releases(&mut self, key: Key) -> &'static str {
        match self.does(|tasks| tasks.released(key)) {
            Released::Nothing => "nothing",
            Released::Freed(..) => "freed",
            Released::Unseen => "unseen",
        }
    }

    /// The states that a task has had, each once.
    fn story(&self, key: Key) -> &[&'static str] {
        &self.stories[&key]
    }

    /// Empties the outbox. Returns its errands, in words. (Those for the trace are there only if another test of this
    /// process listens to one.)
    fn errands(&mut self) -> Vec<&'static str> {
        let errands = self.tasks.outbox.drain(..);
        let words = errands.map(|errand| word_of(&errand));
        words.filter(|word| *word != "woken").collect()
    }

    fn state(&self, wait: WaitId) -> State {
        self.tasks.state(wait)
    }
}

fn word_of(errand: &Errand) -> &'static str {
    match errand {
        Errand::Wake(_) => "wake",
        Errand::DropWaker(_) => "drop waker",
        Errand::DropBody(_) => "drop body",
        Errand::DropRare(_) => "drop rare",
        Errand::DropCall(_) => "drop call",
        Errand::DropContext(_) => "drop context",
        Errand::Unretrieved(_) => "unretrieved",
        Errand::Uncount(_) => "uncount",
        Errand::Woken(..) => "woken",
    }
}

/// The state of a task, as the table at the top of `tasks/mod.rs` has it.
fn state(tasks: &Tasks, key: Key) -> &'static str {
    match tasks.look_up(key) {
        None => "free",
        Some(row) if row.flags.has(Flags::ENDED) => "ended",
        Some(_) if tasks.current == key => "running",
        Some(row) if row.flags.has(Flags::SCHEDULED) => "ready",
        Some(_) => "waiting",
    }
}

const LINE: WaitKind = WaitKind::Line(&super::super::waits::reason::LineWords {
    kind: "line",
    words: "a line",
});

fn error(message: &'static str) -> Exception {
    Exception::new(Kind::ValueError, message)
}

fn cancelled(message: &'static str) -> Exception {
    Exception::new(Kind::Cancelled, message)
}

/// A waker of something inside a task. It counts how often it is called.
#[derive(Default)]
struct Counts(AtomicU32);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn waker() -> (Arc<Counts>, Waker) {
    let counts = Arc::<Counts>::default();
    (counts.clone(), counts.into())
}
