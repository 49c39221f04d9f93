use tminus::Exception;
use tminus_lessons::lesson18_sync::{forks, launch, programs, pump, run_virtual};

fn main() -> Result<(), Exception> {
    pump::without_and_with_a_lock()?;
    print!("{}", launch::ignition()?.text(80));
    print!("{}", launch::belt()?.text(80));
    forks::tell(forks::different_orders())?;
    forks::tell(forks::dinner(forks::Order::LeftFirst))?;
    forks::tell(forks::dinner(forks::Order::LowerFirst))?;

    run_virtual(programs::three_permits())?;
    run_virtual(programs::one_item_at_a_time())?;
    run_virtual(programs::event_and_lock())
}
