//! Heap memory. The counting allocator, from the crate `allocation-counter`, serves the whole program.

use std::ops::{Div, Sub};

/// The heap memory that some work took and did not free, and the number of its allocations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heap {
    /// The requested bytes, without what the allocator adds.
    pub bytes: f64,
    /// Includes those that were freed.
    pub allocations: f64,
}

/// Does the work, and returns the heap memory that it took, with the result, which still holds that memory.
pub fn heap<T>(work: impl FnOnce() -> T) -> (Heap, T) {
    let mut done = None;
    let info = allocation_counter::measure(|| done = Some(work()));
    let heap = Heap {
        bytes: info.bytes_current as f64,
        allocations: info.count_total as f64,
    };
    (heap, done.expect("`measure` does the work"))
}

/// Does the work without counting, which would slow down every allocation.
pub(crate) fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    let mut done = None;
    allocation_counter::opt_out(|| done = Some(work()));
    done.expect("`opt_out` does the work")
}

impl Sub for Heap {
    type Output = Heap;

    fn sub(self, other: Heap) -> Heap {
        Heap {
            bytes: self.bytes - other.bytes,
            allocations: self.allocations - other.allocations,
        }
    }
}

impl Div<f64> for Heap {
    type Output = Heap;

    fn div(self, divisor: f64) -> Heap {
        Heap {
            bytes: self.bytes / divisor,
            allocations: self.allocations / divisor,
        }
    }
}
