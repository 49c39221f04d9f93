use std::cell::RefCell;
use std::future::{self, poll_fn};
use std::io::ErrorKind;
use std::pin::pin;
use std::process::{Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;
use std::{env, os::unix::process::ExitStatusExt, process, thread};

use mio::{Registry, Token, unix::pipe};
use signal_hook::consts::{SIGCHLD, SIGINT, SIGUSR1};
use signal_hook::flag::register_conditional_shutdown;
use signal_hook::low_level::{raise, unregister};

use tminus_lessons::lesson20_selector::{Selector, patience::timeout};
use tminus_lessons::lesson22_processes::{
    self as lesson22, Executor, Inside, Loop, Process, Real, cat,
};

use super::{no_process_starts, output, start};
use crate::lesson22::{IS_FATAL, Interrupts, Signal, both, communicate, stop, until, wait};

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
    let _guard = no_process_starts(); // it would hold copies of the ends, and the end of a pipe would come too late
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
    run(Real::new().unwrap(), task);
}

/// Runs a check on a selector, with a limit.
fn run<F: Future<Output = ()> + 'static>(
    selector: impl Selector + 'static,
    task: impl FnOnce(Rc<Loop>) -> F,
) {
    let mut executor = Executor::new(selector).unwrap();
    let on = executor.handle();
    let task = task(on.clone());
    on.spawn("check", {
        let on = on.clone();
        async move {
            let done = timeout(&on, FOREVER, task).await;
            assert!(
                done.is_some(),
                "it waits for something that does not come: a signal, an end, or room in a pipe that nobody reads"
            );
        }
    });
    executor.run();
}

/// Starts a process, with pipes.
fn start_with_pipes(on: &Rc<Loop>, command: &mut Command) -> Process {
    start(|| lesson22::start(on, command))
}

/// What happens once, in the middle of a function.
type Meanwhile = Rc<RefCell<Option<Box<dyn FnOnce()>>>>;

/// A selector during whose next registration something happens: a signal arrives just before somebody listens.
struct Interrupted<S>(S, Meanwhile);

impl<S: Selector> Selector for Interrupted<S> {
    fn registry(&self) -> &Registry {
        if let Some(happens) = self.1.take() {
            happens();
        }
        self.0.registry()
    }

    fn now(&self) -> Duration {
        self.0.now()
    }

    fn select(&mut self, timeout: Option<Duration>) -> Option<Vec<Token>> {
        self.0.select(timeout)
    }
}

/// Returns `true` if a process has ended, and nobody has waited for it.
fn is_a_zombie(id: u32) -> bool {
    if cfg!(target_os = "linux") {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
        return stat.is_ok_and(|stat| stat.contains(") Z "));
    }
    let mut ps = Command::new("ps");
    let state = output(ps.args(["-o", "stat=", "-p", &id.to_string()]));
    state.stdout.starts_with(b"Z")
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
        let mut cat = start_with_pipes(&on, &mut Command::new("cat"));
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
        let command = command.args(["-c", "exit 3"]).stdin(Stdio::null());
        let mut child = start(|| command.spawn());
        while !is_a_zombie(child.id()) {
            ends.arrived().await.unwrap(); // perhaps for a process of another check
        }
        let status = wait(&on, &mut child).await.unwrap();
        assert_eq!(status.code(), Some(3), "the exit code of sh");
    });
}

/// If a look comes first, the signal is over when somebody listens: then it takes a second look.
#[test]
fn wait_listens_before_it_looks() {
    let meanwhile = Meanwhile::default();
    let selector = Interrupted(Inside::new().unwrap(), meanwhile.clone());
    let mut executor = Executor::new(selector).unwrap();
    let on = executor.handle();
    let mut cat = Command::new("cat");
    let mut child = start(|| cat.stdin(Stdio::piped()).spawn());
    let (id, stdin) = (child.id(), child.stdin.take());
    *meanwhile.borrow_mut() = Some(Box::new(move || {
        let has_arrived = Arc::new(AtomicBool::new(false));
        let sets = signal_hook::flag::register(SIGCHLD, has_arrived.clone()).unwrap();
        drop(stdin); // this ends it
        while !is_a_zombie(id) || !has_arrived.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        unregister(sets);
    }));
    on.spawn("wait", {
        let on = on.clone();
        async move {
            let status = wait(&on, &mut child).await.map_err(|error| error.kind());
            assert_eq!(how(status), "exit code 0", "how cat ended");
        }
    });
    let left = executor.run().join(" ");
    assert_eq!(
        left, "",
        "the tasks that wait forever, for a process that ended just before they listened"
    );
}

