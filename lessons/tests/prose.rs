//! Keeps the prose of the lessons true: one test for each README.
//!
//! A comment right above a block says what the block shows, and it must show that to the letter:
//!
//! ```text
//! <!-- code: mod.rs struct Countdown; fn lucas -->          these items of a file
//! <!-- code: demo.rs -->                                    the whole file
//! <!-- python: lesson01 -->                                 programs/lesson01.py
//! <!-- output: python lesson01 -->                          what CPython printed when it ran that
//! <!-- output: cargo run --example lesson01 -->             what the demo prints
//! <!-- output: cargo run --example lesson01, lines 1-6 -->  a part of that
//! ```
//!
//! An image is a file beside the page, and has a text that says what is to be seen. A picture is well-formed, and has a dark
//! mode. Lessons whose mechanism is hard to imagine have one.
//!
//! A listing reads no field and calls no function of its own that neither the page nor an earlier lesson to which it links
//! declares. Exercise 1 is the mechanism: `exercise.rs` starts with an item that the page shows. No lesson speaks of the notes
//! from which the lessons were drawn: that is what `NOTES.md` is for.
//!
//! A block of Rust without a comment is a doc test, and `sh` holds commands that work. Other blocks need a comment. What
//! the prose says in `panics with "…"`, a test of the lesson expects.
//!
//! `BLESS=1 cargo test --test prose` rewrites the blocks that differ.

#[path = "pages/blocks.rs"]
mod blocks;
#[path = "pages/excerpt.rs"]
mod excerpt;
#[path = "pages/images.rs"]
mod images;
#[path = "pages/listings.rs"]
mod listings;
#[path = "pages/mechanism.rs"]
mod mechanism;
#[path = "pages/notes.rs"]
mod notes;
mod programs;
#[path = "pages/tokens.rs"]
mod tokens;

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

macro_rules! lessons {
    ($($folder:ident,)*) => {
        $(
            #[test]
            fn $folder() {
                check_lesson(stringify!($folder));
            }
        )*

        #[test]
        fn no_lesson_is_left_out() {
            assert_eq!(folders(), [$(stringify!($folder)),*]);
        }
    };
}

lessons! {
    lesson01_countdown,
    lesson02_close,
    lesson03_send,
    lesson04_throw,
    lesson05_pull_pipeline,
    lesson06_push_pipeline,
    lesson07_averager,
    lesson08_yield_from,
    lesson09_round_robin,
    lesson10_tasks,
    lesson11_timers,
    lesson12_event_loop,
    lesson13_futures,
    lesson14_tasks_on_the_loop,
    lesson15_async_await,
    lesson16_foreign_futures,
    lesson17_many,
    lesson18_sync,
    lesson19_threads,
    lesson20_selector,
    lesson21_streams,
    lesson22_processes,
    lesson23_microscope,
    lesson24_graduating,
}

const SECTIONS: [&str; 9] = [
    "You will be able to answer",
    "In Python",
    "Predict",
    "Run it",
    "Build it",
    "Watch it", // from lesson 9 on
    "Break it",
    "Exercises",
    "In the crate, and elsewhere",
];

/// Without tests. A lesson's files that are not in this list are support files.
const MOST_LINES: [(&str, usize); 4] = [
    ("mod.rs", 150),
    ("demo.rs", 40),
    ("exercise.rs", 250), // the mechanism and what uses it
    ("solution.rs", 250),
];
const MOST_SUPPORT_LINES: usize = 150;
/// A longer page probably has two ideas. This is only a warning.
const MOST_PAGE_LINES: usize = 450;

/// Lessons in which something moves that is hard to imagine: the airlock, pull and push, the stack of bodies, the waker.
const WITH_A_PICTURE: [&str; 5] = ["lesson01", "lesson05", "lesson06", "lesson08", "lesson15"];

#[test]
fn the_index_of_the_lessons() {
    let mut page = Page::read("");
    page.check_blocks();
    page.check_links();
    page.check_images();
    for folder in folders() {
        page.must_have(&format!("]({folder}/)"));
    }
    page.finish();
}

#[test]
fn the_notes() {
    let problems = notes::table_problems();
    assert!(
        problems.is_empty(),
        "\nNOTES.md:\n  {}\n",
        problems.join("\n  ")
    );
}

fn check_lesson(folder: &str) {
    let mut page = Page::read(folder);
    page.check_blocks();
    page.check_links();
    page.check_images();
    page.check_sections(folder);
    page.check_neighbours(folder);
    page.check_panics(folder);
    page.check_parts(folder);
    page.check_needs(folder);
    page.check_listings(folder);
    page.check_first_exercise();
    page.check_notes(folder);
    page.check_pictures(folder);
    page.finish();
}

/// A README, and what is wrong with it.
struct Page {
    folder: PathBuf,
    text: String,
    problems: Vec<String>,
}

impl Page {
    fn read(folder: &str) -> Self {
        let folder = root().join(folder);
        Self {
            text: read(&folder.join("README.md")).unwrap_or_default(),
            folder,
            problems: Vec::new(),
        }
    }

