//! How a run is set up.

use std::{ops::Range, time::Duration};

use super::{
    choices::Choices,
    network::Conditions,
    run::{By, Setup},
    schedule::Schedule,
};
use crate::Exception;

/// A run of a program, to be made with a seed or a schedule.
///
/// ```
/// use std::time::Duration;
/// use tminus::{Exception, net::UdpSocket, simulation::Simulation};
///
/// async fn program() -> Result<usize, Exception> {
///     let receiver = UdpSocket::bind("127.0.0.1:53").await?;
///     let sender = UdpSocket::bind("127.0.0.2:0").await?;
///     sender.send_to(b"who is there?", "127.0.0.1:53").await?;
///     let (received, _) = receiver.recv_from(&mut [0; 64]).await?;
///     Ok(received)
/// }
///
/// let ms = Duration::from_millis;
/// let simulation = Simulation::new(7).latency(ms(5)..ms(20)).bandwidth(1 << 20).loss(false);
/// let (result, made) = simulation.clone().run(program());
/// assert_eq!(result?, 13);
///
/// let (again, same) = simulation.run(program());
/// assert_eq!((again?, same), (13, made)); // a seed always does the same
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation(pub(super) Setup);

impl Simulation {
    /// Creates a simulation whose choices are made by a seed.
    pub fn new(seed: u64) -> Self {
        Self::by(By::Seed(seed))
    }

    /// Creates a simulation that makes the choices of a schedule, and wherever that has no entry, the plain one.
    ///
    /// ```
    /// use tminus::{Exception, simulation::{self, Simulation}};
    ///
    /// let (result, _) = Simulation::replay("0:3".parse()?).run(async { simulation::choose(6) });
    /// assert_eq!(result?, 3);
    /// # Ok::<(), Exception>(())
    /// ```
    pub fn replay(schedule: Schedule) -> Self {
        Self::by(By::Schedule(schedule))
    }

    pub(super) fn by(by: By) -> Self {
        Self(Setup {
            by,
            conditions: Conditions {
                latency: Duration::from_millis(1)..Duration::from_millis(50),
                bandwidth: None,
                is_short: true,
                loses: true,
                duplicates: true,
                reorders: true,
            },
            most_turns: 1_000_000,
            is_logged: false,
        })
    }

    /// Sets how long what is sent is under way. At first this is 1 ms to 50 ms. If the range is empty, all latencies are its start.
    pub fn latency(mut self, latency: Range<Duration>) -> Self {
        self.0.conditions.latency = latency;
        self
    }

    /// Sets how many bytes per second can be sent in each direction of each connection, and from each UDP socket. At first there
    /// is no limit.
    ///
    /// # Panics
    ///
    /// - If `bytes_per_second` is 0.
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        assert!(
            bytes_per_second > 0,
            "a bandwidth of 0: nothing would ever arrive; use `simulation::Network::cut` for that"
        );
        self.0.conditions.bandwidth = Some(bytes_per_second);
        self
    }

    /// Sets whether a read or a write of a connection can handle fewer bytes than possible. By default it can: on a real
    /// network, too, a program cannot rely on reading a message in one piece.
    pub fn short_reads(mut self, can_be_short: bool) -> Self {
        self.0.conditions.is_short = can_be_short;
        self
    }

    /// Sets whether UDP datagrams can be lost. At first they can.
    pub fn loss(mut self, can_be_lost: bool) -> Self {
        self.0.conditions.loses = can_be_lost;
        self
    }

    /// Sets whether UDP datagrams can arrive twice. At first they can.
    pub fn duplication(mut self, can_arrive_twice: bool) -> Self {
        self.0.conditions.duplicates = can_arrive_twice;
        self
    }

    /// Sets whether a UDP datagram can arrive before one that was sent earlier by the same socket, because its latency is less.
    /// At first it can.
    pub fn reordering(mut self, can_overtake: bool) -> Self {
        self.0.conditions.reorders = can_overtake;
        self
    }

    /// Sets after how many turns of tasks a run ends with a `RuntimeError`. At first this is 1,000,000.
    ///
    /// A program that waits for what never comes, while another task sleeps again and again, is no deadlock. It would run
    /// forever.
    pub fn max_turns(mut self, turns: u64) -> Self {
        self.0.most_turns = turns;
        self
    }

    /// Runs a program on a new, simulated event loop, and returns its result and the choices that were made.
    ///
    /// As in [`EventLoop::run`](crate::EventLoop::run), tasks that remain are cancelled when the program has its result, and
    /// can clean up; then the loop is closed. The loop is [single-threaded](crate::EventLoop::set_single_threaded), and a
    /// [`Livelock`](crate::event_loop::Livelock) is an error.
    ///
    /// # Errors
    ///
    /// The result is an error in these cases:
    ///
    /// - What the program raises.
    /// - [`Deadlock`](crate::event_loop::Deadlock) if no task can ever run again.
    /// - [`Livelock`](crate::event_loop::Livelock) if tasks run on while the virtual clock stands still.
    /// - `RuntimeError` if the program needs more turns than [`max_turns`](Simulation::max_turns) allows.
    /// - [`Misfit`](super::Misfit) if a schedule does not fit the program. What the program raised is its cause.
    /// - `RuntimeError` if an event loop is already running on this thread.
    pub fn run<T, F>(self, program: F) -> (Result<T, Exception>, Choices)
    where
        T: Clone + 'static,
        F: IntoFuture<Output = Result<T, Exception>, IntoFuture: 'static>,
    {
        let outcome = self.0.run(program);
        let result = match (outcome.misfit, outcome.result) {
            (None, result) => result,
            (Some(misfit), Ok(_)) => Err(misfit.into()),
            (Some(misfit), Err(cause)) => Err(Exception::from(misfit).with_cause(cause)),
        };
        (result, outcome.choices)
    }
}
