//! Sockets: what a round trip, a connection and a turn beside a socket cost, and how late a timer is beside them.
#![forbid(unsafe_code)]

mod connections;
mod contenders;
mod descriptors;
mod echo;
mod latency;
mod throughput;
mod turns;

use std::process::ExitCode;

use tminus_benches::{Comparison, Contender, Suite, cpython, uvloop};

const ON_PYTHON: &str = include_str!("on_python.py");

/// Each of them has two ends in this process.
const CONNECTIONS: u64 = 9_000;

fn main() -> ExitCode {
    Suite {
        name: "network",
        timed,
        counted,
        tables: &[("latency", latency::table), ("memory", connections::memory)],
    }
    .run()
}

fn timed() -> Vec<Comparison> {
    let most = descriptors::connections(CONNECTIONS);
    vec![
        echo(1, 64, 1_000),
        echo(100, 64, 20),
        echo(1, 65_536, 300),
        echo(100, 65_536, 5),
        with_python(turns::beside_a_socket(10, 2_000), "turns", &[10]),
        one_way(65_536, 2_000),
        connections(most / 9, 1),
        connections::comparison(most, 1), // with Python it would take two minutes
    ]
}

fn counted() -> Vec<Comparison> {
    vec![
        echo(1, 64, 200),
        echo(100, 64, 5),
        echo(1, 65_536, 50),
        echo(100, 65_536, 1),
        with_python(turns::beside_a_socket(10, 100), "turns", &[10]),
        one_way(65_536, 50),
        connections(descriptors::connections(90), 1),
    ]
}

fn echo(connections: u64, size: u64, round_trips: u64) -> Comparison {
    let comparison = echo::round_trips(connections, size, round_trips);
    with_python(comparison, "echo", &[connections, size])
}

fn one_way(size: u64, chunks: u64) -> Comparison {
    with_python(throughput::one_way(size, chunks), "one_way", &[size])
}

fn connections(connections: u64, runs: u64) -> Comparison {
    let comparison = connections::comparison(connections, runs);
    with_python(comparison, "connections", &[connections])
}

/// Adds asyncio with plain sockets and with streams, and uvloop with streams, with which it is much faster.
fn with_python(mut comparison: Comparison, what: &str, sizes: &[u64]) -> Comparison {
    let sizes: Vec<String> = sizes.iter().map(u64::to_string).collect();
    let sizes = sizes.iter().map(String::as_str);
    let on = |python: Python, name, net| {
        let args: Vec<&str> = [name, net, what].into_iter().chain(sizes.clone()).collect();
        let mut contender = python(ON_PYTHON, &args);
        contender.name = format!("{}, {}", contender.name, net.to_lowercase());
        contender
    };
    comparison.contenders.extend([
        on(cpython, "asyncio", "Sockets"),
        on(cpython, "asyncio", "Streams"),
        on(uvloop, "uvloop", "Streams"),
    ]);
    comparison
}

type Python = fn(&'static str, &[&str]) -> Contender;
