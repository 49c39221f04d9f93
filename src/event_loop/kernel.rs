//! The loop's heart: its table of tasks, and the only place that borrows it.
//!
//! Below it are the table (`tasks`), the inbox, and the trace; above it `current`, which knows which loop runs, and `round`,
//! which runs it.

use std::{
    any::Any,
    any::TypeId,
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    body::BoxBody,
    executor::{DefaultExecutor, Executor},
    inbox::{Inbox, Request},
    interrupted::Interrupts,
    keys::{Key, WaitId},
    left_open::AsyncGenerators,
    outside::{Chance, Interrupt, Outside, Witness},
    replies::{Expected, ExpectedFrom, Replies},
    tasks::{Call, Callable, Errand, Rare, Released, State, Tasks},
    trace::{self, Told},
};
use crate::{
    Exception, Kind,
    clock::{Clock, RealClock},
    dropping::drop_in_turn,
    exception::catching,
    interrupts::Hearing,
    timers::{Moment, TimerId, moment_of_deadline, moment_of_now},
};

/// A loop, as seen by the handles to its tasks. They keep the kernel after the loop's end, so that results can still be
/// fetched.
pub(crate) struct Kernel {
    /// Tells loops apart, in this process.
    pub(super) id: u64,
    tasks: RefCell<Tasks>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) clock: Box<dyn Clock>,
    pub(super) is_virtual: bool,
    /// Whether it is the crate's own real clock, instead of which the loop can wait for something else.
    is_real: bool,
    /// Set when something is first awaited there, or by a simulation before the first run.
    outside: OnceCell<Rc<dyn Outside>>,
    pub(super) interrupts: Interrupts,
    /// What is expected of other threads.
    replies: RefCell<Replies>,
    executor: DefaultExecutor,
    pub(super) generators: AsyncGenerators,
    /// How many operations outside this turn has done without waiting, and which turn that was.
    operations: Cell<(Option<(Key, u32)>, u32)>,
    pub(super) settings: Settings,
    /// How many [`EventLoop`](super::EventLoop)s there are. Handles of tasks, which can lie in bodies, hold the kernel, so it
    /// is not the kernel's drop that closes the loop.
    pub(super) owners: Cell<usize>,
    /// Whether this round is the last one of the run.
    pub(super) stopping: Cell<bool>,
    /// Raised by a task or a callback, and to be raised by the run: a `KeyboardInterrupt`.
    pub(super) interrupt: Cell<Option<Exception>>,
    pub(super) is_interrupted: Cell<bool>,
    /// How many rounds there were.
    pub(crate) rounds: Cell<u64>,
    /// How many there had been when time moved last.
    pub(super) still_since: Cell<u64>,
    /// What time it was when a livelock was first suspected since then. A virtual clock can also be moved by hand.
    pub(super) still_at: Cell<Option<Duration>>,
    handler: RefCell<Option<Handler>>,
    is_settling: Cell<bool>,
}

pub(super) struct Settings {
    /// How long a turn may take before it is reported.
    pub(super) slow_turn: Cell<Duration>,
    pub(super) slow_turn_was_set: Cell<bool>,
    /// After how many rounds at one instant of virtual time a livelock is reported.
    pub(super) livelock_rounds: Cell<u64>,
    pub(super) livelock_is_error: Cell<bool>,
    /// Whether no other thread can wake the loop, whoever holds a waker.
    pub(super) single_threaded: Cell<bool>,
    /// How much later than its deadline a timer may fire, so that one wake-up serves several.
    pub(super) timer_slack: Cell<Duration>,
}

/// A failure that nothing awaits. If it was in a task, the key is counted as a handle while this is used.
pub(super) struct Report<'a> {
    pub(super) message: &'static str,
    pub(super) exception: &'a Exception,
    pub(super) task: Option<Key>,
    pub(super) handle: Option<Box<dyn Any>>,
}

pub(super) const TASK_NEVER_RETRIEVED: &str = "Task exception was never retrieved";
pub(super) const FUTURE_NEVER_RETRIEVED: &str = "Future exception was never retrieved";

