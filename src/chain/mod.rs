//! What runs generators: frames on a stack, one airlock for all of them, and a driver that resumes the innermost.
//!
//! A *frame* is one generator body at work. When it delegates, the sub-generator's frame is put on top of it, and from
//! then on the driver resumes that one directly: who delegates to whom is a stack and not a nest of calls, so a resume
//! costs the same at any depth and a chain of a million needs no more machine stack than a chain of one.
//!
//! - `frame`: one body and the three stages of its life.
//! - `link`: what the frames of one chain share, the airlock among it, and the future that polls the top frame.
//! - `driver`: the caller's end: resume, throw, close. It also joins chains, for a sub-generator that had already been
//!   started (and so had an airlock of its own) before somebody delegated to it.
//!
//! Nothing here knows what a [`Generator`](crate::Generator) is; the types of results come back in there.

mod driver;
mod frame;
mod link;

pub(crate) use driver::{Driver, ignored_generator_exit};
pub(crate) use frame::{BoxFrame, Opaque, StopIteration, boxed, take_result};
pub(crate) use link::{Exchange, Input, Link};
