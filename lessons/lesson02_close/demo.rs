use tminus_lessons::lesson02_close::{Exception, countdown, stubborn, tidy_countdown};

fn main() -> Result<(), Exception> {
    three_endings()?;
    for n in countdown(10) {
        let n = n?;
        if n == 2 {
            break;
        }
        println!("{n}");
    }
    let mut c = countdown(10);
    c.resume()?;
    c.close()?;
    println!("{}", c.resume().expect_err("it is closed"));
    let mut c = tidy_countdown(5);
    while let Some(n) = c.next().transpose()? {
        println!("{n}");
        if n == 3 {
            c.close()?;
        }
    }
    let mut g = stubborn();
    println!("{}", g.resume()?);
    println!("{}", g.close().expect_err("it refuses"));
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
