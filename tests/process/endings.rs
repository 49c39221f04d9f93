//! The ends of processes.

use std::{path::Path, process::Command, rc::Rc};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tminus::{
    EventLoop, Exception, Kind, gather,
    process::{self, create_subprocess_exec, create_subprocess_shell},
    run,
    signal::{SIGKILL, SIGTERM, SIGUSR1},
    spawn, wait_for, yield_now,
};

use super::{cat, sh};

#[test]
fn the_returncode_is_the_status_or_the_signal() {
    run(async {
        for (line, returncode) in [
            ("exit 0", 0),
            ("exit 3", 3),
            ("exit 255", 255),
            ("kill -USR1 $$", -SIGUSR1),
        ] {
            assert_eq!(sh(line).await?.wait().await?, returncode, "{line}");
        }
        let process = cat().await?;
        process.terminate()?;
        assert_eq!(process.wait().await?, -15);
        let process = cat().await?;
        process.kill()?;
        assert_eq!(process.wait().await?, -SIGKILL);
        let process = cat().await?;
        process.send_signal(SIGUSR1)?;
        assert_eq!(process.wait().await?, -SIGUSR1);
        Ok(())
    })
    .unwrap();
}

/// The trap is set when the process says so.
#[test]
fn a_process_can_catch_a_signal() {
    run(async {
        let process = sh("trap 'echo caught; exit 5' TERM; echo ready; read line").await?;
        let stdout = process.stdout.clone().unwrap();
        assert_eq!(stdout.readline().await?, b"ready\n");
        process.terminate()?;
        process.stdin.as_ref().unwrap().write("\n")?;
        assert_eq!(stdout.readline().await?, b"caught\n");
        assert_eq!(process.wait().await?, 5);
        Ok(())
    })
    .unwrap();
}

#[test]
fn several_wait_and_one_of_them_is_cancelled() {
    run(async {
        let process = cat().await?;
        let waiters = [(); 3].map(|()| spawn(process.wait()).unwrap());
        yield_now().await?;
        waiters[1].cancel();
        process.stdin.as_ref().unwrap().close();
        let [first, second, third] = waiters;
        assert_eq!(gather((first, third)).await?, (0, 0));
        assert_eq!(second.await.unwrap_err().kind(), Kind::Cancelled);
        assert_eq!(process.wait().await?, 0); // later, too
        Ok(())
    })
    .unwrap();
}

#[test]
fn after_its_end_a_process_gets_no_signal() {
    run(async {
        let process = sh("exit 0").await?;
        process.wait().await?;
        let gone = process.send_signal(SIGTERM).unwrap_err();
        let error = gone.downcast_ref::<process::Error>().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        assert_eq!(error.process(), format!("process {}", process.pid()));
        Ok(())
    })
    .unwrap();
}

/// A process in the background keeps the pipe open. CPython 3.13.0 would wait for it.
#[test]
fn the_end_of_a_process_does_not_wait_for_its_pipes() {
    run(async {
        let process = sh("exec 3<&0; (read line <&3; echo late) & exit 4").await?;
        assert_eq!(process.wait().await?, 4);
        process.stdin.as_ref().unwrap().write("go on\n")?;
        let late = process.stdout.as_ref().unwrap().read_to_end().await?;
        assert_eq!(late, b"late\n");
        Ok(())
    })
    .unwrap();
}

#[test]
fn two_hundred_at_once() {
    run(async {
        let start = |n: i32| async move {
            let process = create_subprocess_shell(&format!("exit {}", n % 100)).await?;
            process.wait().await
        };
        let all = gather((0..200).map(start).collect::<Vec<_>>()).await?;
        assert_eq!(all, (0..200).map(|n| n % 100).collect::<Vec<_>>());
        Ok(())
    })
    .unwrap();
}

/// A zombie still has its folder in `/proc`. Whoever is reaped has none.
#[cfg(target_os = "linux")]
#[test]
fn a_process_that_was_dropped_leaves_no_zombie() {
    run(async {
        let process = cat().await?;
        let folder = format!("/proc/{}", process.pid());
        assert!(Path::new(&folder).exists());
        drop(process); // with its standard input, so it ends
        while Path::new(&folder).exists() {
            yield_now().await?;
        }
        Ok(())
    })
    .unwrap();
}

/// A process that ended between two runs is reaped in the second.
#[test]
fn a_loop_can_be_run_again() {
    let event_loop = EventLoop::new();
    let process = event_loop
        .run_until_complete(async { sh("read line; exit 9").await.map(Rc::new) })
        .unwrap();
    process.stdin.as_ref().unwrap().close();
    let reads = process.stdout.as_ref().unwrap().read_to_end();
    assert!(event_loop.run_until_complete(reads).unwrap().is_empty());
    let waits = process.wait();
    assert_eq!(event_loop.run_until_complete(waits).unwrap(), 9);
}

#[test]
fn two_loops_on_two_threads_have_their_own_processes() {
    let counts = |n: i32| {
        std::thread::spawn(move || {
            run(async move {
                for _ in 0..10 {
                    let process = create_subprocess_shell(&format!("exit {n}")).await?;
                    assert_eq!(process.wait().await?, n);
                }
                Ok(())
            })
            .unwrap();
        })
    };
    for thread in [counts(1), counts(2)] {
        thread.join().unwrap();
    }
}

/// The loop is closed while a process lives: nothing hangs, and nothing is killed.
#[test]
fn closing_the_loop_closes_the_pipes() {
    let event_loop = EventLoop::new();
    let process = event_loop
        .run_until_complete(async { cat().await.map(Rc::new) })
        .unwrap();
    event_loop.close().unwrap();
    assert_eq!(process.returncode(), None);
    process.kill().unwrap();
}

#[test]
fn a_wait_can_have_a_timeout() {
    run(async {
        let process = create_subprocess_exec(Command::new("cat"))
            .stdin(std::process::Stdio::piped())
            .await?;
        let timeout = wait_for(process.wait(), std::time::Duration::from_millis(1)).await;
        assert_eq!(timeout.unwrap_err().kind(), Kind::Timeout);
        process.kill()?;
        assert_eq!(process.wait().await?, -9);
        Ok::<_, Exception>(())
    })
    .unwrap();
}

/// As in asyncio, which cannot know the status either.
#[test]
fn a_process_that_somebody_else_has_waited_for_ended_with_255() {
    let returncode = run(async {
        let process = sh("read line").await?;
        let pid = Pid::from_raw(process.pid().cast_signed()).unwrap();
        // The loop looks in its next round, after this.
        kill_process(pid, Signal::KILL).unwrap();
        waitpid(Some(pid), WaitOptions::empty()).unwrap();
        process.wait().await
    });
    assert_eq!(returncode.unwrap(), 255);
}

/// Nobody else would.
#[cfg(target_os = "linux")]
#[test]
fn a_process_that_ends_before_the_loop_is_closed_is_reaped_by_then() {
    use rustix::{
        io::Errno,
        process::{WaitId, WaitIdOptions, waitid},
    };

    let event_loop = EventLoop::new();
    let program = async {
        let mut sleeps = Command::new("sleep");
        sleeps.arg("3600");
        create_subprocess_exec(sleeps).await
    };
    let process = event_loop.run_until_complete(program).unwrap();
    let pid = Pid::from_raw(process.pid().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    waitid(
        WaitId::Pid(pid),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    )
    .unwrap();
    assert_eq!(process.returncode(), None); // the loop does not run
    event_loop.close().unwrap();
    let again = waitpid(Some(pid), WaitOptions::NOHANG).unwrap_err();
    assert_eq!(again, Errno::CHILD);
}
