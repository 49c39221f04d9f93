//! Simulated runs: the network, chance, faults, schedules, and reports.

mod network;
