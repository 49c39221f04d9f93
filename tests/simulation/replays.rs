//! The same seed is the same run, and a schedule either repeats a run or says why it does not.

use std::time::Duration;

use tminus::{
    Exception, Kind, gather,
    net::{TcpListener, TcpStream, UdpSocket},
    simulation::{Choices, Misfit, Schedule, Simulation, choose, network},
    spawn, timeout,
};

async fn serves(listener: TcpListener) -> Result<(), Exception> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        spawn(async move {
            let mut buffer = [0; 16];
            loop {
                match stream.read(&mut buffer).await? {
                    0 => return Ok(()),
                    n => stream.write_all(&buffer[..n]).await?,
                }
            }
        })?;
    }
}

/// Something of everything: order, latency, short reads, datagrams, and its own chance. Returns what happened in words.
async fn world() -> Result<String, Exception> {
    let listener = TcpListener::bind("127.0.0.1:80").await?;
    let server = spawn(serves(listener))?;
    let client = |n: u8| async move {
        let mut stream = TcpStream::connect("127.0.0.1:80").await?;
        stream.write_all(&[n; 20]).await?;
        let (mut reads, mut left) = (Vec::new(), 20);
        while left > 0 {
            let read = stream.read(&mut [0; 20]).await?;
            reads.push(read);
            left -= read;
        }
        Ok(reads)
    };
    let reads = gather((0..3).map(client).collect::<Vec<_>>()).await?;
    let receiver = UdpSocket::bind("127.0.0.2:53").await?;
    let sender = UdpSocket::bind("127.0.0.1:53").await?;
    for n in 0..3 {
        sender.send_to(&[n], "127.0.0.2:53").await?;
    }
    let mut letters = Vec::new();
    let mut buffer = [0; 1];
    while let Ok(received) = timeout(Duration::from_secs(1))
        .run(receiver.recv_from(&mut buffer))
        .await
    {
        letters.push((buffer[0], received.1));
    }
    server.cancel();
    let now = tminus::EventLoop::running()?.time();
    Ok(format!("{reads:?} {letters:?} {} at {now:?}", choose(10)?))
}

fn run(simulation: Simulation) -> (String, Choices) {
    let (result, made) = simulation.run(world());
    (result.unwrap(), made)
}

#[test]
fn a_seed_is_the_same_run_every_time_and_so_is_its_schedule() {
    let mut different = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let first = run(Simulation::new(seed));
        assert_eq!(run(Simulation::new(seed)), first);
        assert_eq!(run(Simulation::replay(first.1.schedule())), first);
        different.insert(first.0);
    }
    assert!(different.len() > 200, "{} different runs", different.len());
}

#[test]
fn past_the_end_of_a_schedule_all_choices_are_plain() {
    let (_, made) = run(Simulation::replay("3:1".parse().unwrap()));
    assert!(made.len() > 20);
    assert_eq!(made.schedule().to_string(), "3:1");
}

#[test]
fn a_schedule_that_does_not_fit_says_where() {
    let misfit = |schedule: &str| {
        let (result, _) = Simulation::replay(schedule.parse().unwrap()).run(async {
            choose(6)?;
            choose(2)
        });
        let misfit = result.unwrap_err();
        misfit.downcast_ref::<Misfit>().unwrap().clone()
    };
    assert_eq!(
        misfit("0:5,1:2"),
        Misfit::OutOfRange {
            number: 1,
            chosen: 2,
            of: 2,
            what: "program"
        }
    );
    assert_eq!(
        misfit("0:1,2:1"),
        Misfit::NeverReached { number: 2, made: 2 }
    );
}

#[test]
fn what_the_program_raised_is_the_cause_of_a_misfit() {
    let fails = async { Err::<(), _>(Exception::new(Kind::ValueError, "no fuel")) };
    let (result, _) = Simulation::replay("0:1".parse().unwrap()).run(fails);
    let misfit = result.unwrap_err();
    assert!(misfit.is::<Misfit>());
    assert_eq!(misfit.cause().unwrap().to_string(), "ValueError: no fuel");
}

#[test]
fn chance_and_the_network_exist_only_in_a_simulation() {
    let outside = [choose(2).map(drop), network().map(drop)];
    for refused in outside {
        assert_eq!(refused.unwrap_err().kind(), Kind::RuntimeError);
    }
    let in_a_real_loop = tminus::run(async { choose(2) }).unwrap_err();
    assert_eq!(
        in_a_real_loop.to_string(),
        "RuntimeError: a choice by `tminus::simulation::choose` exists only in a simulation: run the program by \
         `tminus::simulation::Simulation`"
    );
    let nothing = Simulation::new(1).run(async { choose(0) }).0.unwrap_err();
    assert_eq!(nothing.kind(), Kind::ValueError);
}

#[test]
fn what_is_left_is_cancelled_and_cleans_up() {
    let told = std::rc::Rc::new(std::cell::Cell::new(false));
    let cleans = told.clone();
    let program = async move {
        drop(spawn(async move {
            let slept = tminus::sleep(Duration::from_secs(9)).await;
            tminus::yield_now().await?;
            cleans.set(true);
            slept
        })?);
        tminus::yield_now().await
    };
    let plain = Simulation::replay(Schedule::default());
    plain.run(program).0.unwrap();
    assert!(told.get());
}
