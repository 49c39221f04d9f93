//! Runs in which all that is left to chance is a number.

mod choices;
mod faults;
mod network;
mod schedule;
mod simulated;

use std::{ops::Range, rc::Rc, time::Duration};

pub use choices::{Choice, Choices};
pub use faults::{Network, choose, network};
pub use schedule::{Misfit, ParseScheduleError, Schedule};
pub(crate) use simulated::network_of;

use choices::Chooser;
use network::{Conditions, SimulatedNetwork};
use simulated::Simulated;

use crate::{EventLoop, Exception, clock::VirtualClock};

/// A run of a program with a seed or a schedule, on a virtual clock and a network in memory.
#[derive(Clone, Debug)]
pub struct Simulation {
    by: By,
    conditions: Conditions,
}

#[derive(Clone, Debug)]
enum By {
    Seed(u64),
    Schedule(Schedule),
}

impl Simulation {
    /// Creates a simulation in which chance follows from a seed.
    pub fn new(seed: u64) -> Self {
        Self::by(By::Seed(seed))
    }

    /// Creates a simulation that repeats a run.
    pub fn replay(schedule: Schedule) -> Self {
        Self::by(By::Schedule(schedule))
    }

    fn by(by: By) -> Self {
        let conditions = Conditions {
            latency: Duration::from_millis(1)..Duration::from_millis(50),
            bandwidth: None,
            is_short: true,
            loses: true,
            duplicates: true,
            reorders: true,
        };
        Self { by, conditions }
    }

    /// Sets how long a message is under way.
    pub fn latency(mut self, latency: Range<Duration>) -> Self {
        self.conditions.latency = latency;
        self
    }

    /// Runs a program.
    pub fn run<T, F>(self, program: F) -> (Result<T, Exception>, Choices)
    where
        T: Clone + 'static,
        F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    {
        let clock = VirtualClock::new();
        let chooser = Rc::new(match self.by {
            By::Seed(seed) => Chooser::seeded(seed),
            By::Schedule(schedule) => Chooser::scheduled(schedule),
        });
        let network = SimulatedNetwork::new(clock.clone(), chooser.clone(), self.conditions);
        let network = Rc::new(network);
        let event_loop = EventLoop::with_clock(clock);
        event_loop.set_single_threaded(true);
        event_loop.set_livelock_is_error(true);
        event_loop.kernel().has_outside(Rc::new(Simulated {
            chooser: chooser.clone(),
            network: network.clone(),
        }));
        let result = event_loop.run(program);
        network.ends();
        (result, chooser.made())
    }
}
