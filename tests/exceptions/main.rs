//! Exceptions, their causes, and groups of them.

#[path = "../programs/mod.rs"]
mod programs;
#[path = "../support/mod.rs"]
mod support;

mod comparing;
mod conversions;
mod cycles;
mod deep;
mod errors;
mod exceptions;
mod groups;
mod kinds;
mod panics;
mod places;

use std::fmt::Debug;

/// The `Debug` text without the lines that show the places.
fn shown(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("at "));
    lines.collect::<Vec<_>>().join("\n")
}
