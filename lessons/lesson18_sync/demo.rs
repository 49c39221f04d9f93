use tminus::Exception;
use tminus_lessons::lesson18_sync::{forks, launch, programs, pump, run_virtual};

fn main() -> Result<(), Exception> {
    println!("== two tasks take 60 of 100 litres");
    run_virtual(pump::take_60_twice())?;
    pump::without_and_with_a_lock()?;
    println!("== a task asks for a flag in every round");
    pump::ask_for_a_flag()?;
    println!("== three engines wait for an event");
    print!("{}", launch::ignition()?.text(80));
    println!("== two producers, a queue and two consumers");
    print!("{}", launch::belt()?.text(80));
    println!("== two locks in two orders");
    forks::tell(forks::different_orders())?;
    println!("== five philosophers, the left fork first");
    forks::tell(forks::dinner(forks::Order::LeftFirst))?;
    println!("== five philosophers, the lower fork first");
    forks::tell(forks::dinner(forks::Order::LowerFirst))?;

    println!("== as in CPython");
    run_virtual(programs::three_permits())?;
    run_virtual(programs::one_item_at_a_time())?;
    run_virtual(programs::event_and_lock())
}
