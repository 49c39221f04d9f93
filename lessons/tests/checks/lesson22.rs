use std::cell::RefCell;
use std::future::{self, poll_fn};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use mio::unix::pipe;
use signal_hook::consts::{SIGCHLD, SIGINT, SIGUSR1};
use signal_hook::low_level::raise;

use tminus_lessons::lesson20_selector::patience::timeout;
use tminus_lessons::lesson22_processes::{
    self as lesson22, Executor, Inside, Loop, Real, cat, start,
};

use crate::lesson22::{IS_FATAL, Interrupts, Signal, both, communicate, outputs, until, wait};

/// What the tasks of a check say, line by line.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    #[track_caller]
    fn check(&self, want: &[&str]) {
        assert_eq!(self.0.borrow().join("\n"), want.join("\n"), "what was said");
    }
}

/// Runs a check whose pipes have both ends in this process: if it would hang, it ends.
#[track_caller]
fn inside<F: Future<Output = ()> + 'static>(task: impl FnOnce(Rc<Loop>) -> F) {
    let mut executor = Executor::new(Inside::new().unwrap()).unwrap();
    let on = executor.handle();
    on.spawn("parent", task(on.clone()));
    let left = executor.run().join(" ");
    assert_eq!(left, "", "the tasks that wait forever");
}

/// A limit, so that a check cannot hang. A right answer takes a few milliseconds.
const FOREVER: Duration = Duration::from_secs(30);

/// Runs a check with signals or processes.
fn outside<F: Future<Output = ()> + 'static>(task: impl FnOnce(Rc<Loop>) -> F) {
    let mut executor = Executor::new(Real::new().unwrap()).unwrap();
    let on = executor.handle();
    let task = task(on.clone());
    on.spawn("check", {
        let on = on.clone();
        async move {
            let done = timeout(&on, FOREVER, task).await;
            assert!(done.is_some(), "it waits for something that does not come");
        }
    });
    executor.run();
}

type Pipe = (
    lesson22::Source<pipe::Sender>,
    lesson22::Source<pipe::Receiver>,
);

fn pipe(on: &Rc<Loop>) -> Pipe {
    let (sender, receiver) = pipe::new().unwrap();
    let sender = lesson22::Source::new(on, sender).unwrap();
    (sender, lesson22::Source::new(on, receiver).unwrap())
}

