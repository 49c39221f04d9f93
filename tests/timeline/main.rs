//! The pictures of a timeline, against those that were looked at.
//!
//! After a change, let them be written anew, and look at them:
//!
//! ```sh
//! BLESS=1 cargo test --test timeline
//! ```

mod golden;
mod long_runs;
mod loops;
mod names;
mod programs;
mod recorder;
mod svg;
