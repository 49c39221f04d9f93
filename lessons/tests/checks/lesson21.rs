use std::{cell::RefCell, net::IpAddr, rc::Rc};

use tminus::net::TcpStream;
use tminus::simulation::{self, Schedule, Simulation};
use tminus::{EventLoop, Kind, Task, spawn, timeout, yield_now};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson21_streams::connect::pair;
use tminus_lessons::lesson21_streams::{Exception, IncompleteReadError, sleep};

use crate::lesson21::{Frames, StreamReader, StreamWriter, streams};

type Outcome = Result<(), Exception>;

/// What happened, and after how many milliseconds.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, what: impl AsRef<str>) -> Outcome {
        let (now, what) = (EventLoop::running()?.time().as_millis(), what.as_ref());
        self.0.borrow_mut().push(format!("{now} ms: {what}"));
        Ok(())
    }

    /// Logs what a read returns or raises.
    fn read(&self, who: &str, read: Result<Vec<u8>, Exception>) -> Outcome {
        let read = match read {
            Ok(bytes) => shown(&bytes),
            Err(exception) => match exception.downcast_ref::<IncompleteReadError>() {
                Some(end) => format!("{end}, partial {}", shown(&end.partial)),
                None => format!("{:?}", exception.kind()),
            },
        };
        self.add(format!("{who} {read}"))
    }

    /// Runs `main` in a simulation without short reads. Logs it if that fails: a deadlock, or a task that asks in every
    /// round.
    fn run<F: Future<Output = Outcome> + 'static>(&self, main: impl FnOnce(Log) -> F) {
        let simulation = Simulation::replay(Schedule::default()).max_turns(100_000);
        if let Err(exception) = simulation.run(main(self.clone())).0 {
            self.0.borrow_mut().push(exception.to_string());
        }
    }

    /// Compares what happened, no matter when.
    #[track_caller]
    fn check_without_times<const N: usize>(&self, want: [&str; N]) {
        let lines: Vec<String> = self
            .0
            .borrow()
            .iter()
            .map(|line| without_time(line))
            .collect();
        self.0.replace(lines);
        self.check(want);
    }

    /// Compares the log, line by line.
    #[track_caller]
    fn check<const N: usize>(&self, want: [&str; N]) {
        let (got, want) = (self.0.take().join("\n  "), want.join("\n  "));
        assert!(
            got == want,
            "\nwhat happened:\n  {got}\nwhat should happen:\n  {want}\n"
        );
    }
}

/// Returns a line of a log without its time.
fn without_time(line: &str) -> String {
    let what = line.split_once(" ms: ").map(|(_, what)| what);
    what.unwrap_or(line).to_owned()
}

fn shown(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

/// Feeds a piece every 10 ms, and then the end.
fn feed_by_hand(reader: &StreamReader, pieces: &'static [&str]) -> Result<Task<()>, Exception> {
    let reader = reader.clone();
    spawn(async move {
        for piece in pieces {
            sleep(ms(10)).await?;
            reader.feed_data(piece.as_bytes());
        }
        sleep(ms(10)).await?;
        reader.feed_eof();
        Ok(())
    })
}

#[test]
fn lines_are_whole_however_they_arrive() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(64);
        let _feeds = feed_by_hand(&reader, &["T", "-3\nT-2\nT", "-1\n", "end"])?;
        for _ in 0..5 {
            log.read("readline", reader.readline().await)?;
        }
        Ok(())
    });
    log.check([
        r#"20 ms: readline "T-3\n""#,
        r#"20 ms: readline "T-2\n""#,
        r#"30 ms: readline "T-1\n""#,
        r#"50 ms: readline "end""#,
        r#"50 ms: readline """#,
    ]);
}

#[test]
fn a_separator_can_arrive_in_two_pieces() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(64);
        let _feeds = feed_by_hand(&reader, &["GET\r", "\n\r", "\nrest"])?;
        log.read("readuntil", reader.readuntil(b"\r\n\r\n").await)?;
        log.read("readuntil", reader.readuntil(b"\r\n\r\n").await)
    });
    log.check([
        r#"30 ms: readuntil "GET\r\n\r\n""#,
        r#"40 ms: readuntil 4 bytes read on a total of undefined expected bytes, partial "rest""#,
    ]);
}

