use std::env;

use tminus::Exception;
use tminus_lessons::lesson17_many::{
    apis, checks, downloads, programs, run_virtual, spinner, waits,
};

fn main() -> Result<(), Exception> {
    let real = env::args().any(|argument| argument == "--real");
    println!("== two checks");
    run_virtual(checks::two_checks())?;
    checks::cancelled_callers()?;
    checks::three_ways()?;
    println!("== three of ten downloads at a time");
    downloads::pool()?;

    println!("== as in CPython");
    spinner::spinner(real)?;
    downloads::with_progress(real)?;
    run_virtual(programs::gather_a_list())?;
    run_virtual(programs::gather_in_order())?;
    run_virtual(programs::exceptions_as_results())?;
    run_virtual(programs::both_at_once())?;
    run_virtual(programs::ticks())?;
    run_virtual(programs::factorials())?;
    run_virtual(waits::wait_so_long())?;
    run_virtual(waits::wait_for_tasks())?;
    run_virtual(waits::slow_operations())?;
    apis::some_apis_and_a_thread()
}
