//! What is run: a server and two clients that know what each reply has to be. And in a simulation, a network that fails.

use std::{
    cell::RefCell,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    rc::Rc,
    time::Duration,
};

use tminus::{EventLoop, Exception, event_loop::spawn_named, gather, simulation, sleep};

use super::{
    client::Client,
    server::{Version, serve},
};

const NAMES: [&str; 2] = ["ada", "grace"];

/// In a simulation, each has a host of its own.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENTS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 0, 3)];

/// How often the network fails in a simulation, at most.
const FAILURES: usize = 3;

/// What happened, in order, with the loop's time.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, event: &str) -> Result<(), Exception> {
        let now = EventLoop::running()?.time().as_millis();
        self.0.borrow_mut().push(format!("{now:>5} ms  {event}"));
        Ok(())
    }

    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Runs the store on the network of the system: all is at 127.0.0.1, and nothing fails.
pub async fn on_loopback(version: Version, log: Log) -> Result<(), Exception> {
    let host = Ipv4Addr::LOCALHOST;
    run(version, &log, host, [host; 2]).await
}

/// Runs the store in a simulation, whose network fails at times.
pub async fn simulated(version: Version, log: Log) -> Result<(), Exception> {
    for number in 1..=FAILURES {
        let failure = Failure::choose()?.happens(log.clone());
        spawn_named(&format!("failure {number}"), failure)?;
    }
    run(version, &log, SERVER, CLIENTS).await
}

async fn run(
    version: Version,
    log: &Log,
    server: Ipv4Addr,
    clients: [Ipv4Addr; 2],
) -> Result<(), Exception> {
    let server = serve(version, SocketAddr::from((server, 0))).await?;
    let at = server.local_addrs()[0];
    let launch = |(name, host): (&str, _)| {
        let client = Client::new(name, IpAddr::V4(host), at);
        spawn_named(name, launch(client, log.clone()))
    };
    let launches = NAMES.into_iter().zip(clients).map(launch);
    let launches = launches.collect::<Result<Vec<_>, _>>()?;
    gather(launches).await?;
    server.close();
    Ok(())
}

/// Sets a value, and deletes it. Nobody else has that key, so each reply is known.
async fn launch(mut client: Client, log: Log) -> Result<(), Exception> {
    let name = client.name().to_owned();
    let key = format!("{name}/engine");
    client.set(&key, "warm").await?;
    log.add(&format!("{name} has set {key}"))?;

    let value = client.get(&key).await?;
    log.add(&format!("{name} reads {value:?}"))?;
    assert_eq!(value.as_deref(), Some("warm"), "{name} has set {key}");

    let was_there = client.del(&key).await?;
    log.add(&format!("{name} deletes it; it was there: {was_there}"))?;
    assert!(was_there, "{name} has set {key}, and now deletes it");

    let value = client.get(&key).await?;
    log.add(&format!("{name} reads {value:?}"))?;
    assert_eq!(value, None, "{name} has deleted {key}");
    log.add(&format!(
        "{name} is done, after {} attempts at 4 requests",
        client.attempts()
    ))
}

/// What the network does to a client.
struct Failure {
    kind: usize,
    after: Duration,
    client: usize,
    lasts: Duration,
}

impl Failure {
    /// Leaves all of it to chance. Plainly, nothing fails.
    ///
    /// The number of choices is always the same. So, when a failing run is shrunk, one failure of the network can be left out,
    /// and all that follows keeps its number.
    fn choose() -> Result<Self, Exception> {
        let choose = |count| simulation::choose(count);
        Ok(Self {
            kind: choose(3)?,
            after: Duration::from_millis(choose(50)? as u64),
            client: choose(CLIENTS.len())?,
            lasts: Duration::from_millis(100 * (1 + choose(5)? as u64)),
        })
    }

    async fn happens(self, log: Log) -> Result<(), Exception> {
        let network = simulation::network()?;
        let (name, client) = (NAMES[self.client], CLIENTS[self.client]);
        sleep(self.after).await?;
        match self.kind {
            0 => {}
            1 => {
                network.reset(SERVER, client);
                log.add(&format!("the network resets the connection of {name}"))?;
            }
            _ => {
                network.cut(SERVER, client);
                log.add(&format!("the network cuts off {name}"))?;
                sleep(self.lasts).await?;
                network.join(SERVER, client);
                log.add(&format!("the network joins {name} again"))?;
            }
        }
        Ok(())
    }
}
