//! Your turn. Everything compiles, and nothing is right yet.
//!
//! **Exercise 1: the loop.** Close the page, and write the bodies that are marked `TODO`. You need no other type, field
//! or function. `turn` and `start_new_tasks` are as on the page.
//!
//! **Exercise 2: `relay`**, at the end, is one task that waits for two sockets.

use std::collections::HashSet;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::{cell::Cell, cell::RefCell, future::poll_fn, pin::Pin, rc::Rc, time::Duration};

use mio::{Interest, Token, event};

use tminus_lessons::lesson20_selector::{ALARM, NewTask, Selector};

/// What the tasks see of the loop.
pub struct Loop {
    selector: RefCell<Box<dyn Selector>>,
    sources: RefCell<Vec<Vec<Waker>>>, // by token: the tasks that wait for the source
    timers: RefCell<Vec<(Duration, Waker)>>,
    spawned: RefCell<Vec<NewTask>>, // until the executor takes them
    share: Cell<u32>,               // of this turn: step 5
}

impl Loop {
    /// Creates the part of a loop that tasks see.
    pub fn new(selector: Box<dyn Selector>) -> Self {
        Self {
            selector: RefCell::new(selector),
            sources: RefCell::default(),
            timers: RefCell::default(),
            spawned: RefCell::default(),
            share: Cell::new(0),
        }
    }

    /// Makes a task of a future. Its first turn is in the next round.
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + 'static) {
        self.spawned.borrow_mut().push((name, Box::pin(future)));
    }

    /// The time since the loop began.
    pub fn now(&self) -> Duration {
        self.selector.borrow().now()
    }

    /// Waits until `delay` has passed.
    pub async fn sleep(&self, delay: Duration) {
        // TODO: this does not wait. When the deadline is there, `wait` has to know whom to wake.
        let _ = (self.now() + delay, &self.timers);
    }

    /// Waits for events, and wakes the tasks that they are for. Returns `false` if no event can come.
    pub fn wait(&self, something_is_ready: bool) -> bool {
        // TODO: this looks, and tells nobody what it has seen (step 4). How long can it wait if something is ready, and
        // if not? Events are for sources, and the clock is for timers.
        let _ = (something_is_ready, &self.sources);
        let events = self.selector.borrow_mut().select(Some(Duration::ZERO));
        events.is_some()
    }
}

/// Something outside that the loop watches, until it is dropped.
pub struct Source<S: event::Source> {
    of: Rc<Loop>,
    token: usize, // its index in `sources`
    io: RefCell<S>,
}

impl<S: event::Source> Source<S> {
    /// Has the loop watch something.
    pub fn new(of: &Rc<Loop>, mut io: S) -> io::Result<Self> {
        // TODO: nobody watches it (step 3). The token is its place in `sources`. Which events does a task wait for?
        let token = 0;
        let _ = (
            &mut io,
            Token(token),
            Interest::READABLE,
            Interest::WRITABLE,
        );
        let (of, io) = (of.clone(), RefCell::new(io));
        Ok(Self { of, token, io })
    }

    /// Tries until it does not block.
    pub async fn when_ready<T>(
        &self,
        mut attempt: impl FnMut(&mut S) -> io::Result<T>,
    ) -> io::Result<T> {
        // TODO: this tries once (step 3). If that would block, the task waits for the source. And a turn has a share
        // (step 5).
        poll_fn(|cx| {
            let _ = (cx, &self.of.share, self.token, ErrorKind::WouldBlock);
            Poll::Ready(attempt(&mut self.io.borrow_mut()))
        })
        .await
    }
}

/// Runs tasks that take turns.
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
        // TODO: nothing happens. The task has to be in the ready queue after this, and a loop that is waiting has to
        // look at it.
        let _ = (&self.wake, self.id, &self.alarm);
    }
}

/// How many operations a task can do in one turn.
const SHARE: u32 = 32;

impl Executor {
    /// Creates an executor that waits in a selector.
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

    /// Returns what the tasks see of the loop.
    pub fn handle(&self) -> Rc<Loop> {
        self.shared.clone()
    }

    /// Runs all tasks until they are done. Returns the names of tasks that wait for something that cannot come.
    pub fn run(&mut self) -> Vec<&'static str> {
        // TODO: new tasks start, and no task has a turn (step 4). A round is: the tasks that are ready; a wait, or a
        // look, for events; the tasks that these have woken; and one turn for each. When does `run` end?
        self.start_new_tasks();
        let _ = (&self.ready, &self.shared, HashSet::<usize>::new());
        self.tasks.iter().flatten().map(|left| left.name).collect()
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

/// Copies what arrives at one socket to the other, until the first is closed.
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

/// Copies what arrives at either socket to the other, in any order, until one of the two is closed. Either one may
/// always have bytes: the other one's bytes are passed on all the same.
pub async fn relay<S: event::Source + Read + Write>(
    left: Source<S>,
    right: Source<S>,
) -> io::Result<()> {
    // TODO: this waits for the left one, and nobody hears what the right one says.
    copy(&left, &right).await
}
