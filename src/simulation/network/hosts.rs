//! Addresses, ports and names.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// The ports that are given to whoever does not ask for a certain one.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 49_152..=65_535;

/// The next port to use.
pub(super) struct Ports(Cell<u16>);

impl Default for Ports {
    fn default() -> Self {
        Self(Cell::new(*EPHEMERAL.start()))
    }
}

impl Ports {
    /// Fills in a port if the address has none.
    pub(super) fn complete(
        &self,
        at: SocketAddr,
        is_taken: impl Fn(SocketAddr) -> bool,
    ) -> io::Result<SocketAddr> {
        let in_use = || io::Error::from(ErrorKind::AddrInUse);
        if at.port() != 0 {
            return if is_taken(at) { Err(in_use()) } else { Ok(at) };
        }
        let all = EPHEMERAL.map(|_| SocketAddr::new(at.ip(), self.next()));
        let mut free = all.filter(|at| !is_taken(*at));
        free.next().ok_or_else(in_use)
    }

    fn next(&self) -> u16 {
        let port = self.0.get();
        let next = match port == *EPHEMERAL.end() {
            true => *EPHEMERAL.start(),
            false => port + 1,
        };
        self.0.replace(next)
    }
}

/// The own address of whoever sends to `to` from a socket that is bound to `at`. All of a program runs on the local host,
/// unless a socket is bound to another one.
pub(super) fn local_to(at: IpAddr, to: IpAddr) -> IpAddr {
    match at.is_unspecified() {
        true => localhost(to),
        false => at,
    }
}

/// Whoever connects to no address in particular reaches the local host.
pub(super) fn reachable(to: SocketAddr) -> SocketAddr {
    match to.ip().is_unspecified() {
        true => SocketAddr::new(localhost(to.ip()), to.port()),
        false => to,
    }
}

/// The local host in the family of an address.
pub(super) fn localhost(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

/// The names of hosts.
#[derive(Default)]
pub(super) struct Names(RefCell<BTreeMap<String, Vec<IpAddr>>>);

impl Names {
    pub(super) fn add(&self, name: &str, ip: IpAddr) {
        let mut names = self.0.borrow_mut();
        let addresses = names.entry(name.to_ascii_lowercase()).or_default();
        if !addresses.contains(&ip) {
            addresses.push(ip);
        }
    }

    pub(super) fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        if let Ok(ip) = name.parse() {
            return Ok(vec![ip]);
        }
        let name = name.to_ascii_lowercase();
        match self.0.borrow().get(&name) {
            Some(addresses) => Ok(addresses.clone()),
            None if name == "localhost" => Ok(vec![Ipv4Addr::LOCALHOST.into()]),
            None => Err(unknown()),
        }
    }
}

#[cold]
fn unknown() -> io::Error {
    io::Error::new(
        ErrorKind::NotFound,
        "name or service not known (a simulation knows the names that were given to \
         `tminus::simulation::network()?.host(name, ip)`)",
    )
}
