//! A spinner that turns until a slow function has returned.

use std::io::{self, IsTerminal, Write};
use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::spawn;
use tminus_lessons::lesson11_timers::programs::ms;
use tminus_lessons::lesson12_event_loop::programs::python;
use tminus_lessons::lesson17_many::{EventLoop, Exception, Kind, run_virtual, sleep};

/// How the spinner is shown, and how long it turns.
#[derive(Clone, Copy)]
struct Show {
    on_terminal: bool,
    frame: Duration,
    thinking: Duration,
}

impl Show {
    /// Spins if somebody can see it: in real time, on a terminal.
    fn new(real: bool) -> Self {
        let on_terminal = real && io::stdout().is_terminal();
        let (frame, thinking) = if on_terminal { (100, 3000) } else { (10, 100) };
        Self {
            on_terminal,
            frame: ms(frame),
            thinking: ms(thinking),
        }
    }

    /// On a terminal, overwrites the last frame. Otherwise prints the first four as lines.
    fn draw(&self, status: &str, count: u32) {
        if self.on_terminal {
            print!("{status}\r");
            let _ = io::stdout().flush(); // a frame that is not seen does no harm
        } else if count < 4 {
            println!("{status} backspaces: {}", status.len());
        }
    }

    fn clear(&self, status: &str) {
        if self.on_terminal {
            print!("{:1$}\r", "", status.len());
        }
    }
}

/// Spins until it is cancelled. It catches the `Cancelled` and returns, so its task does not count as cancelled.
async fn spin(message: &str, show: Show, frames: &Cell<u32>) -> Result<(), Exception> {
    for char in "|/-\\".chars().cycle() {
        let status = format!("{char} {message}");
        show.draw(&status, frames.get());
        frames.set(frames.get() + 1);
        match sleep(show.frame).await {
            Err(exception) if exception.kind() == Kind::Cancelled => {
                show.clear(&status);
                break;
            }
            outcome => outcome?,
        }
    }
    Ok(())
}

async fn slow_function(thinking: Duration) -> Result<u32, Exception> {
    sleep(thinking).await?;
    Ok(42)
}

async fn supervisor(show: Show, frames: Rc<Cell<u32>>) -> Result<u32, Exception> {
    let spinner = spawn(async move { spin("thinking!", show, &frames).await })?;
    let state = if spinner.done() { "done" } else { "pending" };
    println!("spinner object: {state}");
    let result = slow_function(show.thinking).await?;
    println!("cancel: {}", python(spinner.cancel()));
    spinner.clone().await?;
    let cancelled = python(spinner.cancelled());
    println!("cancelled: {cancelled} (it swallowed the CancelledError)");
    Ok(result)
}

/// Shows the spinner: on the virtual clock, or in real time.
pub fn spinner(real: bool) -> Result<(), Exception> {
    let frames = Rc::new(Cell::new(0));
    let main = supervisor(Show::new(real), frames.clone());
    let answer = match real {
        true => EventLoop::new().run(main)?,
        false => run_virtual(main)?,
    };
    println!("Answer: {answer}");
    println!("several frames: {}", python(frames.get() >= 4));
    Ok(())
}
