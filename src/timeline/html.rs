//! A run as a page.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    End, Moment, State, Task, TaskKey, Timeline, Unit, Wait, What,
    json::Json,
    story::{Part, Story, time_text},
    words::clean,
};

/// More moments than these are not put into a page: it would be slow to open.
const MOMENTS: usize = 5_000;

/// A page has no more tasks than this that have no part in its moments.
const IDLE_TASKS: usize = 100;

/// Longer texts are cut.
const TEXT: usize = 300;

impl Timeline {
    /// Draws the run as an HTML page on which a reader can step through it, moment by moment.
    ///
    /// The page shows the lanes of the tasks and, at each moment, what happened and why, the ready queue, the timers and the
    /// state of every task. It needs a browser and nothing else: no network, no other file. The keyboard is enough to use it, and
    /// it works with screen readers. The fragment `#moment=12` in the address opens the page at moment 12 (the first is 1).
    ///
    /// A long run is cut to its last 5,000 moments, which the page mentions. Equal timelines have equal pages.
    ///
    /// ```
    /// use tminus::{Generator, TaskScheduler, timeline::Timeline};
    ///
    /// let ((), timeline) = Timeline::of(|| {
    ///     let mut scheduler = TaskScheduler::new();
    ///     scheduler.spawn_named("countdown", Generator::new(async |co| co.yield_(()).await));
    ///     scheduler.run();
    /// });
    /// let page = timeline.html(); // std::fs::write("run.html", page)
    /// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("countdown"));
    /// ```
    #[must_use]
    pub fn html(&self) -> String {
        let cut = self.moments.len().saturating_sub(MOMENTS);
        let last;
        let kept = match cut {
            0 => self,
            cut => {
                last = self.without_the_first(cut);
                &last
            }
        };
        let tasks = Tasks::of(kept);
        let notes = notes(self, cut, tasks.left_out);
        let (body, run) = match kept.moments.len() {
            0 => ("empty", Json::Object(Vec::new())),
            _ => ("run", tasks.run()),
        };
        // The run comes last: what its tasks are called is nothing to be replaced.
        include_str!("page.html")
            .replacen("@@css@@", include_str!("page.css"), 1)
            .replacen("@@script@@", include_str!("page.js"), 1)
            .replacen("@@body@@", body, 1)
            .replacen("@@notes@@", &notes, 1)
            .replacen("@@run@@", &run.to_string(), 1)
    }

    /// Returns a copy that begins at moment number `cut`.
    fn without_the_first(&self, cut: usize) -> Timeline {
        let mut last = Timeline {
            unit: self.unit,
            tasks: self.tasks.clone(),
            moments: Default::default(),
            forgotten: self.forgotten,
            loops: self.loops,
            schedulers: self.schedulers,
        };
        for moment in self.moments.iter().take(cut) {
            last.moments.push_back(moment.clone());
            last.forget_one();
        }
        last.moments.extend(self.moments.iter().skip(cut).cloned());
        last
    }
}

/// Returns notes about what the page leaves out.
fn notes(timeline: &Timeline, cut: usize, tasks: usize) -> String {
    let mut notes = Vec::new();
    if timeline.moments.is_empty() {
        notes.push(
            "Nothing was recorded: no task was spawned, and none ran, while the recorder listened."
                .to_owned(),
        );
    }
    if timeline.forgotten > 0 {
        notes.push(format!(
            "The recorder keeps a limited number of moments: the first {} are forgotten.",
            timeline.forgotten
        ));
    }
    if cut > 0 {
        notes.push(format!(
            "This run is long. The page has its last {MOMENTS} moments; {cut} before them were left out."
        ));
    }
    if tasks > 0 {
        notes.push(format!(
            "{tasks} tasks that do nothing in these moments were left out."
        ));
    }
    let paragraphs = notes.iter().map(|note| format!("<p>{note}</p>"));
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// The tasks of a page, by their places in it.
struct Tasks<'a> {
    timeline: &'a Timeline,
    listed: Vec<&'a Task>,
    places: BTreeMap<TaskKey, usize>,
    left_out: usize,
    /// All times of the run, in order. The page compares the places of times, not the times.
    times: Vec<u64>,
}

