//! # tminus
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod chain;
pub mod coroutine;
pub mod delegation;
pub mod exception;
pub mod generator;

pub use coroutine::{Coroutine, Step};
pub use exception::{Exception, Kind};
pub use generator::{Co, Generator, GeneratorState};
