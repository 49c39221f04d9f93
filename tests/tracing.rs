//! The guide's page on `tracing` against what the crate reports: every span and event, its level and its fields.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use tminus::{
    EventLoop, Exception, Generator, Kind, TaskScheduler,
    clock::VirtualClock,
    sleep, spawn_named,
    sync::{BoundedSemaphore, Lock},
    threads::ThreadPoolExecutor,
    yield_now,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// The fields of a row: those that are always there, and those that can be.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    level: String,
    always: BTreeSet<String>,
    perhaps: BTreeSet<String>,
}

/// Rows by target and by `event …` or `span …`.
type Rows = BTreeMap<(String, String), Row>;

#[test]
fn the_page_has_every_span_and_event_with_its_level_and_fields() {
    let page = rows(&read("src/guide/tracing.md"));
    let mut seen: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for report in reports_while(everything) {
        let key = (report.target, report.what);
        let row = page.get(&key);
        let row = row.unwrap_or_else(|| panic!("{key:?} is not on the page"));
        assert_eq!(report.level, row.level, "{key:?}");
        let missing = &row.always - &report.fields;
        assert!(missing.is_empty(), "{key:?} without {missing:?}");
        let unknown = &(&report.fields - &row.always) - &row.perhaps;
        assert!(unknown.is_empty(), "{key:?} with {unknown:?}");
        seen.entry(key).or_default().extend(report.fields);
    }
    for (key, row) in &page {
        let seen = seen.get(key);
        let seen = seen.unwrap_or_else(|| panic!("{key:?} was never reported"));
        let never = &(&row.always | &row.perhaps) - seen;
        assert!(never.is_empty(), "{key:?} never with {never:?}");
    }
}

#[test]
fn the_loops_own_table_is_that_of_the_page() {
    let page = rows(&read("src/guide/tracing.md"));
    let of_the_loop = page
        .into_iter()
        .filter(|((target, _), _)| target == "tminus::event_loop");
    let documented = read("src/event_loop/mod.rs");
    let documented: String = documented
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    assert_eq!(rows(&documented), of_the_loop.collect::<Rows>());
}

/// The tables of a text. Above each stands its target; of its columns the second is the level, the last two are fields.
fn rows(text: &str) -> Rows {
    let mut rows = Rows::new();
    let mut target = String::new();
    for line in text.lines() {
        let code: Vec<&str> = line.split('`').skip(1).step_by(2).collect();
        if let Some(name) = code.iter().find(|name| name.starts_with("tminus::"))
            && line.to_lowercase().contains("target")
        {
            target = (*name).to_owned();
        }
        let Some(line) = line.strip_prefix("| ") else {
            continue;
        };
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [what, level, .., always, perhaps, _] = cells[..] else {
            continue;
        };
        if !what.starts_with("event `") && !what.starts_with("span `") {
            continue;
        }
        let names = |cell: &str| {
            cell.split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect()
        };
        let row = Row {
            level: level.to_owned(),
            always: names(always),
            perhaps: names(perhaps),
        };
        let key = (target.clone(), what.replace('`', ""));
        assert!(rows.insert(key, row).is_none(), "two rows: {what}");
    }
    assert!(rows.len() > 10, "this is not the page");
    rows
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// A span or an event of the crate.
struct Report {
    target: String,
    what: String,
    level: String,
    /// Those that have a value.
    fields: BTreeSet<String>,
}

/// What the crate reports on this thread while `run` runs.
fn reports_while(run: impl FnOnce()) -> Vec<Report> {
    let listener = Listener::default();
    let reports = listener.0.clone();
    tracing::subscriber::with_default(listener, run);
    std::mem::take(&mut *reports.lock().unwrap())
}

#[derive(Default)]
struct Listener(Arc<Mutex<Vec<Report>>>);

impl Listener {
    fn add(&self, metadata: &Metadata<'_>, fields: Fields) {
        let what = match fields.message {
            Some(message) => format!("event {message}"),
            None => format!("span {}", metadata.name()),
        };
        self.0.lock().unwrap().push(Report {
            target: metadata.target().to_owned(),
            what,
            level: metadata.level().to_string(),
            fields: fields.names,
        });
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tminus")
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        self.add(span.metadata(), fields);
        span::Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.add(event.metadata(), fields);
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Fields {
    message: Option<String>,
    names: BTreeSet<String>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = Some(format!("{value:?}")),
            name => drop(self.names.insert(name.to_owned())),
        }
    }
}

/// Programs that together do all that the crate reports.
fn everything() {
    tasks_of_a_loop();
    slow_turns();
    livelock();
    exceptions_of_a_loop();
    tasks_of_a_scheduler();
    dropped_generators();
    a_permit_released_twice();
    a_panic_in_a_callback_of_a_promise();
    a_panic_deep_inside_a_chain();
}

const SECOND: Duration = Duration::from_secs(1);

fn error() -> Exception {
    Exception::new(Kind::ValueError, "no fuel")
}

fn tasks_of_a_loop() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let main = async {
        let lock = Lock::new();
        let guard = lock.acquire().await?;
        spawn_named("waits for the lock", async move {
            drop(lock.acquire().await?);
            Ok(())
        })?;
        spawn_named(
            "waits for a future of its own",
            std::future::pending::<Result<(), _>>(),
        )?;
        let cancelled = spawn_named("is cancelled", sleep(SECOND))?;
        let fails = spawn_named("fails", async { Err::<(), _>(error()) })?;
        let panics = spawn_named("panics", async { panic!("boom") as Result<(), _> })?;
        yield_now().await?;
        cancelled.cancel_with("enough");
        drop(guard);
        drop((cancelled.await, fails.await, panics.await));
        sleep(SECOND).await
    };
    event_loop.run_until_complete(main).unwrap();
    let holder = event_loop.create_task(async {
        let _held = PanicsInItsDrop;
        sleep(SECOND).await
    });
    drop(holder.unwrap());
    event_loop.run_until_complete(yield_now()).unwrap();
    event_loop.close().unwrap();
}

