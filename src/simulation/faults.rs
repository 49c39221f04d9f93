//! What a program can do to its own simulation: choose, cut, reset.

use std::{fmt, net::IpAddr, rc::Rc};

use super::{network::SimulatedNetwork, simulated::expect_simulated};
use crate::{Exception, Kind, event_loop::outside::Chance};

/// Chooses a number below `count`, as a part of the run: the choice is in the schedule, is replayed, and shrinks to 0.
///
/// This is the program's own randomness. Any other, such as a `HashMap`'s, makes a run that cannot be repeated.
///
/// ```
/// use tminus::{Exception, simulation::{self, Simulation}};
///
/// async fn throw() -> Result<usize, Exception> {
///     Ok(simulation::choose(6)? + 1)
/// }
///
/// let (plain, _) = Simulation::replay("".parse()?).run(throw());
/// assert_eq!(plain?, 1);
/// let (other, _) = Simulation::replay("0:4".parse()?).run(throw());
/// assert_eq!(other?, 5);
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if the running loop is not simulated, or if no loop is running on this thread.
/// - `ValueError` if `count` is 0.
pub fn choose(count: usize) -> Result<usize, Exception> {
    let simulated = expect_simulated("a choice by `tminus::simulation::choose`")?;
    match count {
        0 => Err(Exception::new(
            Kind::ValueError,
            "a choice among 0 possibilities",
        )),
        count => Ok(simulated.chooser.choose(count, "program")),
    }
}

/// Returns the network of the running simulation.
///
/// ```
/// use tminus::{Exception, net::TcpListener, simulation::{self, Simulation}};
///
/// let program = async {
///     simulation::network()?.host("db", [10, 0, 0, 7]);
///     let listener = TcpListener::bind("db:5432").await?;
///     Ok(listener.local_addr()?.to_string())
/// };
/// assert_eq!(Simulation::new(1).run(program).0?, "10.0.0.7:5432");
/// # Ok::<(), Exception>(())
/// ```
///
/// # Errors
///
/// - `RuntimeError` if the running loop is not simulated, or if no loop is running on this thread.
pub fn network() -> Result<Network, Exception> {
    let simulated = expect_simulated("the network of `tminus::simulation::network`")?;
    Ok(Network(simulated.network.clone()))
}

/// The network of a simulation, for faults that the program wants at a certain time. [`network`] returns it.
///
/// A host is an IP address, and each address is a host. Whoever connects or sends from a socket that is not bound to an
/// address does so from 127.0.0.1, or ::1. (127.0.0.2 and 127.0.0.3 are hosts on a real Linux, too, so programs that use these
/// run there as well.)
///
/// ```
/// use std::time::Duration;
/// use tminus::{Exception, Kind, net::{TcpListener, TcpStream}, simulation::{self, Simulation}, timeout};
///
/// let program = async {
///     let listener = TcpListener::bind("127.0.0.2:80").await?;
///     let mut client = TcpStream::connect("127.0.0.2:80").await?;
///     let (mut server, _) = listener.accept().await?;
///     let network = simulation::network()?;
///     network.cut([127, 0, 0, 1], [127, 0, 0, 2]);
///     client.write_all(b"hello").await?;
///     let mut buffer = [0; 5];
///     let read = timeout(Duration::from_secs(60)).run(server.read(&mut buffer)).await;
///     assert_eq!(read.unwrap_err().kind(), Kind::Timeout);
///     network.join([127, 0, 0, 1], [127, 0, 0, 2]);
///     assert!(server.read(&mut buffer).await? > 0); // what was sent waited at the cut
///     Ok(())
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct Network(Rc<SimulatedNetwork>);

impl Network {
    /// Cuts the network between two hosts, in both directions: from now on nothing arrives.
    ///
    /// What TCP sends, new connections included, waits until the hosts are [joined](Network::join) again, because TCP sends it
    /// again and again. Datagrams are lost. This also holds for what is under way already. A host can be cut off from itself.
    pub fn cut(&self, one: impl Into<IpAddr>, other: impl Into<IpAddr>) {
        self.0.cut(one.into(), other.into());
    }

    /// Joins two hosts after a [`cut`](Network::cut). What has waited arrives now, in its order.
    pub fn join(&self, one: impl Into<IpAddr>, other: impl Into<IpAddr>) {
        self.0.join(one.into(), other.into());
    }

    /// Breaks each TCP connection between two hosts, at both ends and immediately. What has arrived can still be read. Then an
    /// operation fails with `ConnectionReset`.
    pub fn reset(&self, one: impl Into<IpAddr>, other: impl Into<IpAddr>) {
        self.0.reset(one.into(), other.into());
    }

    /// Names a host, for `TcpStream::connect("db:5432")`. If several hosts are named alike, the name has several addresses.
    ///
    /// A simulation knows no other names, except for `localhost`, which is 127.0.0.1 unless another host is named so.
    pub fn host(&self, name: &str, ip: impl Into<IpAddr>) {
        self.0.name(name, ip.into());
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
    }
}
