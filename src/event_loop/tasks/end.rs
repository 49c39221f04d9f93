//! How a task ends, who is told, and when its row is free.

use std::num::NonZeroU64;

use super::*;

/// The name of the watcher that lies in the row itself.
pub(super) const IN_THE_ROW: CallbackId = CallbackId(NonZeroU64::MAX);

/// What is left to do when a handle is dropped.
pub(in super::super) enum Released {
    /// Others hold the task, or it has not ended.
    Nothing,
    /// The row is free. This is what was in it.
    Freed(Option<BoxBody>, Option<Box<Rare>>),
    /// It was the last handle of a task whose exception nobody has seen. The row stays: the handle is still counted.
    Unseen,
}

impl Tasks {
    /// The running task awaits another one. Returns `true` if that has ended; otherwise `wait` is the wait for its end.
    #[inline(always)]
    pub(in super::super) fn awaits(&mut self, awaited: Key, wait: &mut Option<WaitId>) -> bool {
        if self.row(awaited).flags.has(Flags::ENDED) {
            if let Some(id) = wait.take() {
                self.is_done_with(id);
            }
            return true;
        }
        if awaited == self.current {
            self.awaits_itself(wait);
        } else if !wait.as_mut().is_some_and(|id| self.asks(id) != State::Lost) {
            *wait = Some(self.begins_to_await(awaited, None));
        }
        false
    }

    /// That would wait forever. As in CPython, the error is raised in the next round.
    #[cold]
    fn awaits_itself(&mut self, wait: &mut Option<WaitId>) {
        if let Some(id) = wait.take() {
            self.stops(id); // another task has waited for this one, which polls now what that one polled
        }
        let error = Exception::new(crate::Kind::RuntimeError, "Task cannot await on itself");
        self.throws(self.current, error);
    }

    /// Like [`awaits`](Tasks::awaits), for something inside the running task.
    #[cold]
    pub(in super::super) fn awaits_inside(
        &mut self,
        awaited: Key,
        wait: &mut Option<WaitId>,
        waker: &mut Option<Waker>,
    ) -> bool {
        if self.row(awaited).flags.has(Flags::ENDED) {
            if let Some(id) = wait.take() {
                self.stops(id);
            }
            return true;
        }
        // A wait that is lost would take the waker with it, and the new one would wake the task only.
        if let Some(id) = wait
            && self.wait(*id).is_some()
        {
            self.asks_another(id, Poller::Inside(waker));
            return false;
        }
        *wait = Some(self.begins_to_await(awaited, waker.take()));
        false
    }

    #[inline(always)]
    fn begins_to_await(&mut self, awaited: Key, waker: Option<Waker>) -> WaitId {
        let id = self.next_wait();
        let row = self.row(awaited);
        let nobody_watches = row.watcher.is_none()
            && row
                .rare
                .as_ref()
                .is_none_or(|rare| rare.watchers.is_empty());
        // The watcher in the row is notified first, so it has to be the oldest.
        let watch = match nobody_watches {
            true => {
                row.watcher = Some(id);
                IN_THE_ROW
            }
            false => row.rare().watchers.add(Watcher::Wakes(id)),
        };
        self.begins_wait(id, WaitKind::Task(awaited, watch), waker);
        id
    }

    pub(super) fn unwatches(&mut self, awaited: Key, watch: CallbackId) {
        let Some(row) = self.find(awaited) else {
            return;
        };
        match watch {
            IN_THE_ROW => row.watcher = None,
            _ => {
                let rare = row.rare.as_mut();
                let removed = rare.and_then(|rare| rare.watchers.remove(watch));
                debug_assert!(
                    !matches!(removed, Some(Watcher::Calls(_))),
                    "a wait is no callback"
                );
            }
        }
    }

    pub(super) fn redirects_watcher(&mut self, awaited: Key, watch: CallbackId, wait: WaitId) {
        let Some(row) = self.find(awaited) else {
            return;
        };
        match watch {
            IN_THE_ROW => row.watcher = Some(wait),
            _ => row.rare().watchers.redirect(watch, wait),
        }
    }

