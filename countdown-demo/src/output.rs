//! Standard output, as a task writes to it.

use std::{
    cell::RefCell,
    fmt,
    io::{self, Write},
    rc::Rc,
    time::Duration,
};

use tminus::clock::{Clock, VirtualClock};

use crate::colours;

/// Standard output, in a task's own colour.
#[derive(Clone)]
pub struct Output {
    out: Rc<RefCell<io::Stdout>>,
    /// The colour of each line: the number after `ESC [`.
    colour: Option<u8>,
    /// The clock whose time begins each line.
    time: Option<Stamp>,
}

impl Output {
    pub fn new() -> Self {
        Self {
            out: Rc::new(RefCell::new(io::stdout())),
            colour: None,
            time: None,
        }
    }

    /// Returns this output with the time at the start of each line. The time is always a multiple of `every`.
    pub fn with_times(&self, clock: VirtualClock, every: Duration) -> Self {
        Self {
            time: Some(Stamp::new(clock, every)),
            ..self.clone()
        }
    }

    /// Returns this output in the colour of the task number `index`, if colours are wanted.
    pub fn of_task(&self, index: usize) -> Self {
        const COLOURS: [u8; 6] = [36, 33, 35, 32, 34, 31];
        Self {
            colour: colours::wanted(&io::stdout()).then(|| COLOURS[index % COLOURS.len()]),
            ..self.clone()
        }
    }

    pub fn line(&self, text: &str) -> io::Result<()> {
        let mut out = self.out.borrow_mut();
        if let Some(time) = &self.time {
            write!(out, "{time}  ")?;
        }
        match self.colour {
            Some(colour) => writeln!(out, "\x1b[{colour}m{text}\x1b[0m"),
            None => writeln!(out, "{text}"),
        }
    }
}

/// The virtual time in seconds. It is exact, with as many digits as that needs: three, six or nine.
#[derive(Clone)]
struct Stamp {
    clock: VirtualClock,
    digits: u32,
}

impl Stamp {
    fn new(clock: VirtualClock, every: Duration) -> Self {
        let enough = |digits: &u32| every.subsec_nanos().is_multiple_of(10_u32.pow(9 - digits));
        let digits = [3, 6].into_iter().find(enough).unwrap_or(9);
        Self { clock, digits }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.clock.now();
        let fraction = now.subsec_nanos() / 10_u32.pow(9 - self.digits);
        let digits = self.digits as usize;
        write!(f, "{:>5}.{fraction:0digits$}s", now.as_secs())
    }
}
