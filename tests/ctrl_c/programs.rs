//! The programs. The first ones are those of `tests/programs/ctrl_c.py`.

use std::{
    fmt, io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use rustix::process::{Signal, getpid, ioctl_tiocsctty, kill_process, setsid};
use tminus::{
    EventLoop, Exception, Kind,
    clock::VirtualClock,
    event_loop::{all_tasks, current_task},
    net::TcpListener,
    run as tminus_run,
    signal::{SIGINT, SIGUSR1, add_signal_handler, remove_signal_handler},
    sleep, spawn,
    sync::Event,
    threads::to_thread,
    yield_now,
};

const HOUR: Duration = Duration::from_secs(3600);

pub fn run(program: &str) {
    match program {
        "reraises" => prints(tminus_run(reraises())),
        "swallows" => prints(tminus_run(swallows())),
        "raises" => prints(tminus_run(raises())),
        "twice" => prints(tminus_run(twice())),
        "busy" => prints(tminus_run(busy())),
        "cancelled_as_well" => prints(tminus_run(cancelled_as_well())),
        "in_the_last_turn" => prints(tminus_run(in_the_last_turn())),
        "handler" => prints(tminus_run(handler())),
        // These are not in that file, and need no terminal either.
        "cancels_itself" => prints(tminus_run(cancels_itself())),
        "as_it_closes" => prints(tminus_run(as_it_closes())),
        "other_handlers" => prints(tminus_run(other_handlers())),
        on_terminal => {
            // The terminal that is its input sends it SIGINT for Ctrl-C from now on. (A shell does that for a job.)
            setsid().unwrap();
            ioctl_tiocsctty(io::stdin()).unwrap();
            runs_on_terminal(on_terminal);
        }
    }
}

fn runs_on_terminal(program: &str) {
    match program {
        "sleeping" => prints(tminus_run(cleans_up())),
        "in_a_selector" => prints(tminus_run(accepts())),
        "earlier_selector" => {
            let event_loop = EventLoop::new();
            let listener = event_loop.run_until_complete(async {
                let listener = TcpListener::bind(([127, 0, 0, 1], 0)).await?;
                Ok(std::rc::Rc::new(listener))
            });
            let main = async move {
                println!("ready");
                listener?.accept().await.map(drop)
            };
            prints(event_loop.run(main));
        }
        "stuck" => prints(tminus_run(async {
            println!("ready");
            loop {
                thread::park(); // a turn that never ends
            }
            #[expect(unreachable_code, reason = "it has the type of a task")]
            Ok(())
        })),
        "after" => {
            prints(tminus_run(async { Ok(42) }));
            waits_for_the_end();
        }
        "two_runs" => {
            prints(tminus_run(cleans_up()));
            prints(tminus_run(cleans_up()));
            println!("over");
            waits_for_the_end();
        }
        "until_complete" => {
            drop(tminus_run(async { Ok(()) }));
            prints(EventLoop::new().run_until_complete(cleans_up()));
        }
        "other_thread" => {
            let other = thread::spawn(|| drop(tminus_run(cleans_up())));
            other.join().unwrap();
        }
        "virtual_clock" => {
            let event_loop = EventLoop::with_clock(VirtualClock::new());
            let remote = event_loop.remote(); // it waits for this, in real time
            drop(event_loop.run(async {
                println!("ready");
                std::future::pending::<()>().await;
            }));
            drop(remote);
        }
        "pool" => prints(tminus_run(async {
            static HAS_BEGUN: AtomicBool = AtomicBool::new(false);
            spawn(to_thread(|| {
                HAS_BEGUN.store(true, Ordering::SeqCst);
                waits_for_the_end();
            }))?;
            spawn(async {
                drop(sleep(HOUR).await);
                println!("ready"); // the main task is over, and the run cleans up
                Ok(())
            })?;
            while !HAS_BEGUN.load(Ordering::SeqCst) {
                yield_now().await?;
            }
            Ok(())
        })),
        "background" => prints(tminus_run(reads_a_line())),
        "threads" => prints(tminus_run(is_called_by_threads())),
        unknown => panic!("no program {unknown:?}"),
    }
}

fn prints<T: fmt::Debug>(result: Result<T, Exception>) {
    match result {
        Ok(result) => println!("returned {}", format!("{result:?}").replace('"', "")),
        Err(exception) => println!("raised {:?}", exception.kind()),
    }
}

fn press() {
    kill_process(getpid(), Signal::INT).unwrap();
}

fn press_soon() -> Result<(), Exception> {
    EventLoop::running()?.call_soon(press).map(drop)
}

async fn sleeper(name: &str) -> Result<(), Exception> {
    let ended = sleep(HOUR).await;
    println!("{name} cleans up");
    yield_now().await?;
    println!("{name} is clean");
    ended
}

async fn reraises() -> Result<(), Exception> {
    press_soon()?;
    sleeper("main").await
}

async fn swallows() -> Result<&'static str, Exception> {
    press_soon()?;
    if sleep(HOUR).await.is_err() {
        println!("main swallows it");
    }
    yield_now().await?;
    Ok("result")
}

