//! When an end learns of what the other end does.

use std::{cell::Cell, future::poll_fn, io::ErrorKind, pin::pin, rc::Rc, time::Duration};

use tminus::{
    Exception,
    net::{self, TcpListener, TcpStream, UnixListener, UnixStream},
    simulation::{Schedule, Simulation},
    sleep, spawn, yield_now,
};

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The plain run, in which each way takes 10 ms.
fn plain(program: impl Future<Output = Result<(), Exception>> + 'static) {
    let simulation = Simulation::replay(Schedule::default()).latency(ms(10)..ms(10));
    simulation.run(program).0.unwrap();
}

#[test]
fn a_writer_learns_after_the_way_there_and_back_that_nobody_reads() {
    plain(async {
        let listener = TcpListener::bind("127.0.0.2:80").await?;
        let mut client = TcpStream::connect("127.0.0.2:80").await?;
        drop(listener.accept().await?);
        client.write_all(b"1").await?;
        sleep(ms(15)).await?;
        client.write_all(b"2").await?;
        sleep(ms(10)).await?;
        let error = client.write_all(b"3").await.unwrap_err();
        let error = error.downcast_ref::<net::Error>().unwrap();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(())
    });
}

/// It has filled the window in the turn in which it connected, so when it would learn of the connection, there is no room.
#[test]
fn a_writer_is_not_woken_by_its_own_connection() {
    plain(async {
        let listener = UnixListener::bind("/run/socket")?;
        let polls = Rc::<Cell<usize>>::default();
        let counted = polls.clone();
        let writer = spawn(async move {
            let mut client = UnixStream::connect("/run/socket").await?;
            let data = vec![0; 64 * 1024 + 1];
            let mut writes = pin!(client.write_all(&data));
            poll_fn(|cx| {
                counted.set(counted.get() + 1);
                writes.as_mut().poll(cx)
            })
            .await
        })?;
        for _ in 0..5 {
            yield_now().await?;
        }
        assert_eq!(polls.get(), 1);
        let (mut server, _) = listener.accept().await?;
        server.read(&mut [0; 10]).await?;
        writer.await?;
        assert_eq!(polls.get(), 2);
        Ok(())
    });
}
