//! What a task waits for, from the poll that begins a wait to the poll that takes the outcome.

use std::num::NonZeroU32;

use super::*;

impl Tasks {
    /// The running task begins to wait. With a waker, it is something inside the task that does, and that is woken.
    #[inline(always)]
    pub(in super::super) fn waits(&mut self, wait: WaitKind, waker: Option<Waker>) -> WaitId {
        let id = self.next_wait();
        self.begins_wait(id, wait, waker);
        id
    }

    /// The running task sleeps.
    #[inline(always)]
    pub(in super::super) fn sleeps(&mut self, until: Moment, waker: Option<Waker>) -> WaitId {
        let id = self.next_wait();
        let timer = self.timers.set_at(until, Alarm::Wait(id));
        self.begins_wait(id, WaitKind::Sleep(timer), waker);
        id
    }

    #[inline(always)]
    pub(super) fn next_wait(&mut self) -> WaitId {
        let index = self.current.index;
        let row = &mut self.rows[index as usize];
        let next = row.tickets.wrapping_add(1);
        row.tickets = next;
        match NonZeroU32::new(next) {
            Some(ticket) if !row.flags.has(Flags::TICKETS_WRAPPED) => WaitId { row: index, ticket },
            _ => self.next_free_wait(index),
        }
    }

    /// After four billion waits a ticket may still be in use, by a wait that began a long time ago.
    #[cold]
    #[inline(never)]
    fn next_free_wait(&mut self, index: u32) -> WaitId {
        let row = &mut self.rows[index as usize];
        row.flags.add(Flags::TICKETS_WRAPPED);
        loop {
            if let Some(ticket) = NonZeroU32::new(row.tickets) {
                let others = row.rare.as_ref().map(|rare| &rare.others);
                let is_other = others.is_some_and(|others| others.contains_key(&ticket));
                if row.waits != Some(ticket) && !is_other {
                    return WaitId { row: index, ticket };
                }
            }
            row.tickets = row.tickets.wrapping_add(1);
        }
    }

    #[inline(always)]
    pub(super) fn begins_wait(&mut self, id: WaitId, wait: WaitKind, waker: Option<Waker>) {
        let row = &mut self.rows[id.row as usize];
        // The first wait of a turn lies in the row and costs no memory. `join!` and `select!` begin further ones.
        if row.waits.is_some() || waker.is_some() {
            return self.begins_another_wait(id, wait, waker);
        }
        row.waits = Some(id.ticket);
        row.wait = wait;
        row.state = State::Pending;
        row.flags.add(Flags::FRESH);
    }

    #[cold]
    #[inline(never)]
    fn begins_another_wait(&mut self, id: WaitId, wait: WaitKind, waker: Option<Waker>) {
        self.rows[id.row as usize].sets_aside(id.ticket, wait, State::Pending, waker);
    }

    /// Returns the state of a wait to a future that the task polls itself. If the wait is over, it is also forgotten. If another
    /// task asks, the wait moves to that task, and `id` changes. The wait keeps its timer and its place among the waiters.
    #[inline(always)]
    pub(in super::super) fn asks(&mut self, id: &mut WaitId) -> State {
        let row = &mut self.rows[id.row as usize];
        if row.waits != Some(id.ticket) || id.row != self.current.index {
            return self.asks_another(id, Poller::Task);
        }
        match row.state {
            State::Pending => row.flags.add(Flags::FRESH),
            State::Given | State::Cancelled | State::Lost => row.forgets_wait(),
        }
        row.state
    }

    /// Returns `true` if the wait has this waker already. (A waker is foreign, and is cloned before the table is borrowed.)
    pub(in super::super) fn knows_waker(&mut self, id: WaitId, waker: &Waker) -> bool {
        let known = self.other(id).and_then(|other| other.waker.as_ref());
        known.is_some_and(|known| known.will_wake(waker))
    }

    /// Like [`asks`](Tasks::asks), but handles a wait that is not in the row, or is not the task's own.
    #[cold]
    #[inline(never)]
    pub(in super::super) fn asks_another(&mut self, id: &mut WaitId, poller: Poller<'_>) -> State {
        // No task of this loop has its turn, and the poll is a task's own: the task is another loop's. A wait without a waker
        // would wake the loop's own row, which has no body.
        if self.current == Key::LOOP && matches!(poller, Poller::Task) {
            self.stops(*id);
            return State::Lost;
        }
        self.moves_out(*id);
        let turn = self.rows[self.current.index as usize].turns;
        let Some(other) = self.other(*id) else {
            return State::Lost;
        };
        let state = other.state;
        if state != State::Pending {
            self.takes_other(*id); // its waker was called
            return state;
        }
        other.turn = turn;
        let dropped = match poller {
            Poller::Task => other.waker.take(),
            Poller::Inside(None) => None,
            Poller::Inside(waker) => std::mem::replace(&mut other.waker, waker.take()),
        };
        self.outbox.extend(dropped.map(Errand::DropWaker));
        match id.row == self.current.index {
            true => State::Pending,
            false => self.moves(id),
        }
    }

