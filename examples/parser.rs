//! Arithmetic expressions: a lexer that yields tokens, and a parser that takes them and yields instructions for a stack machine.
//!
//! ```console
//! cargo run --example parser
//! ```
//!
//! Both are generators that borrow the text. Each rule of the grammar is a generator, which delegates to other rules with
//! `yield_from`.

use std::{cell::RefCell, iter::Peekable};

use tminus::{Exception, ScopedGenerator};

enum Token<'t> {
    Number(f64),
    Name(&'t str),
    Symbol(char),
}

#[derive(Debug, thiserror::Error)]
enum SyntaxError {
    #[error("unexpected {found:?} at {at}")]
    Unexpected { found: char, at: usize },
    #[error("{0} is missing")]
    Missing(&'static str),
}

/// Yields the tokens of `text`. A name is a part of the text, so it is not copied.
fn lexer(text: &str) -> ScopedGenerator<'_, Token<'_>> {
    ScopedGenerator::new(async move |co| {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match first {
                ' ' => rest = &rest[1..],
                '+' | '-' | '*' | '/' | '(' | ')' => {
                    co.yield_(Token::Symbol(first)).await?;
                    rest = &rest[1..];
                }
                '0'..='9' | '.' => {
                    let end = rest
                        .find(|c: char| !c.is_ascii_digit() && c != '.')
                        .unwrap_or(rest.len());
                    co.yield_(Token::Number(rest[..end].parse()?)).await?;
                    rest = &rest[end..];
                }
                c if c.is_alphabetic() => {
                    let end = rest
                        .find(|c: char| !c.is_alphanumeric())
                        .unwrap_or(rest.len());
                    co.yield_(Token::Name(&rest[..end])).await?;
                    rest = &rest[end..];
                }
                found => {
                    let at = text.len() - rest.len();
                    return Err(SyntaxError::Unexpected { found, at }.into());
                }
            }
        }
        Ok(())
    })
}

/// An instruction of a stack machine.
#[derive(Debug)]
enum Op<'t> {
    Push(f64),
    Load(&'t str),
    Apply(char),
}

/// The lexer, which all rules of the parser share. A rule needs to see the next token without taking it.
type Tokens<'t> = RefCell<Peekable<ScopedGenerator<'t, Token<'t>>>>;

fn next<'t>(tokens: &Tokens<'t>) -> Result<Option<Token<'t>>, Exception> {
    tokens.borrow_mut().next().transpose()
}

/// Takes the next token if it is one of these symbols.
fn next_if<'t>(tokens: &Tokens<'t>, symbols: &str) -> Option<char> {
    let is_one = |token: &Result<Token<'t>, Exception>| matches!(token, Ok(Token::Symbol(symbol)) if symbols.contains(*symbol));
    match tokens.borrow_mut().next_if(is_one) {
        Some(Ok(Token::Symbol(symbol))) => Some(symbol),
        _ => None,
    }
}

fn binary<'p, 't>(
    tokens: &'p Tokens<'t>,
    symbols: &'static str,
    operand: fn(&'p Tokens<'t>) -> ScopedGenerator<'p, Op<'t>>,
) -> ScopedGenerator<'p, Op<'t>> {
    ScopedGenerator::new(async move |co| {
        co.yield_from(operand(tokens)).await?;
        while let Some(symbol) = next_if(tokens, symbols) {
            co.yield_from(operand(tokens)).await?;
            co.yield_(Op::Apply(symbol)).await?;
        }
        Ok(())
    })
}

fn sum<'p, 't>(tokens: &'p Tokens<'t>) -> ScopedGenerator<'p, Op<'t>> {
    binary(tokens, "+-", product)
}

fn product<'p, 't>(tokens: &'p Tokens<'t>) -> ScopedGenerator<'p, Op<'t>> {
    binary(tokens, "*/", atom)
}

fn atom<'p, 't>(tokens: &'p Tokens<'t>) -> ScopedGenerator<'p, Op<'t>> {
    ScopedGenerator::new(async move |co| match next(tokens)? {
        Some(Token::Number(n)) => co.yield_(Op::Push(n)).await,
        Some(Token::Name(name)) => co.yield_(Op::Load(name)).await,
        Some(Token::Symbol('(')) => {
            co.yield_from(sum(tokens)).await?;
            next_if(tokens, ")").ok_or(SyntaxError::Missing("a closing parenthesis"))?;
            Ok(())
        }
        _ => Err(SyntaxError::Missing("an operand").into()),
    })
}

/// Runs the instructions of `text` while the parser yields them.
fn evaluate(text: &str, x: f64) -> Result<f64, Exception> {
    let tokens = RefCell::new(lexer(text).peekable());
    let mut stack = Vec::new();
    for op in sum(&tokens) {
        match op? {
            Op::Push(n) => stack.push(n),
            Op::Load("x") => stack.push(x),
            Op::Load(name) => Err(format!("{name} is not defined"))?,
            Op::Apply(symbol) => {
                let b = stack.pop().expect("the parser has yielded two operands");
                let a = stack.pop().expect("the parser has yielded two operands");
                stack.push(match symbol {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ => a / b,
                });
            }
        }
    }
    match next(&tokens)? {
        None => Ok(stack.pop().expect("the parser has yielded an operand")),
        Some(_) => Err(SyntaxError::Missing("an operator"))?,
    }
}

pub fn main() {
    for text in [
        "1 + 2 * (x - 4) / 2",
        "8 / 2 / 2",
        "1 + ",
        "(1",
        "1 $ 2",
        "1.2.3",
        "1 2",
        "y",
    ] {
        match evaluate(text, 10.0) {
            Ok(value) => println!("{text} = {value}"),
            Err(error) => println!("{text}: {error}"),
        }
    }
}
