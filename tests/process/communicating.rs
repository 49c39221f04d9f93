//! `communicate`.

use std::time::Duration;

use tminus::{Exception, Kind, run, spawn, wait_for, yield_now};

use super::{cat, sh};

const MEGABYTE: usize = 1 << 20;

#[test]
fn a_megabyte_in_both_directions() {
    run(async {
        let input: Vec<u8> = (0..MEGABYTE).map(|n| (n % 251) as u8).collect();
        let process = sh("tee /dev/stderr").await?;
        let (out, err) = process.communicate(&input).await?;
        assert!(out == input && err == input);
        assert_eq!(process.returncode(), Some(0));
        Ok(())
    })
    .unwrap();
}

/// The pipe breaks while most of the input is still here.
#[test]
fn a_process_that_reads_nothing_is_no_error() {
    run(async {
        for line in [
            "exit 7",
            "exec <&-; exit 7",
            "head -c 10 >/dev/null; exit 7",
        ] {
            let process = sh(line).await?;
            let (out, err) = process.communicate(&vec![b'x'; MEGABYTE]).await?;
            assert!(out.is_empty() && err.is_empty());
            assert_eq!(process.returncode(), Some(7), "{line}");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn nothing_is_sent_and_nothing_comes() {
    run(async {
        let process = cat().await?;
        assert_eq!(process.communicate(b"").await?, (vec![], vec![]));
        assert_eq!(process.returncode(), Some(0));
        // It is over, and can be asked again.
        assert_eq!(process.communicate(b"late").await?, (vec![], vec![]));
        Ok(())
    })
    .unwrap();
}

/// The process does not read and does not write, and the input does not fit into its pipe.
#[test]
fn a_timeout_ends_it_although_the_process_ignores_its_pipes() {
    run(async {
        let process = sh("exec sleep 1000").await?;
        let communicates = process.communicate(&vec![b'x'; MEGABYTE]);
        let timeout = wait_for(communicates, Duration::from_millis(1)).await;
        assert_eq!(timeout.unwrap_err().kind(), Kind::Timeout);
        assert_eq!(process.returncode(), None);
        process.kill()?;
        assert_eq!(process.wait().await?, -9);
        Ok(())
    })
    .unwrap();
}

/// In CPython, what a cancelled `communicate` has read is lost.
#[test]
fn what_was_read_before_a_cancellation_is_in_the_next_one() {
    run(async {
        let process = sh("echo first; echo ready >&2; read line; echo \"$line\"").await?;
        let (stdout, stderr) = (
            process.stdout.clone().unwrap(),
            process.stderr.clone().unwrap(),
        );
        let reads = spawn(async move { stdout.read_to_end().await })?;
        assert_eq!(stderr.readline().await?, b"ready\n");
        for _ in 0..3 {
            yield_now().await?; // in which the first line is read
        }
        reads.cancel();
        assert_eq!(reads.await.unwrap_err().kind(), Kind::Cancelled);
        process.stdin.as_ref().unwrap().write("second\n")?;
        let (out, _) = process.communicate(b"").await?;
        assert_eq!(out, b"first\nsecond\n");
        Ok(())
    })
    .unwrap();
}

/// One stream has ended, and the other one has not.
#[test]
fn what_was_read_to_the_end_is_not_lost_either() {
    run(async {
        let process = sh("echo out; exec sleep 1000 >&-").await?;
        let communicates = spawn(process.communicate(b""))?;
        while !process.stdout.as_ref().unwrap().at_eof() {
            yield_now().await?;
        }
        for _ in 0..3 {
            yield_now().await?; // in which the task reads the end
        }
        communicates.cancel();
        assert_eq!(communicates.await.unwrap_err().kind(), Kind::Cancelled);
        process.kill()?;
        assert_eq!(process.communicate(b"").await?.0, b"out\n");
        assert_eq!(process.communicate(b"").await?.0, b"");
        Ok(())
    })
    .unwrap();
}

#[test]
fn many_at_the_same_time() {
    run(async {
        let all = (0..20).map(|n| async move {
            let process = cat().await?;
            let sent = format!("number {n}");
            let (out, _) = process.communicate(sent.as_bytes()).await?;
            Ok::<_, Exception>(out == sent.as_bytes())
        });
        let all = tminus::gather(all.collect::<Vec<_>>()).await?;
        assert_eq!(all, [true; 20]);
        Ok(())
    })
    .unwrap();
}
