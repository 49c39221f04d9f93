//! A task's turns: from its spawning to the end of its last turn.

use super::*;
use crate::{lists, timers::TimerId};

/// What came of opening a round.
pub(in super::super) enum Opening {
    /// The jobs are out.
    Opened,
    /// The time is needed first, because a timer may be due.
    HasTimers,
    /// Nothing is ready.
    HasNothing,
}

/// What is special about a turn that begins.
pub(in super::super) enum News {
    Begins {
        /// The task's own waker, if it has one. Somebody may have dropped it.
        own_waker: Option<Weak<TaskWaker>>,
        /// Whether an exception is to be raised.
        throws: bool,
    },
    /// It was cancelled before its first turn: its body never runs.
    Never(Exception),
    /// It has ended.
    Gone,
}

impl Tasks {
    /// Adds a task, with one handle. It has its first turn in the next round. Returns the body if the loop is closed.
    #[inline]
    pub(in super::super) fn spawned(&mut self, body: BoxBody) -> Result<Key, BoxBody> {
        if self.closed {
            return Err(body);
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.grow(),
        };
        let number = self.spawned;
        self.spawned += 1;
        let row = &mut self.rows[index as usize];
        row.body = Some(body);
        row.handles = 1;
        row.number = number;
        row.flags = Flags::NONE;
        row.schedules(index, &mut self.ready);
        Ok(row.key(index))
    }

    /// Sets the context of a task; [`Key::LOOP`] means the task that has its turn. Returns the previous context, to be dropped.
    #[cold]
    pub(in super::super) fn gets_context(&mut self, key: Key, context: Context) -> Option<Context> {
        let key = match key == Key::LOOP {
            true => self.current,
            false => key,
        };
        self.row(key).rare().context.replace(context)
    }

    /// Adds a free row, and returns its index.
    #[cold]
    #[inline(never)]
    pub(super) fn grow(&mut self) -> u32 {
        let row = Row {
            body: None,
            rare: None,
            wait: WaitKind::Foreign,
            waits: None,
            state: State::Pending,
            flags: Flags::FREE,
            watcher: None,
            number: 0,
            generation: 0,
            handles: 0,
            turns: 0,
            tickets: 0,
        };
        lists::push(&mut self.rows, row);
        u32::try_from(self.rows.len() - 1).expect("fewer than 2^32 tasks fit into memory")
    }

    /// A round takes what is ready. What its jobs make ready is for the next round: the swap is the whole rule.
    #[inline]
    pub(in super::super) fn opens(&mut self, jobs: &mut Vec<Job>, may_wait: bool) -> Opening {
        if self.ready.is_empty() && may_wait {
            return Opening::HasNothing;
        }
        if !self.timers.is_empty() {
            return Opening::HasTimers;
        }
        jobs.clear();
        std::mem::swap(jobs, &mut self.ready);
        Opening::Opened
    }

    /// Like [`opens`](Tasks::opens), with what is due by now after what was ready before, as in asyncio.
    #[inline]
    pub(in super::super) fn opens_at(&mut self, jobs: &mut Vec<Job>, now: Moment) {
        if self.timers.may_be_due(now) {
            self.gives_due(now);
        }
        jobs.clear();
        std::mem::swap(jobs, &mut self.ready);
    }

    /// A round was interrupted: what it has not run stays ready, and comes first.
    pub(in super::super) fn reopens(&mut self, left: &[Job]) {
        self.ready.splice(0..0, left.iter().copied());
    }

    #[inline(never)]
    fn gives_due(&mut self, now: Moment) {
        while let Some(alarm) = self.timers.take_due_at(now) {
            self.ready.push(match alarm {
                Alarm::Wait(wait) => Job::Due(wait),
                Alarm::Call(call) => Job::Call(call),
            });
        }
    }

    /// A turn begins: the body goes out to be polled. Returns `false` if there is something to be known before that,
    /// which [`news`](Tasks::news) tells.
    #[inline(always)]
    pub(in super::super) fn begins(&mut self, key: Key, body: &mut Option<BoxBody>) -> bool {
        let Some(row) = self.rows.get_mut(key.index as usize) else {
            return false;
        };
        if row.generation != key.generation || row.flags.has(Flags::NEWS) {
            return false;
        }
        row.begins(body);
        self.current = key;
        true
    }

    /// Like [`begins`](Tasks::begins), but handles a turn that is not like others.
    pub(in super::super) fn news(&mut self, key: Key, body: &mut Option<BoxBody>) -> News {
        match self.find(key) {
            None => return News::Gone,
            Some(row) if row.flags.has(Flags::ENDED) => {
                row.flags.remove(Flags::SCHEDULED);
                return News::Gone;
            }
            Some(_) => {}
        }
        // If what it waited for was cancelled, that is the `Cancelled` that arrives; a second one would be one too many.
        let awaits_cancelled = self.waits_for_what_was_cancelled(key);
        self.current = key;
        let row = self.row(key);
        if row.flags.take(Flags::MUST_CANCEL) && !awaits_cancelled {
            let cancelled = row.cancelled_error();
            if row.turns == 0 {
                row.begins(body);
                // As in CPython, where throwing into a coroutine that has not started runs nothing of it.
                row.turns = 0;
                return News::Never(cancelled);
            }
            row.rare().thrown_next = Some(cancelled);
            row.flags.add(Flags::THROWN);
        }
        let throws = row.flags.take(Flags::THROWN);
        if throws {
            let rare = row.rare();
            rare.thrown = rare.thrown_next.take();
        }
        row.begins(body);
        let own_waker = row
            .rare
            .as_ref()
            .filter(|_| row.flags.has(Flags::OWN_WAKER));
        News::Begins {
            own_waker: own_waker.map(|rare| rare.own_waker.clone()),
            throws,
        }
    }

