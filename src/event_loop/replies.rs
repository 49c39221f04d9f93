//! What the loop expects of other threads: news of something that runs there, such as a job of a thread pool.
//!
//! | an expectation is | in the table | its reply | leaves that state |
//! |---|---|---|---|
//! | open | yes | on another thread | the reply arrives, or is dropped; nobody waits for it any longer |
//! | answered | no | a request in the inbox | the loop reads its inbox, and the callback has its turn |
//! | over | no | of no effect | |
//!
//! # Invariant
//!
//! - A callback can hold what is the loop's own, because it stays here. Only the reply, a number, goes to the other thread.
//! - An expectation stays in the table until the loop has read the reply. So there is no moment at which neither of them
//!   can be seen, and a loop that looks for what can still wake it is never wrong.
//! - `counted` is the number of open expectations that something outside the loop will answer.

use std::collections::BTreeMap;

use crate::Exception;

/// Called on the loop's thread.
pub(super) type Expected = Box<dyn FnOnce() -> Result<(), Exception>>;

/// The open expectations of a loop.
#[derive(Default)]
pub(super) struct Replies {
    next: u64,
    open: BTreeMap<u64, (Expected, ExpectedFrom)>,
    counted: usize,
}

/// What is to reply.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpectedFrom {
    /// Another thread: the loop waits for it, and reports no deadlock.
    Outside,
    /// Something in the loop itself, or something that may never happen: whoever waits for that only is stuck.
    Inside,
}

impl Replies {
    pub(super) fn opens(&mut self, call: Expected, from: ExpectedFrom) -> u64 {
        let id = self.next;
        self.next += 1;
        self.counted += usize::from(from == ExpectedFrom::Outside);
        self.open.insert(id, (call, from));
        id
    }

    /// Takes an expectation out, if it is open.
    pub(super) fn takes(&mut self, id: u64) -> Option<Expected> {
        let (call, from) = self.open.remove(&id)?;
        self.counted -= usize::from(from == ExpectedFrom::Outside);
        Some(call)
    }

    /// Takes all out, to be dropped.
    pub(super) fn takes_all(&mut self) -> impl Iterator<Item = Expected> + use<> {
        self.counted = 0;
        let open = std::mem::take(&mut self.open);
        open.into_values().map(|(call, _)| call)
    }

    pub(super) fn counted(&self) -> usize {
        self.counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_expected_from_outside_counts_until_it_is_taken() {
        let mut replies = Replies::default();
        let outside = replies.opens(Box::new(|| Ok(())), ExpectedFrom::Outside);
        let inside = replies.opens(Box::new(|| Ok(())), ExpectedFrom::Inside);
        assert_eq!(replies.counted(), 1);
        assert!(replies.takes(inside).is_some());
        assert_eq!(replies.counted(), 1);
        assert!(replies.takes(outside).is_some());
        assert!(replies.takes(outside).is_none());
        assert_eq!(replies.counted(), 0);
    }
}
