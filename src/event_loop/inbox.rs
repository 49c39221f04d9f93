//! The loop's end for other threads: what they ask of it, and how many still can.

use std::{
    mem,
    sync::{Arc, OnceLock, PoisonError},
};

use super::{keys::Key, outside::Interrupt};
use crate::{
    Exception,
    primitives::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        thread::{self, Thread, ThreadId},
    },
};

/// A request from outside.
pub(super) enum Request {
    /// A task is to be woken.
    Wake(Arc<TaskWaker>),
    Call(RemoteCall),
    /// What is expected under this number has come.
    Reply(u64),
    /// It never will.
    NoReply(u64),
}

pub(super) type RemoteCall = Box<dyn FnOnce() -> Result<(), Exception> + Send>;

/// What wakes one task.
pub(super) struct TaskWaker {
    pub(super) inbox: Arc<Inbox>,
    task: AtomicU64,
    /// Whether a request of this waker is in the inbox. As long as it is, further calls have nothing to add; without
    /// that, a thread that wakes a task in a loop would fill the memory during one long turn.
    is_called: AtomicBool,
    /// Whether the inbox counts it: it is kept by somebody, and not only lent.
    is_kept: AtomicBool,
}

impl TaskWaker {
    pub(super) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            task: AtomicU64::new(Key::LOOP.to_bits()),
            is_called: AtomicBool::default(),
            is_kept: AtomicBool::default(),
        }
    }

    #[inline]
    pub(super) fn set_task(&self, task: Key) {
        self.task.store(task.to_bits(), Ordering::Relaxed);
    }

    /// Returns `true` if no call is unanswered. From now on one is.
    pub(super) fn is_first_call(&self) -> bool {
        !self.is_called.swap(true, Ordering::AcqRel)
    }

    /// Others hold it from now on.
    pub(super) fn is_counted(&self) {
        self.inbox.is_held_once_more();
        self.is_kept.store(true, Ordering::Relaxed);
    }

    pub(super) fn task(&self) -> Key {
        Key::from_bits(self.task.load(Ordering::Relaxed))
    }

    /// The loop has taken the request out of its inbox: from here on a call is a new request. (This is before the task's
    /// turn, so what the task does not see in that turn wakes it again.)
    ///
    /// The flag is swapped, because a store would not see what a thread did before a call that had nothing to add. On some
    /// processors, the task's turn could miss these changes, and nobody would wake the task again.
    pub(super) fn is_answered(&self) {
        self.is_called.swap(false, Ordering::AcqRel);
    }

    /// The task has ended, so whoever still holds its waker cannot wake the loop with it.
    pub(super) fn is_uncounted(&self) {
        if self.is_kept.swap(false, Ordering::Relaxed) {
            self.inbox.is_held_once_less();
        }
    }
}

impl Drop for TaskWaker {
    fn drop(&mut self) {
        if self.is_kept.load(Ordering::Relaxed) {
            self.inbox.is_held_once_less();
        }
    }
}

#[derive(Default)]
pub(super) struct Inbox {
    mail: Mutex<Mail>,
    /// Whether there is mail: the loop looks in each round, and need not lock for that.
    has_mail: AtomicBool,
    /// How many wakers and remote loops others hold. As long as there is one, the loop can be woken.
    held: AtomicUsize,
    /// How many jobs that run on other threads block until something in this loop is done.
    blocked_jobs: AtomicUsize,
    /// The thread of a simulated loop, on which everything happens.
    simulated_on: OnceLock<ThreadId>,
}

#[derive(Default)]
struct Mail {
    requests: Vec<Request>,
    /// How to end the loop's wait, while it runs.
    waits_in: Option<WaitsIn>,
    closed: bool,
}

/// The way in which a loop waits.
pub(super) enum WaitsIn {
    /// Its thread is parked.
    Park(Thread),
    /// It waits for the world outside.
    Outside(Arc<dyn Interrupt>),
}

