//! What a signal does by default, while the program has no handler for it.
//!
//! `signal-hook` never restores the system's own action. So for each signal that the crate has ever handled, an action before
//! all others does what the system would do, as long as its flag is set.

use std::{
    collections::BTreeMap,
    ffi::c_int,
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{SigId, consts::SIGINT, flag, low_level};

use super::{disposition::is_left_to_us, pipe::Pipe};

/// No system has more.
const SIGNALS: usize = 129;

/// The flags: whether a signal does what it does by default.
static BY_DEFAULT: [AtomicBool; SIGNALS] = [const { AtomicBool::new(true) }; SIGNALS];

/// The signals that the crate has handled once.
static TAKEN: Mutex<BTreeMap<c_int, Taken>> = Mutex::new(BTreeMap::new());

/// Whose a signal is.
#[derive(Default)]
pub(super) struct Taken {
    /// How many handlers of the program there are, in all loops.
    handlers: usize,
    /// The run that hears it, if it is Ctrl-C.
    pub(super) heard_by: Option<&'static Pipe>,
    /// The actions for that run.
    tells_run: Option<[SigId; 2]>,
}

/// Returns the flag of a signal.
pub(super) fn by_default(signal: c_int) -> &'static AtomicBool {
    &BY_DEFAULT[signal.unsigned_abs() as usize]
}

/// Returns `true` if the signal's number makes sense.
pub(crate) fn is_signal(signal: c_int) -> bool {
    (1..SIGNALS as c_int).contains(&signal)
}

pub(super) fn lock() -> MutexGuard<'static, BTreeMap<c_int, Taken>> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a signal from the system, which keeps its default as long as nobody handles it.
pub(super) fn take(taken: &mut BTreeMap<c_int, Taken>, signal: c_int) -> io::Result<&mut Taken> {
    if !taken.contains_key(&signal) {
        let by_default = by_default(signal);
        match low_level::signal_name(signal) {
            Some(_) => flag::register_conditional_default(signal, by_default)?,
            // A real-time signal, which ends the process by default. `signal-hook` can only say so by the exit status, as a
            // shell would.
            None => flag::register_conditional_shutdown(signal, 128 + signal, by_default)?,
        };
    }
    Ok(taken.entry(signal).or_default())
}

impl Taken {
    /// Brings the flag and the actions into line with whose the signal is.
    pub(super) fn settles(&mut self, signal: c_int) -> io::Result<()> {
        let by_default = by_default(signal);
        let tells = self.heard_by.filter(|_| self.handlers == 0);
        match (tells, self.tells_run) {
            (Some(pipe), None) => {
                let writer = pipe.writer()?;
                let sets_flag = flag::register(signal, by_default)?;
                match low_level::pipe::register(signal, writer) {
                    Ok(writes) => self.tells_run = Some([sets_flag, writes]),
                    Err(error) => {
                        low_level::unregister(sets_flag);
                        return Err(error);
                    }
                }
            }
            (None, Some(actions)) if self.handlers > 0 => {
                for action in actions {
                    low_level::unregister(action);
                }
                self.tells_run = None;
            }
            // Outside of a run these actions have no effect, and the next run needs them.
            (Some(_), Some(_)) | (None, _) => {}
        }
        let is_nobodys = self.handlers == 0 && self.heard_by.is_none();
        by_default.store(is_nobodys, Ordering::SeqCst);
        Ok(())
    }
}

/// While it exists, the program has a handler for a signal, which then does nothing by default.
pub(crate) struct Handled(c_int);

impl Handled {
    /// # Errors
    ///
    /// - The error of the system if the signal cannot be handled.
    pub(crate) fn new(signal: c_int) -> io::Result<Self> {
        if signal == SIGINT {
            is_left_to_us(); // asked later, it would find this handler
        }
        let mut taken = lock();
        let one = take(&mut taken, signal)?;
        one.handlers += 1;
        let handled = Self(signal); // with which the handler is counted
        if let Err(error) = one.settles(signal) {
            drop(taken); // the drop of `handled` needs it
            drop(handled);
            return Err(error);
        }
        Ok(handled)
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        let mut taken = lock();
        if let Some(one) = taken.get_mut(&self.0) {
            one.handlers -= 1;
            // It can fail if there are no file descriptors left. Ctrl-C then has no effect in this run.
            drop(one.settles(self.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::SIGURG;

    use super::*;

    /// So a run that hears Ctrl-C after another one needs nothing of the system.
    #[test]
    fn the_actions_for_a_run_stay_for_the_next_run_unless_the_program_has_a_handler() {
        let pipe: &Pipe = Box::leak(Box::new(Pipe::new().unwrap()));
        let mut taken = Taken::default();
        let mut has_actions = |handlers, heard_by| {
            (taken.handlers, taken.heard_by) = (handlers, heard_by);
            taken.settles(SIGURG).unwrap();
            taken.tells_run.is_some()
        };
        assert!(!has_actions(0, None));
        assert!(has_actions(0, Some(pipe)));
        assert!(has_actions(0, None));
        assert!(has_actions(0, Some(pipe)));
        assert!(!has_actions(1, Some(pipe)));
        assert!(!has_actions(0, None));
    }
}
