//! One run, and all that is known of it afterwards.

use std::rc::Rc;

use super::{
    choices::{ByKind, Choices, Chooser},
    network::{Conditions, SimulatedNetwork},
    schedule::{Misfit, Schedule},
    simulated::Simulated,
    watch::{Log, Watch},
};
use crate::{EventLoop, Exception, clock::VirtualClock};

/// How a run is made.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) by: By,
    pub(super) conditions: Conditions,
    pub(super) most_turns: u64,
    pub(super) is_logged: bool,
}

/// The source of the choices.
#[derive(Clone, Debug)]
pub(super) enum By {
    Seed(u64),
    /// It has to fit the program.
    Schedule(Schedule),
    /// A guess. What does not fit is left out.
    Guess(Schedule),
    /// A guess whose entries are found by their kind.
    GuessByKind(ByKind),
}

/// What came of a run.
pub(super) struct Outcome<T> {
    pub(super) result: Result<T, Exception>,
    pub(super) choices: Choices,
    pub(super) misfit: Option<Misfit>,
    /// A panic that nobody awaited. A test fails by it, although the program does not.
    pub(super) panic: Option<Exception>,
    /// Empty if the run was not logged.
    pub(super) log: Log,
}

impl Setup {
    pub(super) fn run<T, F>(self, program: F) -> Outcome<T>
    where
        T: Clone + 'static,
        F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    {
        let clock = VirtualClock::new();
        let chooser = Rc::new(match self.by {
            By::Seed(seed) => Chooser::seeded(seed),
            By::Schedule(schedule) => Chooser::scheduled(schedule),
            By::Guess(schedule) => Chooser::guessed(schedule),
            By::GuessByKind(wanted) => Chooser::guessed_by_kind(wanted),
        });
        let network = SimulatedNetwork::new(clock.clone(), chooser.clone(), self.conditions);
        let simulated = Rc::new(Simulated {
            chooser: chooser.clone(),
            network: Rc::new(network),
            watch: Watch::new(self.is_logged, self.most_turns),
        });
        let event_loop = EventLoop::with_clock(clock);
        event_loop.set_single_threaded(true);
        event_loop.set_livelock_is_error(true);
        event_loop.kernel().has_outside(simulated.clone());
        let result = event_loop.run(program); // which closes the loop, and with it the network
        Outcome {
            result,
            choices: chooser.made(),
            misfit: chooser.misfit(),
            panic: simulated.watch.takes_panic(),
            log: simulated.watch.takes_log(),
        }
    }
}

impl<T> Outcome<T> {
    /// What makes a test of the program fail, if anything does.
    pub(super) fn failure(&self) -> Option<Exception> {
        if let Some(misfit) = &self.misfit {
            return Some(misfit.clone().into());
        }
        self.result.as_ref().err().or(self.panic.as_ref()).cloned()
    }

    pub(super) fn without_result(self) -> Outcome<()> {
        Outcome {
            result: self.result.map(drop),
            choices: self.choices,
            misfit: self.misfit,
            panic: self.panic,
            log: self.log,
        }
    }
}
