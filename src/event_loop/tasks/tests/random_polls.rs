//! Random futures of a run: polled by tasks, inside tasks, by callbacks and by other loops; and dropped.

use super::{
    model::{FutureNumber, ModelFuture, What},
    model_waits::Asks,
    random::{FUTURES, Run, WAKERS},
    *,
};

impl Run {
    /// Polls a future: a new one, or one that was polled before, perhaps by another task.
    pub(super) fn polls(&mut self) {
        let waker = self.random.one_in(3).then(|| self.random.below(WAKERS));
        if self.model.futures.len() < FUTURES && self.random.one_in(2) {
            let number = self.new_future();
            return self.polls_a_future(number, waker);
        }
        if let Some(number) = self.any_future() {
            self.polls_a_future(number, waker);
        }
    }

    fn new_future(&mut self) -> FutureNumber {
        let what = match (self.random.below(3), self.any_task()) {
            (0, _) => What::Sleep(self.now + self.random.below(9) as Moment),
            (1, Some(task)) => What::End(task),
            _ => What::Line,
        };
        if let What::End(task) = what {
            self.table.shared(self.model.tasks[task].key);
            self.model.tasks[task].handles += 1;
        }
        self.futures += 1;
        let (known, wait) = (None, None);
        let future = ModelFuture { what, known, wait };
        self.model.futures.insert(self.futures, future);
        self.futures
    }

    fn polls_a_future(&mut self, number: FutureNumber, waker: Option<usize>) {
        // What polls outside of turns is a callback, which has a waker; or a task of another loop.
        let is_elsewhere = self.model.running.is_none();
        let future = &self.model.futures[&number];
        let (what, known) = (future.what, future.known);
        if let What::End(task) = what {
            let waker = waker.or(is_elsewhere.then_some(0));
            self.polls_an_end(number, task, waker);
            return self.notes_stale(known);
        }
        if let Some(mut id) = known {
            let asks = self.asks(id, waker);
            let mut cloned = match asks {
                Asks::Task | Asks::AsBefore => None,
                Asks::Inside(n) => Some(self.wakers[n].clone()),
            };
            let inside = Poller::Inside(&mut cloned);
            let state = match asks {
                Asks::Task => self.table.asks(&mut id),
                Asks::AsBefore | Asks::Inside(_) => self.table.asks_another(&mut id, inside),
            };
            assert_eq!(state, self.model.asks(number, asks, id));
            self.notes_stale(known);
            if state != State::Lost {
                return;
            }
        }
        let waker = waker.or(is_elsewhere.then_some(0));
        let cloned = waker.map(|n| self.wakers[n].clone());
        let id = match what {
            What::Sleep(until) => self.table.sleeps(until, cloned),
            What::Line | What::End(_) => self.table.waits(LINE, cloned),
        };
        self.model.begins_to_wait(number, id, waker);
    }

    fn asks(&mut self, id: WaitId, waker: Option<usize>) -> Asks {
        match waker {
            None => Asks::Task,
            Some(n) if self.table.knows_waker(id, &self.wakers[n]) => Asks::AsBefore,
            Some(n) => Asks::Inside(n),
        }
    }

    fn polls_an_end(&mut self, number: FutureNumber, task: usize, waker: Option<usize>) {
        let key = self.model.tasks[task].key;
        let known = self.model.futures[&number].known;
        let asks = known.map_or(Asks::Task, |id| self.asks(id, waker));
        let mut wait = known;
        let mut cloned = match asks {
            Asks::AsBefore => None,
            Asks::Task | Asks::Inside(_) => waker.map(|n| self.wakers[n].clone()),
        };
        let has_ended = match waker {
            None => self.table.awaits(key, &mut wait),
            Some(_) => self.table.awaits_inside(key, &mut wait, &mut cloned),
        };
        assert_eq!(has_ended, !self.model.tasks[task].lives());
        if has_ended {
            assert_eq!(wait, None);
            self.model.stops(number);
            return;
        }
        if waker.is_none() && self.model.running == Some(task) {
            // Perhaps another task has waited here before: a task that awaits itself waits for nothing.
            assert_eq!(wait, None);
            self.model.stops(number);
            self.awaited_itself(task);
        } else if self.model.futures[&number].wait.is_some() {
            let id = wait.expect("it still waits");
            // What was cancelled inside waits for nothing any longer, and the limit around it raises that.
            let state = self.model.asks(number, asks, id);
            assert!(matches!(state, State::Pending | State::Cancelled));
        } else {
            let id = wait.expect("it has begun to wait");
            self.model.begins_to_wait(number, id, waker);
        }
    }

    pub(super) fn awaits_itself(&mut self) {
        if let Some(task) = self.model.running {
            let mut wait = None;
            assert!(!self.table.awaits(self.model.tasks[task].key, &mut wait));
            assert_eq!(wait, None);
            self.awaited_itself(task);
        }
    }

    fn awaited_itself(&mut self, task: usize) {
        let is = &mut self.model.tasks[task];
        (is.thrown, is.has_news) = (Some(Kind::RuntimeError), true);
        self.model.schedules(task);
    }

    pub(super) fn drops_a_future(&mut self) {
        let Some(number) = self.any_future() else {
            return;
        };
        let known = self.model.futures[&number].known;
        if let Some(id) = known {
            assert_eq!(self.table.stops(id), self.model.stops(number));
        }
        let future = self.model.futures.remove(&number).expect("it is there");
        self.notes_stale(known);
        if let What::End(task) = future.what {
            self.releases(task);
        }
    }
}