    fn finish(self) {
        let (folder, problems) = (self.folder.display(), self.problems.join("\n  "));
        assert!(problems.is_empty(), "\n{folder}/README.md:\n  {problems}\n");
    }

    fn must_have(&mut self, text: &str) {
        if !self.text.contains(text) {
            self.problems.push(format!("has no {text}"));
        }
    }

    /// Checks that each block matches its comment. With `BLESS=1`, rewrites the blocks that do not.
    fn check_blocks(&mut self) {
        let bless = env::var_os("BLESS").is_some();
        let mut page = String::new();
        let mut above = None;
        let mut lines = (1..).zip(self.text.lines());
        while let Some((number, line)) = lines.next() {
            page += &format!("{line}\n");
            let source = std::mem::replace(&mut above, blocks::source(line));
            let Some(label) = line.strip_prefix("```") else {
                if source.is_some()
                    || line.trim_start().starts_with("```")
                    || line.starts_with("~~~")
                {
                    let problem = format!(
                        "line {number}: a block is ``` at the margin, right under its comment"
                    );
                    self.problems.push(problem);
                }
                continue;
            };
            let body: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .collect();
            let body = body.join("\n");
            let body = match blocks::check(&self.folder, source, label, &body) {
                Ok(true_body) if bless || true_body == body => true_body,
                Ok(true_body) => {
                    let problem = format!(
                        "line {number}: stale; BLESS=1 cargo test --test prose makes it\n{true_body}"
                    );
                    self.problems.push(problem);
                    body
                }
                Err(problem) => {
                    self.problems.push(format!("line {number}: {problem}"));
                    body
                }
            };
            page += &format!("{body}\n```\n");
        }
        if bless && page != self.text {
            fs::write(self.folder.join("README.md"), page).expect("the README can be written");
        }
    }

    /// Checks that each link leads to a folder: only such links work both on the web and in rustdoc.
    fn check_links(&mut self) {
        for (at, _) in self.text.match_indices("](") {
            if images::is_image(&self.text[..at]) {
                continue;
            }
            let target = self.text[at + 2..].split(')').next().unwrap_or_default();
            let elsewhere = target.starts_with("https://") || target.starts_with('#');
            let is_folder =
                target.ends_with('/') && self.folder.join(target).join("README.md").is_file();
            if !elsewhere && !is_folder {
                let problem = format!("the link to {target} leads to no folder with a README");
                self.problems.push(problem);
            }
        }
    }

    fn check_images(&mut self) {
        self.problems
            .extend(images::problems(&self.folder, &self.text));
    }

    /// Checks that the sections are those of every lesson, in their order.
    fn check_sections(&mut self, folder: &str) {
        let have: Vec<&str> = self
            .text
            .split("```")
            .step_by(2) // every other part is a block
            .flat_map(|prose| prose.lines().filter_map(|line| line.strip_prefix("## ")))
            .collect();
        let want: Vec<&str> = SECTIONS
            .into_iter()
            .filter(|section| *section != "Watch it" || number(folder) >= "lesson09")
            .collect();
        if have != want {
            self.problems.push(format!(
                "has the sections\n  {have:?} instead of\n  {want:?}"
            ));
        }
    }

    /// Checks that the page leads to the index, and to the lessons before and after it.
    fn check_neighbours(&mut self, folder: &str) {
        self.must_have("](../)");
        for pair in folders().windows(2) {
            if pair[1] == folder {
                self.must_have(&format!("](../{}/)", pair[0]));
            }
            if pair[0] == folder {
                self.must_have(&format!("](../{}/)", pair[1]));
            }
        }
    }

    /// Checks that each message in `panics with "…"` is one that the lesson's tests expect.
    fn check_panics(&mut self, folder: &str) {
        let tests = root().join(format!("tests/lessons/{}.rs", number(folder)));
        let tests = read(&tests).unwrap_or_default();
        let prose = self.text.replace('\n', " ");
        for quoted in prose.split("panics with \"").skip(1) {
            let message = quoted.split('"').next().unwrap_or_default();
            if !tests.contains(message) {
                self.problems.push(format!("no test expects \"{message}\""));
            }
        }
    }

