//! The arrivals of a signal, as something that the selector watches.

use std::{
    ffi::c_int,
    io::{self, Read},
    os::unix::net::UnixStream as StdStream,
    rc::Rc,
};

use mio::{Interest, net::UnixStream};
use signal_hook::{SigId, low_level};

use crate::{
    event_loop::{Callable, Party},
    sockets::{Registered, Selector, Side},
};

/// A pipe into which a signal writes a byte for each of its arrivals.
///
/// A signal handler can do no more than that, and the selector watches the other end like a socket.
pub(crate) struct Arrivals {
    pipe: Registered<UnixStream>,
    writes: SigId,
}

impl Arrivals {
    pub(crate) fn new(selector: &Rc<Selector>, signal: c_int) -> io::Result<Self> {
        let (read, write) = StdStream::pair()?;
        read.set_nonblocking(true)?;
        let party = match low_level::signal_name(signal) {
            Some(name) => name.into(),
            None => format!("signal {signal}").into(),
        };
        let read = UnixStream::from_std(read);
        let pipe = selector.register(read, Interest::READABLE, Party::Words(party))?;
        let writes = low_level::pipe::register(signal, write)?;
        Ok(Self { pipe, writes })
    }

    /// Calls `watcher` in a round after something has arrived.
    pub(crate) fn watch(&self, watcher: Rc<dyn Callable>) {
        self.pipe.source.watch(Side::Read, watcher);
    }

    pub(crate) fn unwatch(&self) {
        self.pipe.source.unwatch(Side::Read);
    }

    /// Returns how many there were since the last call.
    pub(crate) fn take(&self) -> usize {
        let (mut arrivals, mut bytes) = (0, [0; 64]);
        loop {
            match self.pipe.io().read(&mut bytes) {
                Ok(count) if count > 0 => arrivals += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    self.pipe.source.is_exhausted(Side::Read);
                    return arrivals;
                }
            }
        }
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        self.unwatch();
        low_level::unregister(self.writes);
    }
}
