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
    fs::create_dir(path("folder.svg")).unwrap();
    let endings = "write a name that ends in .svg, .html, .json or .txt, or -";
    let too_long = format!("{}.svg", "x".repeat(252));
    for (name, whose, todo) in [
        (path("run.png"), "run.png", endings),
        (path("run"), "run", endings),
        (
            path("none/at/all/run.svg"),
            "none/at/all",
            "create it first",
        ),
        (
            path("file/run.svg"),
            "file",
            "write the name of a file in a folder",
        ),
        (
            path("file/deeper/run.svg"),
            "file",
            "write the name of a file in a folder",
        ),
        (
            path("folder.svg"),
            "folder.svg",
            "write the name of a file in it",
        ),
        (path("new.svg/"), "new.svg/", "write the name of a file"),
        (path(&too_long), &too_long, "write a shorter name"),
    ] {
        let output = run(&["--timeline", &name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        let said = stderr(&output);
        assert!(said.starts_with("countdown-demo: "), "{said}");
        assert!(
            said.contains(whose) && said.contains(todo),
            "{name}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(names_in(&folder), ["file", "folder.svg"]);
}

/// A temporary name must not be longer than the name itself can be.
#[test]
fn a_name_can_be_as_long_as_names_are() {
    let folder = folder("long_names");
    for length in [254, 255] {
        let name = format!("{}.svg", "x".repeat(length - 4));
        prints(&[
            "--countdown=1",
            "--timeline",
            folder.join(&name).to_str().unwrap(),
        ]);
        assert!(names_in(&folder).contains(&name));
    }
    assert_eq!(names_in(&folder).len(), 2);
}

#[cfg(unix)]
mod unix {
    use std::{
        io::Read,
        os::unix::{
            fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink},
            process::CommandExt,
        },
        process::{Command, Output},
        thread,
    };

    use super::*;
    use crate::demo;

    /// Draws a short run to a file of this folder.
    fn draw(folder: &Path, name: &str) -> String {
        prints(&[
            "--countdown=1",
            "--timeline",
            folder.join(name).to_str().unwrap(),
        ])
    }

    fn begins(path: PathBuf, text: &str) {
        let found = fs::read_to_string(&path).unwrap();
        assert!(found.starts_with(text), "{}: {found:.60}", path.display());
    }

    fn mode(path: PathBuf) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_link_leads_to_what_is_written() {
        let folder = folder("links");
        fs::create_dir(folder.join("elsewhere")).unwrap();
        fs::write(folder.join("elsewhere/old.svg"), "old").unwrap();
        for (target, link) in [
            ("elsewhere/old.svg", "link.svg"),
            ("link.svg", "link of link.svg"),
            ("elsewhere/new.svg", "to nothing.svg"),
            ("to nothing yet.svg", "to a link to nothing.svg"),
            ("elsewhere/newer.svg", "to nothing yet.svg"),
        ] {
            symlink(target, folder.join(link)).unwrap();
        }
        let links = [
            "link.svg",
            "link of link.svg",
            "to nothing.svg",
            "to a link to nothing.svg",
        ];
        for link in links {
            draw(&folder, link);
            assert!(folder.join(link).is_symlink(), "{link}");
            begins(folder.join(link), "<svg ");
        }
        assert_eq!(
            names_in(&folder.join("elsewhere")),
            ["new.svg", "newer.svg", "old.svg"]
        );
        assert_eq!(names_in(&folder).len(), 6, "{:?}", names_in(&folder));
    }

    #[test]
    fn a_link_to_itself_is_refused() {
        let folder = folder("circle");
        symlink("circle.svg", folder.join("circle.svg")).unwrap();
        let output = run(&["--timeline", folder.join("circle.svg").to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert!(stderr(&output).contains("circle.svg\" cannot be written"));
    }

    #[test]
    fn a_pipe_is_written_to() {
        let folder = folder("pipe");
        let pipe = folder.join("pipe.html");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        draw(&folder, "pipe.html");
        assert!(reader.join().unwrap().starts_with("<!DOCTYPE html>"));
        assert!(pipe.metadata().unwrap().file_type().is_fifo());
        assert_eq!(names_in(&folder), ["pipe.html"]);
    }

    #[test]
    fn a_reader_of_a_pipe_may_leave() {
        let folder = folder("left_pipe");
        let pipe = folder.join("pipe.html");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::File::open(pipe).unwrap().read(&mut [0]).unwrap()
        });
        let options = ["--countdown=2000", "--timeline", pipe.to_str().unwrap()]; // more than a pipe holds
        assert!(prints(&options).ends_with("Blast off!\n"));
        assert_eq!(reader.join().unwrap(), 1);
    }

    #[cfg(target_os = "linux")] // which has a device that is always full
    #[test]
    fn a_device_is_written_to() {
        let folder = folder("devices");
        for device in ["null", "stdout", "full"] {
            symlink(
                format!("/dev/{device}"),
                folder.join(device).with_extension("txt"),
            )
            .unwrap();
        }
        assert_eq!(draw(&folder, "null.txt"), "T-minus 1\nBlast off!\n");
        assert!(
            draw(&folder, "stdout.txt").starts_with("T-minus 1\nBlast off!\n1 task, 2 turns\n")
        );
        let full = folder.join("full.txt");
        let output = run(&["--countdown=1", "--timeline", full.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        let said = stderr(&output);
        assert!(
            said.contains("full.txt\" cannot be written: No space left"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(full.metadata().unwrap().file_type().is_char_device());
        assert_eq!(names_in(&folder), ["full.txt", "null.txt", "stdout.txt"]);
    }

    #[test]
    fn a_file_keeps_its_mode() {
        let folder = folder("mode");
        for kept in [0o600, 0o640, 0o666, 0o755] {
            let path = folder.join("run.svg");
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            draw(&folder, "run.svg");
            assert_eq!(mode(path.clone()), kept);
            begins(path, "<svg ");
        }
        draw(&folder, "new.svg");
        fs::write(folder.join("as.svg"), "").unwrap();
        assert_eq!(mode(folder.join("new.svg")), mode(folder.join("as.svg")));
    }

    #[test]
    fn a_file_keeps_its_other_names() {
        let folder = folder("names");
        fs::write(folder.join("run.svg"), "old").unwrap();
        fs::hard_link(folder.join("run.svg"), folder.join("other.svg")).unwrap();
        draw(&folder, "run.svg");
        begins(folder.join("other.svg"), "<svg ");
        assert_eq!(names_in(&folder), ["other.svg", "run.svg"]);
    }

    /// Nothing can be written beyond 512 or 1,024 bytes.
    fn without_room(path: &Path) -> Output {
        let script = r#"trap "" XFSZ; ulimit -f 1; exec "$0" --countdown=9 --timeline "$1""#;
        let mut shell = Command::new("sh");
        shell.args(["-c", script, env!("CARGO_BIN_EXE_countdown-demo")]);
        shell.arg(path).output().unwrap()
    }

    #[test]
    fn after_a_failure_everything_is_as_it_was() {
        let folder = folder("failure");
        fs::write(folder.join("old.svg"), "old").unwrap();
        fs::write(folder.join("named.svg"), "named").unwrap();
        fs::hard_link(folder.join("named.svg"), folder.join("also.svg")).unwrap();
        symlink("new.svg", folder.join("link.svg")).unwrap();
        for name in ["old.svg", "named.svg", "link.svg", "none.svg"] {
            let output = without_room(&folder.join(name));
            assert_eq!(output.status.code(), Some(1), "{name}");
            assert!(output.stdout.ends_with(b"Blast off!\n"), "{name}");
            let said = stderr(&output);
            assert!(
                said.contains(&format!("{name}\" cannot be written: File too large")),
                "{said}"
            );
        }
        assert_eq!(
            names_in(&folder),
            ["also.svg", "link.svg", "named.svg", "old.svg"]
        );
        begins(folder.join("old.svg"), "old");
        begins(folder.join("also.svg"), "named");
    }

    /// A run by somebody to whom permissions matter.
    fn as_nobody(path: &Path) -> Output {
        let mut command = demo(&["--countdown=1", "--timeline", path.to_str().unwrap()]);
        if rustix::process::geteuid().is_root() {
            command.uid(65534).gid(65534);
        }
        command.output().unwrap()
    }

    #[test]
    fn what_must_not_be_written_is_refused_before_anything_runs() {
        let folder = folder("permissions");
        let allow = |name: &str, mode| {
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        fs::create_dir(folder.join("closed")).unwrap();
        for (name, mode) in [
            ("closed/mine.svg", 0o666),
            ("closed/theirs.svg", 0o444),
            ("theirs.svg", 0o444),
        ] {
            fs::write(folder.join(name), "old").unwrap();
            allow(name, mode);
        }
        assert!(
            Command::new("mkfifo")
                .arg(folder.join("pipe.svg"))
                .status()
                .unwrap()
                .success()
        );
        allow("pipe.svg", 0o444);
        allow("closed", 0o555);
        allow("", 0o777);
        for name in [
            "closed/new.svg",
            "closed/theirs.svg",
            "theirs.svg",
            "pipe.svg",
        ] {
            let output = as_nobody(&folder.join(name));
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(output.stdout.is_empty(), "{name}");
            let said = stderr(&output);
            assert!(
                said.contains("Permission denied") && said.contains("change the permissions"),
                "{said}"
            );
            assert_eq!(said.lines().count(), 1, "{said}");
        }
        // A file that can be written in a folder that cannot.
        let before = folder.join("closed/mine.svg").metadata().unwrap().ino();
        assert!(as_nobody(&folder.join("closed/mine.svg")).status.success());
        begins(folder.join("closed/mine.svg"), "<svg ");
        assert_eq!(
            folder.join("closed/mine.svg").metadata().unwrap().ino(),
            before
        );
        allow("closed", 0o755); // so that the next run can remove it
        assert_eq!(names_in(&folder), ["closed", "pipe.svg", "theirs.svg"]);
    }
}
