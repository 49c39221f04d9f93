use tminus_lessons::lesson03_send::{Exception, interview, line_splitter, receiver};

fn main() -> Result<(), Exception> {
    println!("== two interviews");
    two_interviews()?;
    println!("== a receiver");
    let mut r = receiver();
    r.start()?;
    for text in ["1", "2", "hello"] {
        r.send(text)?;
    }
    println!("== a primed receiver");
    let mut r = receiver().primed()?;
    r.send("hello, world!")?;
    r.close()?;
    println!("{}", r.send("4").expect_err("it is closed"));
    println!("== a line splitter");
    let mut s = line_splitter(',');
    println!("{:?}", s.start()?);
    println!("begin splitting");
    for line in ["A,B,C", "100, 200, 300"] {
        if let Some(parts) = s.send(line)? {
            println!("send:  {parts:?}");
        }
    }
    Ok(())
}

fn two_interviews() -> Result<(), Exception> {
    let mut ada = interview();
    println!("{}", ada.start()?);
    println!("{}", ada.send("Ada")?);
    println!("{:?}", ada.send("blue"));
    let mut bob = interview().primed()?;
    println!("{}", bob.send("Bob")?);
    Ok(())
}
