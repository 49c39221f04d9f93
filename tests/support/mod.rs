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

/// The fields of an event of the crate's, by name.
pub type Fields = BTreeMap<&'static str, String>;

/// The crate's events of level `ERROR` while `run` runs, on this thread.
pub fn errors_while(run: impl FnOnce()) -> Vec<Fields> {
    let errors = Errors::default();
    let seen = errors.0.clone();
    tracing::subscriber::with_default(errors, run);
    let mut seen = seen.lock().expect("nobody panics while holding it");
    std::mem::take(&mut *seen)
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
struct Errors(Arc<Mutex<Vec<Fields>>>);

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tminus") && *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &Event<'_>) {
        struct Visitor(Fields);
        impl Visit for Visitor {
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0.insert(field.name(), value.into());
            }

            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.0.insert(field.name(), format!("{value:?}"));
            }
        }
        let mut visitor = Visitor(Fields::new());
        event.record(&mut visitor);
        let mut seen = self.0.lock().expect("nobody panics while holding it");
        seen.push(visitor.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