struct PanicsInItsDrop;

impl Drop for PanicsInItsDrop {
    fn drop(&mut self) {
        panic!("it cannot be dropped");
    }
}

fn slow_turns() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.set_slow_turn(Duration::ZERO); // so that each turn and each callback is one
    event_loop.run_until_complete(yield_now()).unwrap();
}

fn livelock() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.set_livelock_rounds(10);
    let spins = async {
        for _ in 0..20 {
            yield_now().await?;
        }
        Ok(())
    };
    event_loop.run_until_complete(spins).unwrap();
}

fn exceptions_of_a_loop() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    drop(event_loop.call_soon(|| Err::<(), _>(error())).unwrap());
    event_loop.run_until_complete(yield_now()).unwrap();
    event_loop.set_exception_handler(|_| panic!("it cannot be handled"));
    drop(event_loop.call_soon(|| Err::<(), _>(error())).unwrap());
    event_loop.run_until_complete(yield_now()).unwrap();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let never_seen = event_loop.create_future::<()>();
    never_seen.set_exception(error()).unwrap();
    let main = async {
        spawn_named("is never seen", async { Err::<(), _>(error()) })?;
        spawn_named("cannot clean up", async {
            drop(sleep(SECOND).await);
            Err::<(), _>(error())
        })?;
        yield_now().await
    };
    event_loop.run(main).unwrap();
}

fn tasks_of_a_scheduler() {
    let mut scheduler = TaskScheduler::new();
    scheduler.spawn_named("returns", Generator::new(async |co| co.yield_(()).await));
    scheduler.spawn(Generator::new(async |_| Err(error())));
    scheduler.spawn(Generator::new(async |_| panic!("boom")));
    scheduler.run();
    scheduler.spawn(Generator::new(async |co| co.yield_(()).await));
    scheduler.close_all();
}

fn dropped_generators() {
    let fails_in_its_clean_up = || {
        let mut generator = Generator::<(), ()>::new(async |co| {
            drop(co.yield_(()).await);
            Err(error())
        });
        generator.resume().unwrap();
        generator
    };
    drop(fails_in_its_clean_up());
    let mut panics = Generator::<(), ()>::new(async |co| {
        let _held = PanicsInItsDrop;
        co.yield_(()).await
    });
    panics.resume().unwrap();
    let unwinds = catch_unwind(AssertUnwindSafe(move || {
        let _dropped = panics;
        panic!("the first panic");
    }));
    assert!(unwinds.is_err());
}

fn a_permit_released_twice() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let main = async {
        let semaphore = BoundedSemaphore::new(1);
        let permit = semaphore.acquire().await?;
        semaphore.release()?;
        drop(permit);
        Ok(())
    };
    event_loop.run_until_complete(main).unwrap();
}

fn a_panic_in_a_callback_of_a_promise() {
    let pool = ThreadPoolExecutor::new(1).unwrap();
    let promise = pool.submit(|| ()).unwrap();
    promise.result().unwrap();
    promise.add_done_callback(|_| panic!("no fuel"));
}

/// Each future has a callback that holds the one before it, so dropping the last one drops all.
fn a_panic_deep_inside_a_chain() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let innermost = event_loop.create_future::<()>();
    let held = PanicsInItsDrop;
    innermost.add_done_callback(move |_| {
        let _ = &held;
    });
    let outermost = (0..100).fold(innermost, |inner, _| {
        let outer = event_loop.create_future::<()>();
        outer.add_done_callback(move |_| drop(inner));
        outer
    });
    drop(outermost);
}
