use tminus::{EventLoop, clock::VirtualClock};
use tminus_lessons::lesson19_threads::{fuel, programs, work};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("== Predict ==");
    work::one_after_another()?;
    println!("== All jobs first ==");
    work::all_at_once()?;
    println!("== Under the executor of lesson 15 ==");
    fuel::under_the_executor_of_lesson_15();
    println!("== Under the executor that sleeps ==");
    fuel::under_the_executor();
    println!("== Hold ==");
    fuel::hold();
    println!("== On the crate's loop ==");
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    print!("{}", fuel::under_the_event_loop(&event_loop)?.text(80));
    println!("== Python's programs ==");
    programs::a_result_after_each_submit()?;
    programs::two_pools();
    Ok(())
}
