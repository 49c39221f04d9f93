//! Timer slack: on the real clock a timer can fire later, together with others.

use std::{cell::Cell, rc::Rc, time::Duration};

use tminus::{EventLoop, clock::Clock, gather, sleep};

use crate::{ms, new_loop};

/// A virtual clock jumps from one deadline to the next: moving a deadline would save nothing there.
#[test]
fn a_virtual_clock_has_no_slack() {
    let event_loop = new_loop();
    event_loop.set_timer_slack(ms(50));
    let main = async {
        let clock = EventLoop::running()?;
        let mut times = Vec::new();
        for n in [1, 2] {
            sleep(ms(n)).await?;
            times.push(clock.time());
        }
        Ok(times)
    };
    assert_eq!(event_loop.run_until_complete(main).unwrap(), [ms(1), ms(3)]);
}

/// A clock that is not virtual, and at each wait is at the end of it.
#[derive(Clone, Default)]
struct Waiting(Rc<Cell<Duration>>);

impl Clock for Waiting {
    fn now(&self) -> Duration {
        self.0.get()
    }

    fn wait(&self, deadline: Option<Duration>) {
        self.0.set(deadline.expect("a timer is set"));
    }
}

#[test]
fn timers_within_the_slack_share_a_wake_up_on_a_clock_that_is_not_virtual() {
    let times = |slack| {
        let event_loop = EventLoop::with_clock(Waiting::default());
        event_loop.set_timer_slack(slack);
        let times = event_loop.run_until_complete(async {
            let wakes_after = |n| async move {
                sleep(ms(n)).await?;
                Ok(EventLoop::running()?.time())
            };
            gather([10, 30, 80].map(wakes_after)).await
        });
        times.unwrap()
    };
    assert_eq!(times(ms(0)), [ms(10), ms(30), ms(80)]);
    assert_eq!(times(ms(50)), [ms(60), ms(60), ms(130)]);
}
