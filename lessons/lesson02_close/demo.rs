use tminus_lessons::lesson02_close::{Exception, countdown, stubborn, tidy_countdown};

fn main() -> Result<(), Exception> {
    println!("== three endings");
    three_endings()?;
    println!("== a break, and a close");
    for n in countdown(10) {
        match n? {
            2 => break,
            n => println!("{n}"),
        }
    }
    let mut c = countdown(10);
    c.resume()?;
    c.close()?;
    println!("{}", c.resume().expect_err("it is closed"));
    println!("== closed inside a loop");
    let mut c = tidy_countdown(5);
    while let Some(n) = c.next().transpose()? {
        println!("{n}");
        if n == 3 {
            c.close()?;
        }
    }
    println!("== a stubborn generator");
    let mut g = stubborn();
    println!("{}\n{}", g.resume()?, g.close().expect_err("it refuses"));
    Ok(())
}

fn three_endings() -> Result<(), Exception> {
    let mut left = tidy_countdown(3);
    let mut closed = tidy_countdown(2);
    let _never_resumed = tidy_countdown(1);
    println!("{}", left.resume()?);
    println!("{}", closed.resume()?);
    closed.close()?;
    println!("the last line");
    Ok(())
}
