//! Whose Ctrl-C was when the program started.

use std::{ffi::c_int, fs::File, io::Read, sync::OnceLock};

use signal_hook::consts::SIGINT;

/// Whether SIGINT was left to its default before the crate first had to do with it.
static WAS_DEFAULT: OnceLock<bool> = OnceLock::new();

/// Returns `true` if SIGINT was at its default at the first call. The crate calls this before it takes the signal.
///
/// Asking the system takes `unsafe` code, so this reads `/proc`, which Linux has. On other systems, and if `/proc` is not
/// mounted, it returns `true`.
pub(super) fn is_left_to_us() -> bool {
    *WAS_DEFAULT.get_or_init(|| {
        let mut status = String::with_capacity(4096); // with which it is read in one go
        let file = File::open("/proc/self/status");
        let read = file.and_then(|mut file| file.read_to_string(&mut status));
        read.is_err() || !ignores_or_catches(&status, SIGINT)
    })
}

/// Looks for a signal in the lines `SigIgn:` and `SigCgt:` of a status file. They are sets in hexadecimal, whose lowest bit is
/// signal 1.
fn ignores_or_catches(status: &str, signal: c_int) -> bool {
    status
        .lines()
        .filter_map(|line| {
            line.strip_prefix("SigIgn:")
                .or_else(|| line.strip_prefix("SigCgt:"))
        })
        .filter_map(|set| u128::from_str_radix(set.trim(), 16).ok())
        .any(|set| set & (1 << (signal - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_bit_is_the_interrupt() {
        let looks = |ignored: &str, caught: &str| {
            let status = format!(
                "Name:\tdemo\nSigBlk:\t0000000000000002\nSigIgn:\t{ignored}\nSigCgt:\t{caught}\n"
            );
            ignores_or_catches(&status, SIGINT)
        };
        assert!(looks("0000000000000002", "0000000000000000"));
        assert!(looks("0000000000001006", "0000000000000000"));
        assert!(looks("0000000000000000", "0000000000000002"));
        assert!(!looks("0000000000001000", "0000000100000440"));
        assert!(!looks("nonsense", ""));
        assert!(!ignores_or_catches("", SIGINT));
    }
}
