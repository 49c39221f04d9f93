//! A network in memory. What is sent arrives at a time that the loop's virtual clock will show.
//!
//! | file | what it has |
//! |---|---|
//! | `medium` | what is under way, latency, bandwidth, cuts, faults |
//! | `hosts` | addresses, ports, names |
//! | `endpoint`, `stream` | a connection: one end as seen by the other end, and as seen by its owner |
//! | `listener` | where connections are accepted |
//! | `datagrams` | UDP |

mod datagrams;
mod endpoint;
mod hosts;
mod listener;
mod medium;
mod stream;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    rc::{Rc, Weak},
    time::Duration,
};

use datagrams::Mailboxes;
use endpoint::Endpoint;
use hosts::{Names, Ports, local_to, localhost, reachable};
use listener::Listeners;
pub(super) use medium::Conditions;
use medium::Medium;
use stream::SimulatedStream;

use crate::{
    clock::VirtualClock,
    event_loop::outside::Chance,
    sockets::{Address, Datagrams, Listener, Network, Stream},
};

/// The network of a simulation.
pub(crate) struct SimulatedNetwork {
    medium: Rc<Medium>,
    listeners: Rc<Listeners>,
    mailboxes: Rc<Mailboxes>,
    clients: Clients,
    tcp_ports: Ports,
    udp_ports: Ports,
    names: Names,
}

/// The ends of TCP connections that have connected, by their own address and the other one.
#[derive(Default)]
struct Clients {
    ends: RefCell<BTreeMap<(SocketAddr, SocketAddr), Weak<Endpoint>>>,
    /// How many there may be before those that are gone are removed.
    room: Cell<usize>,
}

impl Clients {
    fn add(&self, local: SocketAddr, peer: SocketAddr, client: &Rc<Endpoint>) {
        let mut ends = self.ends.borrow_mut();
        if ends.len() >= self.room.get() {
            ends.retain(|_, end| end.strong_count() > 0);
            self.room.set(64.max(2 * ends.len()));
        }
        ends.insert((local, peer), Rc::downgrade(client));
    }

    fn has(&self, local: SocketAddr, peer: SocketAddr) -> bool {
        let ends = self.ends.borrow();
        let end = ends.get(&(local, peer));
        end.is_some_and(|end| end.strong_count() > 0)
    }

    fn between(&self, one: IpAddr, other: IpAddr) -> Vec<Rc<Endpoint>> {
        let ends = self.ends.borrow();
        let is_between = |(local, peer): &(SocketAddr, SocketAddr)| {
            [(one, other), (other, one)].contains(&(local.ip(), peer.ip()))
        };
        let between = ends.iter().filter(|(addresses, _)| is_between(addresses));
        between.filter_map(|(_, end)| end.upgrade()).collect()
    }
}

impl SimulatedNetwork {
    pub(super) fn new(clock: VirtualClock, chance: Rc<dyn Chance>, conditions: Conditions) -> Self {
        Self {
            medium: Rc::new(Medium::new(clock, chance, conditions)),
            listeners: Rc::default(),
            mailboxes: Rc::default(),
            clients: Clients::default(),
            tcp_ports: Ports::default(),
            udp_ports: Ports::default(),
            names: Names::default(),
        }
    }

    pub(super) fn next_arrival(&self) -> Option<Duration> {
        self.medium.next_arrival()
    }

    pub(super) fn look(&self, now: Duration) {
        self.medium.look(now);
    }

    /// The run is over.
    pub(super) fn ends(&self) {
        self.medium.ends();
    }

    pub(super) fn cut(&self, one: IpAddr, other: IpAddr) {
        self.medium.cut(one, other);
    }

    pub(super) fn join(&self, one: IpAddr, other: IpAddr) {
        self.medium.join(one, other);
    }

    pub(super) fn reset(&self, one: IpAddr, other: IpAddr) {
        for client in self.clients.between(one, other) {
            client.resets();
        }
    }

    pub(super) fn name(&self, name: &str, ip: IpAddr) {
        self.names.add(name, ip);
    }

    /// A server has removed its path.
    pub(crate) fn forgets_path(&self, path: &std::path::Path) {
        self.listeners
            .forgets(&Address::Unix(Some(path.to_owned())));
    }

