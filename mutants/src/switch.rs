//! Which mutant is switched on. This file is copied into the library that is tested.

use std::{
    env, fs,
    io::Write,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

const MOST: usize = 20_000;
const UNKNOWN: usize = usize::MAX;
/// No mutant is switched on, and it is noted which ones are reached.
const NOTING: usize = usize::MAX - 1;

static ON: AtomicUsize = AtomicUsize::new(UNKNOWN);
static REACHED: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];

/// Returns the number of the mutant that is switched on, or 0. The caller has one place for all of these.
#[inline]
pub(crate) fn on(of: &[usize]) -> usize {
    match ON.load(Relaxed) {
        UNKNOWN | NOTING => looks(of),
        on => on,
    }
}

#[cold]
#[inline(never)]
fn looks(of: &[usize]) -> usize {
    let Some(notes) = env::var_os("TMINUS_REACHED") else {
        let on = env::var("TMINUS_MUTANT").ok();
        let on = on.and_then(|on| on.parse().ok()).unwrap_or(0);
        ON.store(on, Relaxed);
        return on;
    };
    ON.store(NOTING, Relaxed);
    let new = of.iter().filter(|&&one| !REACHED[one].swap(true, Relaxed));
    let new: String = new.map(|one| format!("{one}\n")).collect();
    if !new.is_empty()
        && let Ok(mut notes) = fs::OpenOptions::new().append(true).create(true).open(notes)
    {
        let _ = notes.write_all(new.as_bytes());
    }
    0
}
