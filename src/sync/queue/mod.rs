//! Queues, through which tasks pass items to each other.
//!
//! - `fifo`: the public queue. `others`: queues with another order, which are that queue with other items.
//! - `state`: what all handles to a queue share.
//! - `transfer`: the futures that put items in and take items out.
//! - `stream`: the stream of the items.
//! - `items`: what keeps the items, and says which is next.

mod fifo;
mod items;
mod others;
mod state;
mod stream;
mod transfer;

pub use fifo::Queue;
pub use others::{LifoQueue, PriorityQueue};
pub use stream::QueueStream;
