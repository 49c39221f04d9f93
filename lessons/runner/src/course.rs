//! The lessons as they are in the folder `lessons`: there is no list of them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

pub struct Course {
    root: PathBuf,
    pub lessons: Vec<Lesson>,
}

pub struct Lesson {
    pub number: u32,
    /// `lesson02`: the name of its module in the checks.
    pub name: String,
    /// As in "Lesson 2: close".
    pub title: String,
    folder: PathBuf,
}

impl Course {
    /// Finds the lessons of the workspace in `root`.
    pub fn open(root: &Path) -> Result<Self, String> {
        let lessons = root.join("lessons");
        let names = fs::read_dir(&lessons)
            .map_err(|error| format!("there are no lessons in {}: {error}", lessons.display()))?;
        let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut lessons: Vec<Lesson> = names
            .filter_map(|name| Lesson::open(&lessons.join(name)))
            .collect();
        lessons.sort_by_key(|lesson| lesson.number);
        if lessons.is_empty() {
            return Err(format!("there are no lessons in {}", root.display()));
        }
        Ok(Self {
            root: root.to_owned(),
            lessons,
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the folder of the package that has the checks. Its tests run there.
    pub fn package(&self) -> PathBuf {
        self.root.join("lessons")
    }

    pub fn lesson(&self, number: u32) -> Result<&Lesson, String> {
        let found = self.lessons.iter().find(|lesson| lesson.number == number);
        let first = self.lessons.first().map_or(0, |lesson| lesson.number);
        let last = self.lessons.last().map_or(0, |lesson| lesson.number);
        found.ok_or_else(|| {
            format!("there is no lesson {number}; the lessons are numbered {first} to {last}")
        })
    }

    /// Returns the lesson after this one.
    pub fn after(&self, number: u32) -> Option<&Lesson> {
        self.lessons.iter().find(|lesson| lesson.number > number)
    }

    pub fn checks(&self, lesson: &Lesson) -> PathBuf {
        let checks = self.package().join("tests/checks");
        checks.join(format!("{}.rs", lesson.name))
    }

    /// Returns the file that has what the reader started with.
    pub fn original(&self, lesson: &Lesson) -> PathBuf {
        let originals = self.package().join("originals");
        originals.join(format!("{}.rs", lesson.name))
    }

    /// Returns a path as the reader can open it: short if the reader is in the workspace's root, as in all commands on the pages.
    pub fn shown(&self, path: &Path) -> String {
        let is_root = env::current_dir().is_ok_and(|here| here == self.root);
        let short = path.strip_prefix(&self.root).ok().filter(|_| is_root);
        short.unwrap_or(path).display().to_string()
    }
}

impl Lesson {
    fn open(folder: &Path) -> Option<Self> {
        let (name, _) = folder.file_name()?.to_str()?.split_once('_')?;
        let number = name.strip_prefix("lesson")?.parse().ok()?;
        let page = fs::read_to_string(folder.join("README.md")).ok()?;
        let (_, title) = page.lines().next()?.split_once(": ")?;
        Some(Self {
            number,
            name: name.to_owned(),
            title: title.to_owned(),
            folder: folder.to_owned(),
        })
    }

    pub fn page(&self) -> PathBuf {
        self.folder.join("README.md")
    }

    pub fn exercise(&self) -> PathBuf {
        self.folder.join("exercise.rs")
    }

    pub fn solution(&self) -> PathBuf {
        self.folder.join("solution.rs")
    }

    /// Returns the start of the names of its checks.
    pub fn prefix(&self) -> String {
        format!("checks::{}::", self.name)
    }
}
