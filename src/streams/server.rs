//! Accepting streams.

#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, RefCell},
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    rc::{Rc, Weak},
};

use super::{DEFAULT_LIMIT, StreamReader, StreamWriter, open::begins, transport::Transport};
use crate::{
    Exception, Kind, LoopFuture, Task,
    event_loop::{Callable, FutureKind, Handle, Kernel, LineWords, Party, running},
    net::{self, Endpoint},
    sockets::{ACCEPT, Address, Listener, Side, Stream},
    spawn, yield_now,
};

const SERVER_CLOSED: LineWords = LineWords {
    kind: "close",
    words: "the end of the server at",
};

/// How many connections are accepted in one go.
const BACKLOG: usize = 100;

/// How long a server that has no descriptor left waits before it tries again.
const RETRY: std::time::Duration = std::time::Duration::from_secs(1);

type Connected =
    Rc<dyn Fn(StreamReader, StreamWriter) -> Pin<Box<dyn Future<Output = Result<(), Exception>>>>>;

/// A server of streams: Python's `asyncio.Server`. Clones are handles to the same server.
///
/// The server serves until it is [closed](Server::close), or its loop is. Dropping the handle changes nothing.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::{open_connection, start_server}};
///
/// let program = async {
///     let server = start_server(|_, writer| async move { writer.write("3") }, "127.0.0.1:0").await?;
///     assert!(server.is_serving());
///     let (reader, _writer) = open_connection(server.local_addrs()[0]).await?;
///     assert_eq!(reader.read_to_end().await?, b"3");
///     server.close();
///     assert!(!server.is_serving());
///     server.wait_closed().await
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone)]
pub struct Server(Rc<Inner>);

struct Inner {
    kernel: Weak<Kernel>,
    connected: Connected,
    limit: usize,
    /// Empty once it is closed.
    listeners: RefCell<Vec<Rc<dyn Listener>>>,
    party: Rc<Party>,
    is_closed: Cell<bool>,
    is_serving: Cell<bool>,
    clients: RefCell<Vec<Weak<Transport>>>,
    connections: Cell<usize>,
    /// Whoever waits for the end. `None` after it.
    waiters: RefCell<Option<Vec<LoopFuture<()>>>>,
    forever: RefCell<Option<LoopFuture<()>>>,
    own: Weak<Inner>,
    #[cfg(unix)]
    file: Option<super::unix_file::SocketFile>,
}

/// A server to be started, with its options. Awaiting it starts the server. [`start_server`](super::start_server) and, on Unix,
/// `start_unix_server` return one.
///
/// ```
/// use tminus::{Exception, simulation::Simulation, streams::start_server};
///
/// let program = async {
///     let server = start_server(|_, _| async { Ok(()) }, "127.0.0.1:0").limit(1024).start_serving(false);
///     let server = server.await?;
///     assert!(!server.is_serving());
///     server.start_serving().await
/// };
/// Simulation::new(1).run(program).0?;
/// # Ok::<(), Exception>(())
/// ```
#[must_use = "it does nothing unless it is awaited"]
pub struct StartServer {
    connected: Connected,
    at: At,
    limit: usize,
    serves: bool,
}

#[derive(Debug)]
enum At {
    Endpoint(Endpoint),
    #[cfg(unix)]
    Path(std::path::PathBuf),
}

impl fmt::Debug for StartServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartServer")
            .field("at", &self.at)
            .field("limit", &self.limit)
            .field("start_serving", &self.serves)
            .finish_non_exhaustive()
    }
}

impl StartServer {
    pub(super) fn new<F>(
        connected: impl Fn(StreamReader, StreamWriter) -> F + 'static,
        at: Endpoint,
    ) -> Self
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        Self::of(connected, At::Endpoint(at))
    }

    #[cfg(unix)]
    pub(super) fn at_path<F>(
        connected: impl Fn(StreamReader, StreamWriter) -> F + 'static,
        at: &std::path::Path,
    ) -> Self
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        Self::of(connected, At::Path(at.to_owned()))
    }

    fn of<F>(connected: impl Fn(StreamReader, StreamWriter) -> F + 'static, at: At) -> Self
    where
        F: Future<Output = Result<(), Exception>> + 'static,
    {
        Self {
            connected: Rc::new(move |reader, writer| Box::pin(connected(reader, writer))),
            at,
            limit: DEFAULT_LIMIT,
            serves: true,
        }
    }

    /// Sets the limit of each reader. It is [`DEFAULT_LIMIT`] at first.
    pub fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// Sets whether the server accepts connections immediately, as it does at first. Otherwise,
    /// [`Server::start_serving`] or [`Server::serve_forever`] begin.
    pub fn start_serving(self, serves: bool) -> Self {
        Self { serves, ..self }
    }

    async fn starts(self) -> Result<Server, Exception> {
        StreamReader::new(self.limit)?; // a limit of 0 is refused now, and not with each connection
        let kernel = running()?;
        #[cfg(unix)]
        let mut file = None;
        let addresses: Vec<Address> = match self.at {
            At::Endpoint(at) => {
                let all = at.resolve("listen at").await?;
                all.into_iter().map(Address::Ip).collect()
            }
            #[cfg(unix)]
            At::Path(path) => {
                file = Some(super::unix_file::SocketFile::new(&kernel, &path));
                vec![Address::Unix(Some(path))]
            }
        };
        let network = net::network()?;
        let mut listeners = Vec::new();
        for address in &addresses {
            let listener = network.listen(address);
            let listener =
                listener.map_err(|error| net::Error::new("listen at", address, error))?;
            listeners.push(Rc::from(listener));
        }
        #[cfg(unix)]
        if let Some(file) = &file {
            file.is_bound();
        }
        let server = Server(Rc::new_cyclic(|own| Inner {
            kernel: Rc::downgrade(&kernel),
            connected: self.connected,
            limit: self.limit,
            party: listeners.first().map_or_else(
                || Rc::new(Party::Words("nowhere".into())),
                |first: &Rc<dyn Listener>| first.source().party().clone(),
            ),
            listeners: RefCell::new(listeners),
            is_closed: Cell::default(),
            is_serving: Cell::default(),
            clients: RefCell::default(),
            connections: Cell::default(),
            waiters: RefCell::new(Some(Vec::new())),
            forever: RefCell::default(),
            own: own.clone(),
            #[cfg(unix)]
            file,
        }));
        if self.serves {
            server.start_serving().await?;
        }
        Ok(server)
    }
}

