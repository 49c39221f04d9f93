//! What goes wrong unseen, in a program without a `tracing` subscriber: lines on stderr.
//!
//! Each program is a process of its own: this test binary again, told to run a test that is ignored otherwise.

use std::{env, error::Error, fmt, process::Command, time::Duration};

use tminus::{
    EventLoop, Exception, Generator, Kind,
    clock::VirtualClock,
    event_loop::Deadlock,
    spawn_named,
    sync::{BoundedSemaphore, Queue},
    yield_now,
};

/// The lines of the crate on the stderr of a program.
fn lines_of(program: &str) -> Vec<String> {
    let output = Command::new(env::current_exe().expect("this test has a file"))
        .args(["--exact", program, "--ignored", "--nocapture"])
        .output()
        .expect("this test can run");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{program}: {text}");
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("tminus: "));
    lines.map(str::to_owned).collect()
}

const LINE: u32 = line!() + 3;

fn no_fuel() -> Exception {
    Exception::new(Kind::ValueError, "no\nfuel")
}

fn fails_unseen() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let ended = event_loop.run_until_complete(async {
        drop(spawn_named("engine", async { Err::<(), _>(no_fuel()) })?);
        yield_now().await?;
        yield_now().await
    });
    ended.unwrap();
}

#[test]
fn everything_has_a_line() {
    let place = format!("(at {}:{LINE}:5)", file!());
    let lines = lines_of("everything");
    let expected = [
        format!("exception was never retrieved in task \"engine\": ValueError: no fuel {place}"),
        "exception was never retrieved: Timeout: bad clock".into(),
        format!("exception in a callback: ValueError: no fuel {place}"),
        format!("exception ignored while a generator was dropped: ValueError: no fuel {place}"),
        "panic in a drop: dropped".into(),
        "a permit was released twice: BoundedSemaphore released too many times".into(),
        "the exception handler panicked: handler".into(),
    ];
    let (slow, others): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line.starts_with("slow turn"));
    assert_eq!(others[..1], expected[..1]);
    assert!(others[1].starts_with(&*expected[1]), "{}", others[1]);
    assert_eq!(others[2..7], expected[2..7]);
    assert!(others[7].starts_with(
        "livelock: the clock stands still for 100 rounds, in which these tasks run: Task-1"
    ));
    assert_eq!(others.len(), 8);
    let about_it = |line: &&String| line.starts_with("slow turn in task \"slow\": it took ");
    assert_eq!(slow.iter().filter(about_it).count(), 1, "{slow:?}");
}

#[test]
#[ignore = "a program of its own"]
fn everything() {
    fails_unseen();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let future = event_loop.create_future::<()>();
    future
        .set_exception(Exception::new(Kind::Timeout, "bad clock"))
        .unwrap();
    drop(future);
    event_loop.call_soon(|| Err::<(), _>(no_fuel())).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();

    let mut generator = Generator::<()>::new(async |co| co.yield_(()).await.map_err(|_| no_fuel()));
    generator.resume().unwrap();
    drop(generator);

    drop(Exception::from(Explosive));

    let semaphore = BoundedSemaphore::new(1);
    let acquired = semaphore.clone();
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let released_twice = async move {
        let permit = acquired.acquire().await?;
        semaphore.release()?;
        drop(permit);
        Ok(())
    };
    event_loop.run_until_complete(released_twice).unwrap();

    event_loop.set_exception_handler(|_| panic!("handler"));
    event_loop.call_soon(|| Err::<(), _>(no_fuel())).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();

    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.set_livelock_rounds(100);
    event_loop
        .run_until_complete(async {
            for _ in 0..150 {
                yield_now().await?;
            }
            Ok(())
        })
        .unwrap();

    let event_loop = EventLoop::new();
    event_loop.set_slow_turn(Duration::ZERO); // each turn is too slow, so the test does not depend on real time
    event_loop
        .run_until_complete(async { spawn_named("slow", async { Ok(()) })?.await })
        .unwrap();
}

#[derive(Debug)]
struct Explosive;

impl fmt::Display for Explosive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("explosive")
    }
}

impl Error for Explosive {}

impl Drop for Explosive {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// As in a pool whose workers have failed, while the task that feeds them waits for room in their queue.
#[test]
fn a_deadlock_is_preceded_by_the_errors_of_the_tasks_that_have_died() {
    let lines = lines_of("workers_die");
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, worker) in lines.iter().zip(["worker 0", "worker 1"]) {
        let expected =
            format!("exception was never retrieved in task \"{worker}\": ValueError: no fuel");
        assert!(line.starts_with(&expected), "{line}");
    }
}

