//! What a task can do: sleep, yield, spawn, wait for what is not the loop's.

mod context;
mod foreign;
mod generator;
mod sleep;
mod spawn;
pub(super) mod waiting;

pub use context::{AsyncContext, next, with};
pub(crate) use foreign::{Block, BlockState};
pub use foreign::{Cancellable, cancellable};
pub(crate) use sleep::{Alarm, yields};
pub use sleep::{Sleep, YieldNow, sleep, yield_now};
pub(crate) use spawn::running_task;
pub use spawn::{all_tasks, current_task, spawn, spawn_named};
