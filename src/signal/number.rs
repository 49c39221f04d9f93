//! The numbers of signals.

use std::ffi::c_int;

use crate::{Exception, Kind, interrupts::defaults::is_signal};

/// # Errors
///
/// - `ValueError` if there is no such signal.
pub(super) fn check(signal: c_int) -> Result<(), Exception> {
    match is_signal(signal) {
        true => Ok(()),
        false => Err(invalid(signal)),
    }
}

#[cold]
pub(super) fn invalid(signal: c_int) -> Exception {
    let text = format!("invalid signal number {signal}");
    Exception::new(Kind::ValueError, text)
}
