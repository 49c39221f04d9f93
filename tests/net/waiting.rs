//! How the loop waits while sockets are open.

use std::{cell::Cell, thread, time::Duration};

use futures::channel::oneshot;
use tminus::{
    EventLoop, Exception, Kind, clock::Clock, event_loop::Deadlock, net::TcpListener, sleep,
    spawn_named, yield_now,
};

use super::{LOOPBACK, ms, pair, support};

#[test]
fn another_thread_wakes_a_loop_that_waits_for_sockets() {
    let answer = tminus::run(async {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let (tells, told) = oneshot::channel();
        let (begins, begun) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            begun.recv().unwrap();
            tells.send(42).unwrap();
        });
        let accepts = spawn_named("accepts", async move { listener.accept().await.map(drop) })?;
        yield_now().await?;
        begins.send(()).unwrap();
        let answer = told.await?;
        thread.join().unwrap();
        accepts.cancel();
        Ok(answer)
    });
    assert_eq!(answer.unwrap(), 42);
}

/// The first socket is made while the loop runs, and from then on it waits elsewhere. Requests must find it there.
#[test]
fn requests_of_other_threads_arrive_before_and_after_the_first_socket() {
    let event_loop = EventLoop::new();
    let remote = event_loop.remote();
    event_loop
        .run_until_complete(async move {
            let listener = TcpListener::bind(LOOPBACK).await?;
            let (tells, told) = oneshot::channel();
            let thread = thread::spawn(move || {
                let stop = || {
                    tells.send(7).unwrap();
                    Ok(())
                };
                remote.call_soon_threadsafe(stop).is_ok()
            });
            assert_eq!(told.await?, 7);
            assert!(thread.join().unwrap());
            drop(listener);
            sleep(Duration::from_micros(300)).await
        })
        .unwrap();
    // And in another run of the same loop.
    let remote = event_loop.remote();
    event_loop
        .run_until_complete(async move {
            let (tells, told) = oneshot::channel();
            let thread = thread::spawn(move || {
                remote
                    .call_soon_threadsafe(move || {
                        tells.send(8).unwrap();
                        Ok(())
                    })
                    .is_ok()
            });
            assert_eq!(told.await?, 8);
            assert!(thread.join().unwrap());
            Ok(())
        })
        .unwrap();
}

/// A socket that is open but that nobody waits for brings nothing.
#[test]
fn a_deadlock_beside_an_open_socket_is_seen() {
    let stuck = tminus::run(async {
        let _listener = TcpListener::bind(LOOPBACK).await?;
        let (mut left, _right) = pair().await?;
        let late = tminus::timeout(ms(1)).run(left.read(&mut [0; 1])).await;
        assert_eq!(late.unwrap_err().kind(), Kind::Timeout); // it does not count any longer
        let nothing = EventLoop::running()?.create_future::<()>();
        nothing.await
    });
    let stuck = stuck.unwrap_err();
    let stuck = stuck.downcast_ref::<Deadlock>().unwrap().to_string();
    assert!(stuck.contains("a future"), "{stuck}");
}

#[test]
fn the_trace_says_who_waits_for_what() {
    let records = support::records_while(|| {
        let program = async {
            let listener = TcpListener::bind(LOOPBACK).await?;
            let at = listener.local_addr()?;
            let accepts = spawn_named("accepts", async move {
                let (mut stream, peer) = listener.accept().await?;
                stream.read(&mut [0; 1]).await?;
                Ok((at, peer))
            })?;
            yield_now().await?;
            let mut stream = tminus::net::TcpStream::connect(at).await?;
            sleep(ms(20)).await?;
            stream.write_all(b"x").await?;
            accepts.await
        };
        let (at, peer) = tminus::run(program).unwrap();
        WHO.set(Some((at, peer)));
    });
    let (at, peer) = WHO.take().unwrap();
    let waits: Vec<_> = records
        .iter()
        .filter_map(|record| match record {
            support::Record::Event(_, fields)
                if fields.get("name").is_some_and(|name| name == "accepts") =>
            {
                Some((fields.get("what")?.clone(), fields.get("of")?.clone()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        waits,
        [
            ("accept".to_owned(), format!("a connection at {at}")),
            ("read".to_owned(), format!("data from {peer}")),
        ]
    );
}

thread_local! {
    static WHO: std::cell::Cell<Option<(std::net::SocketAddr, std::net::SocketAddr)>> = const { std::cell::Cell::new(None) };
}

/// In a simulation nobody else can send anything, so whoever waits for a silent peer is stuck.
#[test]
fn a_simulated_task_that_waits_for_a_silent_peer_is_named() {
    let stuck = tminus::simulation::Simulation::new(1).run(async {
        let listener = TcpListener::bind("127.0.0.1:80").await?;
        let mut stream = tminus::net::TcpStream::connect("127.0.0.1:80").await?;
        let (_kept, _) = listener.accept().await?;
        stream.read(&mut [0; 1]).await?;
        Ok::<(), Exception>(())
    });
    let stuck = stuck.0.unwrap_err();
    let stuck = stuck.downcast_ref::<Deadlock>().unwrap().to_string();
    assert!(stuck.contains("data from 127.0.0.1:80"), "{stuck}");
}

/// Descriptors go with what was dropped: with the sockets, and with the loop.
#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let rounds = || {
        tminus::run(async {
            let (mut left, mut right) = pair().await?;
            left.write_all(b"x").await?;
            right.read(&mut [0; 1]).await?;
            let late = tminus::timeout(ms(1)).run(right.read(&mut [0; 1])).await;
            assert_eq!(late.unwrap_err().kind(), Kind::Timeout);
            let listener = TcpListener::bind(LOOPBACK).await?;
            let accepts = spawn_named("accepts", async move { listener.accept().await.map(drop) })?;
            yield_now().await?;
            accepts.cancel();
            Ok(())
        })
        .unwrap();
    };
    // Other tests of this process open descriptors at the same time, so a leak is told by its growth.
    let before = open();
    (0..200).for_each(|_| rounds());
    let left = open().saturating_sub(before);
    assert!(left < 200, "{left} descriptors are left of 200 runs");
}

/// A clock that goes on only when somebody looks at it.
#[derive(Default)]
struct Slow(Cell<u64>);

impl Clock for Slow {
    fn now(&self) -> Duration {
        self.0.set(self.0.get() + 10);
        Duration::from_micros(self.0.get())
    }

    fn wait(&self, _deadline: Option<Duration>) {
        panic!("the selector waits");
    }
}

/// When the time is over for the system, it is not for the loop, which then waits for the same deadline again.
#[test]
fn a_clock_that_is_slower_than_the_systems_wakes_up_in_the_end() {
    let event_loop = EventLoop::with_clock(Slow::default());
    event_loop
        .run(async {
            let listener = TcpListener::bind(LOOPBACK).await?;
            let accepts = spawn_named("accepts", async move { listener.accept().await.map(drop) })?;
            sleep(ms(1)).await?;
            accepts.cancel();
            Ok(())
        })
        .unwrap();
}