    fn other(&mut self, id: WaitId) -> Option<&mut Other> {
        let rare = self.rows[id.row as usize].rare.as_mut()?;
        rare.others.get_mut(&id.ticket)
    }

    fn takes_other(&mut self, id: WaitId) -> Option<Other> {
        let rare = self.rows[id.row as usize].rare.as_mut()?;
        rare.others.remove(&id.ticket)
    }

    /// Moves a wait from the row to the others, because it is not the task's own any longer, or is asked for with a waker.
    fn moves_out(&mut self, id: WaitId) {
        let row = &mut self.rows[id.row as usize];
        if row.waits == Some(id.ticket) {
            let wait = row.takes_wait();
            row.sets_aside(id.ticket, wait, row.state, None);
        }
    }

    /// Moves a wait to the running task, which polls a future that another task has polled before.
    fn moves(&mut self, id: &mut WaitId) -> State {
        let other = self.takes_other(*id).expect("it was found");
        // A sleep that is due in this round: its timer was taken, and knows the wait by the name that it had.
        if matches!(other.wait, WaitKind::Sleep(timer) if self.timers.deadline(timer).is_none()) {
            self.outbox.extend(other.waker.map(Errand::DropWaker));
            return State::Given;
        }
        *id = self.next_wait();
        match &other.wait {
            WaitKind::Sleep(timer) => self.timers.set_value(*timer, Alarm::Wait(*id)),
            WaitKind::Task(key, watch) => self.redirects_watcher(*key, *watch, *id),
            // These are told by their future, which sees that the wait has another name.
            WaitKind::Line(_)
            | WaitKind::Lock(_)
            | WaitKind::Future(_)
            | WaitKind::Outside(_)
            | WaitKind::Foreign => {}
        }
        self.begins_wait(*id, other.wait, other.waker);
        if let Some(moved) = self.other(*id) {
            moved.is_shared = moved.waker.is_some();
        }
        State::Pending
    }

    /// What was waited for has come. Returns `false` if nobody waits for it any longer, or the waiting task was cancelled.
    #[inline]
    pub(in super::super) fn given(&mut self, id: WaitId) -> bool {
        self.is_over(id, State::Given)
    }

    #[inline(always)]
    pub(super) fn is_over(&mut self, id: WaitId, state: State) -> bool {
        let row = &mut self.rows[id.row as usize];
        if row.waits != Some(id.ticket) {
            return self.another_is_over(id, state);
        }
        if row.state != State::Pending {
            return false;
        }
        row.state = state;
        self.schedules_woken(id.row);
        true
    }

    #[cold]
    #[inline(never)]
    fn another_is_over(&mut self, id: WaitId, state: State) -> bool {
        match self.other(id) {
            Some(other) if other.state == State::Pending => {
                other.state = state;
                match other.waker.take() {
                    // Foreign code: it runs when the table is free.
                    Some(waker) => self.outbox.push_back(Errand::Wake(waker)),
                    None => self.schedules_woken(id.row),
                }
                true
            }
            _ => false,
        }
    }

    /// Forgets a wait for what has come.
    #[inline(always)]
    pub(in super::super) fn is_done_with(&mut self, id: WaitId) {
        let row = &mut self.rows[id.row as usize];
        match row.waits == Some(id.ticket) {
            true => row.forgets_wait(),
            false => drop(self.stops_another(id)),
        }
    }

    /// A future is dropped, or is done for another reason: nobody waits here any longer. Returns what became of the wait,
    /// so that whoever was woken for nothing can pass that on.
    #[inline]
    pub(in super::super) fn stops(&mut self, id: WaitId) -> State {
        let row = &mut self.rows[id.row as usize];
        if row.waits != Some(id.ticket) {
            return self.stops_another(id);
        }
        let state = row.state;
        let wait = row.takes_wait();
        // A wait that was cancelled was unhooked then. By now its place among the watchers can be another task's.
        if state == State::Pending {
            self.unhooks(&wait);
        }
        state
    }

