use tminus::*;
fn chain(n: u32) -> Generator<u64, u64> {
    Generator::new(async move |co| {
        if n == 0 {
            let mut x = 0;
            loop {
                x += co.yield_(x).await?;
            }
        }
        co.yield_from(chain(n - 1)).await
    })
}
fn main() -> Result<(), Exception> {
    let mut g = chain(3);
    println!("{:?} {:?} {:?}", g.start(), g.send(2), g.send(3));
    println!("{:?}", g.close());
    let n: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let iters: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let mut g = chain(n);
    g.start()?;
    let mut last = 0;
    for i in 0..iters {
        if let Step::Yielded(v) = g.send(i)? {
            last = v;
        }
    }
    println!("{last} handle {}", size_of::<Generator<u64, u64>>());
    Ok(())
}
