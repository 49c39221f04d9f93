use tminus_lessons::lesson04_throw::{Exception, Generator, broken, polite};

fn main() -> Result<(), Exception> {
    println!("# two throws");
    two_throws()?;
    println!("# a polite receiver");
    let mut r = polite().primed()?;
    r.send("hello, world")?;
    r.close()?;
    let mut r = polite().primed()?;
    r.send("hello, world")?;
    let hosed = r.throw(Exception::RuntimeError("You're hosed!", None));
    println!("{}", hosed.expect_err("nothing catches it"));
    let mut it = broken();
    println!("# a StopIteration that escapes\n{}", it.resume()?);
    let stopped = it.resume().expect_err("it is broken");
    println!("{stopped} / cause: {}", stopped.cause().expect("it has"));
    Ok(())
}

fn numbers() -> Generator<u32> {
    Generator::new(async |co| {
        for n in 1..5 {
            match co.yield_(n).await {
                Err(Exception::Error(error)) => println!("caught: {error}"),
                other => other?,
            }
        }
        Ok(())
    })
}

fn two_throws() -> Result<(), Exception> {
    let mut g = numbers();
    println!("{}", g.start()?);
    println!("{}", g.throw(std::io::Error::other("too small"))?);
    println!("{:?}", g.throw(Exception::TypeError("no number")));
    println!("{:?}", g.resume());
    Ok(())
}
