//! Timer slack: on the real clock a timer can fire later, together with others.

use tminus::{EventLoop, sleep};

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