    #[cold]
    #[inline(never)]
    fn stops_another(&mut self, id: WaitId) -> State {
        let Some(other) = self.takes_other(id) else {
            return State::Lost;
        };
        self.outbox.extend(other.waker.map(Errand::DropWaker));
        if other.state == State::Pending {
            self.unhooks(&other.wait);
        }
        other.state
    }

    /// Whatever would end the wait forgets it. (A line is left by the future that stands in it.)
    #[inline]
    pub(super) fn unhooks(&mut self, wait: &WaitKind) {
        match wait {
            WaitKind::Sleep(timer) => drop(self.timers.cancel(*timer)),
            WaitKind::Task(awaited, watch) => self.unwatches(*awaited, *watch),
            WaitKind::Line(_)
            | WaitKind::Lock(_)
            | WaitKind::Future(_)
            | WaitKind::Outside(_)
            | WaitKind::Foreign => {}
        }
    }

    /// Ends all waits of a task that has ended. Their futures live on elsewhere: whoever polls them next begins a new wait.
    #[cold]
    #[inline(never)]
    pub(super) fn stops_all(&mut self, row: u32) {
        let of = &self.rows[row as usize];
        let others = of.rare.iter().flat_map(|rare| rare.others.keys());
        let tickets: Vec<_> = of.waits.into_iter().chain(others.copied()).collect();
        for ticket in tickets {
            self.stops(WaitId { row, ticket });
        }
    }

    /// The waits that were polled in the task's last turn, in the order in which they began. Those that are shared with other
    /// tasks are left out.
    pub(in super::super) fn fresh_waits(&self, key: Key) -> Vec<WaitId> {
        let Some(of) = self.look_up(key) else {
            return Vec::new();
        };
        let others = of.rare.iter().flat_map(|rare| &rare.others);
        let others = others.filter(|(_, other)| other.turn == of.turns && !other.is_shared);
        let own = of.waits.iter().filter(|_| of.flags.has(Flags::FRESH));
        let tickets = own.chain(others.map(|(ticket, _)| ticket));
        let row = key.index;
        let mut waits: Vec<_> = tickets.map(|&ticket| WaitId { row, ticket }).collect();
        waits.sort_unstable_by_key(|wait| wait.ticket);
        waits
    }

    /// How many waits of the running task were polled in this turn, are pending, and raise what is thrown.
    pub(in super::super) fn own_waits(&self) -> usize {
        let row = &self.rows[self.current.index as usize];
        let own = row.waits.is_some()
            && row.flags.has(Flags::FRESH)
            && row.state == State::Pending
            && row.wait.raises();
        let others = row.rare.iter().flat_map(|rare| rare.others.values());
        let others = others.filter(|other| {
            other.turn == row.turns && other.state == State::Pending && other.wait.raises()
        });
        // A task that awaits itself is to get its error in the next round.
        let has_news = row.flags.has(Flags::THROWN);
        usize::from(own) + others.count() + usize::from(has_news)
    }

    pub(in super::super) fn wait(&self, id: WaitId) -> Option<(&WaitKind, State)> {
        let row = &self.rows[id.row as usize];
        if row.waits == Some(id.ticket) {
            return Some((&row.wait, row.state));
        }
        let other = row.rare.as_ref()?.others.get(&id.ticket)?;
        Some((&other.wait, other.state))
    }

    /// Returns `true` if what arrives in the task's next turn is a `Cancelled` by itself.
    pub(super) fn waits_for_what_was_cancelled(&self, key: Key) -> bool {
        let mut waits = self.fresh_waits(key).into_iter();
        waits.any(|id| match self.wait(id) {
            Some((_, State::Cancelled)) => true,
            Some((WaitKind::Task(awaited, _), State::Given)) => self.ended_cancelled(*awaited),
            Some((WaitKind::Future(future), State::Given)) => future.ended_cancelled(),
            _ => false,
        })
    }
}

impl Row {
    /// The wait in the row is over, and its future knows.
    #[inline(always)]
    pub(super) fn forgets_wait(&mut self) {
        self.waits = None;
        self.wait = WaitKind::Foreign;
    }

    #[inline(always)]
    fn takes_wait(&mut self) -> WaitKind {
        self.waits = None;
        std::mem::replace(&mut self.wait, WaitKind::Foreign)
    }

    /// Keeps a wait that was polled in this turn, but not in the row.
    #[cold]
    #[inline(never)]
    fn sets_aside(&mut self, ticket: Ticket, wait: WaitKind, state: State, waker: Option<Waker>) {
        let other = Other {
            wait,
            state,
            waker,
            is_shared: false,
            turn: self.turns,
        };
        self.rare().others.insert(ticket, other);
    }
}
