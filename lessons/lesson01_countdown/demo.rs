use genawaiter::GeneratorState::Yielded;
use tminus_lessons::lesson01_countdown::{async_search, countdown, lucas, roots};

fn main() {
    println!("== two at once");
    two_at_once();
    println!("== a generator expression");
    roots().take(1).for_each(|x| println!("{x}"));
    println!("== countdowns");
    count_down();
    println!("== Lucas numbers");
    search_lucas();
}

fn two_at_once() {
    let mut first = countdown(5);
    let mut second = countdown(3);
    println!("both created");
    println!("{:?}", second.resume());
    println!("{:?}", first.resume());
    println!("{:?}", second.resume());
}

fn count_down() {
    let mut c = countdown(10).into_iter();
    c.by_ref().take(2).for_each(|n| println!("{n}"));
    countdown(10).into_iter().for_each(|n| println!("{n}"));
    println!("{}", countdown(10).into_iter().sum::<u32>());
}

fn search_lucas() {
    let first_ten: Vec<u64> = lucas().into_iter().take(10).collect();
    println!("{first_ten:?}");
    let found = lucas().into_iter().find(|n| n.to_string().len() >= 6);
    println!("{}", found.unwrap_or_default());
    if let Yielded(nothing) = async_search(lucas(), |&n| n > 10).resume() {
        println!("{nothing:?}");
    }
}
