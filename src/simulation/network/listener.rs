//! Where connections are accepted.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    rc::{Rc, Weak},
};

use super::{endpoint::Endpoint, medium::Medium, stream::SimulatedStream};
use crate::{
    event_loop::Party,
    sockets::{Address, Listener, Side, Source, Stream},
};

/// How many connections can wait to be accepted. Those after them are not answered until there is room.
const BACKLOG: usize = 128;

/// All addresses with a listener.
#[derive(Default)]
pub(super) struct Listeners(RefCell<BTreeMap<Address, Weak<Listening>>>);

/// An address with a listener.
struct Listening {
    at: Address,
    source: Rc<Source>,
    backlog: RefCell<Backlog>,
}

#[derive(Default)]
struct Backlog {
    established: VecDeque<SimulatedStream>,
    unanswered: VecDeque<Weak<Endpoint>>,
}

impl Listeners {
    /// Listens at an address that is free.
    pub(super) fn listen(&self, medium: &Medium, at: Address) -> SimulatedListener {
        let source = medium.source(Party::from(&at));
        source.is_exhausted(Side::Read);
        let listening = Rc::new(Listening {
            source,
            backlog: RefCell::default(),
            at: at.clone(),
        });
        let mut listeners = self.0.borrow_mut();
        listeners.insert(at, Rc::downgrade(&listening));
        SimulatedListener(listening)
    }

    /// Returns `true` if somebody listens there: at the address, at all addresses of its port, or, if it is itself all
    /// addresses, at any.
    pub(super) fn is_taken(&self, at: &Address) -> bool {
        let listeners = self.0.borrow();
        let mut living = listeners.iter().filter(|(_, one)| one.strong_count() > 0);
        living.any(|(other, _)| match (at, other) {
            (Address::Ip(at), Address::Ip(other)) => overlap(*at, *other),
            (at, other) => at == other,
        })
    }

    /// Returns `true` if somebody has listened at a path.
    pub(super) fn has_seen(&self, at: &Address) -> bool {
        self.0.borrow().contains_key(at)
    }

    /// Forgets that somebody has listened there, unless somebody does.
    pub(super) fn forgets(&self, at: &Address) {
        let mut listeners = self.0.borrow_mut();
        if listeners.get(at).is_some_and(|one| one.strong_count() == 0) {
            listeners.remove(at);
        }
    }

    /// A client has arrived. Returns `false` if nobody listens there.
    pub(super) fn receive(&self, client: &Rc<Endpoint>) -> bool {
        let Some(listening) = self.at(&client.peer) else {
            return false;
        };
        listening.receives(client);
        true
    }

    fn at(&self, at: &Address) -> Option<Rc<Listening>> {
        let listeners = self.0.borrow();
        let there = listeners.get(at).and_then(Weak::upgrade);
        let everywhere = || match at {
            Address::Ip(at) => listeners.get(&everywhere(*at).into())?.upgrade(),
            Address::Unix(_) => None,
        };
        there.or_else(everywhere)
    }
}

/// Returns `true` if both cannot be bound at the same time.
pub(super) fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let is_any = one.ip().is_unspecified() || other.ip().is_unspecified();
    let same_ip = one.ip() == other.ip() || (is_any && one.is_ipv4() == other.is_ipv4());
    one.port() == other.port() && same_ip
}

/// Returns the address that stands for all hosts, with the port of `at`.
pub(super) fn everywhere(at: SocketAddr) -> SocketAddr {
    let any: IpAddr = match at {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    SocketAddr::new(any, at.port())
}

impl Listening {
    fn receives(&self, client: &Rc<Endpoint>) {
        let mut backlog = self.backlog.borrow_mut();
        if backlog.established.len() == BACKLOG {
            backlog.unanswered.push_back(Rc::downgrade(client));
            return;
        }
        backlog.answers(client);
        drop(backlog);
        self.source.becomes_ready(Side::Read);
    }
}

impl Backlog {
    fn answers(&mut self, client: &Rc<Endpoint>) {
        let server = SimulatedStream::new(Endpoint::answering(client));
        self.established.push_back(server);
    }

    /// The next connection to be accepted. The room that it leaves is for the next client that is still there.
    fn takes(&mut self) -> Option<SimulatedStream> {
        let accepted = self.established.pop_front()?;
        while let Some(client) = self.unanswered.pop_front() {
            if let Some(client) = client.upgrade() {
                self.answers(&client);
                break;
            }
        }
        Some(accepted)
    }
}

/// Clients that were not accepted are told so.
impl Drop for Listening {
    fn drop(&mut self) {
        let backlog = self.backlog.take();
        for server in backlog.established {
            server.end().aborts();
        }
        for client in backlog
            .unanswered
            .into_iter()
            .filter_map(|one| one.upgrade())
        {
            client.refuses();
        }
    }
}

/// A listener as its owner has it. Dropping it ends the listening.
pub(super) struct SimulatedListener(Rc<Listening>);

impl Listener for SimulatedListener {
    fn source(&self) -> &Rc<Source> {
        &self.0.source
    }

    fn try_accept(&self) -> io::Result<(Rc<dyn Stream>, Address)> {
        let accepted = self.0.backlog.borrow_mut().takes();
        let stream = accepted.ok_or(ErrorKind::WouldBlock)?;
        let peer = stream.end().peer.clone();
        Ok((Rc::new(stream), peer))
    }

    fn local_addr(&self) -> io::Result<Address> {
        Ok(self.0.at.clone())
    }
}
