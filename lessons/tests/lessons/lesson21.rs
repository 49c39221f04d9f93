use tminus::simulation::Simulation;
use tminus::{Kind, spawn, timeout};
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson17_many::run_virtual;
use tminus_lessons::lesson21_streams::connect::{
    LIMIT, MARKS, on_network, open_connection, pair, start_server,
};
use tminus_lessons::lesson21_streams::{StreamReader, fetch, streams};

use crate::programs::{demo, lines_of_demo, recorded};

/// What the demo prints between two headings.
fn section(heading: &str) -> String {
    let all = demo("lesson21");
    let (_, rest) = all
        .split_once(&format!("== {heading}\n"))
        .expect("the heading");
    rest.split("== ").next().unwrap_or_default().to_owned()
}

/// The first line of the first program, and all of the second. The rest of the first belongs to other lessons.
#[test]
fn the_programs_print_what_cpython_printed() {
    let first = recorded("68_high_level_api");
    let first = first.lines().next().expect("the line of the stream");
    let theirs = format!("{first}\n{}", recorded("57_http_status_local"));
    assert_eq!(section("as in CPython"), theirs);
}

#[test]
fn twelve_answers_in_cpythons_order_and_a_bar_that_is_drawn() {
    let lines = section("twelve answers, three at a time");
    let left = |line: &str| {
        line.split('[')
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_owned()
            + "\n"
    };
    let ours: String = lines.lines().map(left).collect();
    assert_eq!(ours, recorded("60_semaphore_fetch"));
    let bars: Vec<&str> = lines
        .lines()
        .filter_map(|line| line.find('[').map(|at| &line[at..]))
        .collect();
    for (bar, n) in bars.iter().zip(1..) {
        assert_eq!(*bar, format!("[{:12}] {n}/12", "#".repeat(n)));
    }
    assert_eq!(bars.len(), 12);
}

#[test]
fn the_same_is_fetched_with_any_short_reads_and_writes() {
    for seed in 0..20 {
        for result in [
            Simulation::new(seed).run(fetch::ten_statuses()).0,
            Simulation::new(seed).run(fetch::three_permits()).0,
        ] {
            result.unwrap_or_else(|exception| panic!("seed {seed}: {exception}"));
        }
    }
}

#[test]
fn the_bytes_of_a_cancelled_read_stay_in_the_stream() {
    assert_eq!(
        section("half a line, and a read that is cancelled"),
        "b\"T-minus 3\\n\"\nErr(Timeout)\nb\"T-minus 2\\n\"\n"
    );
}

#[test]
fn the_lanes_of_a_fast_wire_and_a_slow_crew() {
    assert_eq!(
        lines_of_demo("lesson21", "ms      0    10  20  30  40  50  60  70", 4),
        [
            "ms      0    10  20  30  40  50  60  70",
            "Task-1  #--  -   --  -   --  -   -   -x",
            "wire     #-  -   -#  -   -x",
            "crew     .#  #   #-  #   #-  #   #   x",
        ]
    );
}

#[test]
fn a_read_of_more_than_twice_the_limit_ends() {
    let read = run_virtual(async {
        let reader = StreamReader::new(6);
        let its_reader = reader.clone();
        let _feeds = spawn(async move {
            for _ in 0..4 {
                its_reader.feed_data(b"12345");
                its_reader.wait_for_room().await?;
            }
            Ok(())
        })?;
        reader.readexactly(20).await
    });
    assert_eq!(read.unwrap(), b"12345".repeat(4));
}

#[test]
fn all_bytes_arrive_with_any_short_reads_and_writes() {
    for seed in 0..20 {
        let main = async {
            let (here, there) = pair().await?;
            let (_, writer) = streams(here, 1000, (5000, 1000))?;
            let (reader, _) = streams(there, 1000, (5000, 1000))?;
            let sent: Vec<u8> = (0..20_000_u32).map(|n| n as u8).collect();
            let its_sent = sent.clone();
            let writing = spawn(async move {
                for piece in its_sent.chunks(700) {
                    writer.write(piece);
                    writer.drain().await?;
                }
                writer.close();
                Ok(())
            })?;
            for (block, n) in sent.chunks(2500).zip(0..) {
                let read = reader.readexactly(block.len()).await?;
                assert!(read == block, "block {n} is another one");
            }
            writing.await
        };
        let (outcome, _) = Simulation::new(seed).run(main);
        outcome.unwrap_or_else(|exception| panic!("seed {seed}: {exception}"));
    }
}

/// Dropping the handles of a stream closes nothing, because its two tasks own clones.
#[test]
fn a_stream_whose_handles_are_dropped_stays_open() {
    let read = on_network(false, async {
        let (here, there) = pair().await?;
        drop(streams(here, LIMIT, MARKS)?);
        let (reader, _) = streams(there, LIMIT, MARKS)?;
        timeout(ms(10)).run(reader.readline()).await
    });
    assert_eq!(read.unwrap_err().kind(), Kind::Timeout);
}

#[test]
fn the_server_closes_after_a_line_that_is_too_long() {
    let read = on_network(false, async {
        let server = start_server(fetch::capitals).await?;
        let (reader, writer) = open_connection(server).await?;
        writer.write(vec![b'.'; LIMIT + 1]);
        timeout(ms(10)).run(reader.readline()).await
    });
    assert_eq!(read.unwrap(), b"", "the end, and no answer");
}
