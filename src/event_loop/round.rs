//! One round after the other, and in each the turns of those that were ready when it began.
//!
//! A round is asyncio's `_run_once`: requests of other threads; what has arrived from outside, after waiting for it if
//! nothing is ready; what is due; and then each task and callback that is ready by now, once. What they make ready is for
//! the next round.
//!
//! A single panic guard protects a whole round, and the following rounds as long as they run only tasks. The body being polled
//! is in the [`Round`], outside the guard, so the body survives a panic. It is then dropped under a guard of its own, its task
//! ends with the panic, and the rest of the round continues.

use std::{
    collections::BTreeSet,
    mem,
    rc::Rc,
    task::Context,
    time::{Duration, Instant},
};

use super::{
    body::{BoxBody, Main},
    current::{self, RunningGuard},
    kernel::Kernel,
    keys::{CallId, Key},
    outside::Outside,
    task_ref::TaskRef,
    tasks::{Call, Job, Opening},
    trace,
    waits::{
        deadlock::{Deadlock, waits_for},
        livelock::Livelock,
    },
    waker::LentWaker,
};
use crate::{
    Exception, Kind, contextvars, exception::catching, reports, timers::deadline_of_moment,
};

/// What a round has taken out of the table.
struct Round<'a> {
    jobs: Vec<Job>,
    /// The place of the next job.
    next: usize,
    is_last: bool,
    /// What came of trying to open it within the guard.
    opening: Option<Opening>,
    lent: LentWaker,
    /// The body of the task that has its turn. After a panic, it is still here.
    body: Option<BoxBody>,
    /// The body of the main task, if this run has one.
    main: Option<Main<'a>>,
    /// The tasks that ran in the last rounds before a livelock is reported.
    spinning: BTreeSet<Key>,
}

/// Each job is looked at before it runs: somebody listens for slow turns, or chance chooses the next job.
const WATCHED: bool = true;
const UNWATCHED: bool = false;

/// Measures a turn or a callback in real time, whatever the loop's own clock says: what blocks the thread is slow.
struct Stopwatch {
    start: Instant,
    /// A handle, so that the task's name is there afterwards.
    task: Option<TaskRef>,
}

impl Stopwatch {
    #[cold]
    fn start(kernel: &Rc<Kernel>, job: Job) -> Self {
        let task = match job {
            Job::Turn(task) => kernel
                .with(|tasks| tasks.shared_if_there(task))
                .then_some(task),
            Job::Due(_) | Job::Call(_) => None,
        };
        Self {
            task: task.map(|task| TaskRef::adopt(kernel, task)),
            start: Instant::now(),
        }
    }

    #[cold]
    fn stop(self, kernel: &Kernel) {
        let took = self.start.elapsed();
        if took > kernel.settings.slow_turn.get() {
            trace::slow_turn(&kernel.told(self.task.as_ref().map(TaskRef::key)), took);
        }
    }
}

/// How many rounds before the limit it is noted which tasks run: those in a livelock need not run in each round.
const NAMED: u64 = 16;

/// Room for this many jobs is kept after a rush.
const ROOM: usize = 64;

/// Frees the memory of jobs that have run, if the last round used little of it.
#[inline]
fn frees_room(jobs: &mut Vec<Job>) {
    if jobs.capacity() > ROOM && jobs.len() < jobs.capacity() / 8 {
        *jobs = Vec::new();
    }
}

impl Kernel {
    /// Makes rounds until [`stopping`](Kernel::stopping) is set; that round is the last.
    pub(super) fn run(self: &Rc<Self>, main: Option<Main<'_>>) -> Result<(), Exception> {
        let _running = RunningGuard::new(self)?;
        let mut round = Round::new(self, main);
        while !round.is_last {
            self.opens(&mut round)?;
            self.rounds.set(self.rounds.get() + 1);
            if self.is_virtual {
                self.looks_for_livelock(&mut round)?;
            }
            let rounds = match self.is_watched() {
                true => Self::rounds::<WATCHED>,
                false => Self::rounds::<UNWATCHED>,
            };
            // One guard for all jobs, and another one for the rest of them if one has panicked.
            while let Err(panic) = catching(|| rounds(self, &mut round)) {
                self.after_panic(panic, &mut round);
            }
            if self.is_interrupted.get() {
                return Err(self.takes_interrupt());
            }
        }
        Ok(())
    }

