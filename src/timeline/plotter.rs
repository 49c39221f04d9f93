//! Turning the moments of a timeline into columns and lanes.

use std::{collections::BTreeMap, mem};

use super::{
    Moment, Runner, State, TaskKey, Timeline, Wait, What,
    columns::{Arrow, Cause, Chart, Column, Does, Lane, Part, Place, Rest, Turn},
    scale::Scale,
};

/// More tasks than these share one lane.
const LANES: usize = 60;

impl<'a> Chart<'a> {
    pub(super) fn of(timeline: &'a Timeline) -> Self {
        let mut plotter = Plotter::new(timeline);
        for moment in timeline.moments() {
            plotter.plot(moment);
        }
        plotter.finish()
    }
}

/// Goes through the moments in order.
struct Plotter<'a> {
    chart: Chart<'a>,
    lanes: BTreeMap<TaskKey, usize>,
    pens: Vec<Pen<'a>>,
    /// The turn that runs in each loop and scheduler: its task and its column. (Several run at a time if loops on several
    /// threads are recorded, or if a task of a loop runs a scheduler.)
    running: BTreeMap<Option<Runner>, (TaskKey, usize)>,
}

/// Draws one lane.
#[derive(Default)]
struct Pen<'a> {
    /// The place since which the task rests, and what it waits for.
    rests: Option<(Place, Vec<&'a Wait>)>,
    cause: Option<Cause>,
    after: Vec<&'a Wait>,
}

impl<'a> Plotter<'a> {
    fn new(timeline: &'a Timeline) -> Self {
        let mut chart = Chart {
            timeline,
            scale: Scale::of(timeline),
            columns: Vec::new(),
            lanes: timeline
                .tasks()
                .take(LANES)
                .map(|task| Lane::new(timeline.label(task)))
                .collect(),
            arrows: Vec::new(),
        };
        if let more @ 1.. = timeline.tasks().len().saturating_sub(LANES) {
            let mut lane = Lane::new(format!("… {more} more"));
            lane.shared = true;
            chart.lanes.push(lane);
        }
        let lane = |(index, key): (usize, &TaskKey)| (*key, index.min(LANES));
        let mut plotter = Self {
            lanes: timeline.tasks.keys().enumerate().map(lane).collect(),
            pens: chart.lanes.iter().map(|_| Pen::default()).collect(),
            chart,
            running: BTreeMap::new(),
        };
        for task in timeline.tasks() {
            plotter.begin(task.id(), task.before());
        }
        plotter
    }

    /// Begins a task's lane at the left edge.
    fn begin(&mut self, task: TaskKey, state: &'a State) {
        let start = Place::new(0, Part::Start);
        match state {
            State::Unborn | State::Ended(_) => {}
            State::Ready => self.rest(task, start, Vec::new()),
            State::Waiting(waits) => self.rest(task, start, waits.iter().collect()),
            State::Running => {
                let at = self.start();
                self.run(task, at, 0);
            }
        }
    }

    fn plot(&mut self, moment: &'a Moment) {
        let task = moment.task;
        match &moment.what {
            What::Spawned { by } => {
                let place = self.place(task, Part::Early);
                self.rest(task, place, Vec::new());
                self.set_cause(task, Cause::Spawned(*by));
                self.arrow(Does::Spawn, *by, task, place);
            }
            What::Runs { turn } => self.run(task, moment.at, *turn),
            What::Yielded => {
                let place = self.leave(task);
                self.rest(task, place, Vec::new());
                self.set_cause(task, Cause::Yielded);
            }
            What::Waits(wait) => {
                let place = self.leave(task);
                self.wait(task, place, wait);
            }
            What::Woken { by } => self.wake(task, *by),
            What::CancelAsked { by } => {
                let place = self.place(task, Part::Late);
                if let Some(lane) = self.lane_of_its_own(task) {
                    self.chart.lanes[lane].asked.push(place);
                }
                self.arrow(Does::Cancel, *by, task, place);
            }
            What::Ended(end) => {
                let place = self.leave(task);
                self.stop_resting(task, place);
                if let Some(lane) = self.lane_of_its_own(task) {
                    self.chart.lanes[lane].end = Some((place, end));
                }
            }
        }
    }

