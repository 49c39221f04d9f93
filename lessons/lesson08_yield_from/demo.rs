use tminus_lessons::lesson08_yield_from::{
    Exception, parts::Averages, parts::grouper, polls, programs,
};

fn main() -> Result<(), Exception> {
    println!("== Two groups");
    two_groups()?;
    println!("== Four programs");
    programs::chain_letters_and_numbers()?;
    programs::flatten_a_list()?;
    programs::average_heights_and_weights()?;
    programs::drive_from_outside()?;
    println!("== Polls for one item, by calls");
    polls::print_by_calls()?;
    println!("== Polls for one item, on a stack");
    polls::print_on_a_stack();
    Ok(())
}

fn two_groups() -> Result<(), Exception> {
    let averages = Averages::default();
    for (name, last) in [("ended", None), ("left open", Some(6.0))] {
        let mut group = grouper(averages.clone(), name).primed()?;
        group.send(Some(3.0))?;
        println!("{name}: {:?}", group.send(last)?);
    }
    println!("{:?}", averages.borrow());
    Ok(())
}