#[test]
fn a_cancelled_read_leaves_its_bytes_in_the_stream() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(64);
        let _feeds = feed_by_hand(&reader, &["T-min", "us 2\n", "Blast", " off!"])?;
        let line = timeout(ms(15)).run(reader.readline()).await;
        log.read("the cancelled read", line)?;
        log.read("the next read", reader.readline().await)?;
        let words = timeout(ms(15)).run(reader.readexactly(10)).await;
        log.read("the cancelled read", words)?;
        log.read("the next read", reader.readexactly(10).await)
    });
    log.check([
        "15 ms: the cancelled read Timeout",
        r#"20 ms: the next read "T-minus 2\n""#,
        "35 ms: the cancelled read Timeout",
        r#"40 ms: the next read "Blast off!""#,
    ]);
}

#[test]
fn what_is_left_at_the_end_is_in_partial_and_no_longer_in_the_stream() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(64);
        let _feeds = feed_by_hand(&reader, &["T-2\nT-", "min"])?;
        log.read("readexactly", reader.readexactly(4).await)?;
        log.read("readexactly", reader.readexactly(9).await)?;
        log.read("readline", reader.readline().await)
    });
    log.check([
        r#"10 ms: readexactly "T-2\n""#,
        r#"30 ms: readexactly 5 bytes read on a total of 9 expected bytes, partial "T-min""#,
        r#"30 ms: readline """#,
    ]);
}

#[test]
fn a_line_can_be_as_long_as_the_limit() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(4);
        reader.feed_data(b"1234\n12345");
        log.read("readline", reader.readline().await)?;
        log.read("without an end", reader.readline().await)?;
        reader.feed_data(b"\n");
        log.read("with an end", reader.readline().await)
    });
    log.check([
        r#"0 ms: readline "1234\n""#,
        "0 ms: without an end ValueError",
        "0 ms: with an end ValueError",
    ]);
}

/// The first byte of a separator is no part of the line before it.
#[test]
fn the_limit_does_not_depend_on_where_the_pieces_end() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(6);
        let its_reader = reader.clone();
        let reads = spawn(async move { its_reader.readuntil(b"\r\n").await })?;
        reader.feed_data(b"123456\r");
        sleep(ms(10)).await?;
        reader.feed_data(b"\n");
        log.read("readuntil", reads.await)
    });
    log.check([r#"10 ms: readuntil "123456\r\n""#]);
}

#[test]
fn one_task_waits_and_a_second_one_is_refused() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(64);
        let (its_reader, its_log) = (reader.clone(), log.clone());
        let first = spawn(async move {
            let line = its_reader.readline().await;
            its_log.read("the first task", line)
        })?;
        yield_now().await?;
        log.read("the second task", reader.readexactly(1).await)?;
        sleep(ms(10)).await?;
        reader.feed_data(b"T-3\nT-2\n");
        first.await?;
        log.read("the second task", reader.readline().await)
    });
    log.check([
        "0 ms: the second task RuntimeError",
        r#"10 ms: the first task "T-3\n""#,
        r#"10 ms: the second task "T-2\n""#,
    ]);
}

#[test]
fn feeding_pauses_above_twice_the_limit_and_goes_on_at_the_limit() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(5);
        let (its_reader, its_log) = (reader.clone(), log.clone());
        let feeds = spawn(async move {
            for _ in 0..6 {
                its_reader.feed_data(b"12345");
                its_log.add(format!("fed, {} in the buffer", its_reader.buffered()))?;
                its_reader.wait_for_room().await?;
            }
            Ok(())
        })?;
        while !feeds.done() {
            sleep(ms(10)).await?;
            let read = reader.readexactly(5).await?.len();
            log.add(format!("read {read}, {} in the buffer", reader.buffered()))?;
        }
        Ok(())
    });
    log.check([
        "0 ms: fed, 5 in the buffer",
        "0 ms: fed, 10 in the buffer",
        "0 ms: fed, 15 in the buffer",
        "10 ms: read 5, 10 in the buffer",
        "20 ms: read 5, 5 in the buffer",
        "20 ms: fed, 10 in the buffer",
        "20 ms: fed, 15 in the buffer",
        "30 ms: read 5, 10 in the buffer",
        "40 ms: read 5, 5 in the buffer",
        "40 ms: fed, 10 in the buffer",
        "50 ms: read 5, 5 in the buffer",
    ]);
}

