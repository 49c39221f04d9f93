//! A program on a terminal of its own, and the keys that are pressed there.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::AsFd,
    process::{Child, Command},
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcgetattr, tcsetwinsize},
};

pub struct Terminal {
    child: Child,
    /// The other end of the terminal: writes to this file are keys, and reads from the file return the terminal's
    /// output.
    keys: File,
    /// How the terminal treated its keys before the program began, which may change that at any time.
    before: String,
    shown: String,
}

impl Terminal {
    pub fn run(mut command: Command, columns: u16) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&keys, size).unwrap();
        let name = ptsname(&keys, Vec::new()).unwrap();
        let before = modes_of(&keys);
        let terminal = || open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let child = command
            .stdin(terminal())
            .stdout(terminal())
            .stderr(terminal())
            .spawn()
            .unwrap();
        Self {
            child,
            keys: File::from(keys),
            before,
            shown: String::new(),
        }
    }

    /// Waits until this is shown, after what was waited for before. Returns all up to it.
    pub fn until(&mut self, text: &str) -> String {
        let mut bytes = Vec::new();
        loop {
            if let Some(at) = self.shown.find(text) {
                let rest = self.shown.split_off(at + text.len());
                return std::mem::replace(&mut self.shown, rest);
            }
            let mut buffer = [0; 1024];
            let count = self.keys.read(&mut buffer).unwrap_or(0); // it fails when nobody has the terminal
            assert!(
                count > 0,
                "it ended without {text:?} after {:?}",
                self.shown
            );
            bytes.extend_from_slice(&buffer[..count]);
            if let Ok(text) = str::from_utf8(&bytes) {
                self.shown += text; // a sign may come in two parts
                bytes.clear();
            }
        }
    }

    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Returns `true` if it ends well.
    pub fn ends(&mut self) -> bool {
        let mut rest = Vec::new();
        let _ = self.keys.read_to_end(&mut rest); // it fails at the end
        self.child.wait().unwrap().success()
    }

    /// Returns how the terminal treats its keys.
    pub fn modes(&self) -> String {
        modes_of(&self.keys)
    }

    /// Returns how it treated them before the program began.
    pub fn modes_before(&self) -> &str {
        &self.before
    }
}

fn modes_of(keys: impl AsFd) -> String {
    let modes = tcgetattr(keys).unwrap();
    format!(
        "{:?} {:?} {:?}",
        modes.input_modes, modes.output_modes, modes.local_modes
    )
}
