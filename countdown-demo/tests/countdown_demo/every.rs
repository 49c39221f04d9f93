//! `--every`: the tasks on the event loop.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use super::*;

#[test]
fn the_virtual_clock_shows_the_times() {
    let options = ["--countdown", "2", "--countup", "3", "--clock", "virtual"];
    let every = |every| prints(&[&options[..], &["--every", every]].concat());
    assert_eq!(
        every("250ms"),
        "    \
    0.000s  T-minus 2
    0.000s  Counting up 0
    0.250s  T-minus 1
    0.250s  Counting up 1
    0.500s  Blast off!
    0.500s  Counting up 2
"
    );
    assert_eq!(
        every("1.5s"),
        "    \
    0.000s  T-minus 2
    0.000s  Counting up 0
    1.500s  T-minus 1
    1.500s  Counting up 1
    3.000s  Blast off!
    3.000s  Counting up 2
"
    );
    assert!(every("8h").ends_with("57600.000s  Counting up 2\n"));
}

#[test]
fn a_time_has_as_many_digits_as_it_needs() {
    let blast_off = |every| {
        let printed = prints(&["--countdown=1", "--every", every, "--clock=virtual"]);
        printed.lines().last().unwrap().to_owned()
    };
    assert_eq!(blast_off("1m"), "   60.000s  Blast off!");
    assert_eq!(blast_off("0.5ms"), "    0.000500s  Blast off!");
    assert_eq!(blast_off("1.0000005s"), "    1.000000500s  Blast off!");
}

/// A nanosecond is over before anybody could wait for it.
#[test]
fn the_real_clock_changes_nothing_but_the_pace() {
    let moment = ["--every", "0.000001ms"];
    for options in [&[][..], &["--verbatim"], &["--summary"]] {
        let paced = prints(&[&moment, options].concat());
        assert_eq!(paced, prints(options));
        let clock_by_name = prints(&[&moment, &["--clock", "real"], options].concat());
        assert_eq!(clock_by_name, paced);
    }
}

#[test]
fn summary_is_without_times() {
    let options = "--every 1s --clock virtual --countdown 1 --countup 0 --summary";
    assert_eq!(
        prints(&options.split(' ').collect::<Vec<_>>()),
        "    \
    0.000s  T-minus 1
    1.000s  Blast off!

task  name                   turns   said
0     countdown(1)               2      1
1     countup(0)                 1      0
"
    );
}

#[test]
fn log_traces_every_turn_here_too() {
    let output = run(&[
        "--every=1h",
        "--clock=virtual",
        "--countdown=1",
        "--countup=0",
        "--log",
    ]);
    assert_eq!(
        stderr(&output).lines().map(str::trim).collect::<Vec<_>>(),
        [
            "DEBUG tminus::event_loop: spawned loop=1 task=0 name=\"countdown(1)\" at=0",
            "DEBUG tminus::event_loop: spawned loop=1 task=1 name=\"countup(0)\" at=0",
            "DEBUG tminus::event_loop: spawned loop=1 task=2 name=\"main\" at=0",
            "TRACE tminus::event_loop: waits loop=1 task=0 name=\"countdown(1)\" turn=1 at=0 what=\"sleep\" \
             of=a sleep until 3600s until=3600000000000",
            "DEBUG tminus::event_loop: returned loop=1 task=1 name=\"countup(0)\" turn=1 at=0",
            "TRACE tminus::event_loop: waits loop=1 task=2 name=\"main\" turn=1 at=0 what=\"task\" \
             of=task \"countdown(1)\" on=0",
            "TRACE tminus::event_loop: woken loop=1 task=0 name=\"countdown(1)\" at=3600000000000",
            "DEBUG tminus::event_loop: returned loop=1 task=0 name=\"countdown(1)\" turn=2 at=3600000000000",
            "TRACE tminus::event_loop: woken loop=1 task=2 name=\"main\" at=3600000000000 by=0",
            "DEBUG tminus::event_loop: returned loop=1 task=2 name=\"main\" turn=2 at=3600000000000",
        ]
    );
}

