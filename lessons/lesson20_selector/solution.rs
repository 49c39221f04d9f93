//! One way to solve the exercises.
//!
//! **The loop.** A thread can wait in one place only. The selector is that place: the sockets are registered with it,
//! the first deadline is the timeout, and other threads have the alarm. Whatever happens first ends the wait.
//!
//! **Try first, and wait afterwards.** The selector reports a *change*, and only once. So a task that waits before it
//! has tried waits for a change that is perhaps over. "It would block" is the only reason to wait, and the waker is
//! stored in the same poll as that answer. Between the two nobody looks for events, so none falls into the gap.
//!
//! For the same reason a cancelled read loses nothing. A poll that returns `Pending` has taken no byte from the system,
//! and a poll that returns `Ready` is the last one. As soon as a future consists of *several* reads, it holds bytes.
//!
//! **`relay`.** Polling two futures in one turn leaves the task's waker with two sources. The task does not know which
//! source has woken it, and polls both futures. But the share is the task's: a side that always has bytes uses up the
//! whole share. So the two take turns in being first. (`tokio::select!` picks the first one at random.)

use std::io::{self, ErrorKind, Read, Write};
use std::task::{Context, Poll, Wake, Waker};
use std::{cell::Cell, cell::RefCell, collections::HashSet, future::poll_fn, pin::Pin, rc::Rc};
use std::{sync::Arc, sync::mpsc, time::Duration};

use mio::{Interest, Token, event};

use tminus_lessons::lesson20_selector::{ALARM, NewTask, Selector};

pub struct Loop {
    selector: RefCell<Box<dyn Selector>>,
    sources: RefCell<Vec<Vec<Waker>>>, // by token: the tasks that wait for the source
    timers: RefCell<Vec<(Duration, Waker)>>,
    spawned: RefCell<Vec<NewTask>>, // until the executor takes them
    share: Cell<u32>,               // of this turn: step 5
}

impl Loop {
    pub fn new(selector: Box<dyn Selector>) -> Self {
        Self {
            selector: RefCell::new(selector),
            sources: RefCell::default(),
            timers: RefCell::default(),
            spawned: RefCell::default(),
            share: Cell::new(0),
        }
    }

    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + 'static) {
        self.spawned.borrow_mut().push((name, Box::pin(future)));
    }

    pub fn now(&self) -> Duration {
        self.selector.borrow().now()
    }

    pub async fn sleep(&self, delay: Duration) {
        let deadline = self.now() + delay;
        poll_fn(|cx| {
            if self.now() >= deadline {
                return Poll::Ready(());
            }
            let timer = (deadline, cx.waker().clone());
            self.timers.borrow_mut().push(timer);
            Poll::Pending
        })
        .await;
    }

    pub fn wait(&self, something_is_ready: bool) -> bool {
        let first = self.timers.borrow().iter().map(|timer| timer.0).min();
        let timeout = match something_is_ready {
            true => Some(Duration::ZERO), // only look
            false => first.map(|deadline| deadline.saturating_sub(self.now())),
        };
        let Some(events) = self.selector.borrow_mut().select(timeout) else {
            return false;
        };
        for Token(token) in events {
            let waiting = std::mem::take(&mut self.sources.borrow_mut()[token]);
            waiting.into_iter().for_each(Waker::wake);
        }
        let now = self.now();
        let is_due = |timer: &mut (Duration, Waker)| timer.0 <= now;
        let due: Vec<_> = self.timers.borrow_mut().extract_if(.., is_due).collect();
        due.into_iter().for_each(|(_, waker)| waker.wake());
        true
    }
}

pub struct Source<S: event::Source> {
    of: Rc<Loop>,
    token: usize, // its index in `sources`
    io: RefCell<S>,
}

impl<S: event::Source> Source<S> {
    pub fn new(of: &Rc<Loop>, mut io: S) -> io::Result<Self> {
        let token = of.sources.borrow().len();
        of.sources.borrow_mut().push(Vec::new());
        let interest = Interest::READABLE | Interest::WRITABLE;
        let selector = of.selector.borrow();
        let registry = selector.registry();
        registry.register(&mut io, Token(token), interest)?;
        let (of, io) = (of.clone(), RefCell::new(io));
        Ok(Self { of, token, io })
    }

