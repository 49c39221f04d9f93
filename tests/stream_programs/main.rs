//! Whole programs with streams, which are to say what they say on CPython, in the same rounds of the loop.
//!
//! Each is here twice: `NAME.py`, with what CPython 3.13 says in `NAME.out`, and a function `NAME` in one of these modules. It runs
//! on a simulated network without latency, with all choices 0. `recorder.py` describes the recordings.

#![cfg(unix)]

mod breaks;
mod cancelled;
mod ends;
mod full;
mod limits;
mod log;
mod order;
mod servers;

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use log::Log;
use tminus::{Exception, simulation::Simulation};

/// One test a program.
macro_rules! programs {
    ($($module:ident: $($name:ident)*;)*) => {
        $($(
            #[test]
            fn $name() {
                check(stringify!($name), $module::$name);
            }
        )*)*

        #[test]
        fn every_recording_is_compared() {
            let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
            let recorded = files.filter(|file| file.extension().is_some_and(|extension| extension == "out"));
            let recorded: BTreeSet<_> =
                recorded.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
            let here = BTreeSet::from([$($(stringify!($name).to_owned(),)*)*]);
            assert_eq!(here, recorded);
        }
    };
}

programs! {
    limits:
        a_full_buffer_pauses a_request_in_pieces an_end_too_early lines_with_async_for read_to_the_end
        readline_over_the_limit reads_of_nothing readuntil_over_the_limit several_separators;
    ends:
        an_abort both_sides_end drain_after_the_loss half_close the_last_writer_is_dropped writing_after_the_end;
    cancelled:
        a_cancelled_read a_group_fails a_second_reader a_timeout_around_a_read cancelled_as_it_arrives
        first_completed gathered_reads wait_for_a_read;
    servers:
        a_closed_server_refuses a_handler_fails a_handler_is_cancelled a_relay a_server_waits_for_its_clients
        abort_clients an_echo_server close_clients serve_forever_cancelled;
    breaks:
        closed_with_unread_bytes reading_after_a_reset writing_to_a_closed_peer;
    order:
        calls_beside_streams ping_pong the_order_of_arrival the_order_of_busy_streams three_chats
        written_just_before_it_is_read;
    full:
        a_proxy a_slow_reader a_small_limit_against_a_large_stream a_timeout_around_a_drain
        aborted_before_it_is_flushed both_ways_at_once closed_before_it_is_flushed other_limits
        several_wait_in_drain the_end_after_all_bytes the_peer_closes_while_it_drains
        writelines_against_a_full_socket;
}

fn folder() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/stream_programs"
    ))
}

fn check<F>(name: &str, program: fn(Log) -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let plain = "".parse().expect("a schedule without a choice");
    let simulation = Simulation::replay(plain).latency(Duration::ZERO..Duration::ZERO);
    let log = Log::default();
    let (result, _) = simulation.run(program(log.clone()));
    let said = log.lines();
    let recorded = fs::read_to_string(folder().join(name).with_extension("out")).unwrap();
    let recorded: Vec<&str> = recorded.lines().collect();
    let agree = said
        .iter()
        .zip(&recorded)
        .take_while(|(said, recorded)| said == recorded);
    let agree = agree.count();
    assert!(
        agree == said.len() && agree == recorded.len(),
        "line {}\n  CPython: {:?}\n  here:    {:?}\nall that was said here:\n{}",
        agree + 1,
        recorded.get(agree),
        said.get(agree),
        said.join("\n"),
    );
    result.unwrap();
}
