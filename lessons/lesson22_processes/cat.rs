//! A program like `cat`, as a task, and a parent that talks to it. The pipes between them are real.

use std::io;
use std::{cell::Cell, rc::Rc};

use mio::unix::pipe::{self, Receiver, Sender};

use tminus_lessons::lesson22_processes::{Executor, Inside, Source, communicate, read_to_end};

/// Copies its input to its output, 4 KiB at a time.
pub async fn cat(stdin: Source<Receiver>, stdout: Source<Sender>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match stdin.read(&mut buffer).await? {
            0 => return Ok(()),
            n => stdout.write_all(&buffer[..n]).await?,
        }
    }
}

/// Writes all of the input, and then reads.
pub async fn write_then_read(
    stdin: Source<Sender>,
    stdout: Source<Receiver>,
    input: &[u8],
    written: &Cell<usize>,
) -> io::Result<Vec<u8>> {
    for part in input.chunks(4096) {
        stdin.write_all(part).await?;
        written.set(written.get() + part.len());
    }
    drop(stdin); // this is how `cat` learns that no more will come
    read_to_end(&stdout).await
}

/// Runs a parent and a `cat`. The parent sends `kib` KiB, and awaits the same.
pub fn parent_and_cat(kib: usize, at_the_same_time: bool) -> io::Result<()> {
    let mut executor = Executor::new(Inside::new()?)?;
    let on = executor.handle();
    let (to_cat, stdin) = pipe::new()?;
    let (stdout, from_cat) = pipe::new()?;
    let (to_cat, stdin) = (Source::new(&on, to_cat)?, Source::new(&on, stdin)?);
    let (stdout, from_cat) = (Source::new(&on, stdout)?, Source::new(&on, from_cat)?);
    let written = Rc::new(Cell::new(0));
    let its_written = written.clone();
    on.spawn("parent", async move {
        let input = vec![b'!'; kib * 1024];
        let output = match at_the_same_time {
            true => communicate(to_cat, from_cat, &input).await,
            false => write_then_read(to_cat, from_cat, &input, &its_written).await,
        };
        let output = output.expect("pipes do not fail");
        println!("sent {kib} KiB, got {} KiB", output.len() / 1024);
    });
    on.spawn("cat", async move {
        cat(stdin, stdout).await.expect("pipes do not fail")
    });
    let left = executor.run();
    if !left.is_empty() {
        if !at_the_same_time {
            print!("{} of {kib} KiB written; ", written.get() / 1024);
        }
        println!("waiting forever: {}", left.join(", "));
    }
    Ok(())
}
