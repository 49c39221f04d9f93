//! UDP: datagrams, which can be lost, arrive twice, or overtake each other.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    rc::{Rc, Weak},
    time::Duration,
};

use super::{
    hosts::{local_to, reachable},
    listener::{everywhere, overlap},
    medium::Medium,
};
use crate::{
    event_loop::Party,
    sockets::{Datagrams, Side, Source},
};

/// The largest datagram that fits into an IP packet, beside the headers.
const LARGEST_V4: usize = 65_507;
const LARGEST_V6: usize = 65_527;

/// How many bytes a socket keeps for its reader, as on Linux. What arrives after that is lost.
const ROOM: usize = 212_992;

/// All UDP sockets.
#[derive(Default)]
pub(super) struct Mailboxes(RefCell<BTreeMap<SocketAddr, Weak<Mailbox>>>);

/// A UDP socket, as the network sees it.
struct Mailbox {
    at: SocketAddr,
    source: Rc<Source>,
    peer: Cell<Option<SocketAddr>>,
    letters: RefCell<VecDeque<(SocketAddr, Vec<u8>)>>,
    bytes: Cell<usize>,
    failure: Cell<Option<ErrorKind>>,
    /// When the line is free for the next datagram.
    free_at: Cell<Duration>,
    last_arrival: Cell<Duration>,
}

impl Mailboxes {
    pub(super) fn is_taken(&self, at: SocketAddr) -> bool {
        let mailboxes = self.0.borrow();
        let mut living = mailboxes.iter().filter(|(_, one)| one.strong_count() > 0);
        living.any(|(other, _)| overlap(at, *other))
    }

    /// Binds a socket to an address that is free.
    pub(super) fn bind(self: &Rc<Self>, medium: &Rc<Medium>, at: SocketAddr) -> SimulatedDatagrams {
        let mailbox = Rc::new(Mailbox {
            at,
            source: medium.source(Party::Address(at)),
            peer: Cell::default(),
            letters: RefCell::default(),
            bytes: Cell::default(),
            failure: Cell::default(),
            free_at: Cell::default(),
            last_arrival: Cell::default(),
        });
        let mut mailboxes = self.0.borrow_mut();
        mailboxes.retain(|_, one| one.strong_count() > 0);
        mailboxes.insert(at, Rc::downgrade(&mailbox));
        SimulatedDatagrams {
            medium: medium.clone(),
            mailboxes: self.clone(),
            mailbox,
        }
    }

    fn at(&self, at: SocketAddr) -> Option<Rc<Mailbox>> {
        let mailboxes = self.0.borrow();
        let there = mailboxes.get(&at).and_then(Weak::upgrade);
        there.or_else(|| mailboxes.get(&everywhere(at))?.upgrade())
    }
}

impl Mailbox {
    /// A socket that is connected takes letters from there only.
    fn receives(&self, from: SocketAddr, letter: Vec<u8>) {
        let is_welcome = self.peer.get().is_none_or(|peer| peer == from);
        let bytes = self.bytes.get() + letter.len();
        if is_welcome && bytes <= ROOM {
            self.bytes.set(bytes);
            self.letters.borrow_mut().push_back((from, letter));
            self.source.becomes_ready(Side::Read);
        }
    }

    /// A letter could not be delivered. As on Linux, only a socket that is connected learns of that.
    fn learns_of_refusal(&self, by: SocketAddr) {
        if self.peer.get() == Some(by) {
            self.failure.set(Some(ErrorKind::ConnectionRefused));
            self.source.becomes_ready(Side::Read);
        }
    }

    fn takes(&self) -> io::Result<(SocketAddr, Vec<u8>)> {
        if let Some(failure) = self.failure.take() {
            return Err(failure.into());
        }
        let letter = self.letters.borrow_mut().pop_front();
        let (from, letter) = letter.ok_or(ErrorKind::WouldBlock)?;
        self.bytes.set(self.bytes.get() - letter.len());
        Ok((from, letter))
    }
}

/// A UDP socket as its owner has it.
pub(super) struct SimulatedDatagrams {
    medium: Rc<Medium>,
    mailboxes: Rc<Mailboxes>,
    mailbox: Rc<Mailbox>,
}

