//! The lanes of lesson 11, for futures: each poll is a turn.

use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll, time::Duration};

use tminus::lessons::lesson11_timers::{Clock, Lanes as LanesOfLesson11, lanes};
use tminus::{EventLoop, Exception};

pub use lanes::LEGEND;

/// A record of turns: one lane a future, one column a poll. A clone writes on the same record.
#[derive(Clone)]
pub struct Lanes {
    clock: Clock, // shows the time of the loop that runs
    lanes: LanesOfLesson11,
}

impl Default for Lanes {
    fn default() -> Self {
        let clock = Clock::virtual_time();
        let lanes = LanesOfLesson11::new(&clock);
        Self { clock, lanes }
    }
}

impl Lanes {
    /// Puts a future into a lane. What comes back does what the future does, and marks its polls.
    pub fn watch<T, F>(
        &self,
        name: &str,
        future: F,
    ) -> impl Future<Output = Result<T, Exception>> + use<T, F>
    where
        F: IntoFuture<Output = Result<T, Exception>>,
    {
        let (this, lane) = (self.clone(), self.lanes.add(name, lanes::READY));
        let turns = Rc::new(Cell::new(0));
        let mut future = Box::pin(future.into_future());
        poll_fn(move |cx| {
            let start = this.now();
            let polled = future.as_mut().poll(cx);
            turns.set(turns.get() + 1);
            let (mark, rest) = match &polled {
                Poll::Pending => ('#', lanes::READY),
                Poll::Ready(Ok(_)) => ('x', lanes::OVER),
                Poll::Ready(Err(_)) => ('!', lanes::OVER),
            };
            this.now();
            this.lanes.mark(lane, mark, rest, start);
            if polled.is_pending() {
                this.see_whether_it_waits(lane, &turns);
            }
            polled
        })
    }

    /// `Pending` does not say whether a task waits, or only gives way. But one that gives way has its next turn before
    /// anything that is scheduled now.
    fn see_whether_it_waits(&self, lane: usize, turns: &Rc<Cell<u32>>) {
        let (lanes, turns, turn) = (self.lanes.clone(), turns.clone(), turns.get());
        let look = move || {
            if turns.get() == turn {
                lanes.waits(lane);
            }
        };
        let running = EventLoop::running();
        let asked = running.and_then(|event_loop| event_loop.call_soon(look));
        if asked.is_err() {
            self.lanes.waits(lane); // there is no loop: who else polls it does not tell
        }
    }

    fn now(&self) -> Duration {
        if let Ok(event_loop) = EventLoop::running() {
            self.clock.wait_until(event_loop.time());
        }
        self.clock.now()
    }

    /// The times and the lanes as text, one line each.
    pub fn draw(&self) -> String {
        self.lanes.draw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tminus::lessons::lesson11_timers::programs::ms;
    use tminus::{clock::VirtualClock, gather, sleep, spawn, yield_now};

    fn drawn(main: impl AsyncFnOnce(Lanes) -> Result<(), Exception> + 'static) -> String {
        let lanes = Lanes::default();
        let its_lanes = lanes.clone();
        let event_loop = EventLoop::with_clock(VirtualClock::new());
        let run = event_loop.run(async move { main(its_lanes).await });
        run.unwrap();
        lanes.draw()
    }

    #[test]
    fn who_gives_way_is_ready_and_who_sleeps_waits() {
        let drawn = drawn(async |lanes| {
            let ready = lanes.watch("ready", async {
                for _ in 0..3 {
                    yield_now().await?;
                }
                Ok(())
            });
            let sleeper = lanes.watch("sleeper", sleep(ms(5)));
            gather((ready, sleeper)).await?;
            Ok(())
        });
        assert_eq!(
            drawn,
            "ms       0      5\nready    #.##x\nsleeper  .#---  x\n"
        );
    }

    #[test]
    fn a_cancel_is_the_end_of_a_lane() {
        let drawn = drawn(async |lanes| {
            let task = spawn(lanes.watch("task", sleep(ms(50))))?;
            sleep(ms(5)).await?;
            task.cancel();
            sleep(ms(5)).await
        });
        assert_eq!(drawn, "ms    0  5\ntask  #  !\n");
    }
}