    pub async fn when_ready<T>(
        &self,
        mut attempt: impl FnMut(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        poll_fn(|cx| {
            let Some(share) = self.of.share.get().checked_sub(1) else {
                cx.waker().wake_by_ref(); // others first: step 5
                return Poll::Pending;
            };
            self.of.share.set(share);
            match attempt(&mut self.io.borrow_mut()) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let mut sources = self.of.sources.borrow_mut();
                    sources[self.token].push(cx.waker().clone());
                    Poll::Pending
                }
                done => Poll::Ready(done),
            }
        })
        .await
    }
}

pub struct Executor {
    shared: Rc<Loop>,
    alarm: Arc<mio::Waker>,
    tasks: Vec<Option<Spawned>>, // a task's id is its index; none when it is done
    ready: mpsc::Receiver<usize>, // the ready queue: the ids of tasks that were woken
    wake: mpsc::Sender<usize>,   // its other end
}

struct Spawned {
    name: &'static str,
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

struct TaskWaker {
    id: usize,
    wake: mpsc::Sender<usize>, // a clone of the executor's
    alarm: Arc<mio::Waker>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let _ = self.wake.send(self.id); // an error only says that the executor was dropped
        let _ = self.alarm.wake(); // the selector may be gone, too
    }
}

const SHARE: u32 = 32;

impl Executor {
    pub fn new(selector: impl Selector + 'static) -> io::Result<Self> {
        let (wake, ready) = mpsc::channel();
        let alarm = Arc::new(mio::Waker::new(selector.registry(), ALARM)?);
        let shared = Rc::new(Loop::new(Box::new(selector)));
        Ok(Self {
            shared,
            alarm,
            tasks: Vec::new(),
            ready,
            wake,
        })
    }

    pub fn handle(&self) -> Rc<Loop> {
        self.shared.clone()
    }

    pub fn run(&mut self) -> Vec<&'static str> {
        loop {
            self.start_new_tasks();
            if self.tasks.iter().all(Option::is_none) {
                return Vec::new();
            }
            let mut round: Vec<usize> = self.ready.try_iter().collect(); // all that are ready now
            let something_can_come = self.shared.wait(!round.is_empty());
            round.extend(self.ready.try_iter()); // those that `wait` has woken
            if round.is_empty() && !something_can_come {
                return self.tasks.iter().flatten().map(|left| left.name).collect();
            }
            let mut ids = HashSet::new();
            round.retain(|id| ids.insert(*id)); // woken twice: one turn
            for id in round {
                self.turn(id);
            }
        }
    }

    fn start_new_tasks(&mut self) {
        for (name, future) in self.shared.spawned.take() {
            let (id, wake, alarm) = (self.tasks.len(), self.wake.clone(), self.alarm.clone());
            let waker = Waker::from(Arc::new(TaskWaker { id, wake, alarm }));
            waker.wake_by_ref(); // its first turn
            let task = Spawned {
                name,
                future,
                waker,
            };
            self.tasks.push(Some(task));
        }
    }

    fn turn(&mut self, id: usize) {
        let Some(Spawned { future, waker, .. }) = &mut self.tasks[id] else {
            return; // it is done, and was woken once too often
        };
        self.shared.share.set(SHARE);
        let mut cx = Context::from_waker(waker);
        if future.as_mut().poll(&mut cx).is_ready() {
            self.tasks[id] = None;
        }
    }
}

async fn copy<S: event::Source + Read + Write>(from: &Source<S>, to: &Source<S>) -> io::Result<()> {
    let mut buffer = [0; 16];
    loop {
        let n = from.when_ready(|io| io.read(&mut buffer)).await?;
        let mut bytes = &buffer[..n];
        if n == 0 {
            return Ok(());
        }
        while !bytes.is_empty() {
            let written = to.when_ready(|io| io.write(bytes)).await?;
            bytes = &bytes[written..];
        }
    }
}

/// Copies what arrives at either socket to the other, in any order, until one of the two is closed.
pub async fn relay<S: event::Source + Read + Write>(
    left: Source<S>,
    right: Source<S>,
) -> io::Result<()> {
    let mut sides = [Box::pin(copy(&left, &right)), Box::pin(copy(&right, &left))];
    poll_fn(|cx| {
        sides.reverse(); // the other one begins
        match sides[0].as_mut().poll(cx) {
            Poll::Pending => sides[1].as_mut().poll(cx),
            done => done,
        }
    })
    .await
}
