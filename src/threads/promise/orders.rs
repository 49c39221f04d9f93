//! Promises under loom: each test runs once for every order in which its threads can meet. A lost wake-up leaves all threads
//! asleep, which loom reports as a deadlock.

use super::*;
use crate::primitives::{
    atomic::{AtomicUsize, Ordering},
    thread,
};

static WORDS: LineWords = LineWords {
    kind: "thread",
    words: "a job",
};

fn promise() -> Promise<u32> {
    Promise::new(&WORDS, Party::Words("of the test".into()), Maker::Thread)
}

#[test]
fn two_threads_that_block_get_the_result() {
    loom::model(|| {
        let promise = promise();
        for _ in 0..2 {
            let promise = promise.clone();
            thread::spawn(move || assert_eq!(promise.result().expect("it is done"), 42));
        }
        assert!(promise.begins());
        assert!(promise.ends(Stage::Done(42)));
    });
}

#[test]
fn a_promise_is_either_cancelled_or_runs() {
    loom::model(|| {
        let promise = promise();
        let its = promise.clone();
        let job = thread::spawn(move || its.begins() && its.ends(Stage::Done(42)));
        let cancelled = promise.cancel();
        let ran = job.join().expect("it does not panic");
        assert!(cancelled != ran, "cancelled: {cancelled}, ran: {ran}");
        assert_eq!(promise.result().is_ok(), ran);
    });
}

#[test]
fn a_callback_is_called_once_whether_it_comes_before_or_after_the_end() {
    loom::model(|| {
        let promise = promise();
        let calls = Arc::new(AtomicUsize::new(0));
        let (its, counts) = (promise.clone(), calls.clone());
        let adds = thread::spawn(move || {
            its.add_done_callback(move |promise| {
                assert!(promise.done());
                counts.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert!(promise.ends(Stage::Done(42)));
        adds.join().expect("it does not panic");
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_forgotten_callback_is_called_at_most_once_and_not_after_that() {
    loom::model(|| {
        let promise = promise();
        let calls = Arc::new(AtomicUsize::new(0));
        let counts = calls.clone();
        let id = promise.calls_when_over(move |_| {
            counts.fetch_add(1, Ordering::Relaxed);
        });
        let its = promise.clone();
        let ends = thread::spawn(move || its.ends(Stage::Done(42)));
        promise.forgets(id);
        assert!(ends.join().expect("it does not panic"));
        assert!(calls.load(Ordering::Relaxed) <= 1);
    });
}

#[test]
fn of_two_threads_that_take_the_result_out_one_gets_it() {
    loom::model(|| {
        let promise = promise();
        let takes = |promise: Promise<u32>| thread::spawn(move || promise.into_result().is_ok());
        let both = [takes(promise.clone()), takes(promise.clone())];
        assert!(promise.ends(Stage::Done(42)));
        let got = both.map(|thread| thread.join().expect("it does not panic"));
        assert!(got[0] != got[1], "{got:?}");
    });
}