    /// Adds a done callback. If the task has ended, it is called in the next round; if the loop is closed, it is dropped.
    pub(in super::super) fn calls_when_done(&mut self, key: Key, call: DoneCallback) -> CallbackId {
        let closed = self.closed;
        let row = self.row(key);
        if !row.flags.has(Flags::ENDED) && !closed {
            return row.rare().watchers.add(Watcher::Calls(call));
        }
        let id = row.rare().watchers.next_id();
        match closed {
            true => self.drops_done(key, call),
            false => self.schedules_done(key, call),
        }
        id
    }

    /// Removes a done callback and returns it. `None` if it is about to be called, or was.
    pub(in super::super) fn forgets_callback(
        &mut self,
        key: Key,
        id: CallbackId,
    ) -> Option<Watcher<DoneCallback>> {
        self.find(key)?.rare.as_mut()?.watchers.remove(id)
    }

    /// A task ends, its outcome in the box. Returns `false`, and nothing has changed, if it was cancelled in its last turn
    /// and returned nevertheless: then it has to be made to fail first.
    #[inline(always)]
    pub(in super::super) fn ends(
        &mut self,
        key: Key,
        body: &mut Option<BoxBody>,
        ending: Ending,
    ) -> bool {
        let row = self.row(key);
        if row.flags.has(Flags::MUST_CANCEL) && ending == Ending::Returned {
            return false;
        }
        std::mem::swap(&mut row.body, body);
        row.flags.remove(Flags::MUST_CANCEL);
        row.flags.add(match ending {
            Ending::Returned => Flags::ENDED,
            Ending::Failed | Ending::Interrupted => Flags(Flags::ENDED.0 | Flags::UNSEEN.0),
            Ending::Cancelled => Flags(Flags::ENDED.0 | Flags::CANCELLED.0),
            Ending::OfMain => unreachable!("the end of a stand-in is that of main"),
        });
        let watcher = row.watcher.take();
        let (is_held, has_rare, waits) = (row.handles > 0, row.rare.is_some(), row.waits.is_some());
        if let Some(wait) = watcher {
            self.given(wait);
        }
        if has_rare {
            self.notifies_watchers(key);
        }
        if waits || has_rare {
            self.stops_all(key.index); // one of the loop's futures can outlive the task that polled it
        }
        // Until here the task is the one behind what it wakes.
        self.current = Key::LOOP;
        if !is_held {
            self.frees_detached(key);
        }
        true
    }

    /// Nobody holds a task that ends: its outcome is dropped, or, if that is an exception, reported.
    #[inline(never)]
    fn frees_detached(&mut self, key: Key) {
        let row = self.row(key);
        if row.handles > 0 {
            return; // a done callback holds it
        }
        if row.flags.has(Flags::UNSEEN) {
            row.handles = 1;
            return self.outbox.push_back(Errand::Unretrieved(key));
        }
        let (body, rare) = self.frees(key.index);
        self.outbox.extend(body.map(Errand::DropBody));
        self.outbox.extend(rare.map(Errand::DropRare));
    }

    #[cold]
    #[inline(never)]
    fn notifies_watchers(&mut self, key: Key) {
        let rare = self.row(key).rare();
        let (watchers, own_waker) = (rare.watchers.take(), rare.own_waker.upgrade());
        let context = rare.context.take();
        self.outbox.extend(context.map(Errand::DropContext));
        self.outbox.extend(own_waker.map(Errand::Uncount));
        watchers.for_each(|watcher| match watcher {
            Watcher::Wakes(wait) => drop(self.given(wait)),
            Watcher::Calls(call) => self.schedules_done(key, call),
        });
    }

    fn schedules_done(&mut self, key: Key, call: DoneCallback) {
        self.row(key).handles += 1; // for the callback
        self.calls_soon(Call::Done(call, key));
    }

    /// A closed loop calls nothing, and keeps no callback: one that holds a handle would keep the loop's memory forever.
    fn drops_done(&mut self, key: Key, call: DoneCallback) {
        self.row(key).handles += 1; // as for a call
        let call = Call::Done(call, key);
        self.outbox.push_back(Errand::DropCall(call));
    }

    pub(in super::super) fn is_to_be_cancelled(&mut self, key: Key) -> bool {
        self.row(key).flags.has(Flags::MUST_CANCEL)
    }

