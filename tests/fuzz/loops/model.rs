//! The model. The names are those of CPython's `Lib/asyncio`.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use super::{Op, Program, Run, Trace, What};

type FutureId = usize;

#[derive(Clone, Copy, PartialEq)]
enum State {
    Pending,
    Done,
    Cancelled,
}

struct Future {
    state: State,
    /// The tasks to be woken.
    callbacks: Vec<usize>,
}

/// What the loop calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Handle {
    /// `__step`, or `__wakeup` after a future.
    Step(usize),
    SetResult(FutureId),
}

struct Task {
    ops: Vec<Op>,
    at: usize,
    /// The operation at `at` is suspended, and waits for this. `None` is a bare yield, or a task that has not begun.
    fut_waiter: Option<FutureId>,
    is_suspended: bool,
    must_cancel: bool,
    /// The future that is the task.
    future: FutureId,
    /// The task that it awaits, whose cancellation comes first.
    awaits: Option<usize>,
    holds: usize,
    /// What the operation has waited for, to be removed from the waiters.
    waits_at: Option<FutureId>,
}

#[derive(Default)]
struct Model {
    now: u64,
    ready: VecDeque<Handle>,
    scheduled: BinaryHeap<Reverse<(u64, usize, Handle)>>,
    timers: usize,
    futures: Vec<Future>,
    tasks: Vec<Task>,
    locked: bool,
    lock_waiters: VecDeque<FutureId>,
    items: VecDeque<u8>,
    room: usize,
    getters: VecDeque<FutureId>,
    putters: VecDeque<FutureId>,
    event: bool,
    event_waiters: VecDeque<FutureId>,
    trace: Trace,
}

/// How an operation goes on.
enum Goes {
    On(Option<String>),
    Waits,
    Cancelled,
}

pub fn run(program: &Program) -> Run {
    let mut model = Model {
        room: program.room,
        ..Model::default()
    };
    for ops in &program.tasks {
        let future = model.create_future();
        model.ready.push_back(Handle::Step(model.tasks.len()));
        model.tasks.push(Task {
            ops: ops.clone(),
            at: 0,
            fut_waiter: None,
            is_suspended: false,
            must_cancel: false,
            future,
            awaits: None,
            holds: 0,
            waits_at: None,
        });
    }
    while model.run_once() {}
    let end = |task: &Task| match model.futures[task.future].state {
        State::Pending => None,
        State::Done => Some(true),
        State::Cancelled => Some(false),
    };
    let ends = model.tasks.iter().map(end).collect();
    Run {
        ends,
        trace: model.trace,
    }
}

impl Model {
    // base_events.py and futures.py

    /// Returns `false` if nothing can happen any more.
    fn run_once(&mut self) -> bool {
        if self.ready.is_empty() {
            match self.scheduled.peek() {
                Some(Reverse((when, ..))) => self.now = self.now.max(*when),
                None => return false,
            }
        }
        while let Some(Reverse((when, ..))) = self.scheduled.peek()
            && *when <= self.now
        {
            let Some(Reverse((_, _, handle))) = self.scheduled.pop() else {
                unreachable!("it was there");
            };
            self.ready.push_back(handle);
        }
        for _ in 0..self.ready.len() {
            match self.ready.pop_front().expect("it was counted") {
                Handle::Step(task) => self.step(task),
                Handle::SetResult(future) => {
                    self.ends(future, State::Done);
                }
            }
        }
        true
    }

    fn create_future(&mut self) -> FutureId {
        self.futures.push(Future {
            state: State::Pending,
            callbacks: Vec::new(),
        });
        self.futures.len() - 1
    }

    /// Returns `false` if the future has ended before.
    fn ends(&mut self, future: FutureId, state: State) -> bool {
        let future = &mut self.futures[future];
        if future.state != State::Pending {
            return false;
        }
        future.state = state;
        let woken = future.callbacks.drain(..).map(Handle::Step);
        self.ready.extend(woken);
        true
    }

    // tasks.py

    fn cancel(&mut self, task: usize) -> bool {
        if self.futures[self.tasks[task].future].state != State::Pending {
            return false;
        }
        if let Some(other) = self.tasks[task].awaits
            && self.cancel(other)
        {
            return true;
        }
        if self.tasks[task].awaits.is_none()
            && let Some(future) = self.tasks[task].fut_waiter
            && self.ends(future, State::Cancelled)
        {
            return true;
        }
        self.tasks[task].must_cancel = true;
        true
    }

