//! The jobs of a pool in a simulation: jobs that wait for a worker, and jobs that a worker has taken.

use std::collections::{BTreeMap, VecDeque};

use super::job::Job;

#[derive(Default)]
pub(super) struct SimulatedJobs {
    /// Those that no worker has taken.
    pub(super) waiting: VecDeque<Box<dyn Job>>,
    /// Those that a worker has taken, by their number. They have begun.
    taken: BTreeMap<u64, Box<dyn Job>>,
    next: u64,
    /// How many run now: more than one if a job waits for the end of the pool of another.
    pub(super) running: usize,
}

impl SimulatedJobs {
    /// Returns the job that has waited longest, if a worker is idle.
    pub(super) fn next_job(&mut self, max_workers: usize) -> Option<Box<dyn Job>> {
        match self.taken.len() < max_workers {
            true => self.waiting.pop_front(),
            false => None,
        }
    }

    /// A worker has taken the job. Returns its number.
    pub(super) fn begins(&mut self, job: Box<dyn Job>) -> u64 {
        let id = self.next;
        self.next += 1;
        self.taken.insert(id, job);
        id
    }

    /// Takes a job out, to run it.
    pub(super) fn takes(&mut self, id: u64) -> Option<Box<dyn Job>> {
        self.taken.remove(&id)
    }

    /// Takes any job out, begun jobs first. The returned `bool` is `true` if the job has begun.
    pub(super) fn next_to_end(&mut self) -> Option<(Box<dyn Job>, bool)> {
        match self.taken.pop_first() {
            Some((_, job)) => Some((job, true)),
            None => Some((self.waiting.pop_front()?, false)),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.taken.is_empty() && self.running == 0
    }
}
