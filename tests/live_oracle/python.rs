//! The interpreter: to find it, and to run it for a limited time.

use std::{
    env,
    ffi::OsString,
    fmt,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A CPython 3.13.
#[derive(Debug)]
pub struct Python {
    program: OsString,
    /// Such as `3.13.0`.
    pub version: String,
}

/// Prints the name and the version.
const WHO: &str = "import sys; print(sys.implementation.name, '%d.%d.%d' % sys.version_info[:3])";

impl Python {
    /// This one, or else the first 3.13 of those on the `PATH` and of those that pyenv has installed.
    ///
    /// A program of the right name may not work, or be another: so it is asked.
    pub fn find(named: Option<OsString>) -> Result<Self, String> {
        let candidates = match named {
            Some(program) => vec![program],
            None => {
                let on_the_path = ["python3.13".into(), "python3".into()];
                on_the_path.into_iter().chain(of_pyenv()).collect()
            }
        };
        let mut problems = Vec::new();
        for program in candidates {
            match version(&program) {
                Ok(version) => return Ok(Self { program, version }),
                Err(problem) => problems.push(format!("{}: {problem}", program.display())),
            }
        }
        let problems = problems.join("; ");
        Err(format!(
            "no Python 3.13 was found: {problems}. TMINUS_PYTHON names one."
        ))
    }

    /// To be given a script. It leaves no files of its own, and its sets of strings have one order.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONHASHSEED", "0");
        command
    }
}

/// pyenv's own `python3.13` on the `PATH` works only where one was chosen.
fn of_pyenv() -> Vec<OsString> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(env::home_dir()?.join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let versions = versions.into_iter().flatten().flatten();
    let mut found: Vec<OsString> = versions
        .filter(|version| version.file_name().to_string_lossy().starts_with("3.13."))
        .map(|version| version.path().join("bin/python3.13").into())
        .collect();
    found.sort();
    found
}

fn version(program: &OsString) -> Result<String, String> {
    let mut asked = Command::new(program);
    let answer = asked.args(["-c", WHO]).output();
    let answer = answer.map_err(|error| error.to_string())?;
    if !answer.status.success() {
        return Err(format!("it ended with {}", answer.status));
    }
    let answer = String::from_utf8_lossy(&answer.stdout);
    match answer.trim().split_once(' ') {
        Some(("cpython", version)) if version.starts_with("3.13.") => Ok(version.to_owned()),
        _ => Err(format!("it is {}", answer.trim())),
    }
}

/// Runs it to its end, or kills it when the time is up. What it complains of goes through a file, which cannot get full.
pub fn run(mut command: Command, complaints: &Path, limit: Duration) -> Result<(), String> {
    let file = File::create(complaints).map_err(|error| error.to_string())?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file);
    let started = Instant::now();
    let mut process = command.spawn().map_err(|error| error.to_string())?;
    let status = loop {
        if let Some(status) = process.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if started.elapsed() > limit {
            process.kill().map_err(|error| error.to_string())?;
            process.wait().map_err(|error| error.to_string())?;
            return Err(format!("it was killed after {limit:?}"));
        }
        thread::sleep(Duration::from_millis(20));
    };
    let text = fs::read_to_string(complaints).unwrap_or_default();
    match status.success() {
        true => Ok(()),
        false => Err(format!("it ended with {status}: {}", text.trim_end())),
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.program.display(), self.version)
    }
}
