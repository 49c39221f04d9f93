//! Names for what the loop's table holds. They are plain numbers: to hold one keeps nothing alive and borrows nothing.

use std::{
    fmt,
    num::{NonZeroU32, NonZeroU64},
};

/// Names a task for as long as its row is in use. After that the row has another generation, and the key finds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl Key {
    /// The first row is the loop's own: it stands for whoever waits while no task has its turn.
    pub(super) const LOOP: Self = Self {
        index: 0,
        generation: 0,
    };

    /// The key as one number, which fits into an atomic.
    pub(super) fn to_bits(self) -> u64 {
        u64::from(self.index) << 32 | u64::from(self.generation)
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        let generation = bits & u64::from(u32::MAX);
        Self {
            index: u32::try_from(bits >> 32).expect("32 bits are left"),
            generation: u32::try_from(generation).expect("32 bits are left"),
        }
    }
}

/// Counts the waits of one row, whichever task has it.
pub(super) type Ticket = NonZeroU32;

/// Names one wait of one task. Tickets are not used again (before four billion others were), so a late timer, a stale place in
/// a line or a future that has outlived its task finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitId {
    /// The index of the task's row.
    pub(super) row: u32,
    pub(super) ticket: Ticket,
}

/// Names a callback that is to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallId(pub(super) u32);

/// Names a done callback, to remove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallbackId(pub(super) NonZeroU64);

/// Identifies a task of any loop in this process. Unlike a handle, it keeps nothing alive.
///
/// It is displayed as the number in the task's default name, counted from 1 in each loop. The order is that of spawning.
///
/// ```
/// use tminus::{Exception, run, spawn};
///
/// run(async {
///     let task = spawn(async { Ok(()) })?;
///     assert_eq!(task.name(), "Task-2");
///     assert_eq!(task.id().to_string(), "2");
///     assert_eq!(task.id(), task.any().id());
///     task.await
/// })?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    pub(super) of_loop: u64,
    pub(super) number: TaskNumber,
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number + 1)
    }
}

/// The number of tasks that the loop had before this one.
pub(crate) type TaskNumber = u64;
