//! Those who wait, one behind the other.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use crate::{
    Exception,
    event_loop::{Reason, Signal, Waits, running},
};

/// Those who wait, in the order of coming.
#[derive(Default)]
pub(super) struct Line {
    places: RefCell<Places>,
}

#[derive(Default)]
struct Places {
    /// By number. A place that was left stays, and is empty, as long as there are places before and behind it.
    line: VecDeque<(u64, Option<Rc<Signal>>)>,
    empty: usize,
    next: u64,
    /// How many places at the front are not asleep. (A woken one keeps the place until it runs, and is not to be looked
    /// at again.)
    awake: usize,
}

/// Fewer empty places than this are not worth a clean-up.
const FEW: usize = 32;

impl Line {
    /// Wakes the first one who has not been woken. False where there is none.
    pub(super) fn wake_next(&self) -> bool {
        let next = self.places.borrow_mut().next_asleep();
        next.is_some_and(|signal| signal.give())
    }

    /// Wakes the first one, if that one is still asleep.
    pub(super) fn wake_first(&self) {
        if let Some(first) = self.first_that(|_| true) {
            first.give(); // or it is awake already
        }
    }

    /// Wakes all.
    pub(super) fn wake_all(&self) {
        while self.wake_next() {}
    }

    /// Wakes as many, the first ones.
    pub(super) fn wake(&self, count: usize) {
        for _ in 0..count {
            if !self.wake_next() {
                break;
            }
        }
    }

    /// Whether somebody waits who has not been cancelled.
    pub(super) fn is_waited_in(&self) -> bool {
        self.first_that(|signal| !signal.is_cancelled()).is_some()
    }

    fn join(&self, woken: Rc<Signal>) -> u64 {
        let mut places = self.places.borrow_mut();
        let number = places.next;
        places.next += 1;
        places.line.push_back((number, Some(woken)));
        number
    }

    fn leave(&self, number: u64) {
        let left = self.places.borrow_mut().leave(number);
        drop(left); // when the line is free
    }

    fn first_that(&self, fits: impl Fn(&Rc<Signal>) -> bool) -> Option<Rc<Signal>> {
        let places = self.places.borrow();
        let mut waiting = places.line.iter().filter_map(|(_, place)| place.as_ref());
        waiting.find(|signal| fits(signal)).cloned()
    }
}

impl Places {
    /// The first one who is asleep, and is about to be woken.
    fn next_asleep(&mut self) -> Option<Rc<Signal>> {
        while let Some((_, place)) = self.line.get(self.awake) {
            self.awake += 1;
            if let Some(asleep) = place.as_ref().filter(|signal| !signal.is_done()) {
                return Some(asleep.clone());
            }
        }
        None
    }

    fn leave(&mut self, number: u64) -> Option<Rc<Signal>> {
        let place = match self.line.front() {
            Some((first, _)) if *first == number => 0, // as a rule
            _ => self
                .line
                .binary_search_by_key(&number, |(number, _)| *number)
                .ok()?,
        };
        let left = self.line[place].1.take()?;
        self.empty += 1;
        while let Some((_, None)) = self.line.front() {
            self.line.pop_front();
            self.empty -= 1;
            self.awake = self.awake.saturating_sub(1);
        }
        while let Some((_, None)) = self.line.back() {
            self.line.pop_back();
            self.empty -= 1;
        }
        self.awake = self.awake.min(self.line.len());
        if self.empty > FEW && self.empty > self.line.len() / 2 {
            self.clear_of_empty_places();
        }
        Some(left)
    }

    fn clear_of_empty_places(&mut self) {
        let awake = self.line.range(..self.awake);
        self.awake = awake.filter(|(_, place)| place.is_some()).count();
        self.line.retain(|(_, place)| place.is_some());
        self.empty = 0;
    }
}

/// What has a line of those who wait for it.
pub(super) trait Waited {
    fn line(&self) -> &Line;

    /// One has left the line unserved: it was cancelled, or what it awaited is dropped. Where it was woken before, the turn
    /// was its own, and is to be passed on.
    fn gave_up(&self, woken: bool);
}

/// Waits at the end of the line until woken.
pub(super) async fn wait_in_line<W: Waited>(waited: &W, reason: Reason) -> Result<(), Exception> {
    running()?;
    let woken = Signal::new(reason);
    let mut place = Place {
        waited,
        number: waited.line().join(woken.clone()),
        woken: Waits(woken),
        served: false,
    };
    (&mut place.woken).await?;
    place.served = true;
    Ok(())
}

struct Place<'a, W: Waited> {
    waited: &'a W,
    number: u64,
    woken: Waits,
    served: bool,
}

impl<W: Waited> Drop for Place<'_, W> {
    fn drop(&mut self) {
        self.waited.line().leave(self.number);
        if !self.served {
            self.waited.gave_up(self.woken.0.is_given());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn waits() -> Rc<Signal> {
        Signal::new(Reason::Foreign)
    }

    /// Random comings, wakings and leavings, beside a sorted map.
    #[test]
    fn the_first_who_is_asleep_is_woken_whoever_has_left() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % below as u64).unwrap()
        };
        for round in 0..40 {
            let (line, mut model) = (Line::default(), BTreeMap::new());
            for _ in 0..2_000 {
                match next(8) {
                    0..3 => {
                        let signal = waits();
                        model.insert(line.join(signal.clone()), signal);
                    }
                    3 => {
                        let asleep = model.values().find(|signal| !signal.is_done()).cloned();
                        assert_eq!(line.wake_next(), asleep.is_some());
                        assert!(asleep.is_none_or(|signal| signal.is_given()));
                    }
                    // Now more leave at the front, now more in the middle.
                    _ if !model.is_empty() => {
                        let place = next(model.len()).min(if round % 2 == 0 { 3 } else { 1_000 });
                        let number = *model.keys().nth(place).unwrap();
                        line.leave(number);
                        line.leave(number); // once more changes nothing
                        model.remove(&number);
                    }
                    _ => {}
                }
                let places = line.places.borrow();
                let taken = places.line.iter().filter(|(_, place)| place.is_some());
                assert!(taken.map(|(number, _)| number).eq(model.keys()));
                assert_eq!(places.line.len(), model.len() + places.empty);
            }
        }
    }

    #[test]
    fn those_who_come_and_go_behind_one_who_stays_leave_nothing() {
        let line = Line::default();
        line.join(waits());
        let mut last = line.join(waits());
        for _ in 0..10_000 {
            let newer = line.join(waits());
            line.leave(last);
            last = newer;
            assert!(line.places.borrow().line.len() <= 2 * FEW + 4);
        }
    }
}
