//! One way to solve the exercises.
//!
//! **`Choices`.** A run is a function of its choices. So record each of them when it is made, and the run can be
//! repeated. Three rules keep the record small and sound. A question with one possible answer has no number, because it
//! decides nothing. 0 is the plain answer, so a list needs only the others, and an answer that is not in the list is
//! known, too. And the record has what was *chosen*, not what was wanted: after a change of one entry, a run can ask
//! other questions, with fewer possible answers.
//!
//! **`run`.** The choice is among the rest of one batch, and not among all that is ready. So every task has a turn in
//! each round in which it is ready, as on any fair loop. An order that no fair loop takes would be a false alarm. Within a
//! round, any order can happen, because nobody knows how long a message takes.
//!
//! **`shrink`.** A failing schedule mixes the cause with noise. The question "does it still fail without this entry?"
//! is answered by a run, and a run costs microseconds. A replay never chooses more than its schedule says, so each step
//! makes the schedule smaller, and there is an end. The end is not always the smallest schedule: entries that can only
//! be left out together remain. But no entry that remains can be left out alone, so each entry shows a point at which
//! the order matters.
//!
//! **`every`.** Seeds sample, and a sample proves nothing when it finds nothing. The answers of a run are the digits of
//! a number: count up, and no order is left out. The digits have different bases, and a change of one digit can change
//! how many there are. So only a run tells what the next number is. The last digit that can grow grows by 1, and the
//! digits after it are forgotten. The number of orders is a product, so this works for small programs only. Four
//! tankers have a thousand orders. Ten tasks in one round have three million.

use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};

use tminus_lessons::lesson23_microscope::{Choice, Random, Run, Schedule};

pub struct Choices {
    by: By,
    made: Vec<Choice>, // a choice's number is its index
}

enum By {
    Seed(Random),
    Schedule(Schedule),
}

impl Choices {
    pub fn seeded(seed: u64) -> Self {
        let (by, made) = (By::Seed(Random(seed)), Vec::new());
        Self { by, made }
    }

    pub fn replaying(schedule: &Schedule) -> Self {
        let (by, made) = (By::Schedule(schedule.clone()), Vec::new());
        Self { by, made }
    }

    pub fn choose(&mut self, of: usize) -> usize {
        if of < 2 {
            return 0; // there is nothing to choose, so this has no number
        }
        let number = self.made.len();
        let wanted = match &mut self.by {
            By::Seed(random) => random.below(of),
            By::Schedule(schedule) => *schedule.0.get(&number).unwrap_or(&0),
        };
        let chosen = wanted.min(of - 1); // a schedule may want more than there is
        self.made.push(Choice { chosen, of });
        chosen
    }

    pub fn made(&self) -> &[Choice] {
        &self.made
    }

    pub fn schedule(&self) -> Schedule {
        let all = self.made.iter().map(|choice| choice.chosen).enumerate();
        Schedule(all.filter(|(_, chosen)| *chosen > 0).collect())
    }
}

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

    pub fn run(&mut self, mut choose: impl FnMut(usize) -> usize) -> Vec<Vec<&'static str>> {
        let mut rounds = Vec::new();
        loop {
            let mut batch = self.batch();
            if batch.is_empty() {
                return rounds;
            }
            let mut turns = Vec::new();
            while !batch.is_empty() {
                let id = batch.remove(choose(batch.len())); // in lesson 15, always the first
                turns.push(self.turn(id));
            }
            rounds.push(turns);
        }
    }

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

    pub fn left(&self) -> Vec<&'static str> {
        self.tasks.iter().flatten().map(|left| left.name).collect()
    }
}

pub fn explore(
    seeds: Range<u64>,
    program: impl Fn(&mut Choices) -> Run,
) -> Option<(u64, Schedule)> {
    for seed in seeds {
        let mut choices = Choices::seeded(seed);
        if program(&mut choices).failure.is_some() {
            return Some((seed, choices.schedule()));
        }
    }
    None
}

pub fn shrink(mut schedule: Schedule, program: impl Fn(&mut Choices) -> Run) -> Schedule {
    'again: loop {
        for tried in smaller(&schedule) {
            let mut choices = Choices::replaying(&tried);
            if program(&mut choices).failure.is_some() {
                schedule = choices.schedule(); // what was really chosen
                continue 'again;
            }
        }
        return schedule;
    }
}

fn smaller(schedule: &Schedule) -> Vec<Schedule> {
    let (mut without, mut lower) = (Vec::new(), Vec::new());
    for (number, chosen) in schedule.0.iter().rev() {
        let mut tried = schedule.clone();
        tried.0.remove(number);
        without.push(tried.clone());
        if *chosen > 1 {
            tried.0.insert(*number, chosen - 1);
            lower.push(tried);
        }
    }
    without.extend(lower);
    without
}

/// Runs a program in every order, and counts the orders. Returns the schedule of the first one that fails.
pub fn every(program: impl Fn(&mut Choices) -> Run) -> Result<usize, Schedule> {
    let (mut next, mut orders) = (Some(Schedule::default()), 0);
    while let Some(schedule) = next {
        let mut choices = Choices::replaying(&schedule);
        orders += 1;
        if program(&mut choices).failure.is_some() {
            return Err(choices.schedule());
        }
        next = after(choices.made());
    }
    Ok(orders)
}

/// Counts up: the last choice that can be higher is higher by 1, and all choices after it are plain again.
fn after(made: &[Choice]) -> Option<Schedule> {
    let last = made
        .iter()
        .rposition(|choice| choice.chosen + 1 < choice.of)?;
    let same = made[..last].iter().map(|choice| choice.chosen).enumerate();
    let mut schedule = Schedule(same.filter(|(_, chosen)| *chosen > 0).collect());
    schedule.0.insert(last, made[last].chosen + 1);
    Some(schedule)
}
