//! A network that fails, in a simulation.

use std::{net::Ipv4Addr, time::Duration};

use tminus::{Exception, event_loop::spawn_named, simulation, sleep};

use super::log::Log;

/// The way in which the network fails during a request, and the time from the request's start to the failure.
enum Failure {
    Reset { after: Duration },
    Cut { after: Duration, lasts: Duration },
}

impl Failure {
    /// Chooses a failure at random. In the plain run, nothing fails.
    fn choose() -> Result<Option<Self>, Exception> {
        let ms = |count: usize| Duration::from_millis(count as u64);
        let kind = simulation::choose(3)?;
        let after = ms(simulation::choose(100)?);
        let lasts = ms(100 * (1 + simulation::choose(5)?));
        Ok(match kind {
            0 => None,
            1 => Some(Self::Reset { after }),
            _ => Some(Self::Cut { after, lasts }),
        })
    }

    async fn happens(self, [one, other]: [Ipv4Addr; 2], log: Log) -> Result<(), Exception> {
        let network = simulation::network()?;
        match self {
            Self::Reset { after } => {
                sleep(after).await?;
                network.reset(one, other);
                log.add(&format!("the network resets what {other} has connected"))
            }
            Self::Cut { after, lasts } => {
                sleep(after).await?;
                network.cut(one, other);
                log.add(&format!("the network cuts off {other}"))?;
                sleep(lasts).await?;
                network.join(one, other);
                log.add(&format!("the network joins {other} again"))
            }
        }
    }
}

/// The failures of the network between a server and a client, one for each request.
///
/// Two rules help to shrink a failing run. First, all failures are chosen at the beginning, so if one is left out, the choices of
/// the others keep their numbers. Second, the time of a failure counts from the start of a request, not of the run. So the
/// failure still hits the same request if the earlier requests take less time.
pub struct Failures {
    hosts: [Ipv4Addr; 2],
    /// The failures to come, the last one first.
    planned: Vec<Option<Failure>>,
}

impl Failures {
    pub fn choose(hosts: [Ipv4Addr; 2], requests: usize) -> Result<Self, Exception> {
        let planned: Result<Vec<_>, _> = (0..requests).map(|_| Failure::choose()).collect();
        let mut planned = planned?;
        planned.reverse();
        Ok(Self { hosts, planned })
    }

    /// Creates an empty list. A real network needs one, because no program can make it fail.
    pub fn none() -> Self {
        Self {
            hosts: [Ipv4Addr::LOCALHOST; 2],
            planned: Vec::new(),
        }
    }

    /// Starts the next request: spawns a task that causes its failure.
    pub fn begin(&mut self, log: &Log) -> Result<(), Exception> {
        if let Some(failure) = self.planned.pop().flatten() {
            spawn_named("network", failure.happens(self.hosts, log.clone()))?;
        }
        Ok(())
    }
}
