//! The random runs: after each transition the table and the model agree.

use super::{
    model::{Next, Said},
    random::Run,
    *,
};

impl Run {
    /// Compares what there is, and does the errands.
    fn agrees(&mut self) {
        self.errands_agree();
        self.model.forgets_gone();
        self.jobs_agree();
        self.tasks_agree();
        for future in self.model.futures.values() {
            let state = future.wait.as_ref().map_or(State::Lost, |wait| wait.state);
            let known = future.known.map_or(State::Lost, |id| self.table.state(id));
            assert_eq!(known, state, "{:?}", future.known);
        }
        assert_eq!(self.table.timers.len(), self.model.timers.len());
        let running = self.model.running.map(|task| self.model.tasks[task].key);
        assert_eq!(self.table.current(), running);
    }

    fn jobs_agree(&self) {
        let pairs = [
            (&self.table.ready, &self.model.ready),
            (&self.jobs, &self.model.jobs),
        ];
        for (jobs, expected) in pairs {
            assert_eq!(jobs.len(), expected.len());
            for (job, next) in jobs.iter().zip(expected) {
                let is_same = match (job, next) {
                    (Job::Turn(key), Next::Turn(expected)) => key == expected,
                    (Job::Due(wait), Next::Due(expected)) => wait == expected,
                    (Job::Call(_), Next::Call(..)) => true,
                    (Job::Turn(_) | Job::Due(_) | Job::Call(_), _) => false,
                };
                assert!(is_same, "{next:?} was expected");
            }
        }
    }

    fn tasks_agree(&self) {
        for (_, task) in self.model.numbered() {
            let Some(row) = self.table.look_up(task.key) else {
                assert!(task.is_free, "{:?} is gone", task.key);
                continue;
            };
            assert!(!task.is_free, "{:?} is still there", task.key);
            assert_eq!(row.flags.has(Flags::ENDED), task.ended.is_some());
            assert_eq!(row.flags.has(Flags::SCHEDULED), task.is_scheduled);
            assert_eq!(row.flags.has(Flags::UNSEEN), task.is_unseen);
            assert_eq!(row.flags.has(Flags::MUST_CANCEL), task.must_cancel);
            assert_eq!(row.handles, task.handles);
            assert_eq!(row.turns, task.turns);
            assert_eq!(self.table.cancel_requests(task.key), task.requests);
            let is_cancelled = task.ended == Some(Ending::Cancelled);
            assert_eq!(self.table.ended_cancelled(task.key), is_cancelled);
        }
        let living: Vec<Key> = self.model.living().map(|task| task.key).collect();
        assert_eq!(self.table.living(), living);
    }

    fn errands_agree(&mut self) {
        let expected = std::mem::take(&mut self.model.outbox);
        let mut expected = expected.into_iter();
        while let Some(errand) = self.table.outbox.pop_front() {
            let said = match &errand {
                Errand::Wake(waker) => Said::Wake(self.name_of(waker)),
                Errand::DropWaker(waker) => Said::DropWaker(self.name_of(waker)),
                Errand::DropBody(_) => Said::DropBody,
                // Whether a task has one is the table's business; whether somebody listens, another test's.
                Errand::DropRare(_) | Errand::Woken(..) => continue,
                Errand::Unretrieved(key) => {
                    let number = self.number_of(*key).expect("its handle is counted");
                    self.reports(number);
                    Said::Unretrieved(number)
                }
                Errand::DropCall(_) | Errand::DropContext(_) | Errand::Uncount(_) => {
                    panic!("{} is no errand of these runs", word_of(&errand))
                }
            };
            assert_eq!(Some(said), expected.next());
        }
        assert_eq!(expected.next(), None);
    }

    fn name_of(&self, waker: &Waker) -> usize {
        let known = self.wakers.iter().position(|known| known.will_wake(waker));
        known.expect("it is one of these")
    }

    /// The loop is closed, and then all futures and handles are dropped.
    fn closes(mut self) {
        let living = self.model.living().count();
        let is_running = usize::from(self.model.running.is_some());
        self.body = None;
        self.table.closes();
        let errands: Vec<_> = self.table.outbox.drain(..).collect();
        let bodies = errands
            .iter()
            .filter(|errand| matches!(errand, Errand::DropBody(_)));
        assert_eq!(bodies.count(), living - is_running);
        for future in self.model.futures.values() {
            if let Some(id) = future.known {
                let expected = future.wait.as_ref().map_or(State::Lost, |wait| wait.state);
                assert_eq!(self.table.stops(id), expected);
            }
        }
        for row in &self.table.rows {
            let others = row.rare.as_ref().map_or(0, |rare| rare.others.len());
            assert!(row.waits.is_none() && others == 0, "a wait is left");
        }
    }
}

/// Each seed is another run, and a run is always the same.
fn runs(seed: u64, steps: u32) {
    let mut run = Run::new(seed);
    for step in 0..steps {
        run.step();
        run.agrees();
        if step % 4 == 0 {
            assert_invariant(&run.table, &run.jobs); // which takes longer than the step
        }
    }
    assert!(run.model.tasks.len() > 200, "a run has many whole lives");
    run.closes();
}

#[test]
fn random_transitions_agree_with_the_model() {
    for seed in 1..=20_u64 {
        runs(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), 10_000);
    }
}
