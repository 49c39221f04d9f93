//! A run as a trace for Perfetto.

mod processes;

use std::collections::BTreeMap;

use super::{
    End, Moment, Runner, State, TaskKey, Timeline, Unit, Wait, What,
    json::Json,
    story::{time_text, words},
};
use processes::{LATEST, Process, process_name, processes};

impl Timeline {
    /// Returns the run in the [trace event format], which the viewers at `ui.perfetto.dev` and `chrome://tracing` open.
    ///
    /// Each loop or scheduler is a process, and each of its tasks a thread. What a task does follows without a gap: slices
    /// `ready`, `turn 1`, `wait: …`. An arrow (a flow) leads from the turn that woke or spawned a task to its slice `ready`; a
    /// cancellation and an end are instants.
    ///
    /// # Time
    ///
    /// The format counts microseconds, and the viewers need slices with a width. So each moment is drawn at its own time or right
    /// after the last moment of the same loop, whichever is later:
    ///
    /// - If turns are counted, moment 1 is at 1 µs, moment 2 at 2 µs, and so on.
    /// - If the clock stands still while tasks run, as a [`VirtualClock`](crate::clock::VirtualClock) does, the least distance
    ///   is a power of ten of nanoseconds, so small that the moments together move by no more than a tenth of the run. (If
    ///   the run takes no time, it is 1 µs.)
    /// - If the clock moves on while tasks run, as a real clock does, the least distance is 1 ns.
    ///
    /// The viewers read times as signed 64-bit nanoseconds, so nothing is drawn after `i64::MAX` ns, some 292 years.
    /// The true time is in the arguments of each slice, as `at`.
    ///
    /// ```
    /// use tminus::{Generator, TaskScheduler, timeline::Timeline};
    ///
    /// let ((), timeline) = Timeline::of(|| {
    ///     let mut scheduler = TaskScheduler::new();
    ///     scheduler.spawn_named("countdown", Generator::new(async |co| co.yield_(()).await));
    ///     scheduler.run();
    /// });
    /// let trace = timeline.perfetto(); // std::fs::write("run.json", trace)
    /// assert!(trace.contains("countdown"));
    /// ```
    ///
    /// [trace event format]: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    #[must_use]
    pub fn perfetto(&self) -> String {
        let mut trace = Trace::new(self);
        for (index, moment) in (1..).zip(self.moments()) {
            trace.add(index, moment);
        }
        trace.finish()
    }
}

/// A slice that has begun: what a task does now.
struct Slice {
    start: u64,
    name: String,
    category: &'static str,
    at: Option<u64>,
    /// Why the task is ready, or what it waits for.
    reasons: Vec<String>,
}

struct Trace<'a> {
    timeline: &'a Timeline,
    /// The latest time at which a moment is drawn at its own time. It leaves room for the moments that follow.
    latest: u64,
    processes: BTreeMap<Runner, Process>,
    /// The runner of each task, and the number of its thread.
    threads: BTreeMap<TaskKey, (Runner, u64)>,
    open: BTreeMap<TaskKey, Slice>,
    /// The time in the last turn of each task at which an arrow can begin.
    anchors: BTreeMap<TaskKey, u64>,
    flows: u64,
    /// The events, each with its sorting key: the time, and a rank that sorts a slice before its arrows and instants.
    events: Vec<(u64, Rank, Json)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Slice,
    Instant,
    ArrowBegins,
    ArrowEnds,
}

impl<'a> Trace<'a> {
    fn new(timeline: &'a Timeline) -> Self {
        let start = match (timeline.unit, timeline.moments.front()) {
            (Unit::Turns, _) | (_, None) => timeline.forgotten * 1_000,
            (Unit::Nanoseconds, Some(first)) => first.at,
        };
        let tasks = timeline.tasks().zip(1..);
        let processes = processes(timeline);
        let least = processes.values().map(|process| process.least).max();
        let moments = timeline.moments.len() as u64 + 2; // and the start and the end of the record
        let mut trace = Self {
            timeline,
            latest: LATEST.saturating_sub(least.unwrap_or(0).saturating_mul(moments)),
            processes,
            threads: tasks
                .map(|(task, thread)| (task.id, (task.runner, thread)))
                .collect(),
            open: BTreeMap::new(),
            anchors: BTreeMap::new(),
            flows: 0,
            events: Vec::new(),
        };
        for task in timeline.tasks() {
            let (name, category, reasons) = match &task.before {
                State::Unborn | State::Ended(_) => continue,
                State::Ready => ("ready".to_owned(), "ready", Vec::new()),
                State::Running => ("a turn".to_owned(), "turn", Vec::new()),
                State::Waiting(waits) => {
                    let waits: Vec<String> = waits.iter().map(words).collect();
                    (wait_name(&waits), "wait", waits)
                }
            };
            let start = start.min(trace.latest);
            trace.process(task.id).now = Some(start);
            let at = None;
            let slice = Slice {
                start,
                name,
                category,
                at,
                reasons,
            };
            trace.open.insert(task.id, slice);
        }
        trace
    }

