use std::env;

use tminus::Exception;
use tminus_lessons::lesson17_many::run_virtual;
use tminus_lessons::lesson21_streams::{connect::on_network, fast, fetch, pieces};

fn main() -> Result<(), Exception> {
    let real = env::args().any(|argument| argument == "--real");
    println!("== half a line, and a read that is cancelled");
    run_virtual(pieces::half_a_line())?;
    println!("== what each read returns");
    pieces::reads(real, 20)?;
    println!("== the stream ends too early");
    run_virtual(pieces::partial())?;
    println!("== a fast wire and a slow crew");
    print!("{}", pieces::wire_and_crew()?.text(80));
    println!("== a thousand messages: the most bytes in each place");
    fast::tell(real)?;

    println!("== as in CPython");
    on_network(real, fetch::shout())?;
    on_network(real, fetch::ten_statuses())?;
    println!("== twelve answers, three at a time");
    on_network(real, fetch::three_permits())
}