async fn raises() -> Result<(), Exception> {
    press_soon()?;
    let ended = sleep(HOUR).await;
    ended.map_err(|_| Exception::new(Kind::ValueError, "instead"))
}

async fn twice() -> Result<(), Exception> {
    spawn(sleeper("other"))?;
    press_soon()?;
    if sleep(HOUR).await.is_err() {
        println!("main was cancelled");
    }
    press_soon()?;
    sleep(HOUR).await
}

async fn busy() -> Result<(), Exception> {
    press();
    loop {
        yield_now().await?;
    }
}

async fn cancelled_as_well() -> Result<(), Exception> {
    let task = current_task()?;
    EventLoop::running()?.call_soon(move || {
        task.cancel();
    })?;
    press_soon()?;
    sleeper("main").await
}

async fn in_the_last_turn() -> Result<&'static str, Exception> {
    press();
    Ok("result")
}

async fn handler() -> Result<(), Exception> {
    let event = Event::new();
    let sets = event.clone();
    add_signal_handler(SIGINT, move || sets.set())?;
    press();
    event.wait().await?;
    println!("handled");
    let removed = [
        remove_signal_handler(SIGINT)?,
        remove_signal_handler(SIGINT)?,
    ];
    println!("{} {}", python(removed[0]), python(removed[1]));
    press_soon()?;
    sleeper("main").await
}

/// Neither of these is a handler for Ctrl-C that was removed.
async fn other_handlers() -> Result<&'static str, Exception> {
    assert!(!remove_signal_handler(SIGINT)?);
    add_signal_handler(SIGUSR1, || ())?;
    assert!(remove_signal_handler(SIGUSR1)?);
    swallows().await
}

fn python(is_true: bool) -> &'static str {
    match is_true {
        true => "True",
        false => "False",
    }
}

async fn cleans_up() -> Result<(), Exception> {
    println!("ready");
    let ended = sleep(HOUR).await;
    println!("cleans up");
    yield_now().await?;
    ended
}

async fn accepts() -> Result<(), Exception> {
    let listener = TcpListener::bind(([127, 0, 0, 1], 0)).await?;
    println!("ready");
    listener.accept().await.map(drop)
}

async fn cancels_itself() -> Result<(), Exception> {
    current_task()?.cancel();
    sleep(HOUR).await
}

/// What is dropped with the loop runs after the last round.
async fn as_it_closes() -> Result<&'static str, Exception> {
    struct Presses;
    impl Drop for Presses {
        fn drop(&mut self) {
            press();
        }
    }
    let presses = Presses;
    EventLoop::running()?.call_later(HOUR, move || drop(presses))?;
    Ok("result")
}

/// Until somebody kills the program.
fn waits_for_the_end() {
    loop {
        thread::park();
    }
}

/// Another thread reads, and the loop waits for it.
async fn reads_a_line() -> Result<(), Exception> {
    let event_loop = EventLoop::running()?;
    let read = event_loop.create_future::<()>();
    let main = current_task()?;
    let remote = event_loop.remote();
    thread::spawn(move || {
        let line = io::stdin().lines().next().unwrap().unwrap();
        let wakes = move || {
            println!("read {line}");
            current_main()?.cancel();
            Ok(())
        };
        remote.call_soon_threadsafe(wakes).unwrap();
    });
    println!("ready");
    drop(read.await);
    main.uncancel();
    Ok(())
}

fn current_main() -> Result<tminus::event_loop::TaskRef, Exception> {
    Ok(all_tasks()?.remove(0))
}

/// A thread calls, and waits for the answer before it calls again, so that the loop waits each time.
async fn is_called_by_threads() -> Result<u32, Exception> {
    let event_loop = EventLoop::running()?;
    let remote = event_loop.remote();
    let main = current_task()?;
    let caller = thread::spawn(move || {
        let (answers, answered) = std::sync::mpsc::channel();
        for n in 0..1000 {
            let answers = answers.clone();
            let answer = move || {
                answers.send(n).unwrap();
                Ok(())
            };
            remote.call_soon_threadsafe(answer).unwrap();
            assert_eq!(answered.recv(), Ok(n));
        }
        let ends = || {
            current_main()?.cancel();
            Ok(())
        };
        remote.call_soon_threadsafe(ends).unwrap();
    });
    drop(event_loop.create_future::<()>().await);
    main.uncancel();
    caller.join().unwrap();
    Ok(1000)
}