    fn process(&mut self, task: TaskKey) -> &mut Process {
        let (runner, _) = self.threads[&task];
        let process = self.processes.get_mut(&runner);
        process.expect("every runner of a task is a process")
    }

    /// Returns the time at which to draw the moment with this number.
    fn draw_at(&mut self, number: u64, moment: &Moment) -> u64 {
        let own = match self.timeline.unit {
            Unit::Turns => (self.timeline.forgotten + number) * 1_000,
            Unit::Nanoseconds => moment.at,
        };
        let own = own.min(self.latest);
        let process = self.process(moment.task);
        let at = process
            .now
            .map_or(own, |last| own.max(last.saturating_add(process.least)));
        process.now = Some(at);
        at
    }

    fn add(&mut self, number: u64, moment: &Moment) {
        let now = self.draw_at(number, moment);
        let task = moment.task;
        match &moment.what {
            What::Spawned { by } => self.ready(now, moment, "spawned", *by),
            What::Yielded => self.ready(now, moment, "yielded", None),
            What::Woken { by } => self.ready(now, moment, "woken", *by),
            What::Runs { turn } => {
                self.begin(now, moment, "turn", format!("turn {turn}"), Vec::new())
            }
            What::Waits(wait) => self.wait(now, moment, wait),
            What::CancelAsked { by } => self.instant(now, moment, "cancel", *by),
            What::Ended(end) => {
                self.end(now, task, None);
                let name = match end {
                    End::Returned => "returned".to_owned(),
                    End::Failed { exception, text } => format!("failed: {exception}: {text}"),
                    End::Cancelled => "cancelled".to_owned(),
                    End::Closed => "closed".to_owned(),
                };
                self.instant(now, moment, &name, None);
            }
        }
    }

    fn ready(&mut self, now: u64, moment: &Moment, why: &str, by: Option<TaskKey>) {
        let by_whom = by.and_then(|by| self.timeline.task(by));
        let reason = match by_whom {
            Some(by) => format!("{why} by {}", by.name()),
            None => why.to_owned(),
        };
        self.begin(now, moment, "ready", "ready".to_owned(), vec![reason]);
        if let Some(by) = by {
            self.arrow(now, why, by, moment.task);
        }
    }

    fn wait(&mut self, now: u64, moment: &Moment, wait: &Wait) {
        match self.open.get_mut(&moment.task) {
            Some(slice) if slice.category == "wait" => {
                slice.reasons.push(words(wait));
                slice.name = wait_name(&slice.reasons);
            }
            _ => {
                let reasons = vec![words(wait)];
                self.begin(now, moment, "wait", wait_name(&reasons), reasons);
            }
        }
    }

    /// Ends the task's slice, and begins another.
    fn begin(
        &mut self,
        now: u64,
        moment: &Moment,
        category: &'static str,
        name: String,
        reasons: Vec<String>,
    ) {
        self.end(now, moment.task, None);
        let slice = Slice {
            start: now,
            name,
            category,
            at: Some(moment.at),
            reasons,
        };
        self.open.insert(moment.task, slice);
    }

    fn end(&mut self, now: u64, task: TaskKey, note: Option<&str>) {
        let Some(slice) = self.open.remove(&task) else {
            return;
        };
        if slice.category == "turn" {
            let least = self.process(task).least;
            self.anchors.insert(task, now.saturating_sub(least));
        }
        let reasons = slice.reasons.iter().map(|reason| Json::shown(reason));
        let reasons = Json::list(reasons);
        let (because, waits) = match slice.category {
            "ready" => (Some(reasons), None),
            "wait" => (None, Some(reasons)),
            _ => (None, None),
        };
        let args = Json::object([
            ("at", slice.at.map(|at| self.time(at))),
            ("because", because),
            ("for", waits),
            ("note", note.map(Json::text)),
        ]);
        let event = self.event("X", slice.start, task, slice.name, slice.category);
        let with = [
            ("dur", Json::Thousandths(now - slice.start)),
            ("args", args),
        ];
        self.push(slice.start, Rank::Slice, event, with);
    }

