//! How many sockets this process may have.

/// What is open besides the connections that are measured: those of other contenders, and what the loops need.
#[cfg(unix)]
const OTHERS: u64 = 1_000;

/// Returns `wanted`, or fewer if the system does not allow that many connections with both ends in this process. Raises the
/// limit of open files as far as is permitted.
#[cfg(unix)]
pub fn connections(wanted: u64) -> u64 {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap_or_default(); // otherwise the limit stays as it is
    let limit = getrlimit(Resource::Nofile).current;
    let most = limit.map_or(wanted, |limit| limit.saturating_sub(OTHERS) / 2);
    if most < wanted {
        println!("the limit of open files allows only {most} connections, not {wanted}\n");
    }
    wanted.min(most)
}

#[cfg(not(unix))]
pub fn connections(wanted: u64) -> u64 {
    wanted
}
