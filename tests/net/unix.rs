//! Unix sockets.

use std::{env, fs, io::ErrorKind, path::PathBuf, process};

use tminus::{
    Exception, net,
    net::{UnixListener, UnixStream},
    simulation::Simulation,
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
