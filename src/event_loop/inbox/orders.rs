//! The inbox under loom: each test runs once for every order in which its threads can meet. A lost wake-up leaves all threads
//! asleep, which loom reports as a deadlock.

use super::*;

fn call() -> Request {
    Request::Call(Box::new(|| Ok(())))
}

/// What the loop does when it has nothing to run: looks for mail, gives up if nobody can wake it, and waits. Returns the number
/// of requests that have come when nobody can wake it any longer.
fn runs_until_nobody_can_wake(inbox: &Inbox) -> usize {
    let mut taken = 0;
    loop {
        taken += inbox.take().len();
        if inbox.has_mail() {
            continue;
        }
        if inbox.nobody_can_wake() {
            return taken;
        }
        thread::park();
    }
}

fn held_by(holders: usize) -> Arc<Inbox> {
    let inbox = Arc::new(Inbox::default());
    inbox.runs_here(None);
    for _ in 0..holders {
        inbox.is_held_once_more();
    }
    inbox
}

#[test]
fn a_loop_that_waits_gets_each_request_and_learns_when_the_last_holder_leaves() {
    loom::model(|| {
        let inbox = held_by(2);
        for _ in 0..2 {
            let inbox = inbox.clone();
            thread::spawn(move || {
                assert!(inbox.send(call()));
                inbox.is_held_once_less();
            });
        }
        assert_eq!(runs_until_nobody_can_wake(&inbox), 2);
    });
}

#[test]
fn no_deadlock_is_reported_while_a_request_is_on_its_way() {
    loom::model(|| {
        let inbox = held_by(1);
        let sender = inbox.clone();
        thread::spawn(move || {
            assert!(sender.send(call()));
            sender.is_held_once_less();
        });
        if inbox.nobody_can_wake() {
            panic!("the request is neither taken nor seen");
        }
        assert_eq!(runs_until_nobody_can_wake(&inbox), 1);
    });
}

/// Two threads set a flag each and call the same waker. The task looks at the flags in its turn, after the waker's request
/// was answered.
#[test]
fn what_a_task_does_not_see_in_its_turn_wakes_it_again() {
    loom::model(|| {
        let inbox = held_by(0);
        let waker = Arc::new(TaskWaker::new(inbox.clone()));
        waker.is_counted();
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        for n in 0..2 {
            let (waker, flags) = (waker.clone(), flags.clone());
            thread::spawn(move || {
                flags[n].store(true, Ordering::Relaxed);
                if waker.is_first_call() {
                    let inbox = waker.inbox.clone();
                    inbox.send(Request::Wake(waker));
                }
            });
        }
        drop(waker);
        let mut turns = 0;
        while !flags.iter().all(|flag| flag.load(Ordering::Relaxed)) {
            let requests = inbox.take();
            if requests.is_empty() {
                assert!(!inbox.nobody_can_wake(), "a working program is stuck");
                thread::park();
                continue;
            }
            for request in requests {
                if let Request::Wake(waker) = request {
                    waker.is_answered();
                    turns += 1;
                }
            }
        }
        assert!(turns <= 2, "{turns} turns for two calls");
    });
}

#[test]
fn a_request_is_taken_or_refused_but_never_lost_when_the_loop_closes() {
    loom::model(|| {
        let inbox = held_by(0);
        let sender = inbox.clone();
        let ran = Arc::new(AtomicUsize::new(0));
        let runs = Counts(ran.clone());
        let sends = thread::spawn(move || {
            sender.send(Request::Call(Box::new(move || {
                drop(runs);
                Ok(())
            })))
        });
        let taken = inbox.take().len();
        inbox.close();
        let accepted = sends.join().expect("it does not panic");
        assert!(accepted || taken == 0);
        assert_eq!(
            ran.load(Ordering::Relaxed),
            1,
            "the request was dropped once"
        );
        assert!(inbox.take().is_empty());
    });
}

struct Counts(Arc<AtomicUsize>);

impl Drop for Counts {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_job_that_blocks_ends_the_wait_of_a_loop_whose_time_stands_still() {
    loom::model(|| {
        let inbox = held_by(0);
        let job = inbox.clone();
        thread::spawn(move || job.has_one_more_blocked_job());
        while inbox.blocked_jobs() == 0 {
            thread::park();
        }
        inbox.has_fewer_blocked_jobs(1);
        assert_eq!(inbox.blocked_jobs(), 0);
    });
}