    fn instant(&mut self, now: u64, moment: &Moment, name: &str, by: Option<TaskKey>) {
        let by = by.and_then(|by| self.timeline.task(by));
        let args = Json::object([
            ("at", Some(self.time(moment.at))),
            ("by", by.map(|by| Json::shown(by.name()))),
        ]);
        let event = self.event("i", now, moment.task, name.to_owned(), "instant");
        let with = [("s", Json::text("t")), ("args", args)];
        self.push(now, Rank::Instant, event, with);
    }

    /// Draws an arrow from the turn of `by` in which it happened, or from its last turn, to the slice of `task`.
    fn arrow(&mut self, now: u64, name: &str, by: TaskKey, task: TaskKey) {
        let start = match (self.open.get(&by), self.anchors.get(&by)) {
            (Some(slice), _) if slice.category == "turn" => now,
            (_, Some(anchor)) => *anchor,
            (_, None) => return, // its turns are forgotten
        };
        self.flows += 1;
        let id = self.flows;
        let begins = self.event("s", start, by, name.to_owned(), "arrow");
        self.push(start, Rank::ArrowBegins, begins, [("id", Json::from(id))]);
        let ends = self.event("f", now, task, name.to_owned(), "arrow");
        let with = [("id", Json::from(id)), ("bp", Json::text("e"))];
        self.push(now, Rank::ArrowEnds, ends, with);
    }

    fn time(&self, at: u64) -> Json {
        Json::Text(time_text(self.timeline.unit, at))
    }

    fn event(
        &self,
        phase: &str,
        at: u64,
        task: TaskKey,
        name: String,
        category: &str,
    ) -> Vec<(&'static str, Json)> {
        let (runner, thread) = self.threads[&task];
        vec![
            ("name", Json::shown(&name)),
            ("cat", Json::text(category)),
            ("ph", Json::text(phase)),
            ("ts", Json::Thousandths(at)),
            ("pid", Json::from(self.processes[&runner].number)),
            ("tid", Json::from(thread)),
        ]
    }

    fn push<const N: usize>(
        &mut self,
        at: u64,
        rank: Rank,
        mut event: Vec<(&'static str, Json)>,
        with: [(&'static str, Json); N],
    ) {
        event.extend(with);
        self.events.push((at, rank, Json::Object(event)));
    }

    fn finish(mut self) -> String {
        for task in self.threads.keys().copied().collect::<Vec<_>>() {
            let process = self.process(task);
            let end = process.now.unwrap_or(0).saturating_add(process.least);
            self.end(end, task, Some("it continues after the record ends"));
        }
        self.events
            .sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        let names = self.names();
        let events = names.into_iter();
        let events = events.chain(self.events.into_iter().map(|(.., event)| event));
        let events: Vec<String> = events.map(|event| event.to_string()).collect();
        let other = Json::object([
            ("moments", Some(Json::from(self.timeline.moments.len()))),
            ("forgotten", Some(Json::from(self.timeline.forgotten))),
        ]);
        format!(
            "{{\"displayTimeUnit\":\"ns\",\"otherData\":{other},\"traceEvents\":[\n{}\n]}}\n",
            events.join(",\n")
        )
    }

    /// Returns the names of the processes and threads, and the order of the threads.
    fn names(&self) -> Vec<Json> {
        let name = |what, process: u64, thread: u64, args| {
            Json::Object(vec![
                ("name", Json::text(what)),
                ("ph", Json::text("M")),
                ("pid", Json::from(process)),
                ("tid", Json::from(thread)),
                ("args", Json::Object(vec![args])),
            ])
        };
        let mut names = Vec::new();
        for (runner, process) in &self.processes {
            let called = ("name", Json::Text(process_name(self.timeline, *runner)));
            names.push(name("process_name", process.number, 1, called));
        }
        for task in self.timeline.tasks() {
            let (runner, thread) = self.threads[&task.id];
            let process = self.processes[&runner].number;
            let called = ("name", Json::shown(task.name()));
            names.push(name("thread_name", process, thread, called));
            let place = ("sort_index", Json::from(thread));
            names.push(name("thread_sort_index", process, thread, place));
        }
        names
    }
}

fn wait_name(reasons: &[String]) -> String {
    format!("wait: {}", reasons.join(" and "))
}
