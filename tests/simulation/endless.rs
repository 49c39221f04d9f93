//! Runs that would never end.

use std::time::Duration;

use tminus::{
    Exception, Kind,
    event_loop::{EventLoop, Livelock},
    net::{TcpListener, TcpStream},
    simulation::Simulation,
    sleep, spawn_named, yield_now,
};

#[test]
fn tasks_that_keep_the_clock_from_moving_are_a_livelock() {
    let spins = async {
        loop {
            yield_now().await?;
        }
    };
    let error = Simulation::new(1).run::<(), _>(spins).0.unwrap_err();
    assert_eq!(
        error.downcast_ref::<Livelock>().unwrap().tasks(),
        ["Task-1"]
    );
}

async fn heartbeat() -> Result<(), Exception> {
    loop {
        sleep(Duration::from_secs(1)).await?;
    }
}

#[test]
fn a_heartbeat_beside_a_task_that_is_stuck_ends_after_many_turns() {
    let program = async {
        drop(spawn_named("heart", heartbeat())?);
        EventLoop::running()?.create_future::<()>().await
    };
    let error = Simulation::new(1)
        .max_turns(1000)
        .run(program)
        .0
        .unwrap_err();
    assert_eq!(error.kind(), Kind::RuntimeError);
    assert_eq!(
        error.message(),
        "the run is not done after 1000 turns, at 998s; task \"Task-1\" waits for a future; task \"heart\" waits for a \
         sleep until 999s; if it needs more turns, allow them by `Simulation::max_turns`"
    );
}

#[test]
fn the_report_names_ten_tasks_and_counts_the_others() {
    let report = |tasks: usize| {
        let program = async move {
            for _ in 1..tasks {
                spawn_named("heart", heartbeat())?;
            }
            heartbeat().await
        };
        let simulation = Simulation::new(1).max_turns(100);
        let error = simulation.run(program).0.unwrap_err();
        error.message().into_owned()
    };
    let (ten, twelve) = (report(10), report(12));
    assert_eq!(ten.matches("; task ").count(), 10);
    assert!(!ten.contains("more tasks"), "{ten}");
    assert_eq!(twelve.matches("; task ").count(), 10);
    assert!(twelve.contains("; and 2 more tasks; if "), "{twelve}");
}

async fn echo(mut stream: TcpStream) -> Result<(), Exception> {
    let mut buffer = [0; 1];
    loop {
        stream.read(&mut buffer).await?;
        stream.write_all(&buffer).await?;
    }
}

#[test]
fn a_message_that_goes_back_and_forth_without_latency_ends_too() {
    let program = async {
        let listener = TcpListener::bind("127.0.0.1:80").await?;
        let there = TcpStream::connect("127.0.0.1:80").await?;
        let (back, _) = listener.accept().await?;
        let mut first = there;
        first.write_all(b"x").await?;
        drop(spawn_named("there", echo(first))?);
        echo(back).await
    };
    let simulation = Simulation::new(1).latency(Duration::ZERO..Duration::ZERO);
    let error = simulation.max_turns(1000).run(program).0.unwrap_err();
    assert!(
        error
            .message()
            .starts_with("the run is not done after 1000 turns, at 0ns"),
        "{error}"
    );
}
