//! The separators that [`readuntil`](super::StreamReader::readuntil) looks for.

use crate::{Exception, Kind};

/// One separator, or several of which any will do: `b"\n"`, `"\r\n"`, `[&b";"[..], b"\n"]`.
///
/// [`readuntil`](super::StreamReader::readuntil) accepts everything that converts into `Separators`.
///
/// ```
/// use tminus::{Exception, run, streams::{Separators, StreamReader}};
///
/// let lines = run(async {
///     let reader = StreamReader::new(1024)?;
///     reader.feed_data(b"3\r\n2\n")?;
///     let ends = Separators::from([&b"\r\n"[..], b"\n"]);
///     Ok((reader.readuntil(ends.clone()).await?, reader.readuntil(ends).await?))
/// })?;
/// assert_eq!(lines, (b"3\r\n".to_vec(), b"2\n".to_vec()));
/// # Ok::<(), Exception>(())
/// ```
#[derive(Clone, Debug)]
pub struct Separators(Vec<Box<[u8]>>);

impl Separators {
    fn of<T: AsRef<[u8]>>(all: &[T]) -> Self {
        let mut all: Vec<Box<[u8]>> = all.iter().map(|one| one.as_ref().into()).collect();
        all.sort_by_key(|one| one.len());
        Self(all)
    }

    /// The shortest first.
    pub(super) fn all(&self) -> &[Box<[u8]>] {
        &self.0
    }

    /// The lengths of the shortest and the longest.
    pub(super) fn lengths(&self) -> Result<(usize, usize), Exception> {
        let error = |text| Err(Exception::new(Kind::ValueError, text));
        match (self.0.first(), self.0.last()) {
            (Some(shortest), _) if shortest.is_empty() => {
                error("Separator should be at least one-byte string")
            }
            (Some(shortest), Some(longest)) => Ok((shortest.len(), longest.len())),
            _ => error("Separator should contain at least one element"),
        }
    }
}

impl From<&[u8]> for Separators {
    fn from(one: &[u8]) -> Self {
        Self(vec![one.into()])
    }
}

impl<const N: usize> From<&[u8; N]> for Separators {
    fn from(one: &[u8; N]) -> Self {
        one.as_slice().into()
    }
}

impl From<&str> for Separators {
    fn from(one: &str) -> Self {
        one.as_bytes().into()
    }
}

impl<T: AsRef<[u8]>> From<Vec<T>> for Separators {
    fn from(all: Vec<T>) -> Self {
        Self::of(&all)
    }
}

impl<T: AsRef<[u8]>, const N: usize> From<[T; N]> for Separators {
    fn from(all: [T; N]) -> Self {
        Self::of(&all)
    }
}
