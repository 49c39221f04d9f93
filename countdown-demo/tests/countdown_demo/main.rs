//! `countdown-demo`, as its user meets it: the real program.

#[cfg(unix)]
mod browser;
#[cfg(unix)]
#[path = "../../../tests/timeline_pages/chromium.rs"]
mod chromium;
mod drawing;
mod every;
mod picture;
#[cfg(unix)]
mod serve;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

fn demo(options: &[&str]) -> Command {
    started_by(Command::new(env!("CARGO_BIN_EXE_countdown-demo")), options)
}

/// The demo, or a command that starts it, in an environment that says nothing about colours and traces.
fn started_by(mut command: Command, options: &[&str]) -> Command {
    command
        .args(options)
        .env_remove("RUST_LOG")
        .env_remove("NO_COLOR")
        .env("TERM", "xterm");
    command
}

fn run(options: &[&str]) -> Output {
    demo(options).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// What the demo prints when all is well.
fn prints(options: &[&str]) -> String {
    let output = run(options);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    stdout(&output).into()
}

/// The one line on stderr of a call that makes no sense.
fn refusal(options: &[&str]) -> String {
    let output = run(options);
    assert_eq!(output.status.code(), Some(2), "{options:?}");
    assert_eq!(stdout(&output), "", "{options:?}");
    let line = stderr(&output).strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{line}");
    line.into()
}

#[test]
fn prints_what_cpython_prints() {
    let expected = include_str!("../../../lessons/tests/programs/39_task_scheduler_fixed.out");
    assert_eq!(prints(&[]), expected);
    let same = ["--countdown", "10", "--countdown", "5", "--countup", "15"];
    assert_eq!(prints(&same), expected);
}

#[test]
fn the_readme_shows_how_it_begins_and_ends() {
    let readme = include_str!("../../../README.md");
    let (_, shown) = readme.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let printed = prints(&[]);
    assert!(printed.starts_with(shown));
    assert_eq!(printed.lines().last(), Some("Counting up 14"));
}

#[test]
fn verbatim_says_blast_off_where_the_notes_have_it() {
    let expected = include_str!("../../../lessons/tests/programs/38_task_scheduler_seed.out");
    assert_eq!(prints(&["--verbatim"]), expected);
}

#[test]
fn tasks_keep_their_order() {
    assert_eq!(
        prints(&["--countup", "2", "--countdown", "1", "--countup=1"]),
        "Counting up 0\nT-minus 1\nCounting up 0\nCounting up 1\nBlast off!\n"
    );
    assert_eq!(prints(&["--countdown", "0"]), "Blast off!\n");
}

#[test]
fn summary_ends_with_a_table() {
    assert_eq!(
        prints(&["--countdown", "2", "--countup", "1", "--summary"]),
        "\
T-minus 2
Counting up 0
T-minus 1
Blast off!

task  name                   turns   said
0     countdown(2)               3      2
1     countup(1)                 2      1
"
    );
}

#[test]
fn log_traces_every_turn_on_stderr() {
    let output = run(&["--countdown", "1", "--log"]);
    assert_eq!(stdout(&output), "T-minus 1\nBlast off!\n");
    assert_eq!(
        stderr(&output).lines().map(str::trim).collect::<Vec<_>>(),
        [
            "DEBUG tminus::scheduler: spawned scheduler=1 task=0 name=\"countdown(1)\"",
            "TRACE tminus::scheduler: yielded scheduler=1 task=0 name=\"countdown(1)\" turn=1",
            "DEBUG tminus::scheduler: returned scheduler=1 task=0 name=\"countdown(1)\" turn=2",
        ]
    );
}

#[test]
fn rust_log_narrows_the_trace() {
    let debug = demo(&["--countdown", "1", "--log"])
        .env("RUST_LOG", "tminus=debug")
        .output()
        .unwrap();
    assert_eq!(stderr(&debug).lines().count(), 2);

    let nonsense = demo(&["--log"])
        .env("RUST_LOG", "tminus=loud")
        .output()
        .unwrap();
    assert_eq!(nonsense.status.code(), Some(2));
    assert!(stderr(&nonsense).contains("RUST_LOG=\"tminus=loud\" makes no sense"));
    assert_eq!(stderr(&nonsense).lines().count(), 1);
}

#[test]
fn what_makes_no_sense_is_one_clear_line() {
    let cases: [(&[&str], &str); 8] = [
        (
            &["--countdown", "-3"],
            "invalid value '-3' for '--countdown <N>'",
        ),
        (
            &["--countdown=-3"],
            "invalid value '-3' for '--countdown <N>'",
        ),
        (&["--countup", "2000000"], "2000000 is not in 0..=1000000"),
        (
            &["--countup", "99999999999999999999"],
            "invalid value '99999999999999999999'",
        ),
        (
            &["--countdown", "ten"],
            "invalid value 'ten' for '--countdown <N>'",
        ),
        (
            &["--countdown"],
            "a value is required for '--countdown <N>'",
        ),
        (&["--frob"], "unexpected argument '--frob'"),
        (&["now"], "unexpected argument 'now'"),
    ];
    for (options, expected) in cases {
        let line = refusal(options);
        assert!(line.starts_with("countdown-demo: "), "{line}");
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn help_shows_every_option_and_examples() {
    let help = prints(&["--help"]);
    let words = [
        "--countdown <N>",
        "--countup <N>",
        "--every <DURATION>",
        "--clock <CLOCK>",
        "--verbatim",
        "--summary",
        "--log",
        "Examples:",
    ];
    for word in words {
        assert!(help.contains(word), "{word} is missing in\n{help}");
    }
    assert_eq!(
        prints(&["--version"]),
        concat!("countdown-demo ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

/// What the demo prints on a terminal.
#[cfg(unix)]
fn on_a_terminal(command: &mut Command) -> String {
    at_a_terminal(command, |command, terminal| {
        command.stdout(terminal);
    })
}

/// What the demo reports on a terminal.
#[cfg(unix)]
fn shown_on_a_terminal(command: &mut Command) -> String {
    at_a_terminal(command, |command, terminal| {
        command.stdout(Stdio::null()).stderr(terminal);
    })
}

#[cfg(unix)]
fn at_a_terminal(command: &mut Command, connect: impl FnOnce(&mut Command, Stdio)) -> String {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::{fs::File, io::Read, os::unix::ffi::OsStringExt};

    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap().into_bytes();
    let terminal = File::options()
        .read(true)
        .write(true)
        .open(std::ffi::OsString::from_vec(name))
        .unwrap();
    connect(command, terminal.into());
    let mut child = command.spawn().unwrap();
    command.stdout(Stdio::null()).stderr(Stdio::null()); // the last handles but the child's
    let mut shown = Vec::new();
    // Linux ends it with an error once nobody has the terminal open.
    let _ = File::from(screen).read_to_end(&mut shown);
    assert!(child.wait().unwrap().success());
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

#[cfg(unix)]
#[test]
fn colours_are_for_terminals_that_want_them() {
    let options = ["--countdown", "1", "--countup", "1"];
    assert_eq!(
        on_a_terminal(&mut demo(&options)),
        "\x1b[36mT-minus 1\x1b[0m\n\x1b[33mCounting up 0\x1b[0m\n\x1b[36mBlast off!\x1b[0m\n"
    );
    let plain = "T-minus 1\nCounting up 0\nBlast off!\n";
    let no_color = on_a_terminal(demo(&options).env("NO_COLOR", "1"));
    assert_eq!(no_color, plain);
    let dumb = on_a_terminal(demo(&options).env("TERM", "dumb"));
    assert_eq!(dumb, plain);
    let empty = on_a_terminal(demo(&options).env("NO_COLOR", ""));
    assert_ne!(empty, plain); // as if it were not set
    assert_eq!(prints(&options), plain);
}

#[cfg(unix)]
#[test]
fn the_trace_and_the_help_have_colours_where_the_output_has() {
    let has_colours = |variable: (&str, &str)| {
        let trace =
            shown_on_a_terminal(demo(&["--countdown=1", "--log"]).env(variable.0, variable.1));
        let help = on_a_terminal(demo(&["--help"]).env(variable.0, variable.1));
        [trace, help].map(|shown| shown.contains('\x1b'))
    };
    assert_eq!(has_colours(("TERM", "xterm")), [true; 2]);
    assert_eq!(has_colours(("TERM", "dumb")), [false; 2]);
    assert_eq!(has_colours(("NO_COLOR", "1")), [false; 2]);
}

/// Returns the first line, after which nobody reads on. The demo has to end quietly.
fn first_line_of_a_reader_that_leaves(options: &[&str]) -> String {
    let mut child = demo(options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap(); // and here the pipe is closed
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "");
    first
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let first = first_line_of_a_reader_that_leaves(&["--countdown", "1000000"]);
    assert_eq!(first, "T-minus 1000000\n");
}