    /// Checks that all parts of the lesson exist, are known to cargo and the tests, and are not too long.
    fn check_parts(&mut self, folder: &str) {
        let lesson = number(folder);
        for (file, text) in [
            ("Cargo.toml", format!("path = \"{folder}/demo.rs\"")),
            ("lib.rs", format!("pub mod {folder};")),
            (
                &format!("{folder}/mod.rs"),
                "#![doc = include_str!(\"README.md\")]".to_owned(),
            ),
            ("tests/lessons/main.rs", format!("mod {lesson};")),
            (&format!("tests/lessons/{lesson}.rs"), "#[test]".to_owned()),
            ("tests/checks/mod.rs", format!("mod {lesson};")),
            (&format!("tests/checks/{lesson}.rs"), "#[test]".to_owned()),
            (
                "tests/exercises.rs",
                format!("#[path = \"../{folder}/exercise.rs\"]\nmod {lesson};"),
            ),
            (
                "tests/solutions.rs",
                format!("#[path = \"../{folder}/solution.rs\"]\nmod {lesson};"),
            ),
        ] {
            if !read(&root().join(file)).is_ok_and(|content| content.contains(&text)) {
                self.problems.push(format!("needs {file} with `{text}`"));
            }
        }
        let lines = self.text.lines().count();
        if lines > MOST_PAGE_LINES {
            // Not `eprintln!`, of which the harness shows nothing if the test passes.
            let _ = writeln!(
                io::stderr(),
                "warning: {folder}/README.md has {lines} lines: are these two ideas?"
            );
        }
        for (file, most) in MOST_LINES {
            self.check_length(file, most);
        }
        for file in self.support_files() {
            self.check_length(&file, MOST_SUPPORT_LINES);
            if !read(&self.folder.join(&file)).is_ok_and(|text| text.starts_with("//! ")) {
                self.problems
                    .push(format!("{file} does not say on top what it is for"));
            }
        }
    }

    /// Checks that no code of the lesson uses a later one.
    fn check_needs(&mut self, folder: &str) {
        for file in file_names(&self.folder) {
            if !file.ends_with(".rs") {
                continue;
            }
            let text = read(&self.folder.join(&file)).unwrap_or_default();
            for later in folders().iter().filter(|later| later.as_str() > folder) {
                if text.contains(number(later)) {
                    self.problems.push(format!("{file} needs {later}"));
                }
            }
        }
    }

    /// Checks that listings use only what the page declares, or an earlier lesson to which it links.
    fn check_listings(&mut self, folder: &str) {
        let text = self.text.split("\n---\n").next().unwrap_or_default(); // the links at the bottom explain nothing
        let earlier: Vec<String> = folders()
            .iter()
            .filter(|earlier| earlier.as_str() < folder)
            .filter(|earlier| text.contains(&format!("](../{earlier}/)")))
            .map(|earlier| read(&root().join(earlier).join("README.md")).unwrap_or_default())
            .collect();
        let problems = listings::problems(&self.text, &earlier);
        self.problems.extend(problems);
    }

    /// Checks that what the reader writes first is the mechanism.
    fn check_first_exercise(&mut self) {
        let mut files = file_names(&self.folder);
        files.retain(|name| {
            name.ends_with(".rs") && !matches!(name.as_str(), "exercise.rs" | "solution.rs")
        });
        let texts: Vec<String> = files
            .iter()
            .map(|name| read(&self.folder.join(name)).unwrap_or_default())
            .collect();
        let exercise = read(&self.folder.join("exercise.rs")).unwrap_or_default();
        let problem = mechanism::problem(&exercise, &texts, &self.text);
        self.problems.extend(problem);
    }

    /// Checks that no file of the lesson speaks of the notes, or of a program by its number.
    fn check_notes(&mut self, folder: &str) {
        let checks = format!("tests/checks/{}.rs", number(folder));
        let own = file_names(&self.folder);
        let own = own.iter().map(|name| format!("{folder}/{name}"));
        for file in own.chain([checks]).filter(|name| !name.ends_with(".svg")) {
            let text = read(&root().join(&file)).unwrap_or_default();
            for line in notes::mentions(&text) {
                let problem = format!(
                    "{file}, line {line}, speaks of the notes or of a program by its number, which only NOTES.md does"
                );
                self.problems.push(problem);
            }
        }
    }

    /// Checks that the lesson has a picture if it needs one, and that all pictures can be read.
    fn check_pictures(&mut self, folder: &str) {
        if WITH_A_PICTURE.contains(&number(folder)) && !images::any(&self.text) {
            self.problems.push("needs a picture".to_owned());
        }
        let mut pictures = file_names(&self.folder);
        pictures.retain(|name| name.ends_with(".svg"));
        let problems = images::picture_problems(&self.folder, &self.text, &pictures);
        self.problems.extend(problems);
    }

    fn check_length(&mut self, file: &str, most: usize) {
        let text = read(&self.folder.join(file)).unwrap_or_default();
        let count = text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .count();
        if !(1..=most).contains(&count) {
            self.problems.push(format!(
                "{file} has {count} lines, which should be 1 to {most}"
            ));
        }
    }

    /// Returns the code of the lesson that is in none of the files that each lesson has.
    fn support_files(&self) -> Vec<String> {
        let mut files = file_names(&self.folder);
        files.retain(|name| {
            let is_picture = name.ends_with(".svg");
            name != "README.md" && !is_picture && MOST_LINES.iter().all(|(file, _)| file != name)
        });
        files
    }
}

/// The folders of the lessons, in order: `lesson01_countdown` and so on.
fn folders() -> Vec<String> {
    let mut folders = file_names(root());
    folders.retain(|name| name.starts_with("lesson"));
    folders
}

/// What is in a folder, in order.
fn file_names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// `lesson01` of `lesson01_countdown`.
fn number(folder: &str) -> &str {
    folder.split('_').next().unwrap_or(folder)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