#[test]
fn a_bad_pace_is_one_clear_line() {
    let form = "write a number and ms, s, m or h, such as 250ms or 1.5s";
    let cases: [(&[&str], &str); 10] = [
        (&["--every", "0s"], "it has to be more than zero"),
        (&["--every", "-1s"], "it has to be more than zero"),
        (&["--every=-1s"], "it has to be more than zero"),
        (&["--every", "99999999999999999999h"], "more than a year"),
        (&["--every", "soon"], form),
        (&["--every", "5"], form),
        (&["--every"], "a value is required for '--every <DURATION>'"),
        (
            &["--every=1s", "--every=2s"],
            "'--every <DURATION>' cannot be used multiple times",
        ),
        (
            &["--every", "1s", "--clock", "moon"],
            "invalid value 'moon' for '--clock <CLOCK>': write real or virtual",
        ),
        (&["--clock", "virtual"], "--clock is for --every"),
    ];
    for (options, expected) in cases {
        let line = refusal(options);
        assert!(line.starts_with("countdown-demo: "), "{line}");
        assert!(line.contains(expected), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn times_have_no_colour() {
    let options = ["--countdown=1", "--every=1s", "--clock=virtual"];
    assert_eq!(
        on_a_terminal(&mut demo(&options)),
        "    0.000s  \x1b[36mT-minus 1\x1b[0m\n    1.000s  \x1b[36mBlast off!\x1b[0m\n"
    );
}

#[test]
fn a_reader_that_leaves_ends_the_loop_quietly() {
    let options = ["--countdown=1000000", "--every=1s", "--clock=virtual"];
    let first = first_line_of_a_reader_that_leaves(&options);
    assert_eq!(first, "    0.000s  T-minus 1000000\n");
}

#[cfg(unix)]
mod ctrl_c {
    use std::process::Child;

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    /// The demo as it is started in the foreground. (If these tests are a background job of a script, SIGINT is ignored in
    /// them, and in whatever they start.)
    fn demo(options: &[&str]) -> Command {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.map_or(0, |set| u128::from_str_radix(set.trim(), 16).unwrap());
        if ignored & 0b10 == 0 {
            return super::demo(options);
        }
        let mut command = Command::new("env");
        command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_countdown-demo")]);
        started_by(command, options)
    }

    fn press(child: &Child) {
        kill_process(Pid::from_child(child), Signal::INT).unwrap();
    }

    #[test]
    fn the_tasks_say_how_far_they_got() {
        let mut child = demo(&["--every", "1h", "--summary"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().map(Result::unwrap);
        for first in ["T-minus 10", "T-minus 5", "Counting up 0"] {
            assert_eq!(next().unwrap(), first);
        }
        press(&child);
        for farewell in [
            "countdown(10) stopped at T-minus 10",
            "countdown(5) stopped at T-minus 5",
            "countup(15) stopped at 0",
        ] {
            assert_eq!(next().unwrap(), farewell);
        }
        assert_eq!(next(), None);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        assert_eq!(stderr(&output), "");
    }

    /// One that has ended says nothing, and the trace shows the others cancelled.
    #[test]
    fn only_tasks_that_run_are_cancelled() {
        let mut child = demo(&["--every=1h", "--countup=0", "--countdown=1", "--log"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        press(&child);
        stdout.read_line(&mut said).unwrap();
        assert_eq!(said, "T-minus 1\ncountdown(1) stopped at T-minus 1\n");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let trace = stderr(&output);
        let cancelled: Vec<&str> = trace
            .lines()
            .filter(|line| line.contains(": cancelled "))
            .collect();
        let [cancelled] = cancelled[..] else {
            panic!("not one: {cancelled:?}");
        };
        let shown =
            "DEBUG tminus::event_loop: cancelled loop=1 task=1 name=\"countdown(1)\" turn=2 ";
        assert!(cancelled.trim().starts_with(shown), "{cancelled}");
    }

    /// While the demo waits for a reader of its lines, it cannot answer a Ctrl-C, and the next one ends the process. Before
    /// that, the demo ends by itself. A shell shows 130 for both.
    #[test]
    fn whoever_insists_is_not_kept_waiting() {
        use std::os::unix::process::ExitStatusExt;

        let mut child = demo(&["--countdown=1000000", "--every=0.000001ms"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap(); // nor more: the pipe is full soon
        let status = loop {
            press(&child);
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
        };
        let is_ended_by_signal = status.signal() == Some(Signal::INT.as_raw());
        assert!(is_ended_by_signal || status.code() == Some(130), "{status}");
    }

    /// A script starts its background jobs so, and Ctrl-C is for the job in the foreground.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_was_ignored_at_the_start_stays_ignored() {
        let ignoring = r#"trap "" INT; exec "$0" "$@""#;
        let mut child = Command::new("sh")
            .args(["-c", ignoring, env!("CARGO_BIN_EXE_countdown-demo")])
            .args(["--countdown=20000", "--every=1s", "--clock=virtual"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap(); // a handler would be there by now
        assert_eq!(first, "    0.000s  T-minus 20000\n");
        for _ in 0..3 {
            press(&child); // it cannot end, because the pipe is full
        }
        let last = stdout.lines().last().unwrap().unwrap();
        assert_eq!(last, "20000.000s  Blast off!");
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    }

    /// Without a pace there is nothing to cancel, and the signal ends the program, if it is not ignored.
    #[test]
    fn without_a_pace_it_ends_as_programs_do() {
        use std::os::unix::process::ExitStatusExt;

        let mut child = demo(&["--countdown=1000000"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap(); // nor more: the pipe is full soon
        press(&child);
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::INT.as_raw()));
    }
}
