//! The end of a run, when nothing can happen any more.

use tminus::{EventLoop, event_loop::Deadlock};

/// A program that stops the loop, or raises `KeyboardInterrupt`, does so a few times at most.
const MOST_RUNS: usize = 200;

/// Runs the loop until nothing can happen. Returns the tasks that are left, none of which can ever run again.
///
/// # Panics
///
/// If one of them waits for something that is already there, or that comes by itself.
pub fn run_until_quiet(event_loop: &EventLoop) -> Deadlock {
    for _ in 0..MOST_RUNS {
        let never = event_loop.create_future::<()>();
        let Err(exception) = event_loop.run_until_complete(never) else {
            panic!("nobody has set this future");
        };
        if let Some(deadlock) = exception.downcast_ref::<Deadlock>() {
            check(deadlock);
            assert_eq!(event_loop.all_tasks().len(), deadlock.stuck.len());
            return deadlock.clone();
        }
    }
    panic!("the program does not end");
}

pub fn check(deadlock: &Deadlock) {
    for stuck in &deadlock.stuck {
        let words = &stuck.waits_for;
        let comes = ["a sleep", "a task that has ended", "that are done"];
        let comes = comes.iter().any(|comes| words.contains(comes));
        let foreign = words.contains("something outside the loop");
        assert!(
            !comes && !foreign,
            "task {:?} is stuck, and waits for {words}",
            stuck.task
        );
    }
}