impl Inbox {
    fn with<T>(&self, look: impl FnOnce(&mut Mail) -> T) -> T {
        // Nothing that runs under the lock can leave the mail half-changed, so a poisoned one is as good as any.
        look(&mut self.mail.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Leaves a request and wakes the loop. Returns `false` if the loop is closed.
    pub(super) fn send(&self, request: Request) -> bool {
        // A refused request is dropped when the lock is free: its drop may send another.
        let mut request = Some(request);
        self.with(|mail| {
            if !mail.closed {
                mail.requests.extend(request.take());
                self.has_mail.store(true, Ordering::Release);
                mail.ends_wait();
            }
        });
        request.is_none()
    }

    #[inline]
    pub(super) fn has_mail(&self) -> bool {
        self.has_mail.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> Vec<Request> {
        self.with(|mail| {
            self.has_mail.store(false, Ordering::Relaxed);
            mem::take(&mut mail.requests)
        })
    }

    /// The loop runs on this thread from now on, and waits so.
    pub(super) fn runs_here(&self, interrupt: Option<Arc<dyn Interrupt>>) {
        let waits_in = match interrupt {
            Some(interrupt) => WaitsIn::Outside(interrupt),
            None => WaitsIn::Park(thread::current()),
        };
        self.with(|mail| mail.waits_in = Some(waits_in));
    }

    /// A loop that runs waits for the world outside from now on.
    pub(super) fn waits_in_future(&self, interrupt: Arc<dyn Interrupt>) {
        self.with(|mail| {
            if let Some(waits_in) = &mut mail.waits_in {
                *waits_in = WaitsIn::Outside(interrupt);
            }
        });
    }

    /// The loop does not run any longer.
    pub(super) fn runs_nowhere(&self) {
        self.with(|mail| mail.waits_in = None);
    }

    pub(super) fn close(&self) {
        let requests = self.with(|mail| {
            mail.closed = true;
            mem::take(&mut mail.requests)
        });
        drop(requests); // when the lock is free
    }

    /// A job on another thread blocks until something in this loop is done, and so the loop's time has to pass for it.
    pub(super) fn has_one_more_blocked_job(&self) {
        self.blocked_jobs.fetch_add(1, Ordering::SeqCst);
        self.with(|mail| mail.ends_wait()); // it may stand still because of that job
    }

    /// `count` such jobs no longer block.
    pub(super) fn has_fewer_blocked_jobs(&self, count: usize) {
        self.blocked_jobs.fetch_sub(count, Ordering::SeqCst);
    }

    pub(super) fn blocked_jobs(&self) -> usize {
        self.blocked_jobs.load(Ordering::SeqCst)
    }

    /// The loop is simulated, on this thread.
    pub(super) fn is_simulated_here(&self) {
        self.simulated_on.get_or_init(|| thread::current().id());
    }

    /// Returns `true` if the loop is simulated, and this is another thread than the loop's.
    pub(super) fn is_simulated_elsewhere(&self) -> bool {
        let thread = self.simulated_on.get();
        thread.is_some_and(|thread| *thread != thread::current().id())
    }

    /// One more waker or remote loop is held outside.
    pub(super) fn is_held_once_more(&self) {
        self.held.fetch_add(1, Ordering::Relaxed);
    }

    /// One fewer is. The loop wakes up to see whether there is still something to wait for.
    pub(super) fn is_held_once_less(&self) {
        // Release: whoever sees the lower count sees the mail that was left before, too. See `nobody_can_wake`.
        self.held.fetch_sub(1, Ordering::Release);
        self.with(|mail| mail.ends_wait());
    }

    /// Returns `true` if nobody outside has left anything, and nobody can from now on.
    ///
    /// The order matters: first the count, then the mail. A thread leaves its mail and only then drops its waker. In the
    /// other order, it could do both between the two looks, and a working program would be reported as a deadlock.
    pub(super) fn nobody_can_wake(&self) -> bool {
        self.nobody_can_wake_but(|| {})
    }

    /// Tests put a thread between the two looks.
    fn nobody_can_wake_but(&self, between: impl FnOnce()) -> bool {
        let nobody_holds = self.held.load(Ordering::Acquire) == 0;
        between();
        nobody_holds && !self.has_mail()
    }
}

impl Mail {
    /// Lasts: if the loop does not wait now, its next wait ends immediately.
    fn ends_wait(&self) {
        match &self.waits_in {
            Some(WaitsIn::Park(thread)) => thread.unpark(),
            Some(WaitsIn::Outside(interrupt)) => interrupt.interrupt(),
            None => {}
        }
    }
}

#[cfg(all(test, loom))]
mod orders;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn call() -> Request {
        Request::Call(Box::new(|| Ok(())))
    }

    #[test]
    fn a_thread_that_sends_and_leaves_between_the_two_looks_is_seen() {
        let inbox = Arc::new(Inbox::default());
        inbox.is_held_once_more();
        let other = inbox.clone();
        let sends_and_leaves = move || {
            let sender = thread::spawn(move || {
                assert!(other.send(call()));
                other.is_held_once_less();
            });
            sender.join().expect("it does not panic");
        };
        assert!(!inbox.nobody_can_wake_but(sends_and_leaves));
        assert!(!inbox.nobody_can_wake()); // there is mail
        assert_eq!(inbox.take().len(), 1);
        assert!(inbox.nobody_can_wake());
    }

    #[test]
    fn a_thread_that_sends_before_the_first_look_is_seen_although_nobody_is_left() {
        let inbox = Inbox::default();
        inbox.is_held_once_more();
        assert!(inbox.send(call()));
        inbox.is_held_once_less();
        assert!(!inbox.nobody_can_wake());
    }

    #[test]
    fn a_closed_inbox_refuses() {
        let inbox = Inbox::default();
        assert!(inbox.send(call()));
        inbox.close();
        assert!(!inbox.send(call()));
        assert!(inbox.take().is_empty());
    }
    #[test]
    fn requests_are_taken_in_the_order_of_sending() {
        let inbox = Inbox::default();
        let (sends, received) = std::sync::mpsc::channel();
        for n in 0..3 {
            let sends = sends.clone();
            let call = move || {
                sends.send(n).expect("somebody listens");
                Ok(())
            };
            assert!(inbox.send(Request::Call(Box::new(call))));
        }
        assert!(inbox.has_mail());
        for request in inbox.take() {
            let Request::Call(call) = request else {
                panic!("no task is woken");
            };
            call().expect("it does not fail");
        }
        assert_eq!(received.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert!(!inbox.has_mail());
    }

    /// The drop of what was refused, or was still in the inbox, can send again.
    #[test]
    fn what_is_dropped_with_a_request_finds_the_inbox_free() {
        struct Sends(Arc<Inbox>, std::sync::mpsc::Sender<bool>);
        impl Drop for Sends {
            fn drop(&mut self) {
                self.1.send(self.0.send(call())).expect("somebody listens");
            }
        }
        let inbox = Arc::new(Inbox::default());
        let (says, accepted) = std::sync::mpsc::channel();
        let sends = || {
            let sends = Sends(inbox.clone(), says.clone());
            Request::Call(Box::new(move || {
                drop(sends);
                Ok(())
            }))
        };
        assert!(inbox.send(sends()));
        inbox.close();
        assert!(!inbox.send(sends()));
        assert_eq!(accepted.try_iter().collect::<Vec<_>>(), [false, false]);
    }

    #[test]
    fn a_request_and_the_last_to_leave_unpark_the_thread_of_the_loop() {
        let inbox = Arc::new(Inbox::default());
        inbox.runs_here(None);
        inbox.is_held_once_more();
        let other = inbox.clone();
        let sender = thread::spawn(move || assert!(other.send(call())));
        while !inbox.has_mail() {
            thread::park();
        }
        sender.join().expect("it does not panic");
        assert_eq!(inbox.take().len(), 1);
        let other = inbox.clone();
        let leaves = thread::spawn(move || other.is_held_once_less());
        while !inbox.nobody_can_wake() {
            thread::park();
        }
        leaves.join().expect("it does not panic");
        inbox.runs_nowhere();
    }

    #[test]
    fn only_a_loop_that_runs_is_interrupted() {
        #[derive(Default)]
        struct Counts(AtomicUsize);
        impl Interrupt for Counts {
            fn interrupt(&self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (inbox, interrupts) = (Inbox::default(), Arc::new(Counts::default()));
        assert!(inbox.send(call())); // it does not run yet
        inbox.runs_here(Some(interrupts.clone()));
        assert!(inbox.send(call()));
        inbox.runs_nowhere();
        assert!(inbox.send(call()));
        assert_eq!(interrupts.0.load(Ordering::Relaxed), 1);
        assert_eq!(Arc::strong_count(&interrupts), 1);
    }
}
