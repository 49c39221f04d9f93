//! The program: a server, and two clients that check every reply.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tminus::{Exception, event_loop::spawn_named, gather};

use super::{
    client::Client,
    failures::Failures,
    log::Log,
    server::{Version, serve},
};

const NAMES: [&str; 2] = ["ada", "grace"];

/// The number of requests of each client.
const REQUESTS: usize = 4;

/// The host of the server in a simulation. Each client has a host of its own, too.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENTS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 0, 3)];

/// Runs the store on the operating system's network, at 127.0.0.1, where nothing fails.
pub async fn on_loopback(version: Version, log: Log) -> Result<(), Exception> {
    let host = Ipv4Addr::LOCALHOST;
    let clients = [(host, Failures::none()), (host, Failures::none())];
    run(version, log, host, clients).await
}

/// Runs the store in a simulation whose network sometimes fails.
pub async fn simulated(version: Version, log: Log) -> Result<(), Exception> {
    let failures = |client| Failures::choose([SERVER, client], REQUESTS);
    let [ada, grace] = CLIENTS;
    let clients = [(ada, failures(ada)?), (grace, failures(grace)?)];
    run(version, log, SERVER, clients).await
}

async fn run(
    version: Version,
    log: Log,
    server: Ipv4Addr,
    clients: [(Ipv4Addr, Failures); 2],
) -> Result<(), Exception> {
    let server = serve(version, SocketAddr::from((server, 0))).await?;
    let at = server.local_addrs()[0];
    let mut launches = Vec::new();
    for (name, (host, failures)) in NAMES.into_iter().zip(clients) {
        log.add(&format!("{name} is at {host}"))?;
        let client = Client::new(name, IpAddr::V4(host), at);
        launches.push(spawn_named(name, launch(client, failures, log.clone()))?);
    }
    gather(launches).await?;
    server.close();
    Ok(())
}

/// Sets a value, and deletes it. No other client uses the key, so every reply is known.
async fn launch(mut client: Client, mut failures: Failures, log: Log) -> Result<(), Exception> {
    let name = client.name().to_owned();
    let key = format!("{name}/engine");

    failures.begin(&log)?;
    client.set(&key, "warm").await?;
    log.add(&format!("{name} has set {key}"))?;

    failures.begin(&log)?;
    let value = client.get(&key).await?;
    log.add(&format!("{name} reads {value:?}"))?;
    assert_eq!(value.as_deref(), Some("warm"), "{name} has set {key}");

    failures.begin(&log)?;
    let was_there = client.del(&key).await?;
    log.add(&format!("{name} deletes it; it was there: {was_there}"))?;
    assert!(was_there, "{name} has set {key}, and now deletes it");

    failures.begin(&log)?;
    let value = client.get(&key).await?;
    log.add(&format!("{name} reads {value:?}"))?;
    assert_eq!(value, None, "{name} has deleted {key}");

    let attempts = client.attempts();
    log.add(&format!(
        "{name} is done, after {attempts} attempts at {REQUESTS} requests"
    ))
}
