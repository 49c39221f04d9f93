//! What goes wrong.

use std::{io::ErrorKind, process::Command};

use tminus::{
    EventLoop, Exception, Kind,
    clock::VirtualClock,
    process::{self, create_subprocess_exec, create_subprocess_shell},
    run,
    simulation::Simulation,
    spawn, yield_now,
};

use super::{cat, piped, sh};

async fn fails(command: Command) -> Result<(ErrorKind, String), Exception> {
    let exception = create_subprocess_exec(command).await.unwrap_err();
    let error = exception.downcast_ref::<process::Error>().unwrap();
    Ok((error.kind(), exception.to_string()))
}

#[test]
fn commands_that_cannot_be_run() {
    run(async {
        let missing = fails(Command::new("/no/such/command")).await?;
        let text = "cannot run /no/such/command: entity not found";
        assert_eq!(missing, (ErrorKind::NotFound, text.into()));

        let folder = fails(Command::new("/")).await?;
        let text = "cannot run /: permission denied";
        assert_eq!(folder, (ErrorKind::PermissionDenied, text.into()));

        let mut nul = Command::new("echo");
        nul.arg("a\0b");
        let nul = fails(nul).await?;
        let text = "cannot run echo: nul byte found in provided data";
        assert_eq!(nul, (ErrorKind::InvalidInput, text.into()));
        Ok(())
    })
    .unwrap();
}

/// The shell exists, and says by its status what is wrong.
#[test]
fn a_shell_reports_itself() {
    run(async {
        let (_, err) = {
            let process = sh("/no/such/command").await?;
            let all = process.communicate(b"").await?;
            assert_eq!(process.returncode(), Some(127));
            all
        };
        assert!(String::from_utf8_lossy(&err).contains("/no/such/command"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_limit_of_zero() {
    run(async {
        let none = create_subprocess_shell("exit 1")
            .limit(0)
            .await
            .unwrap_err();
        assert_eq!(none.to_string(), "ValueError: Limit cannot be <= 0");
        Ok(())
    })
    .unwrap();
}

#[test]
fn signals_that_do_not_exist() {
    run(async {
        let process = cat().await?;
        for signal in [-1, 1000] {
            let none = process.send_signal(signal).unwrap_err();
            assert_eq!(
                none.to_string(),
                format!("ValueError: invalid signal number {signal}")
            );
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn on_a_virtual_clock() {
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    let refused = event_loop.run_until_complete(async { cat().await.map(drop) });
    assert_eq!(
        refused.unwrap_err().to_string(),
        "RuntimeError: processes on a virtual clock: their time would mean nothing; run them on a real clock, as `tminus::run` does"
    );
}

#[test]
fn in_a_simulation() {
    let (refused, _) = Simulation::new(1).run(async { cat().await.map(drop) });
    assert_eq!(
        refused.unwrap_err().to_string(),
        "RuntimeError: processes in a simulation, where there is nothing real; run them on a real clock, as `tminus::run` does"
    );
}

#[test]
fn outside_a_loop() {
    use futures::FutureExt;

    let nowhere = Box::pin(create_subprocess_shell("exit 0").into_future()).now_or_never();
    let text = nowhere.unwrap().unwrap_err().to_string();
    assert!(
        text.starts_with("RuntimeError: no running event loop"),
        "{text}"
    );
}

/// As in CPython, whoever is cancelled before the pipes are connected leaves no process behind.
#[test]
fn a_start_that_is_cancelled_kills_the_process() {
    run(async {
        let starts = spawn(async {
            piped(create_subprocess_shell("read line"))
                .await
                .map(|_| ())
        })?;
        yield_now().await?;
        assert!(starts.cancel());
        assert_eq!(starts.await.unwrap_err().kind(), Kind::Cancelled);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_systems_error_is_the_source() {
    run(async {
        let failed = create_subprocess_exec(Command::new("/no/such/command")).await;
        let failed = failed.expect_err("there is no such command");
        let failed = failed.downcast_ref::<process::Error>().unwrap();
        let source = std::error::Error::source(failed).expect("the system's error");
        let source = source.downcast_ref::<std::io::Error>().unwrap();
        assert_eq!(source.kind(), ErrorKind::NotFound);
        Ok(())
    })
    .unwrap();
}
