//! What the tests of generators share.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::{
    any::Any,
    cell::RefCell,
    collections::BTreeMap,
    fmt::Debug,
    rc::Rc,
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// What happened, in order.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn add(&self, entry: impl Into<String>) {
        self.0.borrow_mut().push(entry.into());
    }

    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// The text of a panic.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (None, Some(text)) => (*text).into(),
        (None, None) => "(no text)".into(),
    }
}

/// The `Debug` text without the lines that show where exceptions were created.
pub fn without_places(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let mut lines = text.lines();
    let mut shown = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        match line.trim_start().starts_with("at ") {
            true => shown.push_str(&line[line.trim_end_matches(')').len()..]),
            false => shown.extend(["\n", line]),
        }
    }
    shown
}

/// The fields of an event or a span of the crate's, by name; an event's text is `message`.
pub type Fields = BTreeMap<&'static str, String>;

/// Something that the crate told `tracing`.
pub enum Record {
    Event(Level, Fields),
    Enter(&'static str, Fields),
    Exit,
}

/// What the crate tells `tracing` while `run` runs, on this thread.
pub fn records_while(run: impl FnOnce()) -> Vec<Record> {
    let recorder = Recorder::default();
    let records = recorder.records.clone();
    // With a single subscriber, `tracing` asks only that of the thread on which an event occurs for the first time, and that
    // thread may be another test's, which has none. With two it asks both.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    tracing::subscriber::with_default(recorder, run);
    let mut records = records.lock().expect("nobody panics while holding it");
    std::mem::take(&mut *records)
}

/// The events of level `ERROR`.
pub fn errors_while(run: impl FnOnce()) -> Vec<Fields> {
    let error = |record| match record {
        Record::Event(Level::ERROR, fields) => Some(fields),
        Record::Event(..) | Record::Enter(..) | Record::Exit => None,
    };
    records_while(run).into_iter().filter_map(error).collect()
}

/// [`errors_while`], each as a line.
pub fn reported(run: impl FnOnce()) -> Vec<String> {
    let line = |mut fields: Fields| {
        let message = fields.remove("message").unwrap_or_default();
        match (fields.get("exception"), fields.get("text")) {
            (Some(name), Some(text)) => format!("{message}: {name}: {text}"),
            _ => message,
        }
    };
    errors_while(run).into_iter().map(line).collect()
}

#[derive(Default)]
struct Recorder {
    records: Arc<Mutex<Vec<Record>>>,
    spans: Mutex<Vec<(&'static str, Fields)>>,
}

impl Recorder {
    fn add(&self, record: Record) {
        let mut records = self.records.lock().expect("nobody panics while holding it");
        records.push(record);
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tminus")
    }

    fn event(&self, event: &Event<'_>) {
        let mut visitor = Visitor(Fields::new());
        event.record(&mut visitor);
        self.add(Record::Event(*event.metadata().level(), visitor.0));
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut visitor = Visitor(Fields::new());
        span.record(&mut visitor);
        let mut spans = self.spans.lock().expect("nobody panics while holding it");
        spans.push((span.metadata().name(), visitor.0));
        span::Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, id: &span::Id) {
        let spans = self.spans.lock().expect("nobody panics while holding it");
        let (name, fields) = &spans[id.into_u64() as usize - 1];
        self.add(Record::Enter(name, fields.clone()));
    }

    fn exit(&self, _: &span::Id) {
        self.add(Record::Exit);
    }
}

struct Visitor(Fields);

impl Visit for Visitor {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