    fn step(&mut self, number: usize) {
        let task = &mut self.tasks[number];
        let waited = task.fut_waiter.take();
        task.awaits = None;
        let is_cancelled = std::mem::take(&mut task.must_cancel)
            || waited.is_some_and(|future| self.futures[future].state == State::Cancelled);
        let task = &mut self.tasks[number];
        if is_cancelled && task.at == 0 && !task.is_suspended {
            return self.task_ends(number, State::Cancelled); // it has never begun
        }
        let mut resumes = std::mem::take(&mut task.is_suspended).then_some(is_cancelled);
        while let Some(op) = self.tasks[number].ops.get(self.tasks[number].at).cloned() {
            let goes = match resumes.take() {
                None => self.begins(number, &op.what),
                Some(is_cancelled) => self.resumes(number, &op.what, is_cancelled),
            };
            let at = self.tasks[number].at;
            match goes {
                Goes::Waits => return self.suspends(number),
                Goes::On(None) => {}
                Goes::On(Some(what)) => self.note(number, format!("{at} {what}")),
                Goes::Cancelled if op.catches => self.note(number, format!("{at} cancelled")),
                Goes::Cancelled => return self.task_ends(number, State::Cancelled),
            }
            self.tasks[number].at += 1;
        }
        // `__step_run_and_handle_result`: a task that is to be cancelled and returns is cancelled.
        match self.tasks[number].must_cancel {
            true => self.task_ends(number, State::Cancelled),
            false => self.task_ends(number, State::Done),
        }
    }

    fn suspends(&mut self, number: usize) {
        self.tasks[number].is_suspended = true;
        let Some(future) = self.tasks[number].fut_waiter else {
            return self.ready.push_back(Handle::Step(number)); // a bare yield
        };
        self.futures[future].callbacks.push(number);
        if std::mem::take(&mut self.tasks[number].must_cancel) {
            let is_passed_on = match self.tasks[number].awaits {
                Some(other) => self.cancel(other),
                None => self.ends(future, State::Cancelled),
            };
            self.tasks[number].must_cancel = !is_passed_on;
        }
    }

    fn task_ends(&mut self, number: usize, state: State) {
        for _ in 0..std::mem::take(&mut self.tasks[number].holds) {
            self.release();
        }
        self.ends(self.tasks[number].future, state);
    }

    fn note(&mut self, task: usize, what: String) {
        self.trace.push((self.now, task, what));
    }

    fn waits_for(&mut self, task: usize, future: FutureId) -> Goes {
        self.tasks[task].fut_waiter = Some(future);
        self.tasks[task].waits_at = Some(future);
        Goes::Waits
    }

    // The operations, up to where they wait

    fn begins(&mut self, task: usize, what: &What) -> Goes {
        Goes::On(match what {
            What::Note(n) => Some(n.to_string()),
            What::Sleep(0) => return Goes::Waits,
            What::Sleep(milliseconds) => {
                let future = self.create_future();
                self.timers += 1;
                let when = self.now + milliseconds;
                let handle = Handle::SetResult(future);
                self.scheduled.push(Reverse((when, self.timers, handle)));
                return self.waits_for(task, future);
            }
            What::Await(other) if *other < task => {
                let future = self.tasks[*other].future;
                if self.futures[future].state == State::Pending {
                    self.tasks[task].awaits = Some(*other);
                    return self.waits_for(task, future);
                }
                return self.awaited(future);
            }
            What::Await(_) => None,
            What::Cancel(other) if *other < self.tasks.len() => {
                Some(self.cancel(*other).to_string())
            }
            What::Cancel(_) => None,
            What::Acquire => {
                let is_left = |future: &FutureId| self.futures[*future].state == State::Cancelled;
                if self.locked || !self.lock_waiters.iter().all(is_left) {
                    let future = self.create_future();
                    self.lock_waiters.push_back(future);
                    return self.waits_for(task, future);
                }
                return self.acquires(task);
            }
            What::Release => {
                if self.tasks[task].holds > 0 {
                    self.tasks[task].holds -= 1;
                    self.release();
                }
                None
            }
            What::Put(n) => return self.put(task, *n),
            What::Get => return self.get(task),
            What::Wait if self.event => Some("set".into()),
            What::Wait => {
                let future = self.create_future();
                self.event_waiters.push_back(future);
                return self.waits_for(task, future);
            }
            What::Set => {
                self.event = true;
                for future in self.event_waiters.clone() {
                    self.ends(future, State::Done);
                }
                None
            }
            What::Clear => {
                self.event = false;
                None
            }
        })
    }

