//! What lies between two sockets: time, and chance.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    ops::Range,
    rc::Rc,
    time::Duration,
};

use crate::{
    clock::{Clock, VirtualClock},
    event_loop::{Party, outside::Chance},
    sockets::{Readiness, Source},
};

/// What the network is like.
#[derive(Clone, Debug)]
pub(in super::super) struct Conditions {
    pub(in super::super) latency: Range<Duration>,
    /// In bytes per second.
    pub(in super::super) bandwidth: Option<u64>,
    pub(in super::super) is_short: bool,
    pub(in super::super) loses: bool,
    pub(in super::super) duplicates: bool,
    pub(in super::super) reorders: bool,
}

/// From where to where something is sent. `None` within one host, by a Unix socket.
pub(super) type Route = Option<(IpAddr, IpAddr)>;

/// What is under way between sockets.
///
/// What is sent arrives when the loop looks outside, and never within the call that sends it: the sender's turn is over by
/// then.
pub(super) struct Medium {
    clock: VirtualClock,
    chance: Rc<dyn Chance>,
    pub(super) conditions: Conditions,
    readiness: Rc<Readiness>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// By the time of arrival, and then by the order of sending.
    under_way: BTreeMap<(Duration, u64), Packet>,
    sent: u64,
    /// Each pair with the smaller address first.
    cut: BTreeSet<(IpAddr, IpAddr)>,
    /// What has arrived at a cut, in order.
    held: Vec<Packet>,
    is_over: bool,
}

struct Packet {
    route: Route,
    /// Whether it waits at a cut instead of being lost.
    waits: bool,
    arrives: Box<dyn FnOnce()>,
}

/// The number of different latencies between the least and the greatest.
const LATENCIES: usize = 16;