impl IntoFuture for StartServer {
    type Output = Result<Server, Exception>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.starts())
    }
}

impl Server {
    /// Begins to accept connections, unless it does so already.
    ///
    /// # Errors
    ///
    /// - `RuntimeError` if the server is closed.
    /// - `Cancelled` if the task is cancelled before its next turn.
    pub async fn start_serving(&self) -> Result<(), Exception> {
        self.0.serves()?;
        yield_now().await // as in asyncio, so that it is watched when this returns
    }

    /// Accepts connections until the task is cancelled. The server is closed then.
    ///
    /// # Errors
    ///
    /// - `Cancelled` when the task is cancelled, after the server and all its connections are closed; also if the server is
    ///   closed otherwise.
    /// - `RuntimeError` if the server is closed already, or another task awaits this.
    pub async fn serve_forever(&self) -> Result<(), Exception> {
        let inner = &self.0;
        if inner.forever.borrow().is_some() {
            return Err(Exception::new(
                Kind::RuntimeError,
                format!("server {self:?} is already being awaited on serve_forever()"),
            ));
        }
        inner.serves()?;
        let kind = FutureKind::Outside(&ACCEPT, inner.party.clone());
        let forever = LoopFuture::new_for(&running()?, kind);
        inner.forever.replace(Some(forever.clone()));
        let result = forever.await;
        inner.forever.take();
        if let Err(exception) = &result
            && exception.kind() == Kind::Cancelled
        {
            self.close();
            self.wait_closed().await?;
        }
        result
    }

    /// Stops accepting connections. Those that were accepted stay open.
    pub fn close(&self) {
        let inner = &self.0;
        if inner.is_closed.replace(true) {
            return;
        }
        let listeners = inner.listeners.take();
        for listener in &listeners {
            listener.source().unwatch(Side::Read);
        }
        drop(listeners);
        #[cfg(unix)]
        if let Some(file) = &inner.file {
            file.is_removed();
        }
        inner.is_serving.set(false);
        let forever = inner.forever.take();
        if let Some(forever) = forever {
            forever.cancel();
        }
        inner.may_be_over();
    }

    /// Closes the streams of all clients, each as soon as all is sent.
    pub fn close_clients(&self) {
        for transport in self.0.clients() {
            transport.close();
        }
    }

    /// Closes the streams of all clients now. What is not sent is dropped.
    pub fn abort_clients(&self) {
        for transport in self.0.clients() {
            transport.breaks(None);
        }
    }

    /// Waits until the server is closed, and all its connections are.
    ///
    /// # Errors
    ///
    /// - `Cancelled` if the task is cancelled while it waits.
    pub async fn wait_closed(&self) -> Result<(), Exception> {
        let kind = FutureKind::Outside(&SERVER_CLOSED, self.0.party.clone());
        let waiter = match &mut *self.0.waiters.borrow_mut() {
            None => return Ok(()),
            Some(waiters) => {
                let waiter = LoopFuture::new_for(&running()?, kind);
                waiters.push(waiter.clone());
                waiter
            }
        };
        waiter.await
    }

    /// Returns `true` if it accepts connections.
    pub fn is_serving(&self) -> bool {
        self.0.is_serving.get()
    }

    /// Returns the addresses at which it listens, which are none if it is closed. A Unix socket is not among them.
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        let listeners = self.0.listeners.borrow();
        let addresses = listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok());
        addresses
            .filter_map(|address| match address {
                Address::Ip(address) => Some(address),
                Address::Unix(_) => None,
            })
            .collect()
    }
}