    /// The run of a main task is over. If the task has not ended, its stand-in goes out as at the beginning of a turn, so that
    /// the task can end.
    pub(in super::super) fn abandons(&mut self, key: Key, body: &mut Option<BoxBody>) -> bool {
        let Some(row) = self.find(key) else {
            return false;
        };
        if row.flags.has(Flags::ENDED) {
            return false;
        }
        std::mem::swap(&mut row.body, body);
        row.flags.remove(Flags::MUST_CANCEL);
        self.current = key;
        true
    }

    /// Takes the exception that is to be raised in the running task.
    pub(in super::super) fn takes_thrown(&mut self) -> Option<Exception> {
        self.row(self.current).rare.as_mut()?.thrown.take()
    }

    /// An exception is to be raised in a task, in the next round.
    pub(in super::super) fn throws(&mut self, key: Key, exception: Exception) {
        let row = &mut self.rows[key.index as usize];
        row.rare().thrown_next = Some(exception);
        row.flags.add(Flags::THROWN);
        row.schedules(key.index, &mut self.ready);
    }

    /// Ends a turn of a task that has not ended. Returns `true` if the task was cancelled in this turn: then its present waits
    /// are to be cancelled.
    #[inline(always)]
    pub(in super::super) fn suspends(
        &mut self,
        key: Key,
        body: &mut Option<BoxBody>,
        yields: bool,
    ) -> bool {
        self.current = Key::LOOP;
        let row = &mut self.rows[key.index as usize];
        std::mem::swap(&mut row.body, body);
        if yields {
            row.schedules(key.index, &mut self.ready);
        }
        row.flags.has(Flags::MUST_CANCEL)
    }

    /// A waker was called.
    pub(in super::super) fn woken(&mut self, key: Key) {
        let Some(row) = self.find(key) else {
            return;
        };
        if !row.flags.has(Flags::ENDED) && !self.closed {
            self.schedules_woken(key.index);
        }
    }

    /// Puts a task into the ready queue because somebody wakes it.
    #[inline]
    pub(super) fn schedules_woken(&mut self, index: u32) {
        let row = &mut self.rows[index as usize];
        if row.flags.has(Flags::SCHEDULED) {
            return;
        }
        // (In a closed loop, which has no round any more, this leads nowhere.)
        row.schedules(index, &mut self.ready);
        if super::super::trace::is_heard() {
            self.tells_woken(index);
        }
    }

    #[cold]
    fn tells_woken(&mut self, index: u32) {
        let row = &self.rows[index as usize];
        let key = row.key(index);
        // A task that wakes itself just goes on: its trace says `yielded`.
        if row.turns > 0 && key != self.current {
            self.outbox.push_back(Errand::Woken(key, self.behind()));
        }
    }

    /// Somebody has kept the waker that the loop had lent this task.
    #[cold]
    pub(in super::super) fn keeps(&mut self, key: Key, waker: Weak<TaskWaker>) {
        match self.find(key) {
            Some(row) if !row.flags.has(Flags::ENDED) => {
                row.flags.add(Flags::OWN_WAKER);
                row.rare().own_waker = waker;
            }
            _ => self.outbox.extend(waker.upgrade().map(Errand::Uncount)),
        }
    }

    /// Nobody holds the task's own waker any longer.
    pub(in super::super) fn loses_waker(&mut self, key: Key) {
        let row = self.row(key);
        if row.flags.take(Flags::OWN_WAKER) {
            row.rare().own_waker = Weak::new();
        }
    }

    /// Calls a callback in the next round.
    #[inline]
    pub(in super::super) fn calls_soon(&mut self, call: Call) {
        let cause = self.behind();
        let call = self.calls.add(call, cause);
        self.ready.push(Job::Call(call));
    }

    /// Calls a callback at that time. No task is named as its cause: the clock is the cause.
    #[inline]
    pub(in super::super) fn calls_at(&mut self, when: Moment, call: Call) -> TimerId {
        let call = self.calls.add(call, None);
        self.timers.set_at(when, Alarm::Call(call))
    }

    /// A callback's turn has come.
    #[inline]
    pub(in super::super) fn takes_call(&mut self, call: CallId) -> Option<Call> {
        let (call, cause) = self.calls.take(call)?;
        self.cause = cause;
        Some(call)
    }

    /// The callback is over.
    pub(in super::super) fn called(&mut self) {
        self.cause = None;
    }

    /// Cancels the timer of a callback. Returns what is to be dropped.
    #[inline]
    pub(in super::super) fn cancels_call(&mut self, timer: TimerId) -> Option<Call> {
        match self.timers.cancel(timer)? {
            Alarm::Call(call) => self.calls.take(call).map(|(call, _)| call),
            Alarm::Wait(_) => unreachable!("a handle has the timer of its callback"),
        }
    }
}

impl Row {
    /// Puts the task into the ready queue, unless it is there.
    #[inline(always)]
    pub(super) fn schedules(&mut self, index: u32, ready: &mut Vec<Job>) {
        if !self.flags.has(Flags::SCHEDULED) {
            self.flags.add(Flags::SCHEDULED);
            ready.push(Job::Turn(self.key(index)));
        }
    }

    #[inline]
    pub(super) fn begins(&mut self, body: &mut Option<BoxBody>) {
        std::mem::swap(&mut self.body, body);
        self.turns = self.turns.wrapping_add(1);
        self.flags.remove(Flags::FRESH_OR_SCHEDULED);
    }
}
