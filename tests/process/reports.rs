//! How waiting for a process is reported.

use tminus::{EventLoop, run, spawn_named, yield_now};

use super::{
    cat,
    support::{Record, records_while},
};

#[test]
fn a_task_waits_for_the_exit_of_a_process() {
    let mut words = String::new();
    let records = records_while(|| {
        words = run(async {
            let process = cat().await?;
            let waits = spawn_named("waits", process.wait())?;
            yield_now().await?;
            let words = format!("the exit of process {}", process.pid());
            let shown = format!("{:?}", waits.any());
            assert!(shown.contains(&format!("waits_for: {words}")), "{shown}");
            process.stdin.as_ref().unwrap().close();
            assert_eq!(waits.await?, 0);
            Ok(words)
        })
        .unwrap();
    });
    let told = records.into_iter().any(|record| match record {
        Record::Event(_, fields) => {
            fields.get("what").is_some_and(|what| what.contains("exit"))
                && fields.get("of").is_some_and(|of| *of == words)
        }
        Record::Enter(..) | Record::Exit => false,
    });
    assert!(told);
}

/// Nobody can tell whether a process that lives will end.
#[test]
fn there_is_no_deadlock_while_a_process_lives_and_one_after_it() {
    let event_loop = EventLoop::new();
    let stuck = event_loop.run_until_complete(async {
        let process = cat().await?;
        process.stdin.as_ref().unwrap().close();
        drop(process);
        EventLoop::running()?.create_future::<()>().await
    });
    let stuck = stuck.unwrap_err().to_string();
    assert!(stuck.contains("deadlock"), "{stuck}");
}
