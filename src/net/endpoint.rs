//! The ends of connections: addresses, and names that have to be looked up.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
};

use super::{Error, network};
use crate::Exception;

/// An address and a port, or a host's name and a port.
///
/// Functions that take an endpoint accept everything that converts into one.
///
/// | written as | is |
/// |---|---|
/// | [`SocketAddr`], `([127, 0, 0, 1], 80)`, `(Ipv4Addr::LOCALHOST, 80)` | an address |
/// | `"127.0.0.1:80"`, `"[::1]:80"`, `("127.0.0.1", 80)` | an address in words |
/// | `"example.org:80"`, `("example.org", 80)` | a name, which is looked up by a thread of the loop's default executor |
///
/// ```
/// use tminus::net::Endpoint;
///
/// assert_eq!(Endpoint::from(([127, 0, 0, 1], 80)).to_string(), "127.0.0.1:80");
/// assert_eq!(Endpoint::from("example.org:80").to_string(), "example.org:80");
/// assert_eq!(Endpoint::from(("::1", 80)).to_string(), "[::1]:80");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Where);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Where {
    Address(SocketAddr),
    Name(String, u16),
    /// A text without a port. That is reported when it is used, with what it was to be used for.
    Text(String),
}

impl Endpoint {
    /// The addresses that it stands for: at least one.
    pub(crate) async fn resolve(self, action: &'static str) -> Result<Vec<SocketAddr>, Exception> {
        let (name, port) = match self.0 {
            Where::Address(address) => return Ok(vec![address]),
            Where::Name(name, port) => (name, port),
            Where::Text(text) => {
                return Err(Error::new(action, format!("{text:?}"), no_port()).into());
            }
        };
        let found = match network()?.look_up(&name) {
            Some(found) => found,
            None => ask_the_system(name.clone()).await?,
        };
        let found = found.and_then(at_least_one);
        let addresses = found.map_err(|error| Error::new("look up", format!("{name:?}"), error))?;
        let with_port = addresses.into_iter().map(|ip| SocketAddr::new(ip, port));
        Ok(with_port.collect())
    }
}

/// The system's resolver blocks, so a thread asks it.
async fn ask_the_system(name: String) -> Result<io::Result<Vec<IpAddr>>, Exception> {
    let ask = move || {
        let found = std::net::ToSocketAddrs::to_socket_addrs(&(name.as_str(), 0))?;
        Ok(found.map(|address| address.ip()).collect())
    };
    crate::threads::to_thread(ask).await
}

/// Some resolver may succeed without an address. Whoever connects or listens relies on one.
fn at_least_one(found: Vec<IpAddr>) -> io::Result<Vec<IpAddr>> {
    if found.is_empty() {
        let text = "the name has no address";
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    Ok(found)
}

fn no_port() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "the port is missing; write \"host:port\"",
    )
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self(Where::Address(address))
    }
}

macro_rules! addresses {
    ($($from:ty),*) => {
        $(impl From<$from> for Endpoint {
            fn from(address: $from) -> Self {
                SocketAddr::from(address).into()
            }
        })*
    };
}

addresses!(
    SocketAddrV4,
    SocketAddrV6,
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16),
    ([u8; 4], u16),
    ([u8; 16], u16),
    ([u16; 8], u16)
);

impl From<(&str, u16)> for Endpoint {
    fn from((host, port): (&str, u16)) -> Self {
        match host.parse::<IpAddr>() {
            Ok(ip) => SocketAddr::new(ip, port).into(),
            Err(_) => Self(Where::Name(host.to_owned(), port)),
        }
    }
}

impl From<(String, u16)> for Endpoint {
    fn from((host, port): (String, u16)) -> Self {
        (host.as_str(), port).into()
    }
}

impl From<&str> for Endpoint {
    fn from(text: &str) -> Self {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return address.into();
        }
        match text
            .rsplit_once(':')
            .map(|(host, port)| (host, port.parse()))
        {
            Some((host, Ok(port))) if !host.is_empty() => (host, port).into(),
            _ => Self(Where::Text(text.to_owned())),
        }
    }
}

impl From<String> for Endpoint {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Endpoint {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Where::Address(address) => address.fmt(f),
            Where::Name(name, port) => write!(f, "{name}:{port}"),
            Where::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_an_address_is_an_error() {
        let nothing = at_least_one(Vec::new()).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::NotFound);
        let one: Vec<IpAddr> = vec![Ipv4Addr::LOCALHOST.into()];
        assert_eq!(at_least_one(one.clone()).unwrap(), one);
    }
}
