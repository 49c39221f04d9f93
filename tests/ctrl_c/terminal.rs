//! Programs on a terminal, and the keys that are pressed there.

use std::{
    env,
    fs::File,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

/// The environment variable that says which program this is.
pub const PROGRAM: &str = "CTRL_C_PROGRAM";

/// A program on a terminal of its own.
pub struct Started {
    child: Child,
    keys: File,
    lines: BufReader<ChildStdout>,
}

impl Started {
    pub fn on_a_terminal(program: &str) -> Self {
        Self::start(default_signal(), program)
    }

    /// With SIGINT ignored.
    pub fn in_the_background(program: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", r#"trap "" INT; exec "$0""#]);
        command.arg(env::current_exe().unwrap());
        Self::start(command, program)
    }

    fn start(mut command: Command, program: &str) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let name = ptsname(&keys, Vec::new()).unwrap();
        let terminal = open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let mut child = command
            .env(PROGRAM, program)
            .stdin(terminal)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            keys: File::from(keys),
            lines,
        }
    }

    /// The next line that it prints. Empty at the end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub fn types(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).unwrap();
    }

    /// Presses Ctrl-C.
    pub fn press(&mut self) {
        self.types("\x03");
    }

    pub fn press_until_it_ends(&mut self) -> ExitStatus {
        loop {
            self.press();
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
        }
    }

    pub fn ends(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

/// What a program prints that needs no terminal: it presses Ctrl-C itself.
pub fn recorded_program(program: &str) -> String {
    let output = default_signal().env(PROGRAM, program).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// This file as a program in the foreground. (If the tests are a background job of a script, SIGINT is ignored in them, and in
/// whatever they start.)
fn default_signal() -> Command {
    let this = env::current_exe().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.map_or(0, |set| u128::from_str_radix(set.trim(), 16).unwrap());
    if ignored & 0b10 == 0 {
        return Command::new(this);
    }
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(this);
    command
}