impl SimulatedDatagrams {
    fn sends(&self, letter: &[u8], to: SocketAddr) -> io::Result<usize> {
        if let Some(failure) = self.mailbox.failure.take() {
            return Err(failure.into());
        }
        if to.is_ipv4() != self.mailbox.at.is_ipv4() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let largest = if to.is_ipv4() { LARGEST_V4 } else { LARGEST_V6 };
        if letter.len() > largest {
            return Err(too_long(letter.len(), largest));
        }
        let to = reachable(to);
        let from = SocketAddr::new(
            local_to(self.mailbox.at.ip(), to.ip()),
            self.mailbox.at.port(),
        );
        let starts = self.medium.now().max(self.mailbox.free_at.get());
        let leaves = starts + self.medium.transmission(letter.len());
        self.mailbox.free_at.set(leaves);
        for _ in 0..self.copies() {
            self.sends_one(letter.to_vec(), from, to, leaves);
        }
        Ok(letter.len())
    }

    /// How many of a letter are under way.
    fn copies(&self) -> usize {
        let conditions = &self.medium.conditions;
        let fates = [(true, 1), (conditions.loses, 0), (conditions.duplicates, 2)];
        let possible: Vec<usize> = fates
            .into_iter()
            .filter_map(|(is_possible, copies)| is_possible.then_some(copies))
            .collect();
        possible[self.medium.fate(possible.len())]
    }

    fn sends_one(&self, letter: Vec<u8>, from: SocketAddr, to: SocketAddr, leaves: Duration) {
        let route = (from.ip(), to.ip());
        let mut when = leaves + self.medium.latency(Some(route));
        if !self.medium.conditions.reorders {
            when = when.max(self.mailbox.last_arrival.get());
            self.mailbox.last_arrival.set(when);
        }
        let (medium, mailboxes) = (Rc::downgrade(&self.medium), self.mailboxes.clone());
        let sender = Rc::downgrade(&self.mailbox);
        let arrives = move || match mailboxes.at(to) {
            Some(mailbox) => mailbox.receives(from, letter),
            None => {
                if let Some(medium) = medium.upgrade() {
                    refuses(&medium, sender, route, to);
                }
            }
        };
        self.medium.sends_at_risk(Some(route), when, arrives);
    }
}

/// Nobody has the address. The answer, which real networks send by ICMP, can be cut off, too.
fn refuses(medium: &Medium, sender: Weak<Mailbox>, route: (IpAddr, IpAddr), by: SocketAddr) {
    let back = Some((route.1, route.0));
    let when = medium.now() + medium.least_latency(back);
    medium.sends_at_risk(back, when, move || {
        if let Some(sender) = sender.upgrade() {
            sender.learns_of_refusal(by);
        }
    });
}

#[cold]
fn too_long(length: usize, largest: usize) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        format!("message too long: {length} bytes, and a datagram has at most {largest}"),
    )
}

#[cold]
fn no_destination() -> io::Error {
    io::Error::new(
        ErrorKind::NotConnected,
        "the socket is not connected; use `send_to`, or connect it first",
    )
}

impl Datagrams for SimulatedDatagrams {
    fn source(&self) -> &Rc<Source> {
        &self.mailbox.source
    }

    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (from, letter) = self.mailbox.takes()?;
        let count = letter.len().min(buffer.len());
        buffer[..count].copy_from_slice(&letter[..count]);
        Ok((count, from))
    }

    fn try_send_to(&self, data: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.sends(data, to)
    }

    fn connect(&self, to: SocketAddr) -> io::Result<()> {
        if to.is_ipv4() != self.mailbox.at.is_ipv4() {
            return Err(ErrorKind::InvalidInput.into());
        }
        self.mailbox.peer.set(Some(reachable(to)));
        Ok(())
    }

    fn try_send(&self, data: &[u8]) -> io::Result<usize> {
        let to = self.mailbox.peer.get().ok_or_else(no_destination)?;
        self.sends(data, to)
    }

    fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_recv_from(buffer).map(|(count, _)| count)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.mailbox.at)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.mailbox
            .peer
            .get()
            .ok_or(ErrorKind::NotConnected.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::{Simulation, network::tests::network};

    #[test]
    fn sockets_that_are_gone_are_forgotten() {
        let program = async {
            let network = network()?;
            for port in 1..=1000 {
                let at = SocketAddr::from(([127, 0, 0, 1], port));
                network.mailboxes.bind(&network.medium, at);
            }
            assert!(network.mailboxes.0.borrow().len() <= 1);
            Ok(())
        };
        Simulation::new(1).run(program).0.unwrap();
    }
}
