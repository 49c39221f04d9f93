use tminus_lessons::lesson07_averager::{Exception, Step, averager};

fn main() -> Result<(), Exception> {
    println!("== To the end, and on");
    to_the_end_and_on();
    println!("== The average of three numbers");
    average()
}

fn to_the_end_and_on() {
    let mut average = averager();
    println!("{:?}", average.resume());
    println!("{:?}", average.send(Some(10.0)));
    println!("{:?}", average.resume());
    println!("{:?}", average.resume());
}

fn average() -> Result<(), Exception> {
    let mut average = averager().primed()?;
    for term in [10.0, 30.0, 6.5] {
        average.send(Some(term))?;
    }
    if let Step::Returned((count, average)) = average.send(None)? {
        println!("Result(count={count}, average={average})");
    }
    Ok(())
}
