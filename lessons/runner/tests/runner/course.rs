//! A course with two lessons, in a folder of its own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Solves either lesson.
pub const RIGHT: &str = "pub fn answer() -> u32 {\n    42\n}\n";

const FILES: [(&str, &str); 14] = [
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"lessons\"]\nresolver = \"3\"\n",
    ),
    (
        "lessons/Cargo.toml",
        "[package]\nname = \"small\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n",
    ),
    ("lessons/lib.rs", ""),
    (
        "lessons/tests/exercises.rs",
        "mod checks;
#[path = \"../lesson01_one/exercise.rs\"]
mod lesson01;
#[path = \"../lesson02_two/exercise.rs\"]
mod lesson02;
",
    ),
    (
        "lessons/tests/checks/mod.rs",
        "mod lesson01;\nmod lesson02;\n",
    ),
    (
        "lessons/tests/checks/lesson01.rs",
        "use crate::lesson01::answer;

// The harness sorts the checks by name, and runs `a_sum…` first.

#[test]
fn the_sum_is_right() {
    let sum = answer();
    assert_eq!(sum, 42, \"the sum\");
}

#[test]
fn a_sum_is_even() {
    assert_eq!(answer() % 2, 0);
}
",
    ),
    (
        "lessons/tests/checks/lesson02.rs",
        "#[test]\nfn two_is_even() {\n    assert_eq!(crate::lesson02::answer(), 42);\n}\n",
    ),
    (
        "lessons/lesson01_one/README.md",
        "# Lesson 1: one plus one\n\n## Build it\n\n### Step 1: add\n",
    ),
    (
        "lessons/lesson01_one/solution.rs",
        "//! The answers.\n//!\n//! **`the_sum`.** Adding is\n//! all of it.\n",
    ),
    (
        "lessons/lesson01_one/exercise.rs",
        "pub fn answer() -> u32 {\n    // One is not enough.\n    0\n}\n",
    ),
    ("lessons/lesson02_two/README.md", "# Lesson 2: two\n"),
    (
        "lessons/lesson02_two/exercise.rs",
        "pub fn answer() -> u32 {\n    1\n}\n",
    ),
    (
        "lessons/originals/lesson01.rs",
        "pub fn answer() -> u32 {\n    // One is not enough.\n    0\n}\n",
    ),
    ("lessons/runner/README.md", "No lesson.\n"),
];

pub struct Course(PathBuf);

impl Course {
    /// Each test has its own, by its name.
    pub fn new(name: &str) -> Self {
        let course = Self(
            Path::new(env!("CARGO_TARGET_TMPDIR"))
                .join("lessons")
                .join(name),
        );
        let _ = fs::remove_dir_all(&course.0); // of the last run
        for (file, text) in FILES {
            let path = course.0.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        course
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, lesson: u32, text: &str) {
        fs::write(self.exercise(lesson), text).unwrap();
    }

    /// Saves as some editors do: another file takes the name.
    pub fn replace(&self, lesson: u32, text: &str) {
        let new = self.path("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.exercise(lesson)).unwrap();
    }

    pub fn read(&self, lesson: u32) -> String {
        fs::read_to_string(self.exercise(lesson)).unwrap()
    }

    fn exercise(&self, lesson: u32) -> PathBuf {
        let folder = ["lesson01_one", "lesson02_two"][lesson as usize - 1];
        self.path("lessons").join(folder).join("exercise.rs")
    }

    pub fn runner(&self, arguments: &[&str]) -> Command {
        let mut runner = Command::new(env!("CARGO_BIN_EXE_lessons"));
        runner.current_dir(&self.0).arg("--course").arg(&self.0);
        runner.args(arguments);
        runner
            .env("CARGO", env!("CARGO"))
            .env("CARGO_NET_OFFLINE", "true");
        runner.env("CARGO_TARGET_DIR", self.0.join("target"));
        for flags in [
            "RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "NO_COLOR",
            "RUSTC_WRAPPER",
        ] {
            runner.env_remove(flags);
        }
        runner
    }

    /// Returns what it prints. It has to end well.
    pub fn prints(&self, arguments: &[&str]) -> String {
        let output = self.runner(arguments).output().unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{complaints}{printed}");
        assert_eq!(complaints, "");
        printed.into_owned()
    }

    /// Returns what it prints and complains about. It has to fail.
    pub fn fails(&self, arguments: &[&str]) -> (String, String) {
        let output = self.runner(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    }
}