impl<'a> Tasks<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let mut busy = BTreeSet::new();
        let mut times = BTreeSet::new();
        let waits_before = timeline.tasks().flat_map(|task| waits(task.before()));
        times.extend(waits_before.filter_map(|wait| wait.until));
        for moment in timeline.moments() {
            busy.insert(moment.task);
            times.insert(moment.at);
            match &moment.what {
                What::Spawned { by } | What::Woken { by } | What::CancelAsked { by } => {
                    busy.extend(by);
                }
                What::Waits(wait) => {
                    busy.extend(wait.on);
                    times.extend(wait.until);
                }
                What::Runs { .. } | What::Yielded | What::Ended(_) => {}
            }
        }
        let mut idle = 0;
        let listed: Vec<&Task> = timeline
            .tasks()
            .filter(|task| {
                idle += usize::from(!busy.contains(&task.id));
                busy.contains(&task.id) || idle <= IDLE_TASKS
            })
            .collect();
        let places = listed.iter().enumerate();
        Self {
            timeline,
            places: places.map(|(place, task)| (task.id, place)).collect(),
            left_out: timeline.tasks.len() - listed.len(),
            listed,
            times: times.into_iter().collect(),
        }
    }

    fn place(&self, task: Option<TaskKey>) -> Option<Json> {
        self.places.get(&task?).map(|place| Json::from(*place))
    }

    fn time(&self, time: u64) -> Json {
        let place = self.times.binary_search(&time);
        Json::from(place.expect("every time of the run is in the list"))
    }

    /// Returns the data for the script of the page.
    fn run(&self) -> Json {
        let mut story = Story::new(self.timeline);
        let ready = story.ready().filter_map(|task| self.place(Some(task)));
        let ready = Json::list(ready);
        let moments = self.timeline.moments();
        let moments = moments.map(|moment| self.moment(moment, story.tell(moment)));
        let unit = match self.timeline.unit {
            Unit::Turns => "turns",
            Unit::Nanoseconds => "nanoseconds",
        };
        let times = self.times.iter();
        let times = times.map(|time| Json::text(time_text(self.timeline.unit, *time)));
        Json::object([
            ("unit", Some(Json::text(unit))),
            ("first", Some(Json::from(self.timeline.forgotten))),
            ("times", Some(Json::list(times))),
            ("tasks", Some(self.tasks())),
            ("ready", Some(ready)),
            ("moments", Some(Json::list(moments))),
        ])
    }

    fn tasks(&self) -> Json {
        let mut names = BTreeMap::<String, u32>::new();
        for task in &self.listed {
            *names.entry(self.timeline.label(task)).or_default() += 1;
        }
        Json::list(self.listed.iter().map(|task| {
            let label = self.timeline.label(task);
            let name = match names[&label] {
                1 => shown(&label),
                _ => format!("{} #{}", shown(&label), task.number),
            };
            let several = self.timeline.has_several(task.runner);
            Json::object([
                ("name", Some(Json::text(name))),
                ("of", several.then(|| Json::text(task.runner.to_string()))),
                ("before", Some(self.state(task.before()))),
            ])
        }))
    }

    fn state(&self, state: &State) -> Json {
        let (is, waits, end) = match state {
            State::Unborn => ("unborn", None, None),
            State::Ready => ("ready", None, None),
            State::Running => ("running", None, None),
            State::Waiting(waits) => {
                let waits = waits.iter().map(|wait| self.wait(wait));
                ("waiting", Some(Json::list(waits)), None)
            }
            State::Ended(how) => ("ended", None, Some(end(how))),
        };
        Json::object([("is", Some(Json::text(is))), ("waits", waits), ("end", end)])
    }

    fn wait(&self, wait: &Wait) -> Json {
        Json::object([
            ("kind", Some(Json::text(shown(&wait.kind)))),
            ("of", Some(Json::text(shown(&wait.of)))),
            ("until", wait.until.map(|until| self.time(until))),
            ("on", self.place(wait.on)),
        ])
    }

    fn moment(&self, moment: &Moment, said: Vec<Part>) -> Json {
        let (what, by, wait, ended) = match &moment.what {
            What::Spawned { by } => ("spawned", *by, None, None),
            What::Runs { .. } => ("runs", None, None, None),
            What::Yielded => ("yielded", None, None, None),
            What::Waits(wait) => ("waits", None, Some(self.wait(wait)), None),
            What::Woken { by } => ("woken", *by, None, None),
            What::CancelAsked { by } => ("cancel", *by, None, None),
            What::Ended(how) => ("ended", None, None, Some(end(how))),
        };
        let said = said.into_iter().map(|part| match part {
            Part::Text(text) => Json::text(shown(&text)),
            Part::Task(task) => {
                let gone = || Json::text("a task that is not in this page");
                self.place(Some(task)).unwrap_or_else(gone)
            }
        });
        Json::object([
            ("at", Some(self.time(moment.at))),
            ("task", self.place(Some(moment.task))),
            ("what", Some(Json::text(what))),
            ("by", self.place(by)),
            ("wait", wait),
            ("end", ended),
            ("said", Some(Json::list(said))),
        ])
    }
}

fn waits(state: &State) -> &[Wait] {
    match state {
        State::Waiting(waits) => waits,
        State::Unborn | State::Ready | State::Running | State::Ended(_) => &[],
    }
}

fn end(end: &End) -> Json {
    let (how, text) = match end {
        End::Returned => ("returned", None),
        End::Failed { exception, text } if text.is_empty() => ("failed", Some(exception.clone())),
        End::Failed { exception, text } => ("failed", Some(format!("{exception}: {text}"))),
        End::Cancelled => ("cancelled", None),
        End::Closed => ("closed", None),
    };
    let text = text.map(|text| Json::text(shown(&text)));
    Json::object([("how", Some(Json::text(how))), ("text", text)])
}

/// Returns a text as the page shows it.
fn shown(text: &str) -> String {
    let text = clean(text);
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