pub(super) type Handler = Rc<dyn Fn(Report<'_>)>;

/// How many operations outside a turn may do in a row that do not wait.
const SHARE: u32 = 32;

static LOOPS: AtomicU64 = AtomicU64::new(1);

#[cold]
pub(super) fn closed() -> Exception {
    Exception::new(Kind::RuntimeError, "Event loop is closed")
}

impl Kernel {
    pub(super) fn new<C: Clock + 'static>(clock: C) -> Rc<Self> {
        Rc::new(Self {
            id: LOOPS.fetch_add(1, Ordering::Relaxed),
            tasks: RefCell::new(Tasks::new()),
            inbox: Arc::default(),
            is_virtual: clock.is_virtual(),
            is_real: TypeId::of::<C>() == TypeId::of::<RealClock>(),
            clock: Box::new(clock),
            outside: OnceCell::new(),
            interrupts: Interrupts::default(),
            replies: RefCell::default(),
            executor: DefaultExecutor::default(),
            generators: AsyncGenerators::default(),
            operations: Cell::default(),
            settings: Settings {
                slow_turn: Cell::new(Duration::from_millis(100)),
                slow_turn_was_set: Cell::new(false),
                livelock_rounds: Cell::new(100_000),
                livelock_is_error: Cell::new(false),
                single_threaded: Cell::new(false),
                timer_slack: Cell::new(Duration::ZERO),
            },
            owners: Cell::new(0),
            stopping: Cell::new(false),
            interrupt: Cell::new(None),
            is_interrupted: Cell::new(false),
            rounds: Cell::new(0),
            still_since: Cell::new(0),
            still_at: Cell::new(None),
            handler: RefCell::default(),
            is_settling: Cell::new(false),
        })
    }

    /// Changes the table, and runs the errands that result. Nothing else borrows the table, and the code under this borrow is
    /// the loop's own. (`change` should have one caller: if it has several, it is compiled as a call.)
    #[inline(always)]
    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Tasks) -> T) -> T {
        let mut tasks = self.tasks.borrow_mut();
        let result = change(&mut tasks);
        let is_settled = tasks.outbox.is_empty();
        drop(tasks);
        if !is_settled {
            self.settle();
        }
        result
    }

    /// Like [`with`](Kernel::with), but for a change that usually leaves no errand. If there is one, it waits for the next
    /// `with`: no such errand wakes a task.
    #[inline(always)]
    pub(super) fn quietly<T>(&self, change: impl FnOnce(&mut Tasks) -> T) -> T {
        change(&mut self.tasks.borrow_mut())
    }

    /// Empties the outbox. What is done here can fill it again, and that waits for its turn instead of nesting: a task
    /// whose drop ends another, and so on, takes no stack.
    #[cold]
    #[inline(never)]
    fn settle(&self) {
        if self.is_settling.replace(true) {
            return;
        }
        while let Some(errand) = { self.tasks.borrow_mut().outbox.pop_front() } {
            // Foreign code. If it panics, that is nobody's turn, and the other errands are still to be done.
            self.contains(|| match errand {
                Errand::Wake(waker) => waker.wake(),
                Errand::DropWaker(waker) => drop(waker),
                Errand::DropBody(body) => drop_in_turn(body),
                Errand::DropRare(rare) => drop(rare),
                Errand::DropContext(context) => drop(context),
                Errand::DropCall(Call::Handle(call)) => drop(call),
                Errand::DropCall(Call::Done(call, key)) => {
                    drop(call);
                    self.release(key);
                }
                Errand::Unretrieved(key) => self.reports_unretrieved(key),
                Errand::Uncount(waker) => waker.is_uncounted(),
                Errand::Woken(key, by) => trace::woken(&Told {
                    by,
                    ..self.told(Some(key))
                }),
            });
        }
        self.is_settling.set(false);
    }

    /// Runs code that is not the loop's, on behalf of nobody: a panic in it goes to the exception handler.
    #[inline]
    pub(super) fn contains(&self, run: impl FnOnce()) {
        if let Err(panic) = catching(run) {
            self.reports("Exception ignored in a drop or a wake-up", &panic, None);
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// What somebody waits for has come. Returns `false` if nobody waits for it any longer.
    #[inline]
    pub(crate) fn gives(&self, wait: WaitId) -> bool {
        self.with(|tasks| tasks.given(wait))
    }

    /// What became of a wait.
    pub(crate) fn state(&self, wait: WaitId) -> State {
        self.quietly(|tasks| tasks.state(wait))
    }

    #[inline]
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    #[inline]
    pub(super) fn moment(&self) -> Moment {
        moment_of_now(self.clock.now())
    }

    /// The world outside, if the loop has to do with it.
    #[inline]
    pub(crate) fn outside(&self) -> Option<&Rc<dyn Outside>> {
        self.outside.get()
    }

    /// Returns `true` if waiting takes no real time.
    #[cfg(feature = "io")]
    pub(crate) fn has_virtual_clock(&self) -> bool {
        self.is_virtual
    }

    /// Sets the outside of a loop that has none. If it runs, it waits there from now on.
    pub(crate) fn has_outside(&self, outside: Rc<dyn Outside>) {
        let is_first = self.outside.set(outside).is_ok();
        debug_assert!(is_first, "a loop has one outside");
        if let (Some(outside), Some(pipe)) = (self.outside(), self.interrupts.pipe()) {
            outside.hears(pipe);
        }
        if self.chance().is_some() {
            self.inbox.is_simulated_here();
        }
        if let Some(interrupt) = self.interrupter() {
            self.inbox.waits_in_future(interrupt);
        }
    }

    /// What other threads end the loop's waits with, if it does not wait by its clock.
    pub(super) fn interrupter(&self) -> Option<Arc<dyn Interrupt>> {
        let outside = self.outside().and_then(|outside| outside.interrupter());
        let pipe = || Some(Arc::new(self.interrupts.pipe()?) as Arc<dyn Interrupt>);
        outside.or_else(pipe)
    }

    /// A run begins that hears Ctrl-C, if that is possible here. On a virtual clock it would find nothing to interrupt but a
    /// turn, and on a clock of the program's own, that clock does the waiting.
    pub(super) fn begins_to_hear(&self) -> Option<Hearing> {
        let hearing = self.is_real.then(Hearing::begins).flatten()?;
        self.interrupts.begins(&hearing);
        if let Some(outside) = self.outside() {
            outside.hears(hearing.pipe());
        }
        Some(hearing)
    }

    /// The program has had a handler of its own for Ctrl-C, and has one no longer. As in CPython, Ctrl-C does not cancel the main
    /// task after that, but ends the run.
    #[cfg(all(unix, feature = "io"))]
    pub(crate) fn ctrl_c_ends_the_run(&self) {
        self.interrupts.has_no_main();
    }

    /// The run is over. Returns `true` if Ctrl-C was pressed after its last round.
    pub(super) fn hears_no_longer(&self, hearing: Hearing) -> bool {
        if let Some(outside) = self.outside() {
            outside.hears_no_longer(hearing.pipe());
        }
        self.interrupts.ends()
    }

    /// Counts an operation on the outside world. Returns `true` if this turn has done its share of them and should yield first:
    /// a task that reads from a source that never runs dry does not have to wait, and would keep all others from running.
    pub(crate) fn has_done_its_share(&self) -> bool {
        let turn = self.quietly(|tasks| tasks.this_turn());
        let (of, done) = self.operations.get();
        let done = if of == turn { done + 1 } else { 1 };
        self.operations.set((turn, done));
        turn.is_some() && done > SHARE
    }

    /// What decides what happens next, in a simulation.
    #[inline]
    pub(crate) fn chance(&self) -> Option<&dyn Chance> {
        self.outside.get()?.chance()
    }

    /// Whoever watches the run, in a simulation.
    #[inline]
    pub(super) fn witness(&self) -> Option<&dyn Witness> {
        self.outside.get()?.witness()
    }

    /// Expects news from another thread, on which `call` is called here. In a simulation there is no other thread to wait
    /// for.
    pub(super) fn expects(&self, from: ExpectedFrom, call: Expected) -> u64 {
        let from = match self.chance() {
            Some(_) => ExpectedFrom::Inside,
            None => from,
        };
        self.replies.borrow_mut().opens(call, from)
    }

    /// Nobody waits for this any longer.
    pub(crate) fn expects_no_longer(&self, id: u64) {
        let call = self.replies.borrow_mut().takes(id);
        self.contains(|| drop(call)); // when the table is free
    }

    /// Returns `true` if something is expected that another thread will do.
    pub(super) fn expects_something(&self) -> bool {
        self.replies.borrow().counted() > 0
    }

    /// Returns `true` if the clock must not jump: a job runs, in real time. One that blocks until something in this loop is
    /// done waits for the loop's own time. (Such a job is counted even if this loop does not wait for it. Then time may pass
    /// while another job runs.)
    pub(super) fn time_stands_still(&self) -> bool {
        let counted = self.replies.borrow().counted();
        self.is_virtual && counted > self.inbox.blocked_jobs()
    }

    /// What is expected under this number has come. The callback has its turn in the next round.
    pub(super) fn has_reply(&self, id: u64) {
        let call = self.replies.borrow_mut().takes(id);
        if let Some(call) = call {
            self.call_soon(Rc::new(Once(Cell::new(Some(call)))));
        }
    }

    /// Returns the default executor, if the loop has one.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if it was shut down.
    pub(crate) fn default_executor(&self) -> Result<Option<Rc<dyn Executor>>, Exception> {
        self.executor.get()
    }

    pub(crate) fn set_default_executor(&self, executor: Rc<dyn Executor>) {
        if let Some(before) = self.executor.set(executor) {
            before.released(false);
        }
    }

    /// From now on the default executor cannot be used. Returns it, if there is one, to be shut down.
    pub(super) fn shuts_executor_down(&self) -> Option<Rc<dyn Executor>> {
        self.executor.shuts_down()
    }

    /// Returns an error if the loop is closed.
    #[inline]
    pub(crate) fn open(&self) -> Result<(), Exception> {
        match self.quietly(|tasks| tasks.closed) {
            true => Err(closed()),
            false => Ok(()),
        }
    }

    /// Calls a callback in the next round, after whatever other threads have asked for before.
    pub(crate) fn call_soon(&self, call: Rc<dyn Callable>) {
        self.takes_requests();
        let call = Call::Handle(call);
        let refused = self.with(|tasks| match tasks.closed {
            true => Some(call),
            false => {
                tasks.calls_soon(call);
                None
            }
        });
        drop(refused); // when the table is free
    }

    pub(super) fn call_at(&self, when: Duration, call: Rc<dyn Callable>) -> TimerId {
        let when = moment_of_deadline(when);
        self.with(|tasks| tasks.calls_at(when, Call::Handle(call)))
    }

    pub(super) fn cancel_call(&self, timer: TimerId) {
        let cancelled = self.with(|tasks| tasks.cancels_call(timer));
        drop(cancelled); // when the table is free
    }

    /// Does what other threads have asked for.
    #[inline]
    pub(super) fn takes_requests(&self) {
        if self.inbox.has_mail() {
            self.reads_mail();
        }
    }

    #[cold]
    fn reads_mail(&self) {
        for request in self.inbox.take() {
            match request {
                Request::Wake(waker) => {
                    waker.is_answered();
                    self.with(|tasks| tasks.woken(waker.task()));
                }
                Request::Call(call) => self.calls_once(call),
                Request::Reply(id) => {
                    let call = self.replies.borrow_mut().takes(id);
                    if let Some(call) = call {
                        self.calls_once(call);
                    }
                }
                Request::NoReply(id) => self.expects_no_longer(id),
            }
        }
    }

    fn calls_once(&self, call: Expected) {
        let call: Rc<dyn Callable> = Rc::new(Once(Cell::new(Some(call))));
        self.with(|tasks| tasks.calls_soon(Call::Handle(call)));
    }

    /// One handle less. What the last one leaves is dropped here, when the table is free.
    #[inline]
    pub(super) fn release(&self, key: Key) {
        match self.quietly(|tasks| tasks.released(key)) {
            Released::Nothing => {}
            Released::Freed(Some(body), None) if body.is_plain() => drop(body),
            Released::Freed(body, rare) => self.drops(body, rare),
            Released::Unseen => self.reports_unretrieved(key),
        }
    }

    /// Contained, because a handle can be dropped while a panic unwinds, and a second panic would abort.
    #[inline(never)]
    fn drops(&self, body: Option<BoxBody>, rare: Option<Box<Rare>>) {
        self.contains(|| {
            drop(rare);
            drop_in_turn(body);
        });
    }

    /// The key is counted as a handle, which goes with this.
    #[cold]
    #[inline(never)]
    fn reports_unretrieved(&self, key: Key) {
        let box_with_outcome = self.with(|tasks| tasks.lends(key)); // with which it is seen
        if let Some(mut outcome) = box_with_outcome {
            let exception = outcome.as_mut().failure();
            self.with(|tasks| tasks.gets_back(key, outcome));
            if let Some(exception) = exception {
                self.reports(TASK_NEVER_RETRIEVED, &exception, Some(key));
            }
        }
        self.release(key);
    }

    /// What the trace says of a task, and of this moment.
    #[cold]
    pub(super) fn told(&self, task: Option<Key>) -> Told {
        let at = moment_of_now(self.now());
        self.quietly(|tasks| Told {
            id: self.id,
            number: task.and_then(|task| tasks.number(task)),
            name: task.and_then(|task| tasks.name_if_there(task)),
            turn: task.map_or(0, |task| tasks.turns(task)),
            at,
            by: tasks.behind(),
        })
    }

    pub(super) fn set_handler(&self, handler: Option<Handler>) {
        let old = self.handler.replace(handler);
        self.contains(|| drop(old));
    }

    /// Notifies the exception handler; without one, it is a `tracing` event.
    #[cold]
    pub(crate) fn reports(&self, message: &'static str, exception: &Exception, task: Option<Key>) {
        self.reports_of(message, exception, task, None);
    }

    /// Like [`reports`](Kernel::reports), but reports for the callback of a handle.
    #[cold]
    pub(super) fn reports_of(
        &self,
        message: &'static str,
        exception: &Exception,
        task: Option<Key>,
        handle: Option<Box<dyn Any>>,
    ) {
        if let Some(witness) = self.witness() {
            witness.notes(exception);
        }
        let handler = self.handler.borrow().clone();
        let report = Report {
            message,
            exception,
            task,
            handle,
        };
        let Some(handler) = handler else {
            let told = self.told(task);
            return match message {
                TASK_NEVER_RETRIEVED | FUTURE_NEVER_RETRIEVED => {
                    trace::never_retrieved(&told, exception)
                }
                _ => trace::unhandled(&told, exception),
            };
        };
        if let Err(panic) = catching(|| handler(report)) {
            trace::handler_panicked(&self.told(None), &panic);
        }
    }

    /// Closes the loop: bodies and callbacks are dropped one after the other, and nothing more is accepted.
    pub(super) fn close(&self) {
        self.inbox.close();
        self.with(|tasks| {
            if !tasks.closed {
                tasks.closes();
            }
        });
        if let Some(outside) = self.outside() {
            self.contains(|| outside.closes());
        }
        let expected = self.replies.borrow_mut().takes_all();
        for call in expected {
            self.contains(|| drop(call)); // when the table is free
        }
        if let Some(executor) = self.executor.take() {
            self.contains(|| executor.released(true));
        }
        self.set_handler(None); // it may hold the loop
    }
}

/// A callback that has no handle: another thread has left it, or has replied to it.
struct Once(Cell<Option<Expected>>);

impl Callable for Once {
    fn call(&self) -> Option<Result<(), Exception>> {
        self.0.take().map(|call| call())
    }
}
