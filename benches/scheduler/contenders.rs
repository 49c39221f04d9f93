//! The contenders: queues of tasks that never end.
//!
//! The body of a task is a loop that counts its turns and yields.

use std::collections::VecDeque;

pub const HAND_WRITTEN: &str = "hand-written";
pub const GENAWAITER: &str = "genawaiter";
pub const GENAWAITER_BOXED: &str = "genawaiter, boxed";
pub const TMINUS_GENERATORS: &str = "tminus, no scheduler";
pub const TMINUS: &str = "tminus";

/// Tasks that take turns.
pub trait Queue<T>: Default {
    fn spawn(&mut self, task: T);

    /// Runs the task at the front for one turn, and moves it to the back.
    fn turn(&mut self);
}

/// Something to run in turns.
pub trait Task {
    /// Runs the task to its next `yield`. Returns `false` if it has finished.
    fn resume(&mut self) -> bool;
}

impl<T: Task> Queue<T> for VecDeque<T> {
    fn spawn(&mut self, task: T) {
        self.push_back(task);
    }

    #[inline(always)]
    fn turn(&mut self) {
        let mut task = self.pop_front().expect("tasks never end");
        if task.resume() {
            self.push_back(task);
        }
    }
}

pub mod hand_written {
    use tminus_benches::report;

    use super::Task;

    struct Counter(u64);

    impl Iterator for Counter {
        type Item = ();

        fn next(&mut self) -> Option<()> {
            self.0 += 1;
            report(self.0);
            Some(())
        }
    }

    pub type Boxed = Box<dyn Iterator<Item = ()>>;

    pub fn counter() -> Boxed {
        Box::new(Counter(0))
    }

    impl Task for Boxed {
        #[inline(always)]
        fn resume(&mut self) -> bool {
            self.next().is_some()
        }
    }
}

pub mod genawaiter {
    use std::pin::Pin;

    use genawaiter::{
        GeneratorState,
        rc::{Co, Gen},
    };
    use tminus_benches::report;

    use super::Task;

    /// What a queue of different tasks needs: a type that does not name its body.
    pub type Boxed = Gen<(), (), Pin<Box<dyn Future<Output = ()>>>>;

    pub fn counter() -> Gen<(), (), impl Future<Output = ()>> {
        Gen::new(count)
    }

    pub fn boxed_counter() -> Boxed {
        Gen::new(|co| Box::pin(count(co)) as _)
    }

    async fn count(co: Co<()>) {
        let mut turns = 0;
        loop {
            turns += 1;
            report(turns);
            co.yield_(()).await;
        }
    }

    impl<F: Future<Output = ()>> Task for Gen<(), (), F> {
        #[inline(always)]
        fn resume(&mut self) -> bool {
            match self.resume_with(()) {
                GeneratorState::Yielded(()) => true,
                GeneratorState::Complete(()) => false,
            }
        }
    }
}

pub mod tminus {
    use tminus::{Generator, TaskScheduler, Turn};
    use tminus_benches::report;

    use super::{Queue, Task};

    pub fn counter() -> Generator<()> {
        Generator::new(async |co| {
            let mut turns = 0;
            loop {
                turns += 1;
                report(turns);
                co.yield_(()).await?;
            }
        })
    }

    impl Task for Generator<()> {
        #[inline(always)]
        fn resume(&mut self) -> bool {
            let step = self.resume().expect("this body raises nothing");
            step.yielded().is_some()
        }
    }

    impl Queue<Generator<()>> for TaskScheduler {
        fn spawn(&mut self, task: Generator<()>) {
            self.spawn(task);
        }

        #[inline(always)]
        fn turn(&mut self) {
            match self.step() {
                Some(Turn::Yielded(_)) => {}
                Some(Turn::Returned(_) | Turn::Failed(_)) | None => panic!("tasks never end"),
            }
        }
    }
}