    /// Makes `count` rounds, without waiting in any of them.
    pub(super) fn run_rounds(
        self: &Rc<Self>,
        count: usize,
        main: &mut Option<Main<'_>>,
    ) -> Result<(), Exception> {
        for _ in 0..count {
            self.stopping.set(true); // with which a round is the last, and does not wait
            self.run(main.as_mut().map(Main::again))?;
        }
        Ok(())
    }

    /// Runs what is left of this round, and further rounds as long as these can be opened right here, within the guard: their
    /// tasks are ready, and neither the clock nor anybody outside has to be asked.
    fn rounds<const IS_WATCHED: bool>(self: &Rc<Self>, round: &mut Round<'_>) {
        loop {
            self.run_all::<IS_WATCHED>(round);
            frees_room(&mut round.jobs);
            if self.is_interrupted.get() {
                return;
            }
            if self.stopping.take() {
                round.is_last = true;
                return;
            }
            self.takes_requests();
            if self.must_look_around(IS_WATCHED) {
                return;
            }
            match self.quietly(|tasks| tasks.opens(&mut round.jobs, true)) {
                Opening::Opened => {
                    round.next = 0;
                    self.rounds.set(self.rounds.get() + 1);
                }
                opening @ (Opening::HasTimers | Opening::HasNothing) => {
                    round.opening = Some(opening);
                    return;
                }
            }
        }
    }

    /// Returns `true` if the next round has to be opened outside the guard. This is asked in each round, so a loop that has
    /// nothing to do with the world outside pays for one look at that.
    #[inline]
    fn must_look_around(&self, is_watched: bool) -> bool {
        let disturbs = match self.outside() {
            None => self.times_turns() != is_watched,
            Some(_) => self.is_watched() != is_watched || self.may_arrive(),
        };
        disturbs || self.is_near_livelock() || self.interrupts.is_pressed()
    }

    #[cold]
    fn takes_interrupt(&self) -> Exception {
        self.is_interrupted.set(false);
        self.interrupt
            .take()
            .unwrap_or_else(|| Kind::KeyboardInterrupt.into())
    }

    /// Opens a round: takes what is ready out of the table, after waiting for it if nothing is. A Ctrl-C is answered before that.
    fn opens(&self, round: &mut Round<'_>) -> Result<(), Exception> {
        round.next = 0;
        if self.interrupts.is_pressed() {
            self.interrupts.answers()?;
            round.opening = None; // the main task may be ready now
        }
        let opening = match round.opening.take() {
            Some(opening) => opening,
            None => {
                self.takes_requests();
                let may_wait = !self.stopping.get() && self.quietly(|tasks| tasks.ready.is_empty());
                if !may_wait {
                    self.looks_outside();
                }
                self.quietly(|tasks| tasks.opens(&mut round.jobs, may_wait))
            }
        };
        match opening {
            Opening::Opened => return Ok(()),
            Opening::HasTimers => {}
            Opening::HasNothing => {
                self.idle()?;
                self.takes_requests();
            }
        }
        let now = self.moment(); // the clock is foreign code, so it is asked before the table is borrowed
        self.quietly(|tasks| tasks.opens_at(&mut round.jobs, now));
        Ok(())
    }

    /// The only method that blocks the loop. It waits until the next timer is due, the outside world is ready, or another
    /// thread requests something. It can return early; then the round has no jobs, and the next one waits on.
    #[inline(never)]
    fn idle(&self) -> Result<(), Exception> {
        self.time_may_pass();
        let outside = self.outside();
        if let Some(outside) = outside
            && self.lets_arrive_what_nobody_awaits(&**outside)
        {
            return Ok(());
        }
        let timer = self.quietly(|tasks| tasks.timers.next_or_earlier());
        let timer = timer.map(deadline_of_moment);
        let arrival = outside.and_then(|outside| outside.next_arrival());
        let next = match (timer, arrival) {
            (Some(timer), Some(arrival)) => Some(timer.min(arrival)),
            (next, None) | (None, next) => next,
        };
        let now = self.now();
        if self.inbox.has_mail() || next.is_some_and(|next| next <= now) {
            self.looks_outside();
            return Ok(());
        }
        if next.is_none() && self.nobody_can_wake() {
            return Err(Deadlock::of(self).into());
        }
        let next = next.filter(|_| !self.time_stands_still());
        let until = next.map(|next| self.until(next));
        let waits_outside = outside.is_some_and(|outside| outside.wait(now, until));
        if !waits_outside && !self.interrupts.waits(now, until) {
            self.clock.wait(until);
            self.looks_outside();
        }
        Ok(())
    }