/// How a process ended, in words.
fn how(status: Result<ExitStatus, ErrorKind>) -> String {
    match status.map(|status| (status.code(), status.signal())) {
        Ok((Some(code), _)) => format!("exit code {code}"),
        Ok((_, Some(SIGINT))) => "SIGINT".to_owned(),
        Ok((_, signal)) => format!("signal {signal:?}"),
        Err(ErrorKind::WouldBlock) => "not yet when somebody looked (`WouldBlock`)".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// In the environment of a check that runs in a process of its own.
const ITS_OWN: &str = "IN_A_PROCESS_OF_ITS_OWN";

/// Takes steps in a process of its own, which Ctrl-C may end. Returns them, with what the next Ctrl-C would do after each,
/// and how the process ended.
fn steps(this_check: &str, steps: &str) -> String {
    if env::var_os(ITS_OWN).is_some() {
        take_steps(steps.to_owned());
        process::exit(0);
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", &format!("{module}::{this_check}"), "--nocapture"])
        .env(ITS_OWN, "yes");
    let output = output(&mut command);
    let said = String::from_utf8_lossy(&output.stderr);
    said.replace('\n', ", ") + &how(Ok(output.status))
}

/// Adds an action to those that SIGINT has by now: it ends the process with the exit code 42, if the flag is set.
fn look() {
    register_conditional_shutdown(SIGINT, 42, &IS_FATAL).unwrap();
}

fn take_steps(steps: String) {
    let meanwhile = Meanwhile::default();
    let selector = Interrupted(Real::new().unwrap(), meanwhile.clone());
    run(selector, |on| async move {
        let mut interrupts = None;
        for step in steps.split(' ') {
            match step {
                "listen+press" => {
                    *meanwhile.borrow_mut() = Some(Box::new(|| raise(SIGINT).unwrap()));
                }
                "listen+look" => *meanwhile.borrow_mut() = Some(Box::new(look)),
                _ => {}
            }
            match (step, &interrupts) {
                ("listen" | "listen+press" | "listen+look", _) => {
                    interrupts = Interrupts::new(&on).ok();
                }
                ("press", _) => raise(SIGINT).unwrap(),
                ("answer", Some(some)) => some.next().await.unwrap(),
                ("none", Some(some)) => assert!(waits(some.next()).await, "nobody has pressed it"),
                ("leave", _) => interrupts = None,
                _ => panic!("{step} is no step"),
            }
            let is_fatal = IS_FATAL.load(Ordering::SeqCst);
            eprintln!("{step}{}", if is_fatal { " (fatal)" } else { "" });
        }
    });
}

#[test]
fn the_next_ctrl_c_is_fatal_only_if_nobody_answers() {
    let answered = "the_next_ctrl_c_is_fatal_only_if_nobody_answers";
    assert_eq!(
        steps(
            answered,
            "listen none press answer press answer leave listen press answer"
        ),
        "listen, none, press (fatal), answer, press (fatal), answer, \
        leave (fatal), listen, press (fatal), answer, exit code 0",
        "the steps, after which of them the next Ctrl-C is fatal, and how the process ends"
    );
}

#[test]
fn ctrl_c_ends_a_process_that_does_not_answer() {
    let check = "ctrl_c_ends_a_process_that_does_not_answer";
    let want = "listen, press (fatal), SIGINT";
    let got = steps(check, "listen press press");
    assert_eq!(got, want, "how the second Ctrl-C without an answer ends it");
}

#[test]
fn ctrl_c_ends_a_process_that_no_longer_listens() {
    let check = "ctrl_c_ends_a_process_that_no_longer_listens";
    let want = "listen, leave (fatal), SIGINT";
    let got = steps(check, "listen leave press");
    assert_eq!(got, want, "how Ctrl-C ends it when nobody listens");
}

#[test]
fn ctrl_c_ends_a_process_that_does_not_listen_yet() {
    let check = "ctrl_c_ends_a_process_that_does_not_listen_yet";
    let got = steps(check, "listen+press");
    assert_eq!(
        got, "SIGINT",
        "Ctrl-C during `new`, before a byte would be written"
    );
}

/// The byte may wake a loop on another thread. If it clears the flag before the handler sets the flag, the flag stays set.
#[test]
fn ctrl_c_is_noted_before_the_loop_is_woken() {
    let check = "ctrl_c_is_noted_before_the_loop_is_woken";
    let got = steps(check, "listen+look press");
    assert_eq!(
        got, "listen+look, exit code 42",
        "an action just before the one that writes a byte ends the process with the exit code 42 if the flag is set"
    );
}

// Exercise 2: `stop`.

/// Stops a shell that runs a script. `end` is ready first, or never.
#[track_caller]
fn stops(script: &'static str, end: bool, want: &str) {
    let got = Rc::new(RefCell::new(String::new()));
    let its_got = got.clone();
    outside(move |on| async move {
        let process = start_with_pipes(&on, Command::new("sh").args(["-c", script]));
        let end = async {
            if !end {
                future::pending::<()>().await;
            }
        };
        let status = stop(&on, process, end).await.map_err(|error| error.kind());
        *its_got.borrow_mut() = how(status);
    });
    assert_eq!(*got.borrow(), want, "how `{script}` ended");
}

#[test]
fn stop_waits_for_a_process_that_ends_when_its_input_does() {
    stops("cat; exit 4", false, "exit code 4");
}

#[test]
fn stop_waits_for_a_process_with_much_to_say_at_the_end() {
    stops(
        "cat; head -c 300000 /dev/zero && exit 4",
        false,
        "exit code 4",
    );
}

#[test]
fn stop_kills_a_process_that_goes_on() {
    stops("exec sleep 60", true, "signal Some(9)");
}
