use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::{cell::Cell, io, rc::Rc};

use signal_hook::consts::SIGUSR2;
use signal_hook::low_level::raise;

use tminus_lessons::lesson22_processes::{Signal, both, children, communicate, start, until, wait};

use crate::programs::{demo, lines_of_demo, recorded};

#[test]
fn the_demo_prints_the_runs_in_order() {
    let demo = demo("lesson22");
    let headings: Vec<&str> = demo
        .lines()
        .filter(|line| line.starts_with("== "))
        .collect();
    assert_eq!(
        headings,
        [
            "== Predict ==",
            "== At the same time ==",
            "== A real cat ==",
            "== Two processes ==",
            "== A zombie ==",
            "== Ctrl-C once ==",
            "== Ctrl-C twice ==",
            "== Ctrl-C twice in one turn ==",
        ]
    );
}

/// The program also has a stream, a queue, a lock and an event, which belong to other lessons.
#[test]
fn a_process_prints_what_cpython_printed() {
    let recorded = recorded("68_high_level_api");
    let theirs = recorded.lines().find(|line| line.starts_with("subprocess"));
    let ours = &lines_of_demo("lesson22", "== A real cat ==", 3)[2];
    assert_eq!(Some(ours.as_str()), theirs);
}

/// There the interrupt is an exception that leaves the loop, and the program runs the loop again. Here the loop
/// answers.
#[test]
fn an_interrupt_cancels_what_runs_and_the_program_ends() {
    let recorded = recorded("53_keyboard_interrupt");
    assert_eq!(
        recorded,
        "KeyboardInterrupt; task done: False\nhang cancelled\ncancelled: True\n"
    );
    assert_eq!(
        lines_of_demo("lesson22", "== Ctrl-C once ==", 4)[1..],
        [
            "first Ctrl-C: main is cancelled",
            "closing the valves",
            "all is clean"
        ]
    );
}

/// Runs a check on a loop of its own, which has to end well.
fn run<F: Future<Output = io::Result<()>> + 'static>(
    check: impl FnOnce(Rc<tminus_lessons::lesson22_processes::Loop>) -> F,
) {
    let has_ended = Rc::new(Cell::new(false));
    let ended = has_ended.clone();
    children::run(|on| {
        let check = check(on);
        async move {
            check.await?;
            ended.set(true);
            Ok(())
        }
    })
    .unwrap();
    assert!(has_ended.get());
}

#[test]
fn a_process_that_ends_before_it_has_read_all_is_no_error() {
    run(|on| async move {
        let mut command = Command::new("sh");
        let mut process = start(&on, command.args(["-c", "exec <&-; echo done"]))?;
        let input = vec![b'!'; 1 << 20];
        let output = communicate(process.stdin, process.stdout, &input).await?;
        assert_eq!(output, b"done\n");
        assert!(wait(&on, &mut process.child).await?.success());
        Ok(())
    });
}

#[test]
fn many_processes_that_end_at_the_same_time_are_all_waited_for() {
    run(|on| async move {
        let mut tasks = Vec::new();
        for code in 0..20 {
            let mut command = Command::new("sh");
            let mut process = start(&on, command.args(["-c", &format!("exit {code}")]))?;
            let on = on.clone();
            tasks.push(Box::pin(async move {
                let status = wait(&on, &mut process.child).await?;
                assert_eq!(status.code(), Some(code));
                io::Result::Ok(())
            }));
        }
        let mut all: std::pin::Pin<Box<dyn Future<Output = io::Result<()>>>> =
            Box::pin(async { Ok(()) });
        for task in tasks {
            all = Box::pin(async {
                let (first, second) = both(all, task).await;
                first.and(second)
            });
        }
        all.await
    });
}

#[test]
fn a_process_that_a_signal_ends_has_no_code() {
    run(|on| async move {
        let mut cat = start(&on, &mut Command::new("cat"))?;
        cat.child.kill()?;
        let status = wait(&on, &mut cat.child).await?;
        assert_eq!((status.code(), status.signal()), (None, Some(9)));
        Ok(())
    });
}

#[test]
fn signals_that_arrive_before_anybody_waits_are_one_event() {
    run(|on| async move {
        let signal = Signal::new(&on, SIGUSR2)?;
        raise(SIGUSR2)?;
        raise(SIGUSR2)?;
        signal.arrived().await?;
        let again = until(std::future::ready(()), signal.arrived()).await;
        assert!(again.is_none());
        Ok(())
    });
}

/// The signal of its end has come and gone before anybody waits for it. The limit ends this test if `wait` waits for
/// another; nothing that works comes near it.
#[test]
fn a_process_that_has_ended_needs_no_signal() {
    run(|on| async move {
        let mut command = Command::new("sh");
        let mut process = start(&on, command.args(["-c", "exit 3"]))?;
        communicate(process.stdin, process.stdout, b"").await?;
        let status = wait(&on, &mut process.child).await?;
        let limit = on.sleep(std::time::Duration::from_secs(30));
        let again = until(limit, wait(&on, &mut process.child)).await;
        assert_eq!(again.expect("it is known")?, status);
        Ok(())
    });
}
