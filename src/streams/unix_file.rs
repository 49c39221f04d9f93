//! The file of a Unix socket: asyncio removes a stale file before binding, and the server's own file afterwards.

use std::{
    cell::Cell,
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
    rc::{Rc, Weak},
};

use crate::{
    event_loop::Kernel,
    simulation::{self, SimulatedNetwork},
};

/// The file of a server.
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode of the file that the server has made. Another one at the same path is not its own.
    made: Cell<Option<(u64, u64)>>,
    /// The network that has the path instead of the file system, if it is simulated.
    simulated: Option<Weak<SimulatedNetwork>>,
}

impl SocketFile {
    /// Removes a socket that an earlier server has left. In a simulation there are no files, but paths that are known.
    pub(super) fn new(kernel: &Kernel, path: &Path) -> Self {
        let simulated = simulation::network_of(kernel).map(|network| Rc::downgrade(&network));
        if simulated.is_none()
            && fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
        {
            drop(fs::remove_file(path)); // if it stays, binding will say so
        }
        Self {
            path: path.to_owned(),
            made: Cell::new(None),
            simulated,
        }
    }

    pub(super) fn is_bound(&self) {
        if self.simulated.is_none() {
            self.made.set(self.identity().ok());
        }
    }

    /// Removes the file, if it is still the server's.
    pub(super) fn is_removed(&self) {
        if let Some(network) = self.simulated.as_ref().and_then(Weak::upgrade) {
            network.forgets_path(&self.path);
        }
        let made = self.made.take();
        if made.is_some() && self.identity().ok() == made {
            drop(fs::remove_file(&self.path));
        }
    }

    fn identity(&self) -> io::Result<(u64, u64)> {
        let file = fs::symlink_metadata(&self.path)?;
        Ok((file.dev(), file.ino()))
    }
}
