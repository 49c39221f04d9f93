use std::{cell::Cell, rc::Rc, thread};
use tminus_lessons::lesson08_yield_from::{
    Averages, Exception, grouper, nested, nested_in_crate, polls_per_item, programs,
};

fn main() -> Result<(), Exception> {
    with_and_without_the_sign()?;
    programs::chain_letters_and_numbers()?;
    programs::flatten_a_list()?;
    programs::average_heights_and_weights()?;
    programs::drive_from_outside()?;
    let roomy = thread::Builder::new().stack_size(64 << 20); // what is built by hand needs it
    roomy.spawn(costs)?.join().expect("it panics at nothing");
    Ok(())
}

fn with_and_without_the_sign() -> Result<(), Exception> {
    let averages = Averages::default();
    for (name, last) in [("with", None), ("without", Some(6.0))] {
        let mut group = grouper(averages.clone(), name).primed()?;
        group.send(Some(3.0))?;
        println!("{name}: {:?}", group.send(last)?);
    }
    println!("{:?}", averages.borrow());
    Ok(())
}

fn costs() {
    let polls = Rc::new(Cell::new(0));
    for n in [1, 10, 100, 1_000] {
        let by_hand = polls_per_item(nested(n, polls.clone()), &polls);
        let in_crate = polls_per_item(nested_in_crate(n, polls.clone()), &polls);
        println!("{n:6} generators: {by_hand:4} by hand, {in_crate} in the crate");
    }
    let in_crate = polls_per_item(nested_in_crate(100_000, polls.clone()), &polls);
    println!("100000 generators:    - by hand, {in_crate} in the crate");
}