    /// In a simulation, something may arrive now for which nobody waits. The system does not tell of that, so it is no reason for
    /// a round either. Returns `true` if somebody has waited, and was woken.
    #[cold]
    #[inline(never)]
    fn lets_arrive_what_nobody_awaits(&self, outside: &dyn Outside) -> bool {
        let now = self.now();
        let is_due = |arrival: Duration| arrival <= now;
        if !self.is_virtual || !outside.next_arrival().is_some_and(is_due) {
            return false;
        }
        outside.look(now);
        !self.quietly(|tasks| tasks.ready.is_empty())
    }

    /// Wakes the tasks for which something has arrived. They wake in this round, like in asyncio, and so do not wait for ready
    /// data.
    fn looks_outside(&self) {
        if let Some(outside) = self.outside()
            && outside.may_arrive()
        {
            outside.look(self.now());
        }
    }

    #[inline]
    fn may_arrive(&self) -> bool {
        self.outside().is_some_and(|outside| outside.may_arrive())
    }

    /// A loop whose owner promises that there are no other threads does not believe in their wakers. It does believe in a job
    /// that it has begun itself.
    fn nobody_can_wake(&self) -> bool {
        let is_alone = self.settings.single_threaded.get() || self.inbox.nobody_can_wake();
        is_alone && !self.expects_something() && !self.may_arrive() && !self.inbox.has_mail()
    }

    /// Returns `true` if a turn that is too slow is to be reported. Without a subscriber that is so only if the program has set
    /// what is too slow, because timing costs each turn two looks at a clock.
    #[inline]
    fn times_turns(&self) -> bool {
        trace::slow_turns_are_heard()
            || (self.settings.slow_turn_was_set.get() && reports::go_to_stderr())
    }

    #[inline]
    fn is_watched(&self) -> bool {
        self.times_turns() || self.chance().is_some()
    }

    /// When to wake up for a timer. The slack is for a clock on which waking up costs something.
    fn until(&self, next: Duration) -> Duration {
        match self.is_virtual {
            true => next,
            false => next.saturating_add(self.settings.timer_slack.get()),
        }
    }

    #[inline]
    fn is_near_livelock(&self) -> bool {
        let limit = self.settings.livelock_rounds.get();
        self.is_virtual && self.rounds_at_this_time().saturating_add(NAMED) >= limit
    }

    #[inline]
    fn rounds_at_this_time(&self) -> u64 {
        self.rounds.get() - self.still_since.get()
    }

    fn time_may_pass(&self) {
        self.still_since.set(self.rounds.get());
        self.still_at.set(None);
    }

    /// On a virtual clock, time passes only while the loop waits. Tasks that keep it from waiting stop the time.
    fn looks_for_livelock(&self, round: &mut Round<'_>) -> Result<(), Exception> {
        let rounds = self.rounds_at_this_time();
        let limit = self.settings.livelock_rounds.get();
        match rounds.saturating_add(NAMED) > limit && rounds <= limit {
            true => self.watches_livelock(round, rounds),
            false => Ok(()),
        }
    }

