//! The places in the wheel: how a deadline names a bucket, and which buckets have timers.

use super::Moment;

/// The bits of a deadline that name a bucket of a level.
///
/// Six bits, with more and narrower levels, were measured too: then a million timers move twice through memory that is not
/// in the cache, instead of once.
const BITS: u32 = 8;
pub(super) const SLOTS: usize = 1 << BITS;
pub(super) const LEVELS: usize = (Moment::BITS / BITS) as usize;
pub(super) const BUCKETS: usize = SLOTS * LEVELS;
const WORDS: usize = BUCKETS / 64;

/// The number of a bucket. The levels are numbered one after the other, from the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(pub(super) usize);

impl Place {
    /// Returns the place of a deadline, which must not be before `elapsed`.
    #[inline]
    pub(super) fn of(deadline: Moment, elapsed: Moment) -> Self {
        let differs = (deadline ^ elapsed) | 1; // if they are equal, the level is 0
        let level = differs.ilog2() / BITS;
        let slot = (deadline >> (level * BITS)) as usize % SLOTS;
        Self(level as usize * SLOTS + slot)
    }

    #[inline]
    pub(super) fn level(self) -> u32 {
        (self.0 / SLOTS) as u32
    }

    /// Returns the first moment of the bucket.
    pub(super) fn start(self, elapsed: Moment) -> Moment {
        let shift = self.level() * BITS;
        let slot = (self.0 % SLOTS) as Moment;
        // The bytes above are those of `elapsed`. Above the last level there are none.
        let above = Moment::MAX.checked_shl(shift + BITS).unwrap_or(0);
        (elapsed & above) | (slot << shift)
    }
}

/// The set of the buckets that have timers.
#[derive(Default)]
pub(super) struct Occupied {
    /// One bit for each bucket.
    buckets: [u64; WORDS],
    /// One bit for each word of `buckets` that is not 0, so that the first one is found without a loop.
    words: u32,
}

const _: () = assert!(WORDS == u32::BITS as usize);

impl Occupied {
    #[inline]
    pub(super) fn insert(&mut self, Place(place): Place) {
        self.buckets[place / 64] |= 1 << (place % 64);
        self.words |= 1 << (place / 64);
    }

    #[inline]
    pub(super) fn remove(&mut self, Place(place): Place) {
        let word = &mut self.buckets[place / 64];
        *word &= !(1 << (place % 64));
        if *word == 0 {
            self.words &= !(1 << (place / 64));
        }
    }

    /// Returns the first bucket of the lowest level that has any.
    #[inline]
    pub(super) fn first(&self) -> Option<Place> {
        let word = self.words.trailing_zeros() as usize; // 32 if no bucket is occupied
        let buckets = self.buckets.get(word)?;
        Some(Place(word * 64 + buckets.trailing_zeros() as usize))
    }
}

#[cfg(test)]
impl Occupied {
    /// Returns `true` if the bucket is in the set. The words agree with the buckets.
    pub(super) fn contains(&self, Place(place): Place) -> bool {
        let word = self.buckets[place / 64];
        assert_eq!(self.words >> (place / 64) & 1 == 1, word != 0);
        word >> (place % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_highest_byte_in_which_a_deadline_differs() {
        assert_eq!(Place::of(0x1234, 0x1234), Place(0x34));
        assert_eq!(Place::of(0x1235, 0x1234), Place(0x35));
        assert_eq!(Place::of(0x1334, 0x1234), Place(SLOTS + 0x13));
        assert_eq!(Place::of(Moment::MAX, 0), Place(BUCKETS - 1));
    }

    #[test]
    fn a_bucket_starts_with_the_bytes_above_and_zeros_below() {
        let elapsed = 0x5678_1234;
        let start = |deadline| Place::of(deadline, elapsed).start(elapsed);
        assert_eq!(start(0x5678_1236), 0x5678_1236);
        assert_eq!(start(0x5678_7777), 0x5678_7700);
        assert_eq!(start(0x7777_7777), 0x7700_0000);
        assert_eq!(start(Moment::MAX), 0xff << 56);
    }

    #[test]
    fn the_first_occupied_bucket_is_found_in_any_word() {
        let mut occupied = Occupied::default();
        let places = [0, 63, 64, 500, BUCKETS - 1].map(Place);
        for place in places.into_iter().rev() {
            occupied.insert(place);
            assert_eq!(occupied.first(), Some(place));
        }
        for place in places {
            assert_eq!(occupied.first(), Some(place));
            occupied.remove(place);
        }
        assert_eq!(occupied.first(), None);
    }
}