/// Returns `true` if a future is not ready when it is polled for the first time.
async fn waits(future: impl Future) -> bool {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

// Exercise 1.

#[test]
fn both_polls_the_second_while_the_first_waits() {
    inside(|on| async move {
        let (log, (sender, receiver)) = (Log::default(), pipe(&on));
        let reads = async {
            let n = receiver.read(&mut [0; 8]).await.unwrap();
            log.add(format!("read {n}"));
            n
        };
        let writes = async {
            log.add("writes");
            sender.write_all(b"go!").await.is_ok()
        };
        assert_eq!(both(reads, writes).await, (3, true));
        log.check(&["writes", "read 3"]);
    });
}

#[test]
fn until_drops_the_future_when_the_end_is_first() {
    inside(|on| async move {
        let (log, (sender, receiver)) = (Log::default(), pipe(&on));
        let never = async {
            log.add("begins");
            sender.write_all(b"!").await.unwrap();
            future::pending::<()>().await;
        };
        let result = until(receiver.read(&mut [0; 8]), never).await;
        log.check(&["begins"]);
        assert_eq!(result, None, "the end was first");
        let result = until(future::pending::<()>(), future::ready(7)).await;
        assert_eq!(result, Some(7), "the future was first");
    });
}

/// Sends `count` bytes through a `cat` that is a task.
fn through_cat(count: usize) {
    inside(move |on| async move {
        let ((to_cat, stdin), (stdout, from_cat)) = (pipe(&on), pipe(&on));
        on.spawn("cat", async move { cat::cat(stdin, stdout).await.unwrap() });
        let output = communicate(to_cat, from_cat, &vec![b'!'; count]).await;
        assert_eq!(output.unwrap().len(), count, "bytes that came back");
    });
}

#[test]
fn communicate_closes_the_input() {
    through_cat(3);
}

#[test]
fn communicate_with_more_than_the_pipes_can_hold() {
    through_cat(1 << 20);
}

#[test]
fn communicate_with_a_process_that_reads_nothing() {
    inside(|on| async move {
        let ((to_head, stdin), (stdout, from_head)) = (pipe(&on), pipe(&on));
        drop(stdin);
        stdout.write_all(b"done").await.unwrap();
        drop(stdout);
        let output = communicate(to_head, from_head, b"who reads this?").await;
        let output = output.map_err(|error| error.kind());
        assert_eq!(output, Ok(b"done".to_vec()), "what the process wrote");
    });
}

#[test]
fn a_signal_is_an_event_until_it_is_taken() {
    outside(|on| async move {
        let signal = Signal::new(&on, SIGUSR1).unwrap();
        assert!(waits(signal.arrived()).await, "there was none");
        raise(SIGUSR1).unwrap();
        raise(SIGUSR1).unwrap();
        signal.arrived().await.unwrap();
        assert!(waits(signal.arrived()).await, "both were taken");
    });
}

#[test]
fn wait_lets_other_tasks_run_and_looks_before_it_waits() {
    outside(|on| async move {
        let mut cat = start(&on, &mut Command::new("cat")).unwrap();
        let stdin = cat.stdin;
        on.spawn("closes", async move { drop(stdin) }); // this ends it
        let status = wait(&on, &mut cat.child).await;
        let status = status.map_err(|error| error.kind());
        assert_eq!(
            status.map(|status| status.code()),
            Ok(Some(0)),
            "the exit code of cat"
        );

        // This one ends before anybody waits for it.
        let ends = lesson22::Signal::new(&on, SIGCHLD).unwrap();
        let mut command = Command::new("sh");
        let mut child = command
            .args(["-c", "exit 3"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut is_a_zombie = cfg!(not(target_os = "linux")); // elsewhere it may still run
        while !is_a_zombie {
            ends.arrived().await.unwrap(); // perhaps for a process of another check
            is_a_zombie = std::fs::read_to_string(format!("/proc/{}/stat", child.id()))
                .is_ok_and(|stat| stat.contains(") Z "));
        }
        let status = wait(&on, &mut child).await.unwrap();
        assert_eq!(status.code(), Some(3), "the exit code of sh");
    });
}

/// The flag is for the whole process: two checks would disturb each other.
#[test]
fn the_next_ctrl_c_is_fatal_only_if_nobody_answers() {
    outside(|on| async move {
        let is_fatal = || IS_FATAL.load(Ordering::SeqCst);
        assert!(is_fatal(), "nobody listens yet");
        let interrupts = Interrupts::new(&on).unwrap();
        assert!(!is_fatal(), "somebody listens now");
        assert!(waits(interrupts.next()).await, "nobody has pressed it");
        for press in ["first", "second"] {
            raise(SIGINT).unwrap();
            assert!(is_fatal(), "the {press} Ctrl-C has no answer yet");
            interrupts.next().await.unwrap();
            assert!(!is_fatal(), "the {press} Ctrl-C has its answer");
        }
        drop(interrupts);
        assert!(is_fatal(), "nobody listens any longer");
    });
}

// Exercise 2: `outputs`.

/// A process that reads nothing until it has written much to both outputs, in turn or one after the other.
fn writes_much(in_turn: bool) {
    const KIB: usize = 200;
    inside(move |on| async move {
        let (stdin, its_stdin) = pipe(&on);
        let ((its_stdout, stdout), (its_stderr, stderr)) = (pipe(&on), pipe(&on));
        on.spawn("process", async move {
            let part = [b'!'; 1024];
            for _ in 0..KIB {
                its_stderr.write_all(&part).await.unwrap();
                if in_turn {
                    its_stdout.write_all(&part).await.unwrap();
                }
            }
            let input = lesson22::read_to_end(&its_stdin).await.unwrap();
            if !in_turn {
                its_stdout.write_all(&input).await.unwrap();
            }
        });
        let output = outputs(stdin, stdout, stderr, &[b'?'; KIB * 1024]).await;
        let (output, errors) = output.unwrap();
        let got = (output.len() / 1024, errors.len() / 1024);
        assert_eq!(got, (KIB, KIB), "KiB of output, and of errors");
    });
}

#[test]
fn outputs_in_turn() {
    writes_much(true);
}

#[test]
fn outputs_one_after_the_other() {
    writes_much(false);
}