    /// Notes which tasks run in the last rounds before the limit, and reports them when it is reached.
    #[cold]
    fn watches_livelock(&self, round: &mut Round<'_>, rounds: u64) -> Result<(), Exception> {
        let before = self.still_at.replace(Some(self.now()));
        if before.is_some_and(|before| before != self.now()) {
            self.time_may_pass(); // somebody moves the clock by hand
            round.spinning.clear();
            return Ok(());
        }
        let turns = round.jobs.iter().filter_map(|job| match job {
            Job::Turn(task) => Some(*task),
            Job::Due(_) | Job::Call(_) => None,
        });
        round.spinning.extend(turns);
        if rounds < self.settings.livelock_rounds.get() {
            return Ok(());
        }
        let spinning = mem::take(&mut round.spinning);
        let names = spinning
            .into_iter()
            .filter_map(|task| self.with(|tasks| tasks.name_if_there(task)));
        let tasks: Vec<String> = names.map(|name| name.as_ref().to_owned()).collect();
        trace::livelock(&self.told(None), rounds, &tasks);
        if !self.settings.livelock_is_error.get() {
            return Ok(());
        }
        // Another run can go on with what was ready, for as many rounds again.
        self.time_may_pass();
        self.with(|tasks| tasks.reopens(&round.jobs));
        round.jobs.clear();
        let at = self.now();
        Err(Livelock { at, rounds, tasks }.into())
    }

    fn run_all<const IS_WATCHED: bool>(self: &Rc<Self>, round: &mut Round<'_>) {
        // Whenever a task has kept the waker, there is another one to lend.
        while let Some(keeper) = self.run_with_one_waker::<IS_WATCHED>(round) {
            let kept = round.lent.keep();
            self.with(|tasks| tasks.keeps(keeper, kept));
        }
    }

    /// Runs the rest of the round. Returns the task that kept the waker lent to it, if there is one.
    #[inline]
    fn run_with_one_waker<const IS_WATCHED: bool>(
        self: &Rc<Self>,
        round: &mut Round<'_>,
    ) -> Option<Key> {
        let Round {
            jobs,
            next,
            lent,
            body,
            main,
            ..
        } = round;
        current::is_woken_by(Some(lent.waker()));
        let mut cx = Context::from_waker(lent.waker());
        loop {
            if IS_WATCHED {
                self.chooses(&mut jobs[*next..]);
            }
            let &job = jobs.get(*next)?;
            *next += 1;
            let is_timed = IS_WATCHED && self.times_turns();
            let watch = is_timed.then(|| Stopwatch::start(self, job));
            let is_interrupted = match job {
                Job::Turn(task) => {
                    lent.lend_to(task);
                    let seen = if IS_WATCHED { self.is_seen(task) } else { None };
                    let mut is_interrupted = self.turn(task, body, main, &mut cx);
                    if IS_WATCHED {
                        is_interrupted |= self.was_seen(seen);
                    }
                    if let Some(watch) = watch {
                        watch.stop(self);
                    }
                    if lent.is_cloned() {
                        if is_interrupted {
                            self.interrupts(jobs, next);
                        }
                        return Some(task);
                    }
                    is_interrupted
                }
                Job::Due(wait) => {
                    self.with(|tasks| tasks.given(wait));
                    false
                }
                Job::Call(call) => {
                    let is_interrupted = self.call(call);
                    if let Some(watch) = watch {
                        watch.stop(self);
                    }
                    is_interrupted
                }
            };
            if is_interrupted {
                self.interrupts(jobs, next);
            }
        }
    }

    /// A task's turn begins, and somebody wants to know how it ends. The handle keeps the task's name beyond its end.
    fn is_seen(self: &Rc<Self>, task: Key) -> Option<TaskRef> {
        let is_seen = self.witness().is_some_and(|witness| witness.begins_turn());
        let is_there = is_seen && self.with(|tasks| tasks.shared_if_there(task));
        is_there.then(|| TaskRef::adopt(self, task))
    }

    /// A task's turn has ended. Returns `true` if the run has had enough of them, and ends, too.
    #[cold]
    fn was_seen(&self, seen: Option<TaskRef>) -> bool {
        let Some(witness) = self.witness() else {
            return false;
        };
        if let Some(task) = seen {
            let key = task.key();
            let then = match self.quietly(|tasks| (tasks.ended(key), tasks.is_scheduled(key))) {
                (true, _) => "ends".to_owned(),
                (false, true) => "yields".to_owned(),
                (false, false) => format!("waits for {}", waits_for(self, key)),
            };
            witness.ends_turn(self.now(), &task.name(), &then);
        }
        let left = || {
            let stuck = Deadlock::of(self).stuck.into_iter();
            stuck.map(|one| (one.task, one.waits_for)).collect()
        };
        let Some(exception) = witness.ends_run(self.now(), &left) else {
            return false;
        };
        self.interrupt.set(Some(exception));
        self.is_interrupted.set(true);
        true
    }

