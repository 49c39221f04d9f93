//! What else happens in a run at random: wake-ups, cancellations, handles and callbacks that come and go.

use std::rc::Rc;

use super::{
    model::{Next, Watch, What},
    random::{Nothing, Run, WAKERS},
    *,
};

impl Run {
    pub(super) fn gives(&mut self) {
        let lines = self.model.futures.values();
        let lines = lines.filter(|future| future.what == What::Line);
        let known: Vec<WaitId> = lines.filter_map(|future| future.known).collect();
        if !known.is_empty() {
            let id = known[self.random.below(known.len())];
            assert_eq!(self.table.given(id), self.model.is_over(id, State::Given));
        }
    }

    pub(super) fn wakes(&mut self) {
        if let Some(number) = self.any_task() {
            self.table.woken(self.model.tasks[number].key);
            if self.model.tasks[number].lives() {
                self.model.schedules(number);
            }
        }
    }

    pub(super) fn cancels(&mut self) {
        let Some(number) = self.any_task() else {
            return;
        };
        let task = &mut self.model.tasks[number];
        let is_asked = self.table.asked_to_cancel(task.key);
        assert_eq!(is_asked, task.lives());
        match is_asked {
            true => {
                task.requests += 1;
                self.passes_on(number);
            }
            false => task.is_unseen = false,
        }
    }

    /// A cancellation passes through a task. (To the tasks that it awaits it does not go on here.)
    pub(super) fn passes_on(&mut self, number: usize) {
        let key = self.model.tasks[number].key;
        let fresh = self.model.fresh(number);
        let waits: Vec<_> = fresh
            .iter()
            .filter_map(|future| Some(self.model.futures[future].wait.as_ref()?.id))
            .collect();
        assert_eq!(self.table.begins_to_cancel(key), waits);
        let (mut is_taken, mut is_late) = (false, false);
        for (future, id) in fresh.iter().zip(waits) {
            let future = &self.model.futures[future];
            let is_pending = future.wait.as_ref().map(|wait| wait.state) == Some(State::Pending);
            is_late |= !is_pending;
            if !matches!(future.what, What::End(_)) {
                assert_eq!(self.table.cancelled(id, ""), is_pending);
                if is_pending {
                    is_taken = self.model.cancelled(id);
                }
            }
        }
        self.table.has_cancelled(key);
        if !is_taken {
            self.table.must_cancel(key, "", is_late);
            self.model.tasks[number].must_cancel = true;
            if !is_late && self.model.running != Some(number) {
                self.model.schedules(number);
            }
        }
    }

    /// A limit inside the running task cancels what is polled with its waker.
    pub(super) fn cancels_inside(&mut self) {
        let Some(number) = self.any_task() else {
            return;
        };
        let waker = self.random.below(WAKERS);
        let key = self.model.tasks[number].key;
        let waits = self
            .model
            .waits_of(number, |wait| wait.waker == Some(waker));
        let known = self.wakers[waker].clone();
        assert_eq!(self.table.cancels_inside(key, &known), !waits.is_empty());
        for future in waits {
            let wait = self.model.futures[&future].wait.as_ref();
            let id = wait.expect("it is one of these").id;
            assert!(self.model.cancelled(id));
        }
    }

    pub(super) fn withdraws(&mut self) {
        if let Some(number) = self.any_task() {
            let task = &mut self.model.tasks[number];
            task.requests = task.requests.saturating_sub(1);
            assert_eq!(self.table.uncancels(task.key), task.requests);
            if task.requests == 0 {
                task.must_cancel = false;
                task.thrown.take_if(|thrown| *thrown == Kind::Cancelled);
            }
        }
    }

    pub(super) fn shares_or_releases(&mut self) {
        let Some(number) = self.any_task() else {
            return;
        };
        let task = &mut self.model.tasks[number];
        if self.random.one_in(5) {
            self.table.shared(task.key);
            task.handles += 1;
            task.free_handles += 1;
        } else if task.free_handles > 0 {
            task.free_handles -= 1;
            self.releases(number);
        }
    }

    pub(super) fn releases(&mut self, number: usize) {
        let key = self.model.tasks[number].key;
        let word = match self.table.released(key) {
            Released::Nothing => "nothing",
            Released::Freed(..) => "freed",
            Released::Unseen => "unseen",
        };
        assert_eq!(word, self.model.released(number));
        if word == "unseen" {
            self.reports(number);
        }
    }

    /// What the kernel does with an exception that nobody has seen.
    pub(super) fn reports(&mut self, number: usize) {
        let key = self.model.tasks[number].key;
        let mut outcome = self.table.lends(key).expect("it has ended");
        assert!(outcome.as_mut().failure().is_some());
        self.table.gets_back(key, outcome);
        self.model.tasks[number].is_unseen = false;
        self.releases(number);
    }

    pub(super) fn adds_or_removes_a_callback(&mut self) {
        let Some(number) = self.any_task() else {
            return;
        };
        let task = &mut self.model.tasks[number];
        let callback = task.watchers.iter().find_map(|watch| match watch {
            Watch::Calls(id) => Some(*id),
            Watch::Wakes(_) => None,
        });
        match callback.filter(|_| self.random.one_in(2)) {
            Some(id) => {
                assert!(self.table.forgets_callback(task.key, id).is_some());
                task.watchers.retain(|watch| *watch != Watch::Calls(id));
            }
            None => {
                let id = self.table.calls_when_done(task.key, Box::new(|_| Ok(())));
                match task.lives() {
                    true => task.watchers.push(Watch::Calls(id)),
                    false => self.model.calls_done(number),
                }
            }
        }
    }

    pub(super) fn calls_later_or_not(&mut self) {
        self.called += 1;
        let next = Next::Call(None, self.called);
        match self.random.below(3) {
            0 => {
                self.table.calls_soon(Call::Handle(Rc::new(Nothing)));
                self.model.ready.push_back(next);
            }
            1 => {
                let when = self.now + self.random.below(9) as Moment;
                let call = Call::Handle(Rc::new(Nothing));
                self.alarms.push((self.table.calls_at(when, call), next));
                self.model.sets_timer(when, next);
            }
            _ if self.alarms.is_empty() => {}
            _ => {
                let place = self.random.below(self.alarms.len());
                let (timer, next) = self.alarms.swap_remove(place);
                let is_set = self.model.timers.iter().any(|(_, set)| *set == next);
                assert_eq!(self.table.cancels_call(timer).is_some(), is_set);
                self.model.timers.retain(|(_, set)| *set != next);
            }
        }
    }

    pub(super) fn notes_stale(&mut self, id: Option<WaitId>) {
        let waits = self.model.futures.values();
        let mut waits = waits.filter_map(|future| future.wait.as_ref());
        let is_there = waits.any(|wait| Some(wait.id) == id);
        if !is_there && self.stale.len() < 100 {
            self.stale.extend(id);
        }
    }

    pub(super) fn uses_what_is_stale(&mut self) {
        if !self.stale.is_empty() {
            let place = self.random.below(self.stale.len());
            let id = self.stale.swap_remove(place);
            assert!(!self.table.given(id) && !self.table.cancelled(id, ""));
            assert_eq!(self.table.stops(id), State::Lost);
        }
        let gone = self.model.tasks.iter().rev().find(|task| task.is_free);
        if let Some(key) = gone.map(|task| task.key) {
            self.table.woken(key);
            assert!(!self.table.asked_to_cancel(key));
            assert!(!self.table.shared_if_there(key));
        }
    }
}
