//! Corpus files: reading them, replaying each scenario, and saying what differs.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::{
    fmt, fs,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{generators, loops, streams, support::panic_message};

/// A corpus file.
#[derive(Debug)]
pub struct Corpus {
    name: String,
    family: String,
    scenarios: Vec<Value>,
}

/// What came of a corpus file.
pub struct Report {
    name: String,
    scenarios: usize,
    /// One a scenario that differs.
    differences: Vec<String>,
}

/// How a scenario differs: in this operation.
pub fn difference(operation: &Value, expected: &Value, got: &Value) -> String {
    format!("{operation}\n  expected {expected}\n  got      {got}")
}

/// The `*.json` files of a folder, by name.
pub fn files_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| format!("{}: {error}", folder.display()))?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(format!("{}: there is no *.json in it", folder.display()));
    }
    files.sort();
    Ok(files)
}

impl Corpus {
    pub fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        Self::parse(&file_name(file), &text)
    }

    /// The error does not repeat the file's name.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match file.get("format") {
            Some(format) if format == 1 => {}
            Some(format) => return Err(format!("\"format\" is {format}, and only 1 is known")),
            None => return Err("\"format\" is missing".into()),
        }
        let family = file["family"]
            .as_str()
            .ok_or("\"family\" is missing, or no string")?;
        let scenarios = file["scenarios"]
            .as_array()
            .ok_or("\"scenarios\" is missing, or no list")?;
        Ok(Self {
            name: name.into(),
            family: family.into(),
            scenarios: scenarios.clone(),
        })
    }

    fn family(&self) -> &str {
        &self.family
    }

    pub fn len(&self) -> usize {
        self.scenarios.len()
    }

    pub fn scenarios(&self) -> &[Value] {
        &self.scenarios
    }

    /// Replays every scenario. A panic in one is a difference, too.
    pub fn replay(&self) -> Report {
        match self.family() {
            "generator" => self.replay_each(generators::replay),
            "loop" => self.replay_each(loops::replay),
            "streams" => self.replay_each(streams::replay),
            #[cfg(unix)]
            "writers" => self.replay_each(crate::writers::replay),
            other => self.refuse(&format!(
                "the family is {other:?}, and the replayer knows \"generator\", \"loop\", \"streams\" and \"writers\""
            )),
        }
    }

    fn replay_each(&self, replay: fn(&Value) -> Result<(), String>) -> Report {
        let mut differences = Vec::new();
        for scenario in &self.scenarios {
            let outcome = panic::catch_unwind(AssertUnwindSafe(|| replay(scenario)))
                .unwrap_or_else(|panic| {
                    Err(format!("the replay panicked: {}", panic_message(&*panic)))
                });
            if let Err(difference) = outcome {
                let id = scenario["id"]
                    .as_str()
                    .unwrap_or("(a scenario without an id)");
                differences.push(format!("{}: {id}: {difference}", self.name));
            }
        }
        Report {
            name: self.name.clone(),
            scenarios: self.scenarios.len(),
            differences,
        }
    }

    /// All scenarios differ, for one reason.
    fn refuse(&self, reason: &str) -> Report {
        Report {
            name: self.name.clone(),
            scenarios: self.scenarios.len(),
            differences: vec![format!("{}: {reason}", self.name); self.scenarios.len().max(1)],
        }
    }
}

impl Report {
    pub fn unreadable(file: &Path, error: String) -> Self {
        let name = file_name(file);
        let differences = vec![format!("{}: {error}", file.display())];
        Self {
            name,
            scenarios: 0,
            differences,
        }
    }

    /// How many scenarios differ.
    pub fn differ(&self) -> usize {
        self.differences.len()
    }

    /// The first ten.
    pub fn first_differences(&self) -> &[String] {
        &self.differences[..self.differences.len().min(10)]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, scenarios, differ) = (&self.name, self.scenarios, self.differences.len());
        write!(f, "{name}: {scenarios} scenarios, {differ} differ")
    }
}

fn file_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}
