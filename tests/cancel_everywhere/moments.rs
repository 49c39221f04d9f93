//! The moments of a run, and the cancellation of one task at one of them.
//!
//! A moment is the end of a turn of any task, or of a callback. The first run of a program is watched: it tells how many
//! moments there are, and which tasks are alive at each. Each further run is the same up to one moment, at which one task is
//! cancelled. A task has a turn between two of its moments, and the moments of the other tasks lie in between, so the task is
//! cancelled at each of its turns, and at each point at which it may have been woken and has not continued yet.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use tminus::EventLoop;

/// More than any program has.
const MOST: usize = 20_000;

/// Which task is cancelled, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cancellation {
    /// In the order of spawning, among those that are alive.
    pub task: usize,
    pub after: usize,
    /// Not at the moment itself, but when the clock has moved to the time of the next moment. Whatever this time wakes has been
    /// woken then, and has not run.
    pub when_the_clock_moved: bool,
}

/// What a watched run has at one moment.
struct Moment {
    time: Duration,
    /// How many tasks are alive.
    alive: usize,
}

#[derive(Clone, Default)]
pub struct Moments(Rc<Inner>);

#[derive(Default)]
struct Inner {
    seen: RefCell<Vec<Moment>>,
    cancellation: Option<(Cancellation, Duration)>,
    /// What became of the cancellation.
    had_effect: Rc<Cell<Option<bool>>>,
    /// The name of the task to be cancelled.
    name: RefCell<String>,
    /// What went wrong on the way, though the program may have caught it.
    faults: RefCell<Vec<String>>,
}

impl Moments {
    /// Runs that are undisturbed.
    pub fn watched() -> Self {
        Self::default()
    }

    /// The cancellations that a watched run shows to be possible.
    pub fn cancellations(&self) -> Vec<Cancellation> {
        let seen = self.0.seen.borrow();
        let mut all = Vec::new();
        for (after, moment) in seen.iter().enumerate() {
            let moves = seen
                .get(after + 1)
                .is_some_and(|next| next.time > moment.time);
            for task in 0..moment.alive {
                for when_the_clock_moved in [false, true] {
                    if moves || !when_the_clock_moved {
                        all.push(Cancellation {
                            task,
                            after,
                            when_the_clock_moved,
                        });
                    }
                }
            }
        }
        all
    }

    /// A run like this one, but with a cancellation.
    pub fn with(&self, cancellation: Cancellation) -> Self {
        let seen = self.0.seen.borrow();
        let next = seen.get(cancellation.after + 1);
        let time = next.map_or(Duration::ZERO, |next| next.time);
        Self(Rc::new(Inner {
            cancellation: Some((cancellation, time)),
            ..Inner::default()
        }))
    }

    /// The name of the task that was cancelled, or is to be. Empty before the moment.
    pub fn name(&self) -> String {
        self.0.name.borrow().clone()
    }

    /// Notes that something went wrong.
    pub fn blame(&self, what: impl Into<String>) {
        self.0.faults.borrow_mut().push(what.into());
    }

    /// # Panics
    ///
    /// If anything went wrong, or if anything of the run is left that could pass a moment, such as a task.
    pub fn check_that_the_run_is_over(&self) {
        let faults = self.0.faults.borrow();
        assert!(faults.is_empty(), "{}", faults.join("; "));
        assert_eq!(Rc::strong_count(&self.0), 1, "a task is left");
    }

    pub fn is_undisturbed(&self) -> bool {
        self.0.cancellation.is_none()
    }

    /// Whether the cancellation took place, and if so, whether `cancel` returned `true`.
    pub fn had_effect(&self) -> Option<bool> {
        self.0.had_effect.get()
    }

    /// The body of a task, each of whose turns ends with a moment.
    pub fn turns_of<F: Future>(&self, body: F) -> Turns<F> {
        Turns {
            moments: self.clone(),
            body: Box::pin(body),
        }
    }

    pub fn pass(&self) {
        let Ok(event_loop) = EventLoop::running() else {
            return; // the loop is closed, and drops what is left
        };
        let moment = Moment {
            time: event_loop.time(),
            alive: event_loop.all_tasks().len(),
        };
        let number = self.0.seen.borrow().len();
        assert!(number < MOST, "the program does not end");
        self.0.seen.borrow_mut().push(moment);
        match self.0.cancellation {
            Some((cancellation, time)) if cancellation.after == number => {
                self.cancel(&event_loop, cancellation, time);
            }
            _ => {}
        }
    }

    fn cancel(&self, event_loop: &EventLoop, cancellation: Cancellation, time: Duration) {
        let tasks = event_loop.all_tasks();
        let task = tasks[cancellation.task].clone();
        self.0.name.replace(task.name());
        if !cancellation.when_the_clock_moved {
            self.0.had_effect.set(Some(task.cancel()));
            return;
        }
        let had_effect = self.0.had_effect.clone();
        let cancels = move || had_effect.set(Some(task.cancel()));
        event_loop
            .call_at(time, cancels)
            .expect("the loop is running");
    }
}

/// See [`Moments::turns_of`].
pub struct Turns<F> {
    moments: Moments,
    body: Pin<Box<F>>,
}

impl<F: Future> Future for Turns<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let panics = BlamesPanics(&this.moments);
        let polled = this.body.as_mut().poll(context);
        std::mem::forget(panics);
        this.moments.pass();
        polled
    }
}

struct BlamesPanics<'a>(&'a Moments);

impl Drop for BlamesPanics<'_> {
    fn drop(&mut self) {
        self.0.blame("a task panicked");
    }
}
