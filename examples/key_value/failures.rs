//! A network that fails, in a simulation.

use std::{net::Ipv4Addr, time::Duration};

use tminus::{Exception, event_loop::spawn_named, simulation, sleep};

use super::log::Log;

/// How the network fails during a request, and how long after its begin.
enum Failure {
    Reset { after: Duration },
    Cut { after: Duration, lasts: Duration },
}

impl Failure {
    /// Leaves all of it to chance. Plainly, nothing fails.
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

/// How the network fails between a server and a client, for each request.
///
/// Two things keep a failing run short when it is shrunk. All is chosen at the beginning: so, if one failure is left out, the
/// choices of the others keep their numbers. And a failure has its time after the begin of a request, not of the run: so, if the
/// requests before it take less time, it still hits the same one.
pub struct Failures {
    hosts: [Ipv4Addr; 2],
    /// Those to come, the last one first.
    planned: Vec<Option<Failure>>,
}

impl Failures {
    pub fn choose(hosts: [Ipv4Addr; 2], requests: usize) -> Result<Self, Exception> {
        let planned: Result<Vec<_>, _> = (0..requests).map(|_| Failure::choose()).collect();
        let mut planned = planned?;
        planned.reverse();
        Ok(Self { hosts, planned })
    }

    /// For a network that nobody can let fail.
    pub fn none() -> Self {
        Self {
            hosts: [Ipv4Addr::LOCALHOST; 2],
            planned: Vec::new(),
        }
    }

    /// A request begins. What is to happen to it, a task of its own does.
    pub fn begin(&mut self, log: &Log) -> Result<(), Exception> {
        if let Some(failure) = self.planned.pop().flatten() {
            spawn_named("network", failure.happens(self.hosts, log.clone()))?;
        }
        Ok(())
    }
}
