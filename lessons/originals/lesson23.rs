//! Your turn. All of it compiles, and nothing is right yet.
//!
//! **Exercise 1: the choices, a ready queue that asks, and a schedule that shrinks.** Close the page, and write the
//! bodies that are marked `TODO`. `Schedule`, `Choice`, `Random` and `Run` are those of the page.
//!
//! **Exercise 2: `every`**, at the end, leaves no order to a seed.

use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};

use tminus_lessons::lesson23_microscope::{Choice, Random, Run, Schedule};

/// Answers the questions of one run, and records the answers.
pub struct Choices {
    by: By,
    made: Vec<Choice>, // a choice's number is its index
}

enum By {
    Seed(Random),
    Schedule(Schedule),
}

impl Choices {
    /// Creates choices with random answers, which are always the same for the same seed.
    pub fn seeded(seed: u64) -> Self {
        let (by, made) = (By::Seed(Random(seed)), Vec::new());
        Self { by, made }
    }

    /// Creates choices that repeat a schedule. Answers that the schedule does not list are 0.
    pub fn replaying(schedule: &Schedule) -> Self {
        let (by, made) = (By::Schedule(schedule.clone()), Vec::new());
        Self { by, made }
    }

    /// Returns the answer to a question with `of` possible answers: a number below `of`.
    pub fn choose(&mut self, of: usize) -> usize {
        // TODO: this is always the plain answer, and nothing records it (step 2). A seed takes a number `below(of)`, a
        // schedule has an entry or none, and a question with one possible answer gets no number.
        let _ = of;
        0
    }

    /// Returns all choices so far, in order.
    pub fn made(&self) -> &[Choice] {
        &self.made
    }

    /// Returns the answers so far that are not 0.
    pub fn schedule(&self) -> Schedule {
        // TODO: the answers are lost (step 2).
        Schedule::default()
    }
}

/// Runs tasks in rounds. In each round, somebody else decides which task is next.
pub struct Executor {
    tasks: Vec<Option<Task>>, // a task's id is its index; none when it is done
    ready: mpsc::Receiver<usize>, // the ids of tasks that were woken
    wake: mpsc::Sender<usize>, // its other end
}

struct Task {
    name: &'static str,
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

struct TaskWaker {
    id: usize,
    wake: mpsc::Sender<usize>, // a clone of the executor's
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let _ = self.wake.send(self.id); // an error only says that the executor was dropped
    }
}

impl Default for Executor {
    fn default() -> Self {
        let (wake, ready) = mpsc::channel();
        let tasks = Vec::new();
        Self { tasks, ready, wake }
    }
}

impl Executor {
    /// Makes a task of a future, and puts it into the ready queue.
    pub fn spawn(&mut self, name: &'static str, future: impl Future<Output = ()> + 'static) {
        let (id, wake) = (self.tasks.len(), self.wake.clone());
        let waker = Waker::from(Arc::new(TaskWaker { id, wake }));
        waker.wake_by_ref(); // its first turn
        let future = Box::pin(future);
        self.tasks.push(Some(Task {
            name,
            future,
            waker,
        }));
    }

    /// Runs rounds until no task is ready. `choose(of)` returns a number below `of`: the place of the next task in what
    /// is left of the batch. Returns the names of the tasks in the order of their turns, round by round.
    pub fn run(&mut self, mut choose: impl FnMut(usize) -> usize) -> Vec<Vec<&'static str>> {
        // TODO: no task has a turn. `batch` returns the ids of a round, and `turn` runs a task and returns its name. Ask
        // `choose` before each turn, also if only one task is left (step 1).
        let _ = choose(1);
        Vec::new()
    }

    /// The tasks that are ready now, in the order in which they were woken.
    fn batch(&self) -> Vec<usize> {
        let mut batch = Vec::new();
        for id in self.ready.try_iter() {
            if self.tasks[id].is_some() && !batch.contains(&id) {
                batch.push(id);
            }
        }
        batch
    }

    fn turn(&mut self, id: usize) -> &'static str {
        let task = self.tasks[id]
            .as_mut()
            .expect("a batch has no task that is done");
        let name = task.name;
        let mut cx = Context::from_waker(&task.waker);
        if task.future.as_mut().poll(&mut cx).is_ready() {
            self.tasks[id] = None;
        }
        name
    }

    /// Returns the names of the tasks that are not done.
    pub fn left(&self) -> Vec<&'static str> {
        self.tasks.iter().flatten().map(|left| left.name).collect()
    }
}

/// Runs a program with each seed, until a run fails. Returns the seed, and what that run chose.
pub fn explore(
    seeds: Range<u64>,
    program: impl Fn(&mut Choices) -> Run,
) -> Option<(u64, Schedule)> {
    // TODO: this runs nothing (step 3).
    let _ = (seeds, program);
    None
}

/// Makes the schedule of a failing run smaller, step by step, as long as the run fails.
pub fn shrink(schedule: Schedule, program: impl Fn(&mut Choices) -> Run) -> Schedule {
    // TODO: it stays as long as it was (step 3). When no single step leads to a failing run, it is done.
    let _ = (smaller(&schedule), program);
    schedule
}

/// All schedules that are one step smaller: first without one of the entries, then with one of them lower by 1. The
/// last entries come first.
fn smaller(schedule: &Schedule) -> Vec<Schedule> {
    // TODO: there are none (step 3).
    let _ = schedule;
    Vec::new()
}

/// Runs a program in every order, and counts the orders. Returns the schedule of the first one that fails.
///
/// The plain order is the first. From run to run, later choices change before earlier ones, as the digits of a counter
/// do. [`Choices::made`] has what a run chose, and of how many.
pub fn every(program: impl Fn(&mut Choices) -> Run) -> Result<usize, Schedule> {
    // TODO: this claims that there is no order at all.
    let _ = program;
    Ok(0)
}