    // And from there

    fn resumes(&mut self, task: usize, what: &What, is_cancelled: bool) -> Goes {
        let future = self.tasks[task].waits_at.take();
        let waited = future.unwrap_or_default();
        match what {
            What::Sleep(_) if is_cancelled => {
                // The timer is cancelled.
                let others = self.scheduled.drain();
                self.scheduled = others
                    .filter(|Reverse((_, _, handle))| *handle != Handle::SetResult(waited))
                    .collect();
                Goes::Cancelled
            }
            What::Sleep(_) => Goes::On(Some("slept".into())),
            What::Await(_) if is_cancelled => Goes::Cancelled,
            What::Await(_) => self.awaited(waited),
            What::Acquire => {
                self.lock_waiters.retain(|waiter| *waiter != waited);
                if is_cancelled {
                    if !self.locked {
                        self.wake_up_first();
                    }
                    return Goes::Cancelled;
                }
                self.acquires(task)
            }
            What::Put(_) if is_cancelled => {
                let was_cancelled = self.futures[waited].state == State::Cancelled;
                self.putters.retain(|waiter| *waiter != waited);
                if !self.is_full() && !was_cancelled {
                    self.wakeup_next_putter();
                }
                Goes::Cancelled
            }
            What::Put(n) => self.put(task, *n),
            What::Get if is_cancelled => {
                let was_cancelled = self.futures[waited].state == State::Cancelled;
                self.getters.retain(|waiter| *waiter != waited);
                if !self.items.is_empty() && !was_cancelled {
                    self.wakeup_next_getter();
                }
                Goes::Cancelled
            }
            What::Get => self.get(task),
            What::Wait => {
                self.event_waiters.retain(|waiter| *waiter != waited);
                match is_cancelled {
                    true => Goes::Cancelled,
                    false => Goes::On(Some("set".into())),
                }
            }
            What::Note(_) | What::Cancel(_) | What::Release | What::Set | What::Clear => {
                unreachable!("it does not wait")
            }
        }
    }

    fn awaited(&self, future: FutureId) -> Goes {
        match self.futures[future].state {
            State::Cancelled => Goes::Cancelled,
            State::Pending | State::Done => Goes::On(Some("awaited".into())),
        }
    }

    // locks.py

    fn acquires(&mut self, task: usize) -> Goes {
        self.locked = true;
        self.tasks[task].holds += 1;
        Goes::On(Some("acquired".into()))
    }

    fn release(&mut self) {
        self.locked = false;
        self.wake_up_first();
    }

    fn wake_up_first(&mut self) {
        if let Some(&first) = self.lock_waiters.front() {
            self.ends(first, State::Done);
        }
    }

    // queues.py

    fn is_full(&self) -> bool {
        self.room > 0 && self.items.len() >= self.room
    }

    fn put(&mut self, task: usize, item: u8) -> Goes {
        if self.is_full() {
            let future = self.create_future();
            self.putters.push_back(future);
            return self.waits_for(task, future);
        }
        self.items.push_back(item);
        self.wakeup_next_getter();
        Goes::On(Some("put".into()))
    }

    fn get(&mut self, task: usize) -> Goes {
        let Some(item) = self.items.pop_front() else {
            let future = self.create_future();
            self.getters.push_back(future);
            return self.waits_for(task, future);
        };
        self.wakeup_next_putter();
        Goes::On(Some(format!("got {item}")))
    }

    fn wakeup_next_getter(&mut self) {
        while let Some(waiter) = self.getters.pop_front() {
            if self.ends(waiter, State::Done) {
                break;
            }
        }
    }

    fn wakeup_next_putter(&mut self) {
        while let Some(waiter) = self.putters.pop_front() {
            if self.ends(waiter, State::Done) {
                break;
            }
        }
    }
}
