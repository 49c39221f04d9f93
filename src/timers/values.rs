//! The values of timers, whatever order they are due in.

use super::TimerId;

/// Each in the slot that its entry names.
#[derive(Debug)]
pub(super) struct Values<T> {
    slots: Vec<Slot<T>>,
    /// The slots that no entry names.
    free: Vec<u32>,
    /// How many entries name a slot without a value.
    tombstones: usize,
    /// How many timers were ever set.
    set: u64,
}

#[derive(Debug)]
struct Slot<T> {
    /// The serial number of the timer that has the slot, or had it last.
    serial: u64,
    value: Option<T>,
}

impl<T> Values<T> {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            tombstones: 0,
            set: 0,
        }
    }

    /// How many timers are set.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len() - self.tombstones
    }

    pub(super) fn tombstones(&self) -> usize {
        self.tombstones
    }

    /// How many slots there are, whether or not they are in use.
    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn put(&mut self, value: T) -> TimerId {
        let serial = self.set;
        let value = Some(value);
        self.set += 1;
        let taken = Slot { serial, value };
        let Some(slot) = self.free.pop() else {
            self.slots.push(taken);
            let slot = u32::try_from(self.slots.len() - 1);
            let slot = slot.expect("fewer than 2^32 timers fit into memory");
            return TimerId { serial, slot };
        };
        self.slots[slot as usize] = taken;
        TimerId { serial, slot }
    }

    /// Takes a value out, and leaves a tombstone.
    pub(super) fn cancel(&mut self, id: TimerId) -> Option<T> {
        let slot = self.slots.get_mut(id.slot as usize)?;
        let value = slot.value.take_if(|_| slot.serial == id.serial)?;
        self.tombstones += 1;
        Some(value)
    }

    /// Takes a value out. Its entry is gone.
    pub(super) fn take(&mut self, slot: u32) -> Option<T> {
        self.free.push(slot);
        self.slots[slot as usize].value.take()
    }

    /// Whether the timer is set. Otherwise its entry has to go.
    #[inline]
    pub(super) fn stays(&mut self, slot: u32) -> bool {
        let stays = self.slots[slot as usize].value.is_some();
        if !stays {
            self.bury(slot);
        }
        stays
    }

    /// The entry of a tombstone goes.
    pub(super) fn bury(&mut self, slot: u32) {
        self.tombstones -= 1;
        self.free.push(slot);
    }
}