#[test]
fn a_socket_feeds_no_more_than_twice_the_limit_and_a_piece() {
    let log = Log::default();
    log.run(async |log| {
        let (here, mut there) = pair().await?;
        let (reader, _) = streams(here, 1000, (8000, 2000))?;
        there.write_all(&[b'.'; 50_000]).await?;
        sleep(ms(100)).await?;
        let in_bounds = reader.buffered() <= 2 * 1000 + 4096;
        log.add(format!(
            "no more than 6096 bytes in the buffer: {in_bounds}"
        ))?;
        let read = reader.readexactly(50_000).await?.len();
        log.add(format!("{read} bytes are read"))
    });
    log.check_without_times([
        "no more than 6096 bytes in the buffer: true",
        "50000 bytes are read",
    ]);
}

#[test]
fn a_read_of_more_than_twice_the_limit_ends() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(6);
        let its_reader = reader.clone();
        let _feeds = spawn(async move {
            for _ in 0..4 {
                its_reader.feed_data(b"12345");
                its_reader.wait_for_room().await?;
            }
            Ok(())
        })?;
        log.read("readexactly", reader.readexactly(20).await)
    });
    log.check([r#"0 ms: readexactly "12345123451234512345""#]);
}

/// Bytes that show where some are missing.
fn numbers(count: usize) -> Vec<u8> {
    (0..count)
        .flat_map(|n| format!("{n}\n").into_bytes())
        .collect()
}

/// Raises what was read, and what should have been read.
fn expect(what: &str, got: &[u8], want: &[u8]) -> Outcome {
    if got == want {
        return Ok(());
    }
    let (got, want) = (shown(got), shown(want));
    Err(format!("{what} is {got}, and should be {want}").into())
}

#[test]
fn all_bytes_arrive_with_any_short_reads_and_writes() {
    for seed in 0..20 {
        let main = async move {
            let (here, there) = pair().await?;
            let (_, writer) = streams(here, 1000, (5000, 1000))?;
            let (reader, _) = streams(there, 1000, (5000, 1000))?;
            let writing = spawn(async move {
                for piece in numbers(2000).chunks(700) {
                    writer.write(piece);
                    writer.drain().await?;
                }
                writer.close();
                Ok(())
            })?;
            for n in 0..2000 {
                let line = reader.readline().await?;
                let want = format!("{n}\n").into_bytes();
                expect(&format!("line {n}"), &line, &want)?;
            }
            expect("the line after the last", &reader.readline().await?, b"")?;
            writing.await
        };
        let (outcome, _) = Simulation::new(seed).run(main);
        outcome.unwrap_or_else(|exception| panic!("seed {seed}: {exception}"));
    }
}

/// Reads `count` bytes of a socket.
async fn read_off(socket: &mut TcpStream, mut count: usize) -> Outcome {
    let mut buffer = vec![0; 1000];
    while count > 0 {
        let most = count.min(buffer.len());
        match socket.read(&mut buffer[..most]).await? {
            0 => return Err("the stream has ended too early".into()),
            n => count -= n,
        }
    }
    Ok(())
}

/// A writer with the marks 8000 and 2000, and the other end of its connection. Enough has been written to fill the
/// system and to leave `left` bytes in the buffer.
async fn full_writer(left: usize) -> Result<(StreamWriter, TcpStream), Exception> {
    const WINDOW: usize = 64 * 1024; // of the simulation
    let (here, there) = pair().await?;
    let (_, writer) = streams(here, 1000, (8000, 2000))?;
    writer.write(vec![b'.'; WINDOW + left]);
    sleep(ms(10)).await?;
    Ok((writer, there))
}

#[test]
fn write_never_waits_and_drain_waits_from_the_high_to_the_low_mark() {
    let log = Log::default();
    log.run(async |log| {
        let (writer, mut there) = full_writer(8000).await?;
        writer.drain().await?;
        log.add(format!("drain, {} bytes are left", writer.buffered()))?;
        writer.write("!");
        let (its_writer, its_log) = (writer.clone(), log.clone());
        let drains = spawn(async move {
            its_writer.drain().await?;
            its_log.add(format!("drain, {} bytes are left", its_writer.buffered()))
        })?;
        for count in [4000, 2000, 1] {
            sleep(ms(10)).await?;
            read_off(&mut there, count).await?;
            log.add(format!("{count} bytes are read off"))?;
        }
        drains.await
    });
    log.check([
        "12 ms: drain, 8000 bytes are left",
        "22 ms: 4000 bytes are read off",
        "32 ms: 2000 bytes are read off",
        "42 ms: 1 bytes are read off",
        "43 ms: drain, 2000 bytes are left",
    ]);
}

#[test]
fn all_tasks_that_drain_are_woken() {
    let log = Log::default();
    log.run(async |log| {
        let (writer, mut there) = full_writer(9000).await?;
        let drain = |writer: StreamWriter| spawn(async move { writer.drain().await });
        let (first, second) = (drain(writer.clone())?, drain(writer.clone())?);
        yield_now().await?;
        log.add(format!("done: {} {}", first.done(), second.done()))?;
        read_off(&mut there, 7000).await?;
        first.await?;
        second.await?;
        log.add("both are done")
    });
    log.check(["12 ms: done: false false", "13 ms: both are done"]);
}

#[test]
fn close_sends_the_rest_and_then_the_end() {
    let log = Log::default();
    log.run(async |log| {
        let (writer, mut there) = full_writer(5000).await?;
        writer.close();
        read_off(&mut there, 64 * 1024 + 5000).await?;
        let n = there.read(&mut [0; 10]).await?;
        log.add(format!("{n} bytes more"))?;

        let (here, mut there) = pair().await?;
        let (_, idle) = streams(here, 1000, (8000, 2000))?;
        sleep(ms(10)).await?;
        idle.close();
        let n = there.read(&mut [0; 10]).await?;
        log.add(format!("{n} bytes of a writer that had nothing to send"))
    });
    log.check_without_times([
        "0 bytes more",
        "0 bytes of a writer that had nothing to send",
    ]);
}

#[test]
fn drain_raises_if_the_connection_breaks() {
    let log = Log::default();
    log.run(async |log| {
        let (writer, _there) = full_writer(9000).await?;
        let its_writer = writer.clone();
        let drains = spawn(async move { its_writer.drain().await })?;
        sleep(ms(10)).await?;
        log.add(format!("the task that drains is done: {}", drains.done()))?;
        let localhost = IpAddr::from([127, 0, 0, 1]);
        simulation::network()?.reset(localhost, localhost);
        log.add(format!("it raises: {}", drains.await.is_err()))?;
        log.add(format!(
            "later, it raises: {}",
            writer.drain().await.is_err()
        ))
    });
    log.check([
        "22 ms: the task that drains is done: false",
        "22 ms: it raises: true",
        "22 ms: later, it raises: true",
    ]);
}

impl Log {
    /// Logs what `next` returns or raises.
    fn frame(&self, frame: Result<Option<Vec<u8>>, Exception>) -> Outcome {
        match frame {
            Ok(None) => self.add("None"),
            Ok(Some(message)) => self.read("message", Ok(message)),
            Err(exception) => self.read("raised", Err(exception)),
        }
    }
}

#[test]
fn messages_and_then_none() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(64);
        let _feeds = feed_by_hand(&reader, &["\x03T-3\x04T-", "10\x00", "\x02go"])?;
        let mut frames = Frames::new(reader);
        for _ in 0..6 {
            log.frame(frames.next().await)?;
        }
        Ok(())
    });
    log.check([
        r#"10 ms: message "T-3""#,
        r#"20 ms: message "T-10""#,
        r#"20 ms: message """#,
        r#"30 ms: message "go""#,
        "40 ms: None",
        "40 ms: None",
    ]);
}

