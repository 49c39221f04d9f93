//! A connection as its owner has it.

use std::{cell::Cell, io, net::Shutdown, rc::Rc};

use super::endpoint::Endpoint;
use crate::sockets::{Address, Source, Stream};

/// One end of a connection. Dropping it closes the end.
pub(super) struct SimulatedStream {
    end: Rc<Endpoint>,
    /// It changes nothing here: the network has latencies enough.
    nodelay: Cell<bool>,
}

impl SimulatedStream {
    pub(super) fn new(end: Rc<Endpoint>) -> Self {
        Self {
            end,
            nodelay: Cell::new(false),
        }
    }

    pub(super) fn end(&self) -> &Rc<Endpoint> {
        &self.end
    }
}

impl Drop for SimulatedStream {
    fn drop(&mut self) {
        self.end.closes();
    }
}

impl Stream for SimulatedStream {
    fn source(&self) -> &Rc<Source> {
        &self.end.source
    }

    fn try_connected(&self) -> io::Result<()> {
        self.end.try_connected()
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.end.try_read(buffer)
    }

    fn try_write(&self, data: &[u8]) -> io::Result<usize> {
        self.end.try_write(data)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.end.shutdown(how)
    }

    fn local_addr(&self) -> io::Result<Address> {
        Ok(self.end.local.clone())
    }

    fn peer_addr(&self) -> io::Result<Address> {
        Ok(self.end.peer.clone())
    }

    fn nodelay(&self) -> io::Result<bool> {
        Ok(self.nodelay.get())
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.nodelay.set(nodelay);
        Ok(())
    }
}
