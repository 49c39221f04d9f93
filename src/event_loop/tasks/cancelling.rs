//! The effect of a cancellation on one task. How a cancellation passes from a task to what the task waits for is in
//! [`waits::cancelling`](super::super::waits::cancelling).

use super::*;
use crate::Kind;

impl Tasks {
    /// Requests that a task stop. Returns `false` if the task has ended, or if a cancellation is passing through it: in a cycle
    /// of tasks that wait for each other, the cancellation stops at the last one.
    pub(in super::super) fn asked_to_cancel(&mut self, key: Key) -> bool {
        let Some(row) = self.find(key) else {
            return false;
        };
        if row.flags.has(Flags::ENDED) {
            row.flags.remove(Flags::UNSEEN); // as in CPython: whoever cancels it does not want to know
            return false;
        }
        if row.flags.has(Flags::BEING_CANCELLED) {
            return false;
        }
        row.rare().cancel_requests += 1;
        true
    }

    /// A cancellation begins to pass through a task. Returns the waits that it goes to first.
    pub(in super::super) fn begins_to_cancel(&mut self, key: Key) -> Vec<WaitId> {
        self.row(key).flags.add(Flags::BEING_CANCELLED);
        self.fresh_waits(key)
    }

    /// Ends a wait because the task that waits is cancelled. Returns `false` if it is over already.
    pub(in super::super) fn cancelled(&mut self, id: WaitId, message: &str) -> bool {
        let unhooked = match self.wait(id) {
            Some((wait, State::Pending)) => wait.clone(),
            _ => return false,
        };
        self.unhooks(&unhooked);
        self.rows[id.row as usize].rare().wait_message = message.into();
        self.is_over(id, State::Cancelled)
    }

    /// Cancels the waits of what is polled with this waker inside a task. Returns `false` if there are none.
    pub(in super::super) fn cancels_inside(&mut self, key: Key, waker: &Waker) -> bool {
        let Some(rare) = self.find(key).and_then(|row| row.rare.as_ref()) else {
            return false;
        };
        let others = rare.others.iter().filter(|(_, other)| {
            let polled_with = other.waker.as_ref();
            other.wait.raises()
                && polled_with.is_some_and(|polled_with| polled_with.will_wake(waker))
        });
        let row = key.index;
        let waits: Vec<_> = others.map(|(&ticket, _)| WaitId { row, ticket }).collect();
        let mut any = false;
        for wait in waits {
            any |= self.cancelled(wait, "");
        }
        any
    }

    /// A cancellation has passed through all that a task waits for.
    pub(in super::super) fn has_cancelled(&mut self, key: Key) {
        self.row(key).flags.remove(Flags::BEING_CANCELLED);
    }

    /// Nothing that the task waits for took the cancellation, so the task itself is to raise `Cancelled`. If the task is
    /// running now, this happens at its next wait. Otherwise it happens when the wait is over if `is_woken` is `true`, and in
    /// the next round if it is `false`.
    pub(in super::super) fn must_cancel(&mut self, key: Key, message: &str, is_woken: bool) {
        let is_running = key == self.current;
        let row = self.row(key);
        row.flags.add(Flags::MUST_CANCEL);
        // As in CPython, the task remembers the message only now: if what it waits for takes the cancellation, the message is
        // in the exception that arrives from there, and nowhere else.
        row.rare().message = message.into();
        if !is_woken && !is_running {
            self.schedules_woken(key.index);
        }
    }

    /// A turn ends in which the task was cancelled: the request is passed on to what it waits for now.
    pub(in super::super) fn takes_cancel(&mut self, key: Key) -> String {
        let row = self.row(key);
        row.flags.remove(Flags::MUST_CANCEL);
        row.message().to_owned()
    }

    /// The exception to be raised at a wait that was cancelled.
    #[cold]
    pub(in super::super) fn cancelled_wait(&mut self, id: WaitId) -> Exception {
        let message = self.rows[id.row as usize].rare().wait_message.clone();
        Exception::new(Kind::Cancelled, message.into_string())
    }

    /// The `Cancelled` of a task. If it ended so, whoever asks first gets the very exception from the box; the others get one
    /// with the message of the request, as in CPython.
    pub(in super::super) fn cancelled_error(&mut self, key: Key) -> Exception {
        let row = self.row(key);
        if !row.flags.has(Flags::CANCELLED) {
            return row.cancelled_error();
        }
        let first = row
            .body
            .as_mut()
            .and_then(|body| body.as_mut().take_failure());
        first.unwrap_or_else(|| row.cancelled_error())
    }

    pub(in super::super) fn cancel_message(&self, key: Key) -> String {
        self.look_up(key)
            .map_or_else(String::new, |row| row.message().to_owned())
    }

    pub(in super::super) fn cancel_requests(&self, key: Key) -> usize {
        let rare = self.look_up(key).and_then(|row| row.rare.as_ref());
        rare.map_or(0, |rare| rare.cancel_requests)
    }

    /// Withdraws one request, and returns how many remain.
    pub(in super::super) fn uncancels(&mut self, key: Key) -> usize {
        let row = self.row(key);
        let Some(rare) = &mut row.rare else {
            return 0;
        };
        rare.cancel_requests = rare.cancel_requests.saturating_sub(1);
        let left = rare.cancel_requests;
        if left == 0 {
            // A `Cancelled` that nothing has raised so far, in this turn either, is discarded.
            rare.thrown
                .take_if(|thrown| thrown.kind() == Kind::Cancelled);
            row.flags.remove(Flags::MUST_CANCEL);
        }
        left
    }
}

impl Row {
    fn message(&self) -> &str {
        self.rare.as_ref().map_or("", |rare| &*rare.message)
    }

    pub(super) fn cancelled_error(&self) -> Exception {
        Exception::new(Kind::Cancelled, self.message().to_owned())
    }
}
