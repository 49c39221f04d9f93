//! Simulated runs: the network, chance, faults, schedules, and reports.

mod arrivals;
mod checks;
mod datagrams;
mod endless;
mod exploring;
mod guide;
mod network;
mod not_deterministic;
mod order;
mod replays;
mod resets;
mod shrinking;
