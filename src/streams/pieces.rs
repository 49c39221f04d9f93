//! Bytes as they arrived: in pieces, which are handed on as they are if that is possible.

use std::{collections::VecDeque, mem};

use super::buffer::Buffer;

/// A queue of bytes that takes and hands on whole vectors.
///
/// # Invariant
///
/// - `first` is empty only if `rest` is.
/// - No piece of `rest` is empty, and `rest_len` is the sum of their lengths.
///
/// Searching joins all pieces into one. Taking joins only the pieces from which it takes.
#[derive(Default)]
pub(super) struct Pieces {
    first: Buffer,
    rest: VecDeque<Vec<u8>>,
    rest_len: usize,
}

impl Pieces {
    pub(super) fn len(&self) -> usize {
        self.first.len() + self.rest_len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a copy of `data`.
    pub(super) fn extend(&mut self, data: &[u8]) {
        match self.rest.back_mut() {
            None => self.first.extend(data),
            Some(last) => {
                last.extend_from_slice(data);
                self.rest_len += data.len();
            }
        }
    }

    /// Appends `data` without copying it.
    pub(super) fn push(&mut self, data: Vec<u8>) {
        if self.first.is_empty() {
            self.first = data.into();
        } else if !data.is_empty() {
            self.rest_len += data.len();
            self.rest.push_back(data);
        }
    }

    /// Puts bytes before all others.
    pub(super) fn prepend(&mut self, data: Vec<u8>) {
        self.joins();
        self.first.prepend(data);
    }

    /// Returns all bytes, side by side.
    pub(super) fn bytes(&mut self) -> &[u8] {
        self.joins();
        self.first.bytes()
    }

    fn joins(&mut self) {
        for piece in self.rest.drain(..) {
            self.first.extend(&piece);
        }
        self.rest_len = 0;
    }

    /// The next piece becomes the first one, if that is used up.
    fn advances(&mut self) {
        if self.first.is_empty()
            && let Some(next) = self.rest.pop_front()
        {
            self.rest_len -= next.len();
            self.first = next.into();
        }
    }

    /// Takes at most `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        let count = count.min(self.len());
        let mut taken = self.first.take(count);
        taken.reserve_exact(count - taken.len());
        self.advances();
        while taken.len() < count && !self.is_empty() {
            let more = self.first.bytes();
            let more = &more[..more.len().min(count - taken.len())];
            taken.extend_from_slice(more);
            let more = more.len();
            self.first.drop_front(more);
            self.advances();
        }
        taken
    }

    pub(super) fn take_all(&mut self) -> Vec<u8> {
        self.take(self.len())
    }

    /// Drops at most `count` bytes.
    pub(super) fn drop_front(&mut self, count: usize) {
        self.joins();
        self.first.drop_front(count);
    }

    pub(super) fn clear(&mut self) {
        drop(mem::take(self));
    }

    /// Returns the begin and the end of the first separator at or after `from`, as [`Buffer::find`] does.
    pub(super) fn find(&mut self, separators: &[Box<[u8]>], from: usize) -> Option<(usize, usize)> {
        self.joins();
        self.first.find(separators, from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in_copied_or_not() {
        let mut pieces = Pieces::default();
        let (mut put, mut got) = (Vec::<u8>::new(), Vec::new());
        for n in 0..400_usize {
            let data: Vec<u8> = (0..n % 7).map(|i| (n + i) as u8).collect();
            put.extend(&data);
            match n % 3 {
                0 => pieces.extend(&data),
                _ => pieces.push(data),
            }
            got.extend(pieces.take(n % 6));
            assert_eq!(pieces.len(), put.len() - got.len());
            if n % 50 == 0 {
                assert_eq!(pieces.bytes(), &put[got.len()..]);
            }
        }
        got.extend(pieces.take_all());
        assert_eq!(got, put);
        assert!(pieces.is_empty());
    }

    #[test]
    fn a_piece_that_is_taken_whole_is_not_copied() {
        let mut pieces = Pieces::default();
        let (first, second) = (vec![1; 100], vec![2; 100]);
        let places = [first.as_ptr(), second.as_ptr()];
        pieces.push(first);
        pieces.push(second);
        let (first, second) = (pieces.take(100), pieces.take(100));
        assert_eq!([first.as_ptr(), second.as_ptr()], places);
    }

    #[test]
    fn a_separator_can_lie_in_two_pieces() {
        let mut pieces = Pieces::default();
        pieces.push(b"one\r".to_vec());
        pieces.push(b"\ntwo".to_vec());
        let crlf = [Box::from(&b"\r\n"[..])];
        assert_eq!(pieces.find(&crlf, 0), Some((3, 5)));
        pieces.drop_front(5);
        assert_eq!(pieces.take(usize::MAX), b"two");
    }

    #[test]
    fn a_single_byte_does_not_take_more_of_the_next_piece_than_is_asked_for() {
        let mut pieces = Pieces::default();
        pieces.push(vec![1]);
        pieces.push(vec![2, 3, 4, 5]);
        assert_eq!(pieces.take(3), [1, 2, 3]);
        assert_eq!(pieces.take_all(), [4, 5]);
    }
}
