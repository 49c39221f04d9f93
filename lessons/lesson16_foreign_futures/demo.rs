use tminus::{EventLoop, Exception, clock::VirtualClock};
use tminus_lessons::lesson16_foreign_futures::{contexts, iterators, readings, word};

fn main() -> Result<(), Exception> {
    println!("== Predict ==");
    word::with_a_loop_future(5);
    println!("== A sender that is dropped ==");
    word::under_the_executor(5);
    println!("== A sender that sends ==");
    word::under_the_executor(100);
    println!("== On the crate's loop ==");
    let event_loop = EventLoop::with_clock(VirtualClock::new());
    word::on_the_loop(&event_loop, 5)?;
    word::on_the_loop(&event_loop, 100)?;
    println!("== Cancelled ==");
    word::cancelled(word::crew);
    println!("== Cancelled, with `cancellable` ==");
    word::cancelled(word::careful_crew);
    println!("== A stream ==");
    print!("{}", readings::on_the_loop()?.text(80));
    println!("== Python's programs ==");
    event_loop.run_until_complete(iterators::read_lines())?;
    event_loop.run_until_complete(iterators::async_for())?;
    event_loop.run_until_complete(contexts::async_with())?;
    contexts::async_with_by_hand();
    Ok(())
}
