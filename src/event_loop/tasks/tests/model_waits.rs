//! The waits of the [`model`](super::model).

use super::{
    model::{FutureNumber, Model, ModelFuture, ModelWait, Next, Said, Watch, What},
    *,
};

/// With what a future is polled.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Asks {
    Task,
    Inside(usize),
    AsBefore,
}

impl Asks {
    fn waker(self) -> Option<usize> {
        match self {
            Self::Inside(waker) => Some(waker),
            Self::Task | Self::AsBefore => None,
        }
    }
}

impl Model {
    /// The turns of whoever polls.
    fn turns(&self) -> u32 {
        self.running.map_or(0, |task| self.tasks[task].turns)
    }

    pub(super) fn begins_to_wait(
        &mut self,
        number: FutureNumber,
        id: WaitId,
        waker: Option<usize>,
    ) {
        let (by, turn) = (self.running, self.turns());
        let future = self.futures.get_mut(&number).expect("it is there");
        future.known = Some(id);
        future.wait = Some(ModelWait {
            id,
            by,
            state: State::Pending,
            waker,
            turn,
            is_shared: false,
        });
        match future.what {
            What::Sleep(until) => self.sets_timer(until, Next::Due(id)),
            What::End(task) => self.tasks[task].watchers.push(Watch::Wakes(number)),
            What::Line => {}
        }
    }

    /// A future asks, polled by the task itself or with a waker. The table has named the wait `id` then.
    pub(super) fn asks(&mut self, number: FutureNumber, poller: Asks, id: WaitId) -> State {
        if self.running.is_none() && poller == Asks::Task {
            self.stops(number); // a task of another loop
            return State::Lost;
        }
        let (by, turn) = (self.running, self.turns());
        let future = self.futures.get_mut(&number).expect("it is there");
        let Some(wait) = &mut future.wait else {
            future.known = None;
            return State::Lost;
        };
        let due = Next::Due(wait.id);
        let is_due = matches!(future.what, What::Sleep(_))
            && !self.timers.iter().any(|(_, next)| *next == due);
        let (state, moves) = (wait.state, wait.by != by);
        if state != State::Pending {
            (future.known, future.wait) = (None, None);
            return state;
        }
        let waker = match poller {
            Asks::Task | Asks::Inside(_) => {
                self.outbox.extend(wait.waker.map(Said::DropWaker));
                poller.waker()
            }
            Asks::AsBefore => wait.waker,
        };
        if moves && is_due {
            (future.known, future.wait) = (None, None);
            self.outbox.extend(waker.map(Said::DropWaker));
            return State::Given;
        }
        (wait.id, wait.by, wait.turn, wait.waker) = (id, by, turn, waker);
        future.known = Some(id);
        if moves {
            wait.is_shared = waker.is_some();
            let timer = self.timers.iter_mut().find(|(_, next)| *next == due);
            timer
                .into_iter()
                .for_each(|(_, next)| *next = Next::Due(id));
        }
        State::Pending
    }

    /// The wait of that name is over. Returns `false` if there is none.
    pub(super) fn is_over(&mut self, id: WaitId, state: State) -> bool {
        let mut waits = self.futures.values_mut().filter_map(|f| f.wait.as_mut());
        let Some(wait) = waits.find(|wait| wait.id == id) else {
            return false;
        };
        if wait.state != State::Pending {
            return false;
        }
        wait.state = state;
        let by = wait.by;
        match wait.waker.take() {
            Some(waker) => self.outbox.push(Said::Wake(waker)),
            None => self.schedules(by.expect("a callback polls with a waker")),
        }
        true
    }

    pub(super) fn cancelled(&mut self, id: WaitId) -> bool {
        let is_it = |future: &ModelFuture| future.wait.as_ref().is_some_and(|wait| wait.id == id);
        let found = self.futures.iter().find(|(_, future)| is_it(future));
        if let Some((&number, future)) = found
            && let What::End(task) = future.what
        {
            let watchers = &mut self.tasks[task].watchers;
            watchers.retain(|watch| *watch != Watch::Wakes(number));
        }
        self.timers.retain(|(_, next)| *next != Next::Due(id));
        self.is_over(id, State::Cancelled)
    }

    pub(super) fn stops(&mut self, number: FutureNumber) -> State {
        let future = self.futures.get_mut(&number).expect("it is there");
        let what = future.what;
        future.known = None;
        let Some(wait) = future.wait.take() else {
            return State::Lost;
        };
        self.outbox.extend(wait.waker.map(Said::DropWaker));
        if wait.state == State::Pending {
            self.timers.retain(|(_, next)| *next != Next::Due(wait.id));
            if let What::End(task) = what {
                self.tasks[task]
                    .watchers
                    .retain(|watch| *watch != Watch::Wakes(number));
            }
        }
        wait.state
    }

    /// The futures whose wait was polled in the task's last turn, in the order of their tickets.
    pub(super) fn fresh(&self, task: usize) -> Vec<FutureNumber> {
        let is_fresh = |wait: &ModelWait| {
            wait.by == Some(task) && wait.turn == self.tasks[task].turns && !wait.is_shared
        };
        self.waits_of(task, is_fresh)
    }

    pub(super) fn waits_of(
        &self,
        task: usize,
        which: impl Fn(&ModelWait) -> bool,
    ) -> Vec<FutureNumber> {
        let waits = self.futures.iter().filter_map(|(&number, future)| {
            let wait = future.wait.as_ref()?;
            (wait.by == Some(task) && which(wait)).then_some((wait.id.ticket, number))
        });
        let mut waits: Vec<_> = waits.collect();
        waits.sort_unstable();
        waits.into_iter().map(|(_, number)| number).collect()
    }

    /// Returns `true` if what the task waits for raises a `Cancelled` in its next turn.
    pub(super) fn awaits_cancelled(&self, task: usize) -> bool {
        self.fresh(task).into_iter().any(|number| {
            let future = &self.futures[&number];
            let state = future.wait.as_ref().map(|wait| wait.state);
            match (future.what, state) {
                (_, Some(State::Cancelled)) => true,
                (What::End(awaited), Some(State::Given)) => {
                    self.tasks[awaited].ended == Some(Ending::Cancelled)
                }
                _ => false,
            }
        })
    }
}
