//! Pages without code: guides for readers who know asyncio or tokio, errors, how to test, and what the crate reports through
//! `tracing`.
#![allow(unused_imports, reason = "the links of the pages use them")]

/// The names that the pages link to.
mod names {
    pub use crate::{
        clock::*, combinators::*, event_loop::*, scheduler::*, streams::*, sync::*, threads::*, *,
    };
}

pub mod from_asyncio {
    #![doc = include_str!("from_asyncio.md")]
    use super::names::*;
}

pub mod from_tokio {
    #![doc = include_str!("from_tokio.md")]
    use super::names::*;
}

pub mod errors {
    #![doc = include_str!("errors.md")]
    use super::names::*;
}

pub mod testing {
    #![doc = include_str!("testing.md")]
    use super::names::*;
}

pub mod tracing {
    #![doc = include_str!("tracing.md")]
}
