//! A wait in words.

use std::fmt;

use super::{
    super::{
        kernel::Kernel,
        keys::{Key, WaitId},
    },
    reason::{Awaited, FutureKind, LineWords, OutsideWait, Part, Parts, Reason, WaitKind},
};
use crate::timers::deadline_of_moment;

/// The first parts are enough to know a gather by.
const SHOWN: usize = 3;

/// What this wait is for.
pub(in super::super) fn reason(kernel: &Kernel, wait: WaitId) -> Reason {
    let wait = kernel.with(|tasks| tasks.wait(wait).map(|(wait, _)| wait.clone()));
    let Some(wait) = wait else {
        return named("foreign", FOREIGN);
    };
    match &wait {
        WaitKind::Sleep(timer) => {
            let until = kernel.with(|tasks| tasks.timers.deadline(*timer));
            let words = match until {
                Some(until) => format!("a sleep until {:?}", deadline_of_moment(until)),
                None => "a sleep that is over".into(),
            };
            Reason {
                until,
                ..named("sleep", &words)
            }
        }
        WaitKind::Line(line) => named(line.kind, line.words),
        WaitKind::Lock(holder) => of_lock(kernel, holder.get()),
        WaitKind::Task(key, _) => Reason {
            on: kernel.with(|tasks| tasks.number(*key)),
            ..named("task", &task(kernel, *key))
        },
        WaitKind::Future(future) => of_future(kernel, &**future),
        WaitKind::Outside(OutsideWait { words, party, .. }) => {
            named(words.kind, &outside(words, party))
        }
        WaitKind::Foreign => named("foreign", FOREIGN),
    }
}

pub(in super::super) const FOREIGN: &str = "something outside the loop";

fn outside(words: &LineWords, party: impl fmt::Display) -> String {
    format!("{} {party}", words.words)
}

fn named(kind: &'static str, words: &str) -> Reason {
    Reason {
        kind,
        words: words.to_owned(),
        until: None,
        on: None,
    }
}

/// A task that left the lock locked and is gone no longer has a name.
fn of_lock(kernel: &Kernel, holder: Option<Key>) -> Reason {
    let known = holder.and_then(|holder| {
        kernel.with(|tasks| Some((tasks.name_if_there(holder)?, tasks.number(holder))))
    });
    match known {
        Some((name, on)) => Reason {
            on,
            ..named("lock", &format!("a lock that task {name:?} has"))
        },
        None => named("lock", "a lock"),
    }
}

fn of_future(kernel: &Kernel, future: &dyn Awaited) -> Reason {
    match future.kind() {
        FutureKind::Plain => named("future", "a future"),
        FutureKind::Gather(parts) => named("tasks", &of_parts(kernel, "all of", parts)),
        FutureKind::Watch(mode, parts) => named("tasks", &of_parts(kernel, mode.words(), parts)),
        FutureKind::Outside(words, party) => named(words.kind, &outside(words, party)),
    }
}

fn task(kernel: &Kernel, key: Key) -> String {
    match kernel.with(|tasks| tasks.name_if_there(key)) {
        Some(name) => format!("task {name:?}"),
        None => "a task that has ended".into(),
    }
}

/// A part, if it is not dropped, and whether it is done. Parts of parts have no words: a tree of gathers that share parts has
/// exponentially many paths.
fn of_part(kernel: &Kernel, part: &Part) -> Option<(Option<String>, bool)> {
    match part {
        Part::Task(key) => {
            let is_done = kernel.quietly(|tasks| tasks.ended(*key));
            Some((Some(task(kernel, *key)), is_done))
        }
        Part::Future(future) => {
            let future = future.upgrade()?;
            let words = match future.kind() {
                FutureKind::Plain => Some("a future".to_owned()),
                FutureKind::Outside(words, party) => Some(outside(words, party)),
                FutureKind::Gather(_) | FutureKind::Watch(..) => None,
            };
            Some((words, future.done()))
        }
    }
}

/// Those that are still pending; of what is done already, the result is on its way.
fn of_parts(kernel: &Kernel, how: &str, parts: &Parts) -> String {
    let known: Vec<_> = parts
        .iter()
        .filter_map(|part| of_part(kernel, part))
        .collect();
    if let ([_], [(Some(only), _)]) = (&parts[..], &known[..]) {
        return only.clone();
    }
    let dropped = parts.len() - known.len();
    let pending: Vec<String> = known
        .into_iter()
        .filter(|(_, is_done)| !is_done)
        .map(|(words, _)| words.unwrap_or_else(|| "others".to_owned()))
        .collect();
    let mut shown = pending[..pending.len().min(SHOWN)].to_vec();
    if dropped > 0 {
        shown.push(format!("{dropped} that were dropped and can never be done"));
    }
    if shown.is_empty() {
        return format!("{how} {} that are done", parts.len());
    }
    let more = match pending.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{how} ({}{more})", shown.join(", "))
}
