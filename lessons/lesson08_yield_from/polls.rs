//! Chains of generators, and how often their bodies are polled for one item.

use std::{cell::Cell, future::poll_fn, rc::Rc, thread};

use super::{Co, Exception, Generator, StackCo, Stacked, YieldFrom};

/// Returns a body that counts how often it is polled.
fn counted<T>(polls: Rc<Cell<u32>>, body: impl Future<Output = T>) -> impl Future<Output = T> {
    let mut body = Box::pin(body);
    poll_fn(move |cx| {
        polls.set(polls.get() + 1);
        body.as_mut().poll(cx)
    })
}

/// Creates `n` generators, each of which delegates to the next by calls. The last one yields.
pub fn by_calls(n: u32, polls: Rc<Cell<u32>>) -> Generator<()> {
    Generator::new(move |co: Co<()>| {
        counted(polls.clone(), async move {
            if n > 1 {
                return co.yield_from(by_calls(n - 1, polls.clone())).await;
            }
            loop {
                co.yield_(()).await?;
            }
        })
    })
}

/// Like [`by_calls`], on a stack.
pub fn on_a_stack(n: u32, polls: Rc<Cell<u32>>) -> Stacked<()> {
    Stacked::new(move |co: StackCo<()>| {
        counted(polls.clone(), async move {
            if n > 1 {
                return co.yield_from(on_a_stack(n - 1, polls.clone())).await;
            }
            loop {
                co.yield_(()).await?;
            }
        })
    })
}

/// Like [`by_calls`], with the crate's generators.
pub fn in_the_crate(n: u32, polls: Rc<Cell<u32>>) -> tminus::Generator<()> {
    tminus::Generator::new(move |co: tminus::Co<()>| {
        counted(polls.clone(), async move {
            if n > 1 {
                return co.yield_from(in_the_crate(n - 1, polls.clone())).await;
            }
            loop {
                co.yield_(()).await?;
            }
        })
    })
}

/// Returns how many polls the second `next` takes. (The first one starts them all.)
pub fn per_item<T>(polls: &Cell<u32>, mut next: impl FnMut() -> T) -> u32 {
    next();
    polls.set(0);
    next();
    polls.get()
}

/// Prints what one item costs by calls.
pub fn print_by_calls() -> Result<(), Exception> {
    let roomy = thread::Builder::new().stack_size(64 << 20); // a thousand calls need a few MiB
    let printed = roomy.spawn(|| {
        let polls = Rc::new(Cell::new(0));
        for n in [1, 10, 100, 1_000] {
            let mut chain = by_calls(n, polls.clone());
            let cost = per_item(&polls, || chain.resume());
            println!("{n:6} generators: {cost:4}");
        }
    });
    printed?.join().expect("nothing panics");
    Ok(())
}

/// Prints what one item costs on a stack.
pub fn print_on_a_stack() {
    let polls = Rc::new(Cell::new(0));
    for n in [1, 10, 100, 1_000, 100_000] {
        let mut chain = on_a_stack(n, polls.clone());
        let cost = per_item(&polls, || chain.resume());
        println!("{n:6} generators: {cost:4}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_costs_a_poll_for_each_level_by_calls_and_one_on_a_stack() {
        for n in [1, 10, 100] {
            let polls = Rc::new(Cell::new(0));
            let mut chain = by_calls(n, polls.clone());
            assert_eq!(per_item(&polls, || chain.resume()), n);
            let mut chain = on_a_stack(n, polls.clone());
            assert_eq!(per_item(&polls, || chain.resume()), 1);
            let mut chain = in_the_crate(n, polls.clone());
            assert_eq!(per_item(&polls, || chain.resume()), 1);
        }
    }
}
