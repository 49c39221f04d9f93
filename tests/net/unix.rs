//! Unix sockets.

use std::{env, fs, io::ErrorKind, net::Shutdown, path::PathBuf, process, time::Duration};

use futures::FutureExt;
use tminus::{
    Exception, net,
    net::{UnixListener, UnixStream},
    simulation::Simulation,
    spawn, timeout, wait, yield_now,
};

/// A path for one test, in a folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = env::temp_dir().join(format!("tminus-{}-{test}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn both<F>(test: &str, program: impl Fn(PathBuf) -> F)
where
    F: Future<Output = Result<(), Exception>> + 'static,
{
    let folder = Folder::new(test);
    tminus::run(program(folder.0.join("socket"))).unwrap();
    let simulation = Simulation::replay("".parse().unwrap());
    simulation
        .run(program(PathBuf::from("/run/socket")))
        .0
        .unwrap();
}

#[test]
fn a_path_connects_two_ends() {
    both("pair", |path| async move {
        let listener = UnixListener::bind(&path)?;
        assert_eq!(listener.local_path()?.as_deref(), Some(&*path));
        let mut left = UnixStream::connect(&path).await?;
        let (mut right, from) = listener.accept().await?;
        assert_eq!((from, left.local_path()?), (None, None));
        assert_eq!(left.peer_path()?.as_deref(), Some(&*path));
        assert_eq!(right.local_path()?.as_deref(), Some(&*path));
        left.write_all(b"ignition").await?;
        let mut buffer = [0; 16];
        let n = right.read(&mut buffer).await?;
        assert_eq!(&buffer[..n], b"ignition");
        let (mut reads, mut writes) = right.into_split();
        writes.write_all(b"yes").await?;
        drop(writes);
        let n = left.read(&mut buffer).await?;
        assert_eq!(&buffer[..n], b"yes");
        assert_eq!(left.read(&mut buffer).await?, 0);
        drop(left);
        assert_eq!(reads.read(&mut buffer).await?, 0);
        Ok(())
    });
}

#[test]
fn a_path_is_bound_once_and_has_to_be_there() {
    both("bound", |path| async move {
        let nobody = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(
            nobody.downcast_ref::<net::Error>().unwrap().kind(),
            ErrorKind::NotFound
        );
        let _listener = UnixListener::bind(&path)?;
        let second = UnixListener::bind(&path).unwrap_err();
        assert_eq!(
            second.to_string(),
            format!("cannot listen at {}: address in use", path.display())
        );
        Ok(())
    });
}

#[test]
fn a_pair_needs_no_path() {
    both("no-path", |_| async move {
        let (mut left, mut right) = UnixStream::pair()?;
        left.write_all(b"x").await?;
        assert_eq!(right.read(&mut [0; 8]).await?, 1);
        drop(right);
        assert_eq!(left.read(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

/// The first read has found the end before there was an event.
#[test]
fn the_end_can_be_read_again_without_waiting() {
    both("end", |_| async move {
        let (mut left, right) = UnixStream::pair()?;
        drop(right);
        assert_eq!(left.read(&mut [0; 8]).await?, 0);
        let mut buffer = [0; 8];
        let again = left.read(&mut buffer).now_or_never();
        assert_eq!(again.expect("it does not wait")?, 0);
        Ok(())
    });
}

/// On Linux, a client is connected before it is accepted, and learns of a reset by its socket.
#[cfg(target_os = "linux")]
#[test]
fn a_client_that_is_reset_before_it_looks_is_not_connected() {
    let folder = Folder::new("reset");
    let path = folder.0.join("socket");
    tminus::run(async {
        let listener = UnixListener::bind(&path)?;
        let (mut left, _right) = UnixStream::pair()?;
        spawn(async move {
            drop(listener);
            Ok(())
        })?;
        for _ in 0..32 {
            left.write(b"x").await?; // the share of a turn, so that connecting yields
        }
        let reset = UnixStream::connect(&path).await.unwrap_err();
        let reset = reset.downcast_ref::<net::Error>().unwrap();
        assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
        Ok(())
    })
    .unwrap();
}

/// On Linux, the event that says so does not say that there is room, or an error.
#[cfg(target_os = "linux")]
#[test]
fn a_writer_that_waits_for_room_learns_that_the_other_end_shuts_down() {
    tminus::run(async {
        let (mut left, right) = UnixStream::pair()?;
        let writer = spawn(async move { left.write_all(&vec![0; 1 << 20]).await })?;
        yield_now().await?;
        yield_now().await?;
        assert!(!writer.done());
        right.shutdown(Shutdown::Both)?;
        let end = timeout(Duration::from_secs(10)).run(writer).await;
        let error = end.unwrap_err();
        let error = error.downcast_ref::<net::Error>().unwrap();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_dropped_end_breaks_the_other_one_immediately() {
    both("dropped", |_| async {
        let kind = |exception: Exception| exception.downcast_ref::<net::Error>().unwrap().kind();
        let mut buffer = [0; 8];

        let (mut left, right) = UnixStream::pair()?;
        drop(right);
        let error = left.write(b"too late").await.unwrap_err();
        assert_eq!(kind(error), ErrorKind::BrokenPipe);
        assert_eq!(left.read(&mut buffer).await?, 0);

        let (mut left, mut right) = UnixStream::pair()?;
        left.write_all(b"unread").await?;
        right.write_all(b"said").await?;
        drop(right);
        let error = left.write(b"too late").await.unwrap_err();
        assert_eq!(kind(error), ErrorKind::BrokenPipe);
        assert_eq!(left.read(&mut buffer).await?, 4);
        let error = left.read(&mut buffer).await.unwrap_err();
        assert_eq!(kind(error), ErrorKind::ConnectionReset);
        assert_eq!(left.read(&mut buffer).await?, 0);
        Ok(())
    });
}

#[test]
fn what_is_not_accepted_yet_waits_or_is_reset() {
    let program = async {
        let listener = UnixListener::bind("/run/socket")?;
        let mut clients = Vec::new();
        for _ in 0..128 {
            clients.push(UnixStream::connect("/run/socket").await?);
        }
        let late = spawn(UnixStream::connect("/run/socket"))?;
        yield_now().await?;
        assert!(!late.done());
        listener.accept().await?;
        wait([&late]).await?;
        drop(listener);
        let error = clients[127].read(&mut [0; 8]).await.unwrap_err();
        let error = error.downcast_ref::<net::Error>().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        Ok(())
    };
    let simulation = Simulation::replay("".parse().unwrap());
    simulation.run(program).0.unwrap();
}
