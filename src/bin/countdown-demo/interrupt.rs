//! Ctrl-C.

use std::process;

use tminus::{Exception, Kind, event_loop::RemoteLoop};

/// The exit status after Ctrl-C: 128 and the number of the signal, as in shells.
pub const STATUS: u8 = 130;

/// Makes Ctrl-C raise `KeyboardInterrupt` in the loop.
///
/// A shell script starts its background jobs with the signal ignored, so that Ctrl-C ends only the job in the foreground. If
/// the signal was ignored at the start, this does nothing.
pub fn raise_in(event_loop: RemoteLoop) -> Result<(), Exception> {
    if is_ignored() {
        return Ok(());
    }
    let mut pressed = false;
    ctrlc::set_handler(move || {
        let raised = event_loop.call_soon_threadsafe(|| Err(Kind::KeyboardInterrupt.into()));
        if pressed || raised.is_err() {
            // The loop cannot hear it: it waits for a reader of its output, or has ended. This is another thread.
            process::exit(STATUS.into());
        }
        pressed = true;
    })?;
    Ok(())
}

/// Returns `true` if the process was started with SIGINT ignored.
///
/// Asking the system takes `unsafe` code, so this reads `/proc`, which Linux has. On other systems, and if `/proc` is not
/// mounted, it returns `false`, and Ctrl-C also cancels the background jobs of a script.
fn is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    status.is_ok_and(|status| ignores_interrupts(&status))
}

/// Returns `true` if the line `SigIgn:` of a status file has SIGINT. It is a set in hexadecimal; its lowest bit is signal 1.
fn ignores_interrupts(status: &str) -> bool {
    const SIGINT: u32 = 2; // on Linux, for every processor
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|set| u128::from_str_radix(set.trim(), 16).ok());
    ignored.is_some_and(|set| set & (1 << (SIGINT - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_bit_is_the_interrupt() {
        let status =
            |set: &str| format!("Name:\tdemo\nSigBlk:\t0000000000000002\nSigIgn:\t{set}\n");
        assert!(ignores_interrupts(&status("0000000000000002")));
        assert!(ignores_interrupts(&status("0000000000001006")));
        assert!(!ignores_interrupts(&status("0000000000001000")));
        assert!(!ignores_interrupts(&status("nonsense")));
        assert!(!ignores_interrupts(""));
    }
}
