//! The file of a Unix socket: asyncio removes a stale one before it binds, and its own after that.

use std::{
    cell::Cell,
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use crate::{event_loop::Kernel, simulation};

/// The file of a server.
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and inode of the file that the server has made. Another one at the same path is not its own.
    made: Cell<Option<(u64, u64)>>,
}

impl SocketFile {
    /// Removes a socket that an earlier server has left. In a simulation there are no files.
    pub(super) fn new(kernel: &Kernel, path: &Path) -> Option<Self> {
        if simulation::network_of(kernel).is_some() {
            return None;
        }
        if fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
            drop(fs::remove_file(path)); // if it stays, binding will say so
        }
        Some(Self {
            path: path.to_owned(),
            made: Cell::new(None),
        })
    }

    pub(super) fn is_bound(&mut self) {
        self.made.set(self.identity().ok());
    }

    /// Removes the file, if it is still the server's.
    pub(super) fn is_removed(&self) {
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
