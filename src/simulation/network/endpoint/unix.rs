//! Unix sockets: there is no way between their ends.
//!
//! What is sent changes the other end at once, so a read in the same turn sees it. Whoever waits for it learns of it at the next
//! look, as with the system's selector, and only if there is still something to learn.

use std::{io::ErrorKind, rc::Rc};

use super::{Endpoint, Phase, Segment, WINDOW};
use crate::sockets::Side;

impl Endpoint {
    pub(super) fn is_unix(&self) -> bool {
        self.route().is_none()
    }

    /// Tells the client at once, which can have waited for room in the backlog.
    pub(super) fn accepts(&self, client: &Rc<Self>) {
        client.state.borrow_mut().phase = Phase::Connected;
        self.tells(client, |client| {
            let has_room = client.state.borrow().used < WINDOW;
            if has_room {
                client.source.becomes_ready(Side::Write);
            }
        });
    }

    pub(super) fn hands_over(&self, segment: Segment) {
        let Some(other) = self.other() else {
            return;
        };
        let mut state = other.state.borrow_mut();
        match segment {
            Segment::Data(data) => state.arrived.extend(data),
            Segment::End => state.is_read_to_the_end = true,
            Segment::Accepted | Segment::Reset => unreachable!("only TCP sends them"),
        }
        drop(state);
        self.tells(&other, |other| {
            let state = other.state.borrow();
            let (is_over, has_data) = (state.is_over(), !state.arrived.is_empty());
            drop(state);
            if is_over {
                other.source.becomes_closed(Side::Read);
            } else if has_data {
                other.source.becomes_ready(Side::Read);
            }
        });
    }

    /// This end is dropped, or was never accepted. If it has unread bytes, that is a reset.
    pub(super) fn leaves(&self, has_unread: bool) {
        let Some(other) = self.other() else {
            return;
        };
        let mut state = other.state.borrow_mut();
        state.is_broken = true;
        if has_unread {
            state.failure = Some(ErrorKind::ConnectionReset);
        }
        drop(state);
        self.tells(&other, |other| {
            other.source.becomes_closed(Side::Read);
            other.source.becomes_closed(Side::Write);
        });
    }

    fn tells(&self, other: &Rc<Self>, learns: impl FnOnce(&Self) + 'static) {
        let other = Rc::downgrade(other);
        self.medium.sends(None, self.medium.now(), move || {
            if let Some(other) = other.upgrade() {
                learns(&other);
            }
        });
    }
}