impl Medium {
    pub(super) fn new(clock: VirtualClock, chance: Rc<dyn Chance>, conditions: Conditions) -> Self {
        Self {
            clock,
            chance,
            conditions,
            readiness: Rc::default(),
            state: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }

    pub(super) fn source(&self, party: Party) -> Rc<Source> {
        Source::new(party, self.readiness.clone())
    }

    /// The plain latency of a route.
    pub(super) fn least_latency(&self, route: Route) -> Duration {
        match route {
            Some(_) => self.conditions.latency.start,
            None => Duration::ZERO,
        }
    }

    /// A latency by chance.
    pub(super) fn latency(&self, route: Route) -> Duration {
        let Range { start, end } = self.conditions.latency;
        if route.is_none() || end <= start {
            return self.least_latency(route);
        }
        let chosen = self.chance.choose(LATENCIES, "latency");
        start + (end - start) * chosen as u32 / LATENCIES as u32
    }

    /// How long it takes until this many bytes have left. (Unix sockets do not ask: they have no way between their ends.)
    pub(super) fn transmission(&self, bytes: usize) -> Duration {
        let Some(bandwidth) = self.conditions.bandwidth else {
            return Duration::ZERO;
        };
        let nanos = bytes as u128 * 1_000_000_000 / u128::from(bandwidth);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Chooses how many of `count` bytes a read or a write handles: all of them, or fewer, as a system is free to do.
    pub(super) fn some(&self, count: usize, what: &'static str) -> usize {
        if count < 2 || !self.conditions.is_short {
            return count;
        }
        match self.chance.choose(3, what) {
            0 => count,
            1 => 1,
            _ => count / 2,
        }
    }

    /// Chooses one of `of` possible fates of a datagram. 0 means that it arrives.
    pub(super) fn fate(&self, of: usize) -> usize {
        self.chance.choose(of, "datagram")
    }

    /// Lets something arrive at `when`. If it is cut off then, it waits until the cut is over.
    pub(super) fn sends(&self, route: Route, when: Duration, arrives: impl FnOnce() + 'static) {
        self.enqueues(route, when, true, arrives);
    }

    /// Lets something arrive at `when`, unless it is cut off then.
    pub(super) fn sends_at_risk(
        &self,
        route: Route,
        when: Duration,
        arrives: impl FnOnce() + 'static,
    ) {
        self.enqueues(route, when, false, arrives);
    }

    fn enqueues(
        &self,
        route: Route,
        when: Duration,
        waits: bool,
        arrives: impl FnOnce() + 'static,
    ) {
        let packet = Packet {
            route,
            waits,
            arrives: Box::new(arrives),
        };
        self.state.borrow_mut().enqueues(when, packet);
    }

    /// Now, if a source that is watched is ready.
    pub(super) fn next_arrival(&self) -> Option<Duration> {
        if self.readiness.has_ready() {
            return Some(self.now());
        }
        let state = self.state.borrow();
        let next = state
            .under_way
            .first_key_value()
            .map(|((when, _), _)| *when);
        if next.is_none_or(|next| next > self.now()) {
            self.readiness.has_looked_in_vain();
        }
        next
    }

    /// Lets everything arrive that is due by now, and what that sends without delay.
    pub(super) fn look(&self, now: Duration) {
        while let Some(packet) = { self.state.borrow_mut().takes_due(now) } {
            (packet.arrives)();
        }
        self.readiness.calls_watchers();
    }

    pub(super) fn cut(&self, one: IpAddr, other: IpAddr) {
        self.state.borrow_mut().cut.insert(sorted(one, other));
    }

    /// What was held arrives at the next look, in its order.
    pub(super) fn join(&self, one: IpAddr, other: IpAddr) {
        let now = self.now();
        let mut state = self.state.borrow_mut();
        state.cut.remove(&sorted(one, other));
        for packet in std::mem::take(&mut state.held) {
            match state.is_cut(packet.route) {
                true => state.held.push(packet),
                false => state.enqueues(now, packet),
            }
        }
    }

    /// Nothing arrives from now on. Packets can hold what holds the network, so they are dropped here.
    pub(super) fn ends(&self) {
        let old = {
            let mut state = self.state.borrow_mut();
            state.is_over = true;
            let held = std::mem::take(&mut state.held);
            (std::mem::take(&mut state.under_way), held)
        };
        drop(old); // when the state is free
        self.readiness.forgets_watchers();
    }
}

impl State {
    fn enqueues(&mut self, when: Duration, packet: Packet) {
        if !self.is_over {
            self.sent += 1;
            self.under_way.insert((when, self.sent), packet);
        }
    }

    fn takes_due(&mut self, now: Duration) -> Option<Packet> {
        loop {
            let first = self.under_way.first_entry()?;
            if first.key().0 > now {
                return None;
            }
            let packet = first.remove();
            match self.is_cut(packet.route) {
                false => return Some(packet),
                true if packet.waits => self.held.push(packet),
                true => {} // it is lost
            }
        }
    }

    fn is_cut(&self, route: Route) -> bool {
        route.is_some_and(|(from, to)| self.cut.contains(&sorted(from, to)))
    }
}

fn sorted(one: IpAddr, other: IpAddr) -> (IpAddr, IpAddr) {
    (one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use super::{super::super::choices::Chooser, *};
    use crate::{EventLoop, Exception, event_loop::Callable, sockets::Side, yield_now};

    type Log = Rc<RefCell<Vec<&'static str>>>;

    /// Notes that it was called.
    struct Notes(&'static str, Log);

    impl Callable for Notes {
        fn call(&self) -> Option<Result<(), Exception>> {
            self.1.borrow_mut().push(self.0);
            None
        }
    }

    fn medium() -> Medium {
        let conditions = Conditions {
            latency: Duration::ZERO..Duration::ZERO,
            bandwidth: None,
            is_short: false,
            loses: false,
            duplicates: false,
            reorders: false,
        };
        let chance = Rc::new(Chooser::scheduled("".parse().unwrap()));
        Medium::new(VirtualClock::new(), chance, conditions)
    }

    /// As with the system's selector: a wait that finds nothing makes it forget the order before.
    #[test]
    fn after_a_wait_in_which_nothing_was_ready_watchers_are_called_in_a_new_order() {
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let program = async {
            let (medium, log) = (medium(), Log::default());
            let watched = |name: &'static str| {
                let source = medium.source(Party::Words(name.into()));
                source.is_exhausted(Side::Read);
                source.watch(Side::Read, Rc::new(Notes(name, log.clone())));
                source
            };
            let sources = [watched("one"), watched("other")];
            for source in &sources {
                source.becomes_ready(Side::Read);
            }
            medium.look(Duration::ZERO);
            yield_now().await?;
            assert_eq!(log.take(), ["one", "other"]);
            for source in &sources {
                source.is_exhausted(Side::Read);
            }
            let second = Duration::from_secs(1);
            medium.sends(None, second, || {});
            assert_eq!(medium.next_arrival(), Some(second)); // so the loop waits
            for source in sources.iter().rev() {
                source.becomes_ready(Side::Read);
            }
            medium.look(second);
            yield_now().await?;
            assert_eq!(log.take(), ["other", "one"]);
            medium.ends();
            Ok(())
        };
        event_loop.run(program).unwrap();
    }
}
