//! The exceptions of the programs, and how the corpus writes them.

use tminus::{Exception, ExceptionGroup, Kind};

use crate::classes;

pub fn exception(class: &str, message: Option<&str>) -> Exception {
    let text = message.unwrap_or_default().to_owned();
    match class {
        "CancelledError" => Exception::new(Kind::Cancelled, text),
        "KeyboardInterrupt" => Exception::new(Kind::KeyboardInterrupt, text),
        "RuntimeError" => Exception::new(Kind::RuntimeError, text),
        "StopIteration" => Exception::stop_iteration(text),
        "TimeoutError" => Exception::new(Kind::Timeout, text),
        "AttributeError" => Exception::new(Kind::AttributeError, text),
        "TypeError" => Exception::new(Kind::TypeError, text),
        "ValueError" => Exception::new(Kind::ValueError, text),
        other => classes::exception(other, text).expect("the parser knows exceptions"),
    }
}

/// `type(e).__name__`: the crate leaves the `Error` of some of Python's names away.
fn class(exception: &Exception) -> &str {
    match exception.kind() {
        Kind::Cancelled => "CancelledError",
        Kind::Timeout => "TimeoutError",
        Kind::InvalidState => "InvalidStateError",
        Kind::BrokenBarrier => "BrokenBarrierError",
        _ => exception.name(),
    }
}

/// The message, as far as the corpus keeps it: wording of CPython's own is left out.
pub fn message(exception: &Exception) -> Option<String> {
    let text = exception.message().into_owned();
    let kept = match exception.kind() {
        Kind::InvalidState | Kind::ValueError | Kind::TypeError | Kind::RuntimeError => {
            text.contains("StopIteration") || text.contains("Event loop stopped")
        }
        _ => !text.is_empty(),
    };
    kept.then_some(text)
}

pub fn shown(exception: &Exception) -> String {
    let class = class(exception);
    if let Some(group) = exception.downcast_ref::<ExceptionGroup>() {
        let all: Vec<String> = group.exceptions().iter().map(shown).collect();
        return format!("{class}[{}]", all.join(","));
    }
    match message(exception) {
        Some(message) => format!("{class}:{message}"),
        None => class.into(),
    }
}

/// `isinstance(e, kind)`
pub fn is_a(exception: &Exception, kind: &str) -> bool {
    match kind {
        "BaseException" => true,
        "Exception" => !exception.kind().is_exit(),
        "E1" => matches!(exception.name(), "E1" | "E3"),
        other => class(exception) == other,
    }
}
