//! The stand-in for the world outside, in a simulation.

use std::{any::Any, rc::Rc, sync::Arc, time::Duration};

use super::{choices::Chooser, network::SimulatedNetwork, watch::Watch};
use crate::{
    Exception, Kind,
    event_loop::{
        Kernel,
        outside::{Chance, Interrupt, Outside, Witness},
        running,
    },
};

/// The outside of a simulated loop: chance, and a network on which arrivals have known times.
pub(crate) struct Simulated {
    pub(super) chooser: Rc<Chooser>,
    pub(super) network: Rc<SimulatedNetwork>,
    pub(super) watch: Watch,
}

impl Outside for Simulated {
    fn may_arrive(&self) -> bool {
        self.network.next_arrival().is_some()
    }

    fn next_arrival(&self) -> Option<Duration> {
        self.network.next_arrival()
    }

    fn look(&self, now: Duration) {
        self.network.look(now);
    }

    /// The virtual clock jumps to the next arrival by itself.
    fn wait(&self, _now: Duration, _deadline: Option<Duration>) -> bool {
        false
    }

    fn interrupter(&self) -> Option<Arc<dyn Interrupt>> {
        None
    }

    fn closes(&self) {
        self.network.ends();
    }

    fn chance(&self) -> Option<&dyn Chance> {
        Some(&*self.chooser)
    }

    fn witness(&self) -> Option<&dyn Witness> {
        Some(&self.watch)
    }
}

/// What stands outside of a loop, if the loop is simulated.
fn simulated(kernel: &Kernel) -> Option<Rc<Simulated>> {
    let outside: Rc<dyn Any> = kernel.outside()?.clone();
    outside.downcast().ok()
}

/// The network of a loop, if the loop is simulated.
pub(crate) fn network_of(kernel: &Kernel) -> Option<Rc<SimulatedNetwork>> {
    simulated(kernel).map(|simulated| simulated.network.clone())
}

/// What stands outside of the running loop, which has to be simulated.
pub(super) fn expect_simulated(what: &'static str) -> Result<Rc<Simulated>, Exception> {
    simulated(&*running()?).ok_or_else(|| {
        Exception::new(
            Kind::RuntimeError,
            format!(
                "{what} exists only in a simulation: run the program by `tminus::simulation::Simulation`"
            ),
        )
    })
}
