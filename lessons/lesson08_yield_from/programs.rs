//! Four Python programs that delegate, and what they print.

use std::fmt::{Debug, Display};
use std::io;

use super::parts::Nested::{self, Item, List};
use super::parts::{Averages, chain, flatten, grouper, iterate};
use super::{Co, Exception, Generator, Step, YieldFrom};

/// Chains letters and numbers twice: with `Iterator::chain`, which is enough for what is only iterable, and by delegation.
pub fn chain_letters_and_numbers() -> Result<(), Exception> {
    let letters = || {
        "ABC"
            .chars()
            .map(|letter| Box::new(letter) as Box<dyn Debug>)
    };
    let numbers = || (0..3).map(|number| Box::new(number) as Box<dyn Debug>);
    println!("{:?}", letters().chain(numbers()).collect::<Vec<_>>());
    let all: Result<Vec<_>, _> = chain(vec![iterate(letters()), iterate(numbers())]).collect();
    println!("{:?}", all?);
    Ok(())
}

/// Flattens a list with lists in it.
pub fn flatten_a_list() -> Result<(), Exception> {
    fn item(item: impl Display + 'static) -> Nested<Box<dyn Display>> {
        Item(Box::new(item))
    }
    let inner = List(vec![
        item(3),
        item(4),
        List(vec![item(5), item(6)]),
        item(7),
    ]);
    let words = List(vec![item("hij"), item("klmn")]);
    let items = vec![
        item(1),
        item(2),
        inner,
        item(8),
        item("abc"),
        item("defg"),
        words,
    ];
    for item in flatten(items) {
        println!("{}", item?);
    }
    Ok(())
}

const DATA: [(&str, &[f64]); 4] = [
    (
        "girls;kg",
        &[40.9, 38.5, 44.3, 42.2, 45.2, 41.7, 44.5, 38.0, 40.6, 44.5],
    ),
    (
        "girls;m",
        &[1.6, 1.51, 1.4, 1.3, 1.41, 1.39, 1.33, 1.46, 1.45, 1.43],
    ),
    (
        "boys;kg",
        &[39.0, 40.8, 43.2, 40.8, 43.1, 38.6, 41.4, 40.6, 36.3],
    ),
    (
        "boys;m",
        &[1.38, 1.5, 1.32, 1.25, 1.37, 1.48, 1.25, 1.49, 1.46],
    ),
];

/// Averages four groups of numbers, each with a [`grouper`].
pub fn average_heights_and_weights() -> Result<(), Exception> {
    let averages = Averages::default();
    for (name, terms) in DATA {
        let mut group = grouper(averages.clone(), name).primed()?;
        for &term in terms {
            group.send(Some(term))?;
        }
        group.send(None)?;
    }
    for (name, (count, average)) in averages.borrow().iter() {
        let (group, unit) = name.split_once(';').expect("a name has two parts");
        println!("{count:2} {group:5} averaging {average:.2}{unit}");
    }
    Ok(())
}

/// A generator that is sent to, is thrown into, and has a result.
pub fn sub() -> Generator<&'static str, Option<u32>, &'static str> {
    Generator::new(async |co: Co<_, Option<u32>>| {
        let got = co.yield_("from sub").await?.unwrap_or_default();
        println!("sub got {got}");
        match co.yield_("again").await {
            Err(Exception::Error(error)) => println!("sub caught {error}"),
            other => drop(other?),
        }
        co.yield_("last").await?;
        Ok("sub result")
    })
}

/// A generator between [`sub`] and its driver. Neither notices it.
pub fn outer() -> Generator<&'static str, Option<u32>> {
    Generator::new(async |co| {
        println!("gen got {}", co.yield_from(sub()).await?);
        co.yield_("gen itself").await?;
        Ok(())
    })
}

/// Resumes, sends to and throws into [`sub`] through [`outer`].
pub fn drive_from_outside() -> Result<(), Exception> {
    fn show(step: Step<&str, ()>) {
        match step {
            Step::Yielded(text) => println!("{text}"),
            Step::Returned(()) => println!("done"),
        }
    }
    let mut outer = outer();
    show(outer.resume()?);
    show(outer.send(Some(7))?);
    show(outer.throw(io::Error::other("thrown"))?);
    show(outer.resume()?);
    show(outer.resume()?);
    Ok(())
}