#[test]
#[ignore = "a program of its own"]
fn workers_die() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let stuck = event_loop.run(async {
        let queue = Queue::with_maxsize(1);
        let mut workers = Vec::new();
        for n in 0..2 {
            let queue = queue.clone();
            let body = async move {
                queue.get().await?;
                Err::<(), _>(Exception::new(Kind::ValueError, "no fuel"))
            };
            workers.push(spawn_named(&format!("worker {n}"), body)?);
        }
        for job in 0..10 {
            queue.put(job).await?;
        }
        for worker in workers {
            worker.await?;
        }
        Ok(())
    });
    let stuck = stuck.unwrap_err();
    assert!(stuck.is::<Deadlock>());
    let boxed: Box<dyn Error> = stuck.into();
    assert_eq!(format!("{boxed:?}"), boxed.to_string());
}

#[test]
fn the_switch_turns_them_off_and_on() {
    assert_eq!(lines_of("switched").len(), 1);
}

#[test]
#[ignore = "a program of its own"]
fn switched() {
    tminus::report_to_stderr(false);
    fails_unseen();
    tminus::report_to_stderr(true);
    fails_unseen();
}

#[test]
fn a_subscriber_ends_them() {
    assert_eq!(lines_of("subscribed").len(), 1);
}

#[test]
#[ignore = "a program of its own"]
fn subscribed() {
    fails_unseen();
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {});
    fails_unseen();
}

#[test]
fn a_handler_replaces_them() {
    assert!(lines_of("handled").is_empty());
}

#[test]
#[ignore = "a program of its own"]
fn handled() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    event_loop.set_exception_handler(|_| {});
    event_loop.call_soon(|| Err::<(), _>(no_fuel())).unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
}

/// A panic that is written already, and whose task is awaited, has no line of its own.
#[test]
fn a_panic_of_a_task_is_left_to_the_panic_hook() {
    assert!(lines_of("panics").is_empty());
}

#[test]
#[ignore = "a program of its own"]
fn panics() {
    let ended = tminus::run(async { spawn_named("engine", async { no_panic() })?.await });
    assert!(ended.unwrap_err() == Kind::Panic);
}

fn no_panic() -> Result<(), Exception> {
    panic!("no fuel")
}

/// A panic's message is a line of its own.
#[test]
fn panics_are_quiet_while_a_program_is_explored_and_not_afterwards() {
    assert_eq!(lines_of("explored"), ["after the exploration"]);
}

#[test]
#[ignore = "a program of its own"]
fn explored() {
    let panics = || async {
        match true {
            true => panic!("tminus: while it is explored"),
            false => Ok(()),
        }
    };
    tminus::simulation::explore(0..3, panics).unwrap_err();
    std::panic::catch_unwind(|| panic!("tminus: after the exploration")).unwrap_err();
}

/// The turn in which the threshold is set is not measured, and the loop has no reason to wait before the next ones.
async fn sets_a_threshold() -> Result<(), Exception> {
    yield_now().await?;
    EventLoop::running()?.set_slow_turn(Duration::ZERO);
    yield_now().await?;
    yield_now().await
}

fn two_turns_of_main_are_slow(program: &str) {
    let lines = lines_of(program);
    let is_of_main = |line: &&String| line.starts_with("slow turn in task \"main\": it took ");
    assert_eq!(lines.iter().filter(is_of_main).count(), 2, "{lines:?}");
}

#[test]
fn slow_turns_have_lines_as_soon_as_a_threshold_is_set() {
    two_turns_of_main_are_slow("threshold_is_set");
}

#[test]
#[ignore = "a program of its own"]
fn threshold_is_set() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let main = event_loop.create_named_task("main", sets_a_threshold());
    event_loop.run_until_complete(main.unwrap()).unwrap();
}

#[cfg(feature = "io")]
#[test]
fn so_they_have_in_a_loop_with_sockets() {
    two_turns_of_main_are_slow("threshold_is_set_beside_a_socket");
}

#[cfg(feature = "io")]
#[test]
#[ignore = "a program of its own"]
fn threshold_is_set_beside_a_socket() {
    let event_loop = EventLoop::new();
    let main = event_loop.create_named_task("main", async {
        let _listener = tminus::net::TcpListener::bind(([127, 0, 0, 1], 0)).await?;
        sets_a_threshold().await
    });
    event_loop.run_until_complete(main.unwrap()).unwrap();
}
