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
mod exits;
mod groups;
mod kinds;
mod panics;
mod places;

use support::without_places as shown;
