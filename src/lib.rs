//! # tminus
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "lessons")]
extern crate self as tminus; // so that the code of a lesson is the same here, in its prose and in a demo

mod chain;
pub mod coroutine;
pub mod delegation;
pub mod exception;
pub mod generator;
#[cfg(feature = "lessons")]
#[path = "../lessons/mod.rs"]
pub mod lessons;

pub use coroutine::{Coroutine, Step};
pub use exception::{Exception, Kind};
pub use generator::{Co, Generator, GeneratorState};
