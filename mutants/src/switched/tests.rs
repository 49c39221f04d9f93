//! What the changed source looks like.

use super::*;

fn mutant(number: usize, start: (usize, usize), what: What) -> Mutant {
    Mutant {
        number,
        file: "a.rs".into(),
        line: start.0,
        start,
        what,
        words: String::new(),
    }
}

fn changed(source: &str, mutants: &[Mutant]) -> String {
    let mutants: Vec<_> = mutants.iter().collect();
    let switched = switched(source, &mutants).unwrap();
    assert!(switched.left_out.is_empty());
    syn::parse_file(&switched.source).unwrap();
    switched.source
}

/// The place of a text in a source of one line.
fn at(source: &str, text: &str) -> (usize, usize) {
    (1, source.find(text).unwrap() + 1)
}

#[test]
fn a_body_returns_at_once() {
    let source = "fn a() -> u32 { 1 }";
    let body = mutant(1, at(source, "1"), What::Body("7".into()));
    assert_eq!(
        changed(source, &[body]),
        "fn a() -> u32 { match crate::mutants::on(&[1]) { 1 => return 7, _ => {} } 1 }"
    );
}

#[test]
fn an_operator_has_a_place_for_each_of_its_mutants() {
    let source = "fn a(b: u8, c: u8) -> bool { b < c }";
    let other = |number, other: &str| mutant(number, at(source, "<"), What::Operator(other.into()));
    assert_eq!(
        changed(source, &[other(3, ">"), other(4, "==")]),
        "fn a(b: u8, c: u8) -> bool { (match crate::mutants::on(&[3,4]) { 3 => b > c, 4 => b == c, _ => b < c }) }"
    );
}

#[test]
fn one_edit_can_lie_in_another() {
    let source = "fn a(b: bool, c: bool) -> bool { b && !c }";
    let or = mutant(1, at(source, "&&"), What::Operator("||".into()));
    let sign = mutant(2, at(source, "!"), What::Sign);
    assert_eq!(
        changed(source, &[or, sign]),
        "fn a(b: bool, c: bool) -> bool { (match crate::mutants::on(&[1]) { 1 => b || !c, _ => \
         b && (match crate::mutants::on(&[2]) { 2 => c, _ => !c }) }) }"
    );
}

#[test]
fn guards_and_arms_can_be_switched_off() {
    let source = "fn a(b: u8) -> u8 { match b { 1 if b > 0 => 2, 3 => 4, _ => 5 } }";
    let guard = mutant(1, at(source, "b > 0"), What::Guard(true));
    let arm = mutant(2, at(source, "3 =>"), What::Arm);
    assert_eq!(
        changed(source, &[guard, arm]),
        "fn a(b: u8) -> u8 { match b { 1 if (crate::mutants::on(&[1]) == 1 || (b > 0)) => 2, \
         3 if crate::mutants::on(&[2]) != 2 => 4, _ => 5 } }"
    );
}

#[test]
fn what_cannot_be_asked_is_left_out() {
    let source =
        "fn a(b: Option<u8>) -> bool { if let Some(1) = b && true { true } else { false } }";
    let mutant = mutant(5, at(source, "&&"), What::Operator("||".into()));
    let switched = switched(source, &[&mutant]).unwrap();
    assert_eq!((switched.left_out, &*switched.source), (vec![5], source));
}
