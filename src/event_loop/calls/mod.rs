//! What a task can do: sleep, yield, spawn, wait for what is not the loop's.

mod context;
mod delay;
mod foreign;
mod generator;
mod interval;
mod sleep;
mod spawn;
pub(super) mod waiting;

pub use context::{AsyncContext, next, with};
pub use delay::{Delay, delay};
pub(crate) use foreign::{Block, BlockState};
pub use foreign::{Cancellable, cancellable};
pub use interval::{Interval, MissedTickBehavior, Tick, interval, interval_at};
pub(crate) use sleep::{Alarm, yields};
pub use sleep::{Sleep, YieldNow, sleep, sleep_until, yield_now};
pub(crate) use spawn::running_task;
pub use spawn::{all_tasks, current_task, spawn, spawn_in, spawn_named};
