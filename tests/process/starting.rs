//! Starting processes, and their pipes.

use std::process::{Command, Stdio};

use tminus::{
    process::{create_subprocess_exec, create_subprocess_shell},
    run, spawn,
};

use super::{cat, piped, sh};

#[test]
fn lines_go_in_and_come_out() {
    run(async {
        let process = cat().await?;
        let (stdin, stdout) = (
            process.stdin.clone().unwrap(),
            process.stdout.clone().unwrap(),
        );
        for line in ["T-minus 2\n", "T-minus 1\n"] {
            stdin.write(line)?;
            assert_eq!(stdout.readline().await?, line.as_bytes());
        }
        assert_eq!(process.returncode(), None);
        stdin.write_eof();
        assert!(stdout.read_to_end().await?.is_empty() && stdout.at_eof());
        assert_eq!(process.wait().await?, 0);
        assert_eq!(process.returncode(), Some(0));
        assert!(process.pid() > 1);
        Ok(())
    })
    .unwrap();
}

/// Closing the writer, and dropping it, is the end of the input, too.
#[test]
fn the_input_ends_when_the_writer_does() {
    run(async {
        let process = cat().await?;
        process.stdin.as_ref().unwrap().close();
        assert_eq!(process.wait().await?, 0);
        let mut process = cat().await?;
        drop(process.stdin.take());
        assert_eq!(process.wait().await?, 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_no_pipe_is_none() {
    run(async {
        let mut command = Command::new("true");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let process = create_subprocess_exec(command).await?;
        assert!(process.stdin.is_none() && process.stdout.is_some() && process.stderr.is_none());
        assert_eq!(process.wait().await?, 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn output_and_errors_have_a_pipe_each_or_one_for_both() {
    run(async {
        let line = "echo out; echo err >&2";
        let (out, err) = sh(line).await?.communicate(b"").await?;
        assert_eq!((&out[..], &err[..]), (&b"out\n"[..], &b"err\n"[..]));
        let both = create_subprocess_shell(line).stderr_to_stdout().await?;
        assert!(both.stderr.is_none());
        let (both, none) = both.communicate(b"").await?;
        assert_eq!((&both[..], &none[..]), (&b"out\nerr\n"[..], &b""[..]));
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_limit_is_that_of_the_readers() {
    run(async {
        let process = piped(create_subprocess_shell("echo 12345678; echo 1")).limit(4);
        let stdout = process.await?.stdout.take().unwrap();
        let too_long = stdout.readline().await.unwrap_err();
        assert!(too_long.to_string().contains("limit"), "{too_long}");
        assert_eq!(stdout.readline().await?, b"1\n");
        Ok(())
    })
    .unwrap();
}

/// A reader works without its process.
#[test]
fn a_process_that_is_dropped_lives_on_and_can_be_read() {
    run(async {
        let mut process = sh("read line; echo \"$line\"; read line; echo over").await?;
        let (stdin, stdout) = (
            process.stdin.take().unwrap(),
            process.stdout.take().unwrap(),
        );
        drop(process);
        stdin.write("hello\n")?;
        assert_eq!(stdout.readline().await?, b"hello\n");
        drop(stdin); // the end of its input
        assert_eq!(stdout.read_to_end().await?, b"over\n");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_pipeline_of_processes() {
    run(async {
        let numbers = sh("seq 1000").await?;
        let sum = cat().await?;
        let (from, to) = (numbers.stdout.clone().unwrap(), sum.stdin.clone().unwrap());
        let pump = spawn(async move {
            loop {
                let line = from.readline().await?;
                if line.is_empty() {
                    to.close();
                    return Ok(());
                }
                to.write(line)?;
                to.drain().await?;
            }
        })?;
        let all = sum.stdout.clone().unwrap().read_to_end().await?;
        pump.await?;
        assert_eq!(all.split(|byte| *byte == b'\n').count(), 1001);
        Ok(())
    })
    .unwrap();
}