    fn run(&mut self, task: TaskKey, at: u64, number: u64) {
        let column = self.chart.columns.len();
        let jump = match self.chart.columns.last() {
            Some(last) => self.chart.scale.differ(last.at, at),
            None => false,
        };
        let runner = self.chart.timeline.runner_of(task);
        self.chart.columns.push(Column { at, runner, jump });
        self.running.insert(runner, (task, column));
        self.stop_resting(task, Place::new(column, Part::Start));
        let Some(&lane) = self.lanes.get(&task) else {
            return;
        };
        let pen = &mut self.pens[lane];
        self.chart.lanes[lane].turns.push(Turn {
            column,
            number,
            cause: pen.cause.take().unwrap_or(Cause::Unknown),
            after: mem::take(&mut pen.after),
        });
    }

    fn wait(&mut self, task: TaskKey, place: Place, wait: &'a Wait) {
        let Some(lane) = self.lane_of_its_own(task) else {
            return;
        };
        match &mut self.pens[lane].rests {
            Some((from, waits)) if *from == place => waits.push(wait),
            _ => self.rest(task, place, vec![wait]),
        }
    }

    fn wake(&mut self, task: TaskKey, by: Option<TaskKey>) {
        let Some(lane) = self.lane_of_its_own(task) else {
            return;
        };
        let Some((_, waits)) = &self.pens[lane].rests else {
            return; // it runs
        };
        if waits.is_empty() {
            return; // it is ready
        }
        let runner = self.chart.timeline.runner_of(task);
        let place = match (by, self.running.get(&runner)) {
            (Some(_), _) | (None, Some(_)) => self.place(task, Part::Late),
            // A timer: right before what comes next.
            (None, None) => Place::new(self.chart.columns.len(), Part::Start),
        };
        let after = self.stop_resting(task, place);
        self.rest(task, place, Vec::new());
        self.set_cause(task, Cause::Woken(by));
        self.pens[lane].after = after;
        self.arrow(Does::Wake, by, task, place);
    }

    /// Returns the place of an event that happens to a task now: in this part of the running turn of the task's loop, or at the
    /// end of the last turn.
    fn place(&self, task: TaskKey, part: Part) -> Place {
        let runner = self.chart.timeline.runner_of(task);
        match (self.running.get(&runner), self.chart.columns.len()) {
            (Some((_, column)), _) => Place::new(*column, part),
            (None, 0) => Place::new(0, Part::Start),
            (None, columns) => Place::new(columns - 1, Part::End),
        }
    }

    /// Returns the time of the first moment.
    fn start(&self) -> u64 {
        let first = self.chart.timeline.moments.front();
        first.map_or(0, |moment| moment.at)
    }

    /// Ends the task's turn, if it has one, and returns the place of the end.
    fn leave(&mut self, task: TaskKey) -> Place {
        let place = self.place(task, Part::End);
        let runner = self.chart.timeline.runner_of(task);
        if self
            .running
            .get(&runner)
            .is_some_and(|(runs, _)| *runs == task)
        {
            self.running.remove(&runner);
        }
        place
    }

    fn lane_of_its_own(&self, task: TaskKey) -> Option<usize> {
        let lane = *self.lanes.get(&task)?;
        (!self.chart.lanes[lane].shared).then_some(lane)
    }

    fn set_cause(&mut self, task: TaskKey, cause: Cause) {
        if let Some(lane) = self.lane_of_its_own(task) {
            self.pens[lane].cause = Some(cause);
        }
    }

    fn rest(&mut self, task: TaskKey, from: Place, waits: Vec<&'a Wait>) {
        self.stop_resting(task, from);
        if let Some(lane) = self.lane_of_its_own(task) {
            self.pens[lane].rests = Some((from, waits));
        }
    }

    /// Ends the rest of a task, and returns what the task waited for.
    fn stop_resting(&mut self, task: TaskKey, to: Place) -> Vec<&'a Wait> {
        let Some(lane) = self.lane_of_its_own(task) else {
            return Vec::new();
        };
        let Some((from, waits)) = self.pens[lane].rests.take() else {
            return Vec::new();
        };
        if from < to {
            self.chart.lanes[lane].rests.push(Rest {
                from,
                to,
                waits: waits.clone(),
            });
        }
        waits
    }

    fn arrow(&mut self, does: Does, by: Option<TaskKey>, task: TaskKey, place: Place) {
        let from = by.and_then(|by| self.lane_of_its_own(by));
        let (Some(from), Some(to)) = (from, self.lane_of_its_own(task)) else {
            return;
        };
        let arrow = Arrow {
            does,
            place,
            from,
            to,
        };
        let arrows = &mut self.chart.arrows;
        let mut here = arrows.iter().rev().take_while(|other| other.place == place);
        // Who asks a task to stop wakes it, too.
        let known = here.any(|other| (other.from, other.to) == (from, to));
        if from != to && !known {
            arrows.push(arrow);
        }
    }

    fn finish(mut self) -> Chart<'a> {
        let edge = Place::new(self.chart.columns.len().max(1), Part::Start);
        for task in self.chart.timeline.tasks() {
            self.stop_resting(task.id(), edge);
        }
        if self.chart.columns.is_empty() && !self.chart.lanes.is_empty() {
            let at = self.start();
            let runner = None;
            self.chart.columns.push(Column {
                at,
                runner,
                jump: false,
            }); // nobody ran
        }
        self.chart
    }
}

