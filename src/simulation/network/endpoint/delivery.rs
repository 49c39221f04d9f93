//! What an end sends when it ends, and what arrives at it.

use std::{io::ErrorKind, rc::Weak};

use super::{Endpoint, Phase, Segment};
use crate::sockets::Side;

impl Endpoint {
    /// Its owner drops it.
    pub(in super::super) fn closes(&self) {
        let state = self.state.borrow();
        if state.phase != Phase::Connected || state.is_broken {
            return;
        }
        if self.is_unix() {
            let has_unread = !state.arrived.is_empty();
            drop(state);
            return self.leaves(has_unread);
        }
        let last = match (state.arrived.is_empty(), state.is_shut) {
            (false, _) => Segment::Reset,
            (true, false) => Segment::End,
            (true, true) => return,
        };
        drop(state);
        self.transmits(last);
    }

    /// Nobody has accepted it: a reset instead of an end.
    pub(in super::super) fn aborts(&self) {
        if self.is_unix() {
            return self.leaves(true);
        }
        self.transmits(Segment::Reset);
        self.breaks(ErrorKind::ConnectionAborted);
    }

    /// Nobody listens at the address to which it connects: it learns of that after the way back.
    pub(in super::super) fn refuses(&self) {
        let back = self.route().map(|(from, to)| (to, from));
        let when = self.medium.now() + self.medium.latency(back);
        let own = self.own.clone();
        self.medium.sends(back, when, move || {
            if let Some(client) = own.upgrade() {
                client.breaks(ErrorKind::ConnectionRefused);
            }
        });
    }

    /// Sends something after all that was sent before.
    pub(super) fn transmits(&self, segment: Segment) {
        if self.is_unix() {
            return self.hands_over(segment);
        }
        let Some(other) = self.other.get().cloned() else {
            return;
        };
        let (route, mut state) = (self.route(), self.state.borrow_mut());
        let bytes = match &segment {
            Segment::Data(data) => data.len(),
            Segment::Accepted | Segment::End | Segment::Reset => 0,
        };
        let starts = self.medium.now().max(state.free_at);
        state.free_at = starts + self.medium.transmission(bytes);
        let when = state.free_at + self.medium.latency(route);
        state.last_arrival = state.last_arrival.max(when);
        let when = state.last_arrival;
        drop(state);
        let own = self.own.clone();
        self.medium
            .sends(route, when, move || match other.upgrade() {
                Some(other) => other.receives(segment),
                None => unread(segment, &own),
            });
    }

    fn receives(&self, segment: Segment) {
        let mut state = self.state.borrow_mut();
        if state.is_broken {
            return;
        }
        match segment {
            Segment::Accepted => {
                state.phase = Phase::Connected;
                drop(state);
                self.source.becomes_ready(Side::Write);
                self.source.becomes_ready(Side::Read);
            }
            Segment::Data(data) => {
                state.arrived.extend(data);
                drop(state);
                self.source.becomes_ready(Side::Read);
            }
            Segment::End => {
                state.is_read_to_the_end = true;
                drop(state);
                self.source.becomes_closed(Side::Read);
            }
            Segment::Reset => {
                let kind = match state.is_read_to_the_end {
                    true => ErrorKind::BrokenPipe,
                    false => ErrorKind::ConnectionReset,
                };
                drop(state);
                self.breaks(kind);
            }
        }
    }

    /// The connection is broken: the next operation fails with `kind`.
    pub(in super::super) fn breaks(&self, kind: ErrorKind) {
        let mut state = self.state.borrow_mut();
        if state.is_broken {
            return;
        }
        match state.phase {
            Phase::Connecting => state.phase = Phase::Refused(kind),
            Phase::Connected => state.failure = Some(kind),
            Phase::Refused(_) => {}
        }
        state.is_broken = true;
        drop(state);
        self.source.becomes_closed(Side::Read);
        self.source.becomes_closed(Side::Write);
    }

    /// Breaks both ends now.
    pub(in super::super) fn resets(&self) {
        self.breaks(ErrorKind::ConnectionReset);
        if let Some(other) = self.other() {
            other.breaks(ErrorKind::ConnectionReset);
        }
    }
}

/// Something has arrived at an end that was dropped. If it wants an answer, that is a reset.
fn unread(segment: Segment, sender: &Weak<Endpoint>) {
    let wants_answer = match segment {
        Segment::Accepted | Segment::Data(_) => true,
        Segment::End | Segment::Reset => false,
    };
    if let Some(end) = sender.upgrade().filter(|_| wants_answer) {
        let back = end.route().map(|(from, to)| (to, from));
        let when = end.medium.now() + end.medium.least_latency(back);
        let sender = sender.clone();
        end.medium.sends(back, when, move || {
            if let Some(end) = sender.upgrade() {
                end.receives(Segment::Reset);
            }
        });
    }
}