/// Called when a connection has arrived. It holds the server, but not the listener: a call can still be on its way when that is
/// closed.
struct Accepts {
    server: Rc<Inner>,
    listener: Weak<dyn Listener>,
}

impl Callable for Accepts {
    fn call(&self) -> Option<Result<(), Exception>> {
        let listener = self.listener.upgrade()?;
        Some(self.server.accepts(&listener))
    }
}

impl Inner {
    fn serves(&self) -> Result<(), Exception> {
        if self.is_closed.get() {
            return Err(Exception::new(
                Kind::RuntimeError,
                format!("server at {} is closed", self.party),
            ));
        }
        if !self.is_serving.replace(true) {
            for listener in self.listeners.borrow().iter() {
                self.watches(listener);
            }
        }
        Ok(())
    }

    fn watches(&self, listener: &Rc<dyn Listener>) {
        if let Some(server) = self.own.upgrade() {
            let accepts = Accepts {
                server,
                listener: Rc::downgrade(listener),
            };
            listener.source().watch(Side::Read, Rc::new(accepts));
        }
    }

    /// Accepts what has arrived: each connection begins in a task of its own.
    fn accepts(&self, listener: &Rc<dyn Listener>) -> Result<(), Exception> {
        for _ in 0..BACKLOG {
            if self.is_closed.get() {
                return Ok(());
            }
            match listener.try_accept() {
                Ok((socket, _)) => {
                    let server = self.own.upgrade();
                    spawn(async move {
                        match server {
                            Some(server) => server.connects(socket).await,
                            None => Ok(()),
                        }
                    })?;
                }
                Err(error) => return self.has_not_accepted(listener, error),
            }
        }
        Ok(())
    }

    fn has_not_accepted(
        &self,
        listener: &Rc<dyn Listener>,
        error: io::Error,
    ) -> Result<(), Exception> {
        match error.kind() {
            io::ErrorKind::WouldBlock => listener.source().is_exhausted(Side::Read),
            io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
            // As long as there are no descriptors, each round would report the same.
            _ => {
                listener.source().unwatch(Side::Read);
                let (server, again) = (self.own.clone(), Rc::downgrade(listener));
                let kernel = running()?;
                Handle::at(&kernel, kernel.now() + RETRY, move || {
                    if let (Some(server), Some(again)) = (server.upgrade(), again.upgrade()) {
                        server.watches(&again);
                    }
                });
                return Err(net::Error::new("accept at", &self.party, error).into());
            }
        }
        Ok(())
    }

    /// The task in which a connection begins. As in asyncio, what fails here ends the connection and nothing else.
    async fn connects(self: Rc<Self>, socket: Rc<dyn Stream>) -> Result<(), Exception> {
        let kernel = running()?;
        let reader = StreamReader::new(self.limit)?;
        let transport = Transport::new(&kernel, socket, &reader);
        self.attaches(&transport);
        let (server, made) = (self.clone(), transport.clone());
        let made = move || {
            made.is_made();
            server.has_client(&made);
        };
        drop(begins(&kernel, &transport, made).await);
        Ok(())
    }

    fn attaches(&self, transport: &Rc<Transport>) {
        self.connections.set(self.connections.get() + 1);
        let mut clients = self.clients.borrow_mut();
        clients.retain(|client| client.strong_count() > 0);
        clients.push(Rc::downgrade(transport));
        let own = self.own.clone();
        transport.set_owner(move || {
            if let Some(server) = own.upgrade() {
                server.connections.set(server.connections.get() - 1);
                server.may_be_over();
            }
        });
    }

    /// The connection is there: its handler begins, as a task.
    fn has_client(&self, transport: &Rc<Transport>) {
        let writer = StreamWriter::new(transport.clone());
        let handler = (self.connected)(transport.reader().clone(), writer);
        let task: Result<Task<()>, _> = spawn(handler);
        let Ok(task) = task else {
            return; // the loop is closed
        };
        let (kernel, transport) = (self.kernel.clone(), transport.clone());
        task.as_future().add_done_callback(move |task| {
            let Err(exception) = task.result() else {
                return;
            };
            if exception.kind() != Kind::Cancelled
                && let Some(kernel) = kernel.upgrade()
            {
                kernel.reports(
                    "Unhandled exception in client_connected_cb",
                    &exception,
                    None,
                );
            }
            transport.close();
        });
    }

    fn clients(&self) -> Vec<Rc<Transport>> {
        let clients = self.clients.borrow();
        clients.iter().filter_map(Weak::upgrade).collect()
    }

    /// Wakes whoever waits for the end, if this is it.
    fn may_be_over(&self) {
        if self.is_closed.get()
            && self.connections.get() == 0
            && let Some(waiters) = self.waiters.take()
        {
            for waiter in waiters {
                drop(waiter.set_result(())); // or its task is cancelled
            }
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("local_addrs", &self.local_addrs())
            .field("serving", &self.is_serving())
            .field("connections", &self.0.connections.get())
            .finish()
    }
}
