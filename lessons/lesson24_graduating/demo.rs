use tminus::Exception;
use tminus_lessons::lesson24_graduating::{program, rows, run, statuses};

#[path = "on_tokio.rs"]
mod on_tokio;
#[path = "tokio_rows.rs"]
mod tokio_rows;

fn main() -> Result<(), Exception> {
    let real = std::env::args().any(|argument| argument == "--real");
    println!("== The program on the crate's loop ==");
    run(real, program::main())?;
    println!("== The program on tokio ==");
    on_tokio::run(on_tokio::program::main())?;
    println!("== What does not carry over ==");
    let rows = [
        ("clean-up", rows::clean_up()?, tokio_rows::clean_up()),
        ("tasks left at the end", rows::left()?, tokio_rows::left()),
        ("order", rows::order()?, tokio_rows::order()),
        ("timers", rows::timers()?, tokio_rows::timers()),
        ("deadlock", rows::deadlock()?, tokio_rows::deadlock()),
        ("failure", rows::failure()?, tokio_rows::failure()),
        ("panic", rows::panics()?, tokio_rows::panics()),
    ];
    for (what, here, on_tokio) in rows {
        println!("{what}\n  here:  {here}\n  tokio: {on_tokio}");
    }
    println!("== As in CPython, on the crate's loop ==");
    run(real, statuses::main())?;
    println!("== As in CPython, on tokio ==");
    on_tokio::run(on_tokio::statuses::main())
}
