use tminus_lessons::lesson08_yield_from::{
    Nested::{self, Item, List},
    Step,
};

use crate::lesson08::{add, ask, flatten_levels};

/// `[1, [2, [3, [4]]], [5]]`
fn nested() -> Vec<Nested<u32>> {
    let inner = List(vec![Item(3), List(vec![Item(4)])]);
    vec![Item(1), List(vec![Item(2), inner]), List(vec![Item(5)])]
}

fn opened(levels: u32) -> Vec<Nested<u32>> {
    flatten_levels(nested(), levels)
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn flatten_levels_opens_nothing_at_0() {
    assert_eq!(opened(0), nested());
}

#[test]
fn flatten_levels_opens_one_level_at_1() {
    let inner = List(vec![Item(3), List(vec![Item(4)])]);
    assert_eq!(opened(1), [Item(1), Item(2), inner, Item(5)]);
}

#[test]
fn flatten_levels_opens_all_if_there_are_enough() {
    assert_eq!(opened(3), [1, 2, 3, 4, 5].map(Item));
}

#[test]
fn ask_asks_until_it_hears_a_number() {
    let mut ask = ask("How many?");
    assert_eq!(ask.resume().unwrap(), Step::Yielded("How many?"));
    assert_eq!(ask.send("many".into()).unwrap(), Step::Yielded("How many?"));
    assert_eq!(ask.send("".into()).unwrap(), Step::Yielded("How many?"));
    assert_eq!(ask.send("-42".into()).unwrap(), Step::Returned(-42));
}

#[test]
fn add_asks_for_two_numbers() {
    let mut add = add();
    assert_eq!(add.resume().unwrap(), Step::Yielded("First number?"));
    assert_eq!(
        add.send("7".into()).unwrap(),
        Step::Yielded("Second number?")
    );
    assert_eq!(
        add.send("x".into()).unwrap(),
        Step::Yielded("Second number?")
    );
    assert_eq!(add.send("8".into()).unwrap(), Step::Returned(15));
}
