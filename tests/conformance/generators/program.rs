//! Programs, from JSON: what is wrong with one is said with its place.

use std::rc::Rc;

use serde_json::Value;

use crate::parts::{Parts, list, parse_each, strings};

pub struct Program {
    pub generators: Vec<(String, Body)>,
    /// Each with its JSON, to be shown.
    pub ops: Vec<(Op, Value)>,
    pub expect: Vec<Value>,
}

pub enum Op {
    Next(String),
    Send(String, Value),
    Throw(String, String, Option<Value>),
    Close(String),
    Drop(String),
}

pub type Body = Rc<[Statement]>;

pub enum Statement {
    Yield(Expression),
    Emit(Expression),
    EmitException,
    Set(Expression),
    Return(Expression),
    Raise(String, Option<Value>),
    RaiseFrom(String, String),
    Reraise,
    Try(Try),
    Loop(u64, Body),
    Break,
    Continue,
    YieldFrom(Body),
    YieldFromList(Vec<Value>),
    YieldFromObject(Vec<Value>, Vec<String>),
    YieldFromRef(String),
    NextRef(String),
    SendRef(String, Expression),
    ThrowRef(String, String),
    CloseRef(String),
    ForRef(String, Body),
}

pub struct Try {
    pub body: Body,
    pub handlers: Vec<Handler>,
    pub finally: Option<Body>,
    pub or_else: Option<Body>,
}

pub struct Handler {
    pub kinds: Vec<String>,
    pub body: Body,
}

pub enum Expression {
    Last,
    Constant(Value),
}

/// What can be raised and thrown.
const EXCEPTIONS: [&str; 9] = [
    "E1",
    "E2",
    "E3",
    "GeneratorExit",
    "KeyboardInterrupt",
    "RuntimeError",
    "StopIteration",
    "TypeError",
    "ValueError",
];

impl Program {
    pub fn parse(scenario: &Value) -> Result<Self, String> {
        let generators = scenario["gens"].as_object().ok_or("gens: no object")?;
        let generators = generators
            .iter()
            .map(|(name, body)| Ok((name.clone(), parse_body(body, &format!("gens.{name}"))?)))
            .collect::<Result<Vec<_>, String>>()?;
        let ops = scenario["ops"].as_array().ok_or("ops: no list")?;
        let expect = scenario["expect"].as_array().ok_or("expect: no list")?;
        if ops.len() != expect.len() {
            let (ops, expect) = (ops.len(), expect.len());
            return Err(format!(
                "there are {ops} operations and {expect} expectations"
            ));
        }
        let ops = ops
            .iter()
            .enumerate()
            .map(|(index, op)| {
                let parsed = parse_op(&Parts::of(op, format!("ops[{index}]"))?)?;
                if generators
                    .iter()
                    .all(|(name, _)| name != parsed.generator())
                {
                    let name = parsed.generator();
                    return Err(format!("ops[{index}]: there is no generator {name:?}"));
                }
                Ok((parsed, op.clone()))
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self {
            generators,
            ops,
            expect: expect.clone(),
        })
    }
}

impl Op {
    pub fn generator(&self) -> &str {
        match self {
            Op::Next(name)
            | Op::Send(name, _)
            | Op::Throw(name, ..)
            | Op::Close(name)
            | Op::Drop(name) => name,
        }
    }
}

fn parse_op(op: &Parts<'_>) -> Result<Op, String> {
    let generator = op.string(1)?;
    Ok(match op.name {
        "next" => Op::Next(generator),
        "send" => Op::Send(generator, op.part(2)?.clone()),
        "throw" => Op::Throw(generator, exception(op, 2)?, op.optional(3).cloned()),
        "close" => Op::Close(generator),
        "drop" => Op::Drop(generator),
        _ => return Err(op.error("unknown operation")),
    })
}

fn parse_body(body: &Value, place: &str) -> Result<Body, String> {
    parse_each(body, place, parse_statement)
}

fn expression(statement: &Parts<'_>, index: usize) -> Result<Expression, String> {
    let part = statement.part(index)?;
    Ok(match part {
        Value::String(text) if text == "$last" => Expression::Last,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Expression::Constant(part.clone())
        }
        Value::Array(_) | Value::Object(_) => {
            return Err(format!("{}: no value: {part}", statement.place_of(index)));
        }
    })
}

fn body(statement: &Parts<'_>, index: usize) -> Result<Body, String> {
    parse_body(statement.part(index)?, &statement.place_of(index))
}

fn optional_body(statement: &Parts<'_>, index: usize) -> Result<Option<Body>, String> {
    let body = statement.optional(index);
    body.map(|body| parse_body(body, &statement.place_of(index)))
        .transpose()
}

fn exception(parts: &Parts<'_>, index: usize) -> Result<String, String> {
    let name = parts.string(index)?;
    match EXCEPTIONS.contains(&name.as_str()) {
        true => Ok(name),
        false => Err(format!(
            "{}: unknown exception {name:?}",
            parts.place_of(index)
        )),
    }
}

fn parse_statement(statement: &Parts<'_>) -> Result<Statement, String> {
    Ok(match statement.name {
        "yield" => Statement::Yield(expression(statement, 1)?),
        "emit" => Statement::Emit(expression(statement, 1)?),
        "emit_exc" => Statement::EmitException,
        "set" => Statement::Set(expression(statement, 1)?),
        "return" => Statement::Return(expression(statement, 1)?),
        "raise" => Statement::Raise(exception(statement, 1)?, statement.optional(2).cloned()),
        "raise_from" => Statement::RaiseFrom(exception(statement, 1)?, exception(statement, 2)?),
        "reraise" => Statement::Reraise,
        "try" => Statement::Try(Try {
            body: body(statement, 1)?,
            handlers: parse_handlers(statement)?,
            finally: optional_body(statement, 3)?,
            or_else: optional_body(statement, 4)?,
        }),
        "loop" => Statement::Loop(statement.number(1)?, body(statement, 2)?),
        "break" => Statement::Break,
        "continue" => Statement::Continue,
        "yield_from" => Statement::YieldFrom(body(statement, 1)?),
        "yield_from_list" => Statement::YieldFromList(statement.list(1)?.to_vec()),
        "yield_from_obj" => Statement::YieldFromObject(
            statement.list(1)?.to_vec(),
            strings(statement.part(2)?, &statement.place_of(2))?,
        ),
        "yield_from_ref" => Statement::YieldFromRef(statement.string(1)?),
        "next_ref" => Statement::NextRef(statement.string(1)?),
        "send_ref" => Statement::SendRef(statement.string(1)?, expression(statement, 2)?),
        "throw_ref" => Statement::ThrowRef(statement.string(1)?, exception(statement, 2)?),
        "close_ref" => Statement::CloseRef(statement.string(1)?),
        "for_ref" => Statement::ForRef(statement.string(1)?, body(statement, 2)?),
        _ => return Err(statement.error("unknown statement")),
    })
}

fn parse_handlers(statement: &Parts<'_>) -> Result<Vec<Handler>, String> {
    let mut handlers = Vec::new();
    for (index, handler) in statement.list(2)?.iter().enumerate() {
        let place = format!("{}[{index}]", statement.place_of(2));
        let [kinds, body] = list(handler, &place)? else {
            return Err(format!("{place}: no pair of kinds and a body"));
        };
        handlers.push(Handler {
            kinds: strings(kinds, &place)?,
            body: parse_body(body, &format!("{place}[1]"))?,
        });
    }
    Ok(handlers)
}
