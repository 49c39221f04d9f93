//! `--timeline`: what just ran, drawn.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{prints, run, stderr};

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("drawing_{name}"));
    let _ = fs::remove_dir_all(&folder); // there may be one of the last run
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_hyphen_draws_text_on_stdout() {
    assert_eq!(
        prints(&["--countdown=2", "--countup=1", "--timeline", "-"]),
        "\
T-minus 2
Counting up 0
T-minus 1
Blast off!

2 tasks, 5 turns

turn          1   5
countdown(2)  #.#.x
countup(1)    .#.x

# a turn   x its last   . ready
"
    );
}

#[test]
fn a_paced_run_is_drawn_on_its_clock() {
    let drawn = prints(&[
        "--countdown=1",
        "--countup=1",
        "--every=1s",
        "--clock=virtual",
        "--timeline=-",
    ]);
    let (_, drawn) = drawn.split_once("\n\n").unwrap();
    assert_eq!(
        drawn,
        "\
3 tasks, 6 turns

s             0    1
countdown(1)  #--  x
countup(1)    .#-  .x
main          ..#  -.x

# a turn   x its last   . ready   - waiting
"
    );
}

#[test]
fn each_ending_has_its_form_and_two_runs_give_the_same() {
    let folder = folder("forms");
    let forms = [
        ("run.svg", "<svg "),
        ("run.html", "<!DOCTYPE html>"),
        ("run.json", "{"),
        ("run.txt", "3 tasks, "),
    ];
    for (name, begins) in forms {
        let path = folder.join(name);
        let path = path.to_str().unwrap();
        let draw = || {
            let paced = ["--every=1s", "--clock=virtual", "--timeline", path];
            prints(&[&["--countdown=3", "--countup=2"], &paced[..]].concat());
            fs::read_to_string(path).unwrap()
        };
        let first = draw();
        assert!(first.starts_with(begins), "{name}: {first:.100}");
        assert!(first.contains("countdown(3)"), "{name}");
        assert_eq!(first, draw(), "{name}");
    }
    assert_eq!(
        names_in(&folder),
        ["run.html", "run.json", "run.svg", "run.txt"]
    );
}

#[test]
fn what_cannot_be_a_drawing_is_refused_before_anything_runs() {
    let folder = folder("refused");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("file"), "").unwrap();
    let endings = "write a name that ends in .svg, .html, .json or .txt, or -";
    for (name, why) in [
        (path("run.png"), endings),
        (path("run"), endings),
        (path("none/run.svg"), "there is no folder"),
        (path("file/run.svg"), "is no folder"),
    ] {
        let output = run(&["--timeline", &name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        let said = stderr(&output);
        assert!(said.contains(why), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(names_in(&folder), ["file"]);
}

/// A name that is too long for a file is found out when the file is written.
#[test]
fn a_file_that_cannot_be_written_is_one_clear_line_and_nothing_is_left_behind() {
    let folder = folder("unwritable");
    let path = folder.join(format!("{}.svg", "x".repeat(300)));
    let output = run(&["--countdown=1", "--timeline", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("cannot be written"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(names_in(&folder), [""; 0]);
}
