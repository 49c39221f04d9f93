//! How long a schedule is shrunk.

use tminus::{
    Exception, Kind,
    simulation::{choose, explore},
};

/// Every choice is needed, and there are so many that trying to leave each of them out takes more runs.
#[test]
fn leaving_out_ends_after_a_thousand_runs() {
    let program = || async {
        for _ in 0..270 {
            if choose(1000)? == 0 {
                return Ok(());
            }
        }
        Err(Exception::new(Kind::RuntimeError, "all of them"))
    };
    let failure = explore(0..100, program).unwrap_err();
    assert_eq!(failure.schedule().len(), 270);
    assert_eq!(failure.runs(), 1000);
}
