//! A program on the crate's loop.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use tminus::{
    EventLoop, Exception, Task,
    clock::VirtualClock,
    sleep,
    sync::{Event, Lock, Queue},
};

use super::{Op, Program, Run, Trace, What};

struct World {
    event_loop: EventLoop,
    tasks: RefCell<Vec<Task<()>>>,
    lock: Lock,
    queue: Queue<u8>,
    event: Event,
    trace: RefCell<Trace>,
}

impl World {
    fn note(&self, task: usize, what: String) {
        let now = self.event_loop.time().as_millis();
        let now = u64::try_from(now).expect("programs are short");
        self.trace.borrow_mut().push((now, task, what));
    }

    async fn live(self: Rc<Self>, task: usize, ops: Vec<Op>) -> Result<(), Exception> {
        let holds = Cell::new(0);
        let ended = self.run(task, &ops, &holds).await;
        for _ in 0..holds.get() {
            self.lock.release().expect("the task holds it");
        }
        ended
    }

    async fn run(&self, task: usize, ops: &[Op], holds: &Cell<u32>) -> Result<(), Exception> {
        for (number, op) in ops.iter().enumerate() {
            match self.perform(task, &op.what, holds).await {
                Ok(None) => {}
                Ok(Some(what)) => self.note(task, format!("{number} {what}")),
                Err(error) if error.is_cancelled() && op.catches => {
                    self.note(task, format!("{number} cancelled"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn perform(
        &self,
        task: usize,
        what: &What,
        holds: &Cell<u32>,
    ) -> Result<Option<String>, Exception> {
        match what {
            What::Note(n) => return Ok(Some(n.to_string())),
            What::Sleep(milliseconds) => {
                sleep(std::time::Duration::from_millis(*milliseconds)).await?;
                return Ok(Some("slept".into()));
            }
            What::Await(other) => {
                let other = self.other(task, *other);
                if let Some(other) = other {
                    (&other).await?;
                    return Ok(Some("awaited".into()));
                }
            }
            What::Cancel(other) => {
                let other = self.tasks.borrow().get(*other).cloned();
                if let Some(other) = other {
                    return Ok(Some(other.cancel().to_string()));
                }
            }
            What::Acquire => {
                self.lock.acquire().await?.forget();
                holds.set(holds.get() + 1);
                return Ok(Some("acquired".into()));
            }
            What::Release if holds.get() > 0 => {
                holds.set(holds.get() - 1);
                self.lock.release()?;
            }
            What::Release => {}
            What::Put(n) => {
                self.queue.put(*n).await?;
                return Ok(Some("put".into()));
            }
            What::Get => return Ok(Some(format!("got {}", self.queue.get().await?))),
            What::Wait => {
                self.event.wait().await?;
                return Ok(Some("set".into()));
            }
            What::Set => self.event.set(),
            What::Clear => self.event.clear(),
        }
        Ok(None)
    }

    /// A task that was spawned earlier: tasks that await each other in a cycle could be cancelled forever.
    fn other(&self, task: usize, other: usize) -> Option<Task<()>> {
        let is_earlier = other < task;
        is_earlier.then(|| self.tasks.borrow()[other].clone())
    }
}

pub fn run(program: &Program) -> Run {
    tminus::report_to_stderr(false);
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let world = Rc::new(World {
        event_loop: event_loop.clone(),
        tasks: RefCell::default(),
        lock: Lock::new(),
        queue: Queue::with_maxsize(program.room),
        event: Event::new(),
        trace: RefCell::default(),
    });
    for (task, ops) in program.tasks.iter().enumerate() {
        let body = world.clone().live(task, ops.clone());
        let spawned = event_loop.create_task(body).unwrap();
        world.tasks.borrow_mut().push(spawned);
    }
    // Until nothing can happen any more.
    let never = event_loop.create_future::<()>();
    event_loop.run_until_complete(never).unwrap_err();
    let end = |task: &Task<()>| task.done().then(|| !task.cancelled());
    let ends = world.tasks.borrow().iter().map(end).collect();
    event_loop.close().unwrap();
    world.tasks.take();
    let trace = world.trace.take();
    Run { trace, ends }
}