    /// The own address of a connection to `to`.
    fn own_address(&self, to: SocketAddr, from: Option<SocketAddr>) -> io::Result<SocketAddr> {
        let from = from.unwrap_or_else(|| SocketAddr::new(localhost(to.ip()), 0));
        if from.is_ipv4() != to.is_ipv4() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let from = SocketAddr::new(local_to(from.ip(), to.ip()), from.port());
        let is_taken =
            |from: SocketAddr| self.listeners.is_taken(&from.into()) || self.clients.has(from, to);
        self.tcp_ports.complete(from, is_taken)
    }

    fn connects_by_ip(&self, client: &Rc<Endpoint>) {
        let medium = &self.medium;
        let when = medium.now() + medium.latency(client.route());
        let (client_there, listeners) = (Rc::downgrade(client), self.listeners.clone());
        medium.sends(client.route(), when, move || {
            if let Some(client) = client_there.upgrade()
                && !listeners.receive(&client)
            {
                client.refuses();
            }
        });
    }
}

impl Network for SimulatedNetwork {
    fn listen(&self, at: &Address) -> io::Result<Box<dyn Listener>> {
        let is_taken = |at| self.listeners.is_taken(&Address::Ip(at));
        let at = match at {
            Address::Ip(at) => Address::Ip(self.tcp_ports.complete(*at, is_taken)?),
            Address::Unix(None) => return Err(ErrorKind::InvalidInput.into()),
            Address::Unix(Some(_)) if self.listeners.is_taken(at) => {
                return Err(ErrorKind::AddrInUse.into());
            }
            Address::Unix(Some(_)) => at.clone(),
        };
        Ok(Box::new(self.listeners.listen(&self.medium, at)))
    }

    fn connect(&self, to: &Address, from: Option<SocketAddr>) -> io::Result<Rc<dyn Stream>> {
        let client = match to {
            Address::Ip(to) => {
                let to = reachable(*to);
                let from = self.own_address(to, from)?;
                let client = Endpoint::connecting(&self.medium, from.into(), to.into());
                self.connects_by_ip(&client);
                self.clients.add(from, to, &client);
                client
            }
            Address::Unix(None) => return Err(ErrorKind::InvalidInput.into()),
            Address::Unix(Some(_)) => {
                let client = Endpoint::connecting(&self.medium, Address::Unix(None), to.clone());
                // A path is on this host, so the answer is there immediately.
                if !self.listeners.receive(&client) {
                    return Err(match self.listeners.has_seen(to) {
                        true => ErrorKind::ConnectionRefused.into(),
                        false => ErrorKind::NotFound.into(),
                    });
                }
                client
            }
        };
        Ok(Rc::new(SimulatedStream::new(client)))
    }

    fn pair(&self) -> io::Result<(Rc<dyn Stream>, Rc<dyn Stream>)> {
        let (left, right) = Endpoint::pair(&self.medium);
        let left = SimulatedStream::new(left);
        Ok((Rc::new(left), Rc::new(SimulatedStream::new(right))))
    }

    fn bind(&self, at: SocketAddr) -> io::Result<Box<dyn Datagrams>> {
        let at = self
            .udp_ports
            .complete(at, |at| self.mailboxes.is_taken(at))?;
        Ok(Box::new(self.mailboxes.bind(&self.medium, at)))
    }

    fn look_up(&self, host: &str) -> Option<io::Result<Vec<IpAddr>>> {
        Some(self.names.look_up(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Exception,
        event_loop::running,
        net::{TcpListener, TcpStream},
        simulation::{Simulation, network_of},
    };

    /// The network of the simulation that runs.
    pub(super) fn network() -> Result<Rc<SimulatedNetwork>, Exception> {
        Ok(network_of(&*running()?).expect("the loop is simulated"))
    }

    #[test]
    fn connections_that_are_gone_are_forgotten() {
        let program = async {
            let listener = TcpListener::bind("127.0.0.1:80").await?;
            for _ in 0..1000 {
                drop(TcpStream::connect("127.0.0.1:80").await?);
                listener.accept().await?;
            }
            assert!(network()?.clients.ends.borrow().len() <= 64);
            Ok(())
        };
        Simulation::new(1).run(program).0.unwrap();
    }
}