    /// Takes the cancellation of a task that has returned all the same.
    pub(in super::super) fn takes_cancelled(&mut self, key: Key) -> Exception {
        let row = self.row(key);
        row.flags.remove(Flags::MUST_CANCEL);
        row.cancelled_error()
    }

    /// A task ended by a `Cancelled` of its body's own: the message of the request is used up, as in CPython.
    pub(in super::super) fn forgets_message(&mut self, key: Key) {
        if let Some(rare) = &mut self.row(key).rare {
            rare.message = Box::default();
        }
    }

    /// Counts one more handle.
    #[inline]
    pub(in super::super) fn shared(&mut self, key: Key) {
        self.row(key).handles += 1;
    }

    /// Counts one more handle, if the row is still the task's.
    pub(in super::super) fn shared_if_there(&mut self, key: Key) -> bool {
        let row = self.find(key);
        row.map(|row| row.handles += 1).is_some()
    }

    /// Counts one handle less.
    #[inline]
    pub(in super::super) fn released(&mut self, key: Key) -> Released {
        let row = self.row(key);
        if row.handles > 1 || !row.flags.has(Flags::ENDED) {
            row.handles -= 1;
            return Released::Nothing;
        }
        if row.flags.has(Flags::UNSEEN) {
            return Released::Unseen;
        }
        row.handles = 0;
        let (body, rare) = self.frees(key.index);
        Released::Freed(body, rare)
    }

    #[inline]
    fn frees(&mut self, index: u32) -> (Option<BoxBody>, Option<Box<Rare>>) {
        let row = &mut self.rows[index as usize];
        // A row whose generations are used up is not used again, so a key never finds another task.
        if let Some(next) = row.generation.checked_add(1) {
            row.generation = next;
            self.free.push(index);
        }
        row.turns = 0;
        // The tickets go on: a future that outlives its task still has one, and would find a wait of the row's next task.
        row.flags = Flags::FREE;
        (row.body.take(), row.rare.take())
    }

    /// Takes the box with the outcome of a task out, for code that clones it. It has to be put back.
    #[inline]
    pub(in super::super) fn lends(&mut self, key: Key) -> Option<BoxBody> {
        let row = self.row(key);
        match row.flags.has(Flags::ENDED) {
            true => {
                row.flags.remove(Flags::UNSEEN); // whoever looks has seen it
                row.body.take()
            }
            false => None,
        }
    }

    /// Returns the box with the outcome of a task that has ended, for code that only moves the outcome. The outcome counts as
    /// seen.
    #[inline]
    pub(in super::super) fn outcome(&mut self, key: Key) -> Option<&mut BoxBody> {
        let row = self.row(key);
        row.flags.remove(Flags::UNSEEN);
        row.body.as_mut().filter(|_| row.flags.has(Flags::ENDED))
    }

    /// The exception with which a task ended, when the caller only shows it: the exception does not count as seen.
    pub(in super::super) fn peeks(&mut self, key: Key) -> Option<Exception> {
        let body = self.row(key).body.as_mut()?;
        body.as_mut().failure()
    }

    #[inline]
    pub(in super::super) fn gets_back(&mut self, key: Key, body: BoxBody) {
        self.row(key).body = Some(body);
    }

    /// The loop is closed: nothing will run again. Bodies and callbacks go into the outbox, one by one: a task may hold
    /// another, and that the next, and what is dropped may look at this table.
    pub(in super::super) fn closes(&mut self) {
        self.closed = true;
        self.ready = Vec::new();
        self.outbox
            .extend(self.calls.take_all().map(Errand::DropCall));
        for key in self.living() {
            let row = self.row(key);
            let body = row.body.take();
            let watchers = row.rare.as_mut().map(|rare| rare.watchers.take());
            let context = row.rare.as_mut().and_then(|rare| rare.context.take());
            self.outbox.extend(context.map(Errand::DropContext));
            self.outbox.extend(body.map(Errand::DropBody));
            watchers.unwrap_or_default().for_each(|watcher| {
                if let Watcher::Calls(call) = watcher {
                    self.drops_done(key, call);
                }
            });
        }
        self.timers = Timers::new();
    }
}
