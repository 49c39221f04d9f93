//! Bytes that are appended at one end and taken at the other.

use std::mem;

/// A queue of adjacent bytes, so that they can be searched and sent in one piece.
///
/// Taking from the front only moves `start`. What is before it is removed when more is appended and it is at least half of all,
/// so each byte is moved once on average.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    pub(super) fn extend(&mut self, data: &[u8]) {
        if self.start > 0 && self.start >= self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(data);
    }

    /// Puts bytes before all others.
    pub(super) fn prepend(&mut self, mut data: Vec<u8>) {
        data.extend_from_slice(self.bytes());
        *self = Self {
            bytes: data,
            start: 0,
        };
    }

    /// Takes at most `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        if count >= self.len() {
            return self.take_all();
        }
        let taken = self.bytes()[..count].to_vec();
        self.drop_front(count);
        taken
    }

    pub(super) fn take_all(&mut self) -> Vec<u8> {
        let start = mem::take(&mut self.start);
        let mut all = mem::take(&mut self.bytes);
        all.drain(..start);
        all
    }

    /// Drops at most `count` bytes.
    pub(super) fn drop_front(&mut self, count: usize) {
        self.start += count.min(self.len());
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the begin and the end of the first separator at or after `from`: the one that ends first, and the shortest of
    /// those. The separators are sorted by length.
    pub(super) fn find(&self, separators: &[Box<[u8]>], from: usize) -> Option<(usize, usize)> {
        let ends = separators.iter().filter_map(|separator| {
            let start = from + position(&self.bytes()[from..], separator)?;
            Some((start, start + separator.len()))
        });
        // Of several with the same end, this takes the first, which is the shortest.
        ends.min_by_key(|(_, end)| *end)
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, start: 0 }
    }
}

fn position(bytes: &[u8], separator: &[u8]) -> Option<usize> {
    let (first, rest) = separator.split_first()?;
    let mut from = 0;
    loop {
        let found = from + bytes[from..].iter().position(|byte| byte == first)?;
        if bytes[found + 1..].starts_with(rest) {
            return Some(found);
        }
        from = found + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in_whatever_is_taken_at_a_time() {
        let mut buffer = Buffer::default();
        let (mut put, mut got) = (Vec::new(), Vec::new());
        for n in 0..200_usize {
            let data: Vec<u8> = (0..n % 7).map(|i| (n + i) as u8).collect();
            buffer.extend(&data);
            put.extend(data);
            got.extend(buffer.take(n % 5));
            assert_eq!(buffer.bytes(), &put[got.len()..]);
        }
        got.extend(buffer.take_all());
        assert_eq!(got, put);
        assert!(buffer.is_empty());
    }

    #[test]
    fn what_was_taken_is_removed_once_it_is_half_of_all() {
        let mut buffer = Buffer::default();
        buffer.extend(&[0; 100]);
        buffer.drop_front(49);
        buffer.extend(&[1]);
        assert_eq!((buffer.start, buffer.bytes.len()), (49, 101)); // nothing is moved yet
        buffer.drop_front(2);
        buffer.extend(&[2]);
        assert_eq!((buffer.start, buffer.bytes.len()), (0, 51));
    }

    #[test]
    fn the_separator_that_ends_first_is_found() {
        let mut buffer = Buffer::default();
        buffer.extend(b"..abc;");
        let separators = |all: &[&[u8]]| all.iter().map(|one| Box::from(*one)).collect::<Vec<_>>();
        assert_eq!(buffer.find(&separators(&[b";", b"bc"]), 0), Some((3, 5)));
        assert_eq!(buffer.find(&separators(&[b"c", b"bc"]), 0), Some((4, 5)));
        assert_eq!(buffer.find(&separators(&[b";"]), 5), Some((5, 6)));
        assert_eq!(buffer.find(&separators(&[b";;"]), 0), None);
        assert_eq!(buffer.find(&separators(&[b"ab"]), 3), None);
        buffer.prepend(b"a;".to_vec());
        assert_eq!(buffer.find(&separators(&[b";"]), 0), Some((1, 2)));
    }
}