impl Lane<'_> {
    fn new(name: String) -> Self {
        Self {
            name,
            shared: false,
            turns: Vec::new(),
            rests: Vec::new(),
            asked: Vec::new(),
            end: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        EventLoop, clock::VirtualClock, sleep, spawn_named, sync::Event, timeline::Recorder,
    };

    /// `main` spawns `waiter`, sleeps, wakes it, and ends; the waiter waits once more.
    fn recorded(recorder: &Recorder) -> Timeline {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        recorder.record(|| {
            let ran = event_loop.run_until_complete(async {
                let (event, never) = (Event::new(), Event::new());
                let set = event.clone();
                spawn_named("waiter", async move {
                    event.wait().await?;
                    never.wait().await
                })?;
                sleep(Duration::from_millis(5)).await?;
                set.set();
                sleep(Duration::from_millis(5)).await
            });
            ran.expect("nothing fails");
        });
        recorder.timeline()
    }

    fn places(lane: &Lane<'_>) -> Vec<(usize, Part, usize, Part, usize)> {
        let place = |rest: &Rest<'_>| {
            let (from, to) = (rest.from, rest.to);
            (from.column, from.part, to.column, to.part, rest.waits.len())
        };
        lane.rests.iter().map(place).collect()
    }

    #[test]
    fn every_step_has_a_column_and_every_rest_its_places() {
        use Part::{Early, End, Late, Start};
        let timeline = recorded(&Recorder::new());
        let chart = Chart::of(&timeline);
        let jumps: Vec<bool> = chart.columns.iter().map(|column| column.jump).collect();
        assert_eq!(jumps, [false, false, true, false, true]);
        let [main, waiter] = &chart.lanes[..] else {
            panic!("two tasks")
        };
        let columns = |lane: &Lane<'_>| {
            lane.turns
                .iter()
                .map(|turn| turn.column)
                .collect::<Vec<_>>()
        };
        assert_eq!(columns(main), [0, 2, 4]);
        assert_eq!(columns(waiter), [1, 3]);
        // A timer wakes right before the next column, a task in its own.
        assert_eq!(places(main), [(0, End, 2, Start, 1), (2, End, 4, Start, 1)]);
        let waits = [
            (0, Early, 1, Start, 0),
            (1, End, 2, Late, 1),
            (2, Late, 3, Start, 0),
            (3, End, 5, Start, 1),
        ];
        assert_eq!(places(waiter), waits);
        let arrows: Vec<_> = chart
            .arrows
            .iter()
            .map(|arrow| (arrow.does, arrow.place.column))
            .collect();
        assert_eq!(arrows, [(Does::Spawn, 0), (Does::Wake, 2)]);
        assert_eq!(
            waiter.turns[1].cause,
            Cause::Woken(Some(timeline.tasks().next().unwrap().id()))
        );
    }

    #[test]
    fn what_is_forgotten_is_where_the_lanes_begin() {
        let all = recorded(&Recorder::new()).moments().len();
        for room in 0..all {
            let timeline = recorded(&Recorder::with_room(room));
            let turns = timeline
                .moments()
                .filter(|moment| matches!(moment.what, What::Runs { .. }));
            let begun = timeline
                .tasks()
                .filter(|task| *task.before() == State::Running);
            let columns = turns.count() + begun.count();
            assert_eq!(Chart::of(&timeline).columns.len(), columns.max(1), "{room}");
        }
    }

    #[test]
    fn where_nobody_runs_there_is_one_column() {
        let ((), timeline) = Timeline::of(|| {
            let mut scheduler = crate::TaskScheduler::<()>::new();
            scheduler.spawn(crate::Generator::new(async |_| Ok(())));
        });
        let chart = Chart::of(&timeline);
        assert_eq!((chart.columns.len(), chart.lanes.len()), (1, 1));
        assert_eq!(
            chart.lanes[0].end.map(|(_, end)| end),
            Some(&crate::timeline::End::Closed)
        );
    }
}
