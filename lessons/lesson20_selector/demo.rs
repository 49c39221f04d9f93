use std::{env, io};

use tminus_lessons::lesson20_selector::{echo, naive, patience, waiting};

fn main() -> io::Result<()> {
    if env::args().any(|arg| arg == "--real") {
        println!("== An echo server, on loopback ==");
        return echo::real();
    }
    println!("== Predict ==");
    naive::blocked()?;
    println!("== Two threads ==");
    naive::two_threads();
    println!("== Asked in turn ==");
    naive::ask_in_turn()?;
    println!("== Wait first ==");
    waiting::wait_first()?;
    println!("== Keep no waker ==");
    waiting::keep_no_waker()?;
    println!("== Try first ==");
    waiting::try_first()?;
    println!("== An echo server ==");
    echo::simulated()?;
    println!("== Cancelled ==");
    patience::of_three([5, 22, 47], patience::read_impatiently)?;
    println!("== Cancelled in the middle ==");
    patience::of_three([5, 22, 47], patience::read_exact_impatiently)?;
    println!("== Never `Pending` ==");
    patience::flood(false)?;
    println!("== A share in each turn ==");
    patience::flood(true)
}
