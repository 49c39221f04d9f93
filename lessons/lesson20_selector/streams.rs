//! Reading and writing, made of `when_ready`.

use std::io::{self, ErrorKind, Read, Write};

use mio::event;

use tminus_lessons::lesson20_selector::Source;

impl<S: event::Source + Read> Source<S> {
    /// Waits for bytes, and reads those that are there. Returns 0 if the other end has closed the connection.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.when_ready(|io| io.read(buffer)).await
    }

    /// Reads until the buffer is full.
    pub async fn read_exact(&self, buffer: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..]).await? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => filled += n,
            }
        }
        Ok(())
    }
}

impl<S: event::Source + Write> Source<S> {
    /// Writes all bytes. If there is no room for them, waits for some.
    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.when_ready(|io| io.write(bytes)).await?;
            bytes = &bytes[written..];
        }
        Ok(())
    }
}
