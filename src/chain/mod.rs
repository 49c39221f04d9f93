//! What runs generators: frames on a stack, and an airlock between them and their driver.
//!
//! A *frame* is one generator body at work. When it delegates, the sub-generator's frame is put on top of it, and from
//! then on the driver resumes that one directly. A chain of delegations is a stack and not a nest of calls, so a resume
//! costs the same at any depth, and a chain of a million needs no more machine stack than a chain of one.
//!
//! - `frame`: one body and the stages of its life.
//! - `scoped`: a body that borrows. What it delegates to does not pass through the airlock.
//! - `link`: the airlock, which the frames of a chain share with their driver.
//! - `stack`: the frames. Runs the top one, and puts frames on and takes them off.
//! - `driver`: the caller's end: resume, throw, close.
//!
//! Nothing here knows what a [`Generator`](crate::Generator) is. The types of results are known only there.
//!
//! # The states of a frame
//!
//! | state | location | what ends it |
//! |---|---|---|
//! | created | in its `Generator`, or in the airlock on its way to the driver | `start` creates the body's future, and runs nothing of it |
//! | running | on top of the stack, and being polled | the body yields, delegates, finishes or panics |
//! | paused | on top of the stack, at a yield | the driver resumes it |
//! | waiting | below the top, at a `yield_from` | the frame above finishes, or is closed |
//! | finished | in the airlock on its way to the frame below, or with the driver | its result is taken, once |
//!
//! A panic of a body, or of a drop on its behalf, ends the whole chain: no frame runs again, and all frames are dropped,
//! innermost first.
//!
//! # What is in the airlock
//!
//! | content | put in by | when | taken out by |
//! |---|---|---|---|
//! | a value | the top frame | it yields | the driver, for its caller |
//! | a frame, or a chain that has started | the top frame | it delegates | the stack, which puts it on top |
//! | a value, an exception, or "you are let go" | the driver | before it polls | the yield or delegation that waits |
//! | a finished frame | the stack | the frame above has finished | the frame that delegated to it |
//!
//! # The invariant of a chain
//!
//! - Only the frame on top is ever polled, and only it and the driver use the airlock, in turns. So one cell is enough
//!   for both directions, and it is empty whenever a body runs that has taken what came in.
//! - When the driver's caller has control, the top frame is paused, all others wait, and the airlock is empty.
//! - A frame does not own the frame above it. So frames can be dropped one by one, and a long chain without recursion.
//!
//! A body can break the first rule: it can yield twice before it awaits, await a foreign future, or finish with a yield
//! that it never awaited. Each of these panics with a message that names the mistake, because a value would be lost.
//!
//! # A delegation, in order
//!
//! 1. `co.yield_from(sub)` puts the frame of `sub` into the airlock. If `sub` has started, that is its whole driver, with
//!    all frames that it has by now.
//! 2. The await of it is pending, so the poll returns. The stack finds the frame in the airlock, starts it with the same
//!    link, and puts it on top. (A chain that has started keeps its own link.)
//! 3. The new top frame is polled, without a return to the driver's caller. Its values go straight to that caller, and
//!    values and exceptions from the caller go straight to the frame.
//! 4. It finishes. It is taken off the stack with its result, and put into the airlock.
//! 5. The frame that delegated is polled. The await takes the finished frame out of the airlock, and the result out of
//!    the frame: only the await knows its type. If the sub-generator was closed instead, the await raises the exception
//!    that the closing led to.
//!
//! If the body borrows, the frames in step 1 and the result in step 4 are kept beside the airlock: see `scoped`.

mod driver;
mod frame;
mod link;
mod scoped;
mod stack;

pub(crate) use driver::{Driver, ignored_generator_exit};
pub(crate) use frame::{BoxFrame, Escape, OfGenerator, OfObject, boxed, take_result};
pub(crate) use link::{Handed, Input, Link};
pub(crate) use scoped::{Handover, Slot, boxed_scoped};
pub(crate) use stack::awaited_something_else;