    /// In a simulation, lets chance choose among the jobs that are left of this round, and puts the chosen one in front. Each
    /// job has its turn in its round, so no task starves. Callbacks keep their order, which is a promise of `call_soon`, and
    /// so do wake-ups, which only decide the order of the next round.
    #[cold]
    fn chooses(&self, left: &mut [Job]) {
        let Some(chance) = self.chance() else {
            return;
        };
        if left.len() < 2 || matches!(left[0], Job::Due(_)) {
            return;
        }
        let first_call = left.iter().position(|job| matches!(job, Job::Call(_)));
        let may_be_next = |&place: &usize| match left[place] {
            Job::Turn(_) => true,
            Job::Call(_) => Some(place) == first_call,
            Job::Due(_) => false,
        };
        let mut places = (0..left.len()).filter(may_be_next);
        let count = places.clone().count();
        if count < 2 {
            return;
        }
        let place = places.nth(chance.choose(count, "order"));
        if let Some(place) = place {
            left[..=place].rotate_right(1);
        }
    }

    /// A `KeyboardInterrupt` ends the run here. What was still to run in this round stays ready.
    #[cold]
    fn interrupts(&self, jobs: &[Job], next: &mut usize) {
        let left = mem::replace(next, jobs.len());
        self.with(|tasks| tasks.reopens(&jobs[left..]));
    }

    /// A panic ends the task that had its turn. One in nobody's turn goes to the exception handler.
    #[cold]
    fn after_panic(self: &Rc<Self>, panic: Exception, round: &mut Round<'_>) {
        current::set_throws(false);
        let task = self.with(|tasks| tasks.current());
        match task.filter(|_| round.body.is_some()) {
            Some(task) => {
                self.with(|tasks| tasks.takes_thrown());
                let main = Main::if_of(&mut round.main, task);
                self.ends_early(task, &mut round.body, main, panic);
                // What the body left elsewhere may have its waker, which must not become the next task's.
                if round.lent.is_cloned() {
                    let kept = round.lent.keep();
                    self.with(|tasks| tasks.keeps(task, kept));
                }
            }
            None => {
                self.with(|tasks| tasks.called());
                contextvars::callback_is_over();
                self.reports("Exception in callback", &panic, None);
            }
        }
    }

    /// Calls a callback. Returns `true` if that ended the run.
    fn call(self: &Rc<Self>, call: CallId) -> bool {
        let mut handle = None;
        let result = match self.with(|tasks| tasks.takes_call(call)) {
            Some(Call::Handle(call)) => {
                let result = call.call().unwrap_or(Ok(()));
                if result.is_err() {
                    handle = call.handle();
                }
                result
            }
            Some(Call::Done(call, task)) => call(task),
            None => return false,
        };
        self.with(|tasks| tasks.called());
        contextvars::callback_is_over();
        let Err(exception) = result else {
            return false;
        };
        if exception.kind() == Kind::KeyboardInterrupt {
            self.interrupt.set(Some(exception));
            self.is_interrupted.set(true);
            return true;
        }
        self.reports_of("Exception in callback", &exception, None, handle);
        false
    }
}

impl<'a> Round<'a> {
    fn new(kernel: &Kernel, main: Option<Main<'a>>) -> Self {
        Self {
            jobs: Vec::new(),
            next: 0,
            is_last: false,
            opening: None,
            lent: LentWaker::new(kernel.inbox.clone()),
            body: None,
            main,
            spinning: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room_after(capacity: usize, used: usize) -> usize {
        let mut jobs = Vec::with_capacity(capacity);
        jobs.resize(used, Job::Turn(Key::LOOP));
        assert_eq!(jobs.capacity(), capacity);
        frees_room(&mut jobs);
        jobs.capacity()
    }

    #[test]
    fn the_room_of_a_rush_is_kept_while_an_eighth_of_it_is_used() {
        assert_eq!(room_after(8000, 8000), 8000);
        assert_eq!(room_after(8000, 1000), 8000);
        assert_eq!(room_after(8000, 999), 0);
        assert_eq!(room_after(ROOM, 0), ROOM);
    }
}
