//! A run as a trace for Perfetto.

use std::collections::BTreeMap;

use super::{
    End, Moment, State, TaskKey, Timeline, Unit, Wait, What,
    json::Json,
    story::{time_text, words},
};

impl Timeline {
    /// The run in the [trace event format], for the viewer at `ui.perfetto.dev` and the one at `chrome://tracing`.
    ///
    /// A task is a thread. What it does follows without a gap: slices `ready`, `step 1`, `wait: …`. An arrow (a flow) leads
    /// from the step that woke or spawned a task to its slice `ready`; a cancellation and an end are instants.
    ///
    /// # Time
    ///
    /// The format knows microseconds and needs slices with a width, and moments in an order. So each moment is drawn at its
    /// own time, or right behind the one before, whichever is later:
    ///
    /// - where turns are counted, moment 1 at 1 µs, moment 2 at 2 µs, and so on;
    /// - where the clock stands still while tasks run, as a [`VirtualClock`](crate::clock::VirtualClock) does, the least
    ///   distance is a power of ten of nanoseconds, so small that the moments together move by no more than a tenth of the
    ///   run (of a run that takes no time: 1 µs);
    /// - where it goes on, as a real clock does, the least distance is 1 ns.
    ///
    /// The true time is in the arguments of each slice, as `at`.
    ///
    /// [trace event format]: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    pub fn perfetto(&self) -> String {
        let mut trace = Trace::new(self);
        for (index, moment) in (1..).zip(self.moments()) {
            trace.add(index, moment);
        }
        trace.finish()
    }

    /// The least distance of two moments, in nanoseconds.
    fn least_distance(&self) -> u64 {
        let (mut first, mut last) = (u64::MAX, 0);
        let mut running = BTreeMap::new();
        for moment in self.moments() {
            (first, last) = (first.min(moment.at), last.max(moment.at));
            let began = match moment.what {
                What::Runs { .. } => running.insert(moment.task, moment.at),
                _ => running.remove(&moment.task),
            };
            if self.unit == Unit::Nanoseconds && began.is_some_and(|began| began < moment.at) {
                return 1; // the clock goes on
            }
        }
        let moments = self.moments.len() as u64;
        match (self.unit, last.saturating_sub(first)) {
            (Unit::Turns, _) | (Unit::Nanoseconds, 0) => 1_000,
            (Unit::Nanoseconds, span) => {
                let share = (span / 10 / moments).max(1);
                10_u64.pow(share.ilog10())
            }
        }
    }
}

/// All tasks are threads of one process.
const PROCESS: u64 = 1;

/// What a task does now: a slice that has begun.
struct Slice {
    start: u64,
    name: String,
    category: &'static str,
    at: Option<u64>,
    /// Why it is ready, or all that it waits for.
    reasons: Vec<String>,
}

struct Trace<'a> {
    timeline: &'a Timeline,
    least: u64,
    /// When the last moment is drawn.
    now: Option<u64>,
    threads: BTreeMap<TaskKey, u64>,
    open: BTreeMap<TaskKey, Slice>,
    /// Where in the last step of a task an arrow can begin.
    anchors: BTreeMap<TaskKey, u64>,
    flows: u64,
    /// With what they are sorted by: the time, and that a slice comes before what belongs to it.
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
        let mut trace = Self {
            timeline,
            least: timeline.least_distance(),
            now: None,
            threads: timeline.tasks.keys().copied().zip(1..).collect(),
            open: BTreeMap::new(),
            anchors: BTreeMap::new(),
            flows: 0,
            events: Vec::new(),
        };
        for task in timeline.tasks() {
            let (name, category, reasons) = match &task.before {
                State::Unborn | State::Ended(_) => continue,
                State::Ready => ("ready".to_owned(), "ready", Vec::new()),
                State::Running => ("a step".to_owned(), "step", Vec::new()),
                State::Waiting(waits) => {
                    let waits: Vec<String> = waits.iter().map(words).collect();
                    (wait_name(&waits), "wait", waits)
                }
            };
            trace.now = Some(start);
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

    /// When to draw the moment with this number.
    fn draw_at(&mut self, number: u64, moment: &Moment) -> u64 {
        let own = match self.timeline.unit {
            Unit::Turns => (self.timeline.forgotten + number) * 1_000,
            Unit::Nanoseconds => moment.at,
        };
        let next = self.now.map_or(0, |last| last.saturating_add(self.least));
        let at = own.max(next);
        self.now = Some(at);
        at
    }

    fn add(&mut self, number: u64, moment: &Moment) {
        let now = self.draw_at(number, moment);
        let task = moment.task;
        match &moment.what {
            What::Spawned { by } => self.ready(now, moment, "spawned", *by),
            What::Yielded => self.ready(now, moment, "gave way", None),
            What::Woken { by } => self.ready(now, moment, "woken", *by),
            What::Runs { step } => {
                self.begin(now, moment, "step", format!("step {step}"), Vec::new())
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
            Some(by) => format!("{why} by {}", by.name),
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

    /// Ends what the task did, and begins what it does.
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
        if slice.category == "step" {
            self.anchors.insert(task, now.saturating_sub(self.least));
        }
        let reasons = slice.reasons.into_iter().map(Json::Text);
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
            ("by", by.map(|by| Json::text(by.name()))),
        ]);
        let event = self.event("i", now, moment.task, name.to_owned(), "instant");
        let with = [("s", Json::text("t")), ("args", args)];
        self.push(now, Rank::Instant, event, with);
    }

    /// An arrow from the step of `by` in which it happened, or the last one before, to what `task` does now.
    fn arrow(&mut self, now: u64, name: &str, by: TaskKey, task: TaskKey) {
        let start = match (self.open.get(&by), self.anchors.get(&by)) {
            (Some(slice), _) if slice.category == "step" => now,
            (_, Some(anchor)) => *anchor,
            (_, None) => return, // its steps are forgotten
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
        vec![
            ("name", Json::Text(name)),
            ("cat", Json::text(category)),
            ("ph", Json::text(phase)),
            ("ts", Json::Thousandths(at)),
            ("pid", Json::from(PROCESS)),
            ("tid", Json::from(self.threads[&task])),
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
        let end = self.now.unwrap_or(0).saturating_add(self.least);
        for task in self.threads.keys().copied().collect::<Vec<_>>() {
            self.end(end, task, Some("it goes on where the record ends"));
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

    /// What the process and the threads are called, and in which order they are shown.
    fn names(&self) -> Vec<Json> {
        let name = |what, thread: u64, args| {
            Json::Object(vec![
                ("name", Json::text(what)),
                ("ph", Json::text("M")),
                ("pid", Json::from(PROCESS)),
                ("tid", Json::from(thread)),
                ("args", Json::Object(vec![args])),
            ])
        };
        let runner = match self.timeline.unit {
            Unit::Turns => "TaskScheduler (1 moment = 1 µs)",
            Unit::Nanoseconds => "EventLoop",
        };
        let mut names = vec![name("process_name", 1, ("name", Json::text(runner)))];
        for task in self.timeline.tasks() {
            let thread = self.threads[&task.id];
            let called = ("name", Json::text(task.name()));
            names.push(name("thread_name", thread, called));
            let place = ("sort_index", Json::from(thread));
            names.push(name("thread_sort_index", thread, place));
        }
        names
    }
}

fn wait_name(reasons: &[String]) -> String {
    format!("wait: {}", reasons.join(" and "))
}