#[test]
fn no_byte_of_a_message_is_lost_when_a_task_is_cancelled() {
    let log = Log::default();
    log.run(async |log| {
        let reader = StreamReader::new(64);
        let _feeds = feed_by_hand(&reader, &["\x03", "T-", "3\x02", "go"])?;
        let mut frames = Frames::new(reader);
        for _ in 0..6 {
            let next = timeout(ms(8)).run(frames.next()).await;
            if !next
                .as_ref()
                .is_err_and(|exception| *exception == Kind::Timeout)
            {
                log.frame(next)?;
            }
        }
        Ok(())
    });
    log.check([r#"30 ms: message "T-3""#, r#"40 ms: message "go""#]);
}

#[test]
fn a_stream_that_ends_in_the_middle_of_a_message_raises() {
    let log = Log::default();
    log.run(async |log| {
        for pieces in [&["\x03T-"][..], &["\x03"]] {
            let reader = StreamReader::new(64);
            let _feeds = feed_by_hand(&reader, pieces)?;
            let mut frames = Frames::new(reader);
            let next = timeout(ms(15)).run(frames.next()).await;
            log.frame(next)?;
            log.frame(frames.next().await)?;
        }
        Ok(())
    });
    log.check([
        "15 ms: raised Timeout",
        r#"20 ms: raised 2 bytes read on a total of 3 expected bytes, partial "T-""#,
        "35 ms: raised Timeout",
        r#"40 ms: raised 0 bytes read on a total of 3 expected bytes, partial """#,
    ]);
}
