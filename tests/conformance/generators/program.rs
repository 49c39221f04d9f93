//! Programs, from JSON: what is wrong with one is said with its place.

use std::rc::Rc;

use serde_json::Value;

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

/// A list such as `["yield", 1]`, and where it stands.
struct Parts<'a> {
    name: &'a str,
    parts: &'a [Value],
    place: String,
}

impl<'a> Parts<'a> {
    fn of(value: &'a Value, place: String) -> Result<Self, String> {
        match value.as_array().map(Vec::as_slice) {
            Some(parts @ [Value::String(name), ..]) => Ok(Self { name, parts, place }),
            _ => Err(format!("{place}: no list that begins with a name: {value}")),
        }
    }

    fn optional(&self, index: usize) -> Option<&'a Value> {
        self.parts.get(index).filter(|part| !part.is_null())
    }

    fn part(&self, index: usize) -> Result<&'a Value, String> {
        let Self { name, place, .. } = self;
        let missing = || format!("{place}: {name:?} lacks its part {index}");
        self.parts.get(index).ok_or_else(missing)
    }

    fn string(&self, index: usize) -> Result<String, String> {
        let part = self.part(index)?;
        let place = self.place_of(index);
        let text = part
            .as_str()
            .ok_or_else(|| format!("{place}: no string: {part}"))?;
        Ok(text.into())
    }

    fn exception(&self, index: usize) -> Result<String, String> {
        let name = self.string(index)?;
        if !EXCEPTIONS.contains(&name.as_str()) {
            return Err(format!(
                "{}: unknown exception {name:?}",
                self.place_of(index)
            ));
        }
        Ok(name)
    }

    fn list(&self, index: usize) -> Result<&'a [Value], String> {
        list(self.part(index)?, &self.place_of(index))
    }

    fn expression(&self, index: usize) -> Result<Expression, String> {
        let part = self.part(index)?;
        Ok(match part {
            Value::String(text) if text == "$last" => Expression::Last,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Expression::Constant(part.clone())
            }
            Value::Array(_) | Value::Object(_) => {
                return Err(format!("{}: no value: {part}", self.place_of(index)));
            }
        })
    }

    fn body(&self, index: usize) -> Result<Body, String> {
        parse_body(self.part(index)?, &self.place_of(index))
    }

    fn optional_body(&self, index: usize) -> Result<Option<Body>, String> {
        self.optional(index)
            .map(|body| parse_body(body, &self.place_of(index)))
            .transpose()
    }

    fn place_of(&self, index: usize) -> String {
        format!("{}[{index}]", self.place)
    }
}

fn list<'a>(value: &'a Value, place: &str) -> Result<&'a [Value], String> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| format!("{place}: no list: {value}"))
}

fn strings(value: &Value, place: &str) -> Result<Vec<String>, String> {
    let string = |item: &Value| {
        let text = item.as_str().map(String::from);
        text.ok_or_else(|| format!("{place}: no string: {item}"))
    };
    list(value, place)?.iter().map(string).collect()
}

fn parse_op(op: &Parts<'_>) -> Result<Op, String> {
    let generator = op.string(1)?;
    Ok(match op.name {
        "next" => Op::Next(generator),
        "send" => Op::Send(generator, op.part(2)?.clone()),
        "throw" => Op::Throw(generator, op.exception(2)?, op.optional(3).cloned()),
        "close" => Op::Close(generator),
        "drop" => Op::Drop(generator),
        other => return Err(format!("{}: unknown operation {other:?}", op.place)),
    })
}

fn parse_body(body: &Value, place: &str) -> Result<Body, String> {
    list(body, place)?
        .iter()
        .enumerate()
        .map(|(index, statement)| {
            parse_statement(&Parts::of(statement, format!("{place}[{index}]"))?)
        })
        .collect()
}

fn parse_statement(statement: &Parts<'_>) -> Result<Statement, String> {
    Ok(match statement.name {
        "yield" => Statement::Yield(statement.expression(1)?),
        "emit" => Statement::Emit(statement.expression(1)?),
        "emit_exc" => Statement::EmitException,
        "set" => Statement::Set(statement.expression(1)?),
        "return" => Statement::Return(statement.expression(1)?),
        "raise" => Statement::Raise(statement.exception(1)?, statement.optional(2).cloned()),
        "raise_from" => Statement::RaiseFrom(statement.exception(1)?, statement.exception(2)?),
        "reraise" => Statement::Reraise,
        "try" => Statement::Try(Try {
            body: statement.body(1)?,
            handlers: parse_handlers(statement)?,
            finally: statement.optional_body(3)?,
            or_else: statement.optional_body(4)?,
        }),
        "loop" => {
            let times = statement.part(1)?;
            let no_number = || format!("{}: no number: {times}", statement.place_of(1));
            Statement::Loop(times.as_u64().ok_or_else(no_number)?, statement.body(2)?)
        }
        "break" => Statement::Break,
        "continue" => Statement::Continue,
        "yield_from" => Statement::YieldFrom(statement.body(1)?),
        "yield_from_list" => Statement::YieldFromList(statement.list(1)?.to_vec()),
        "yield_from_obj" => Statement::YieldFromObject(
            statement.list(1)?.to_vec(),
            strings(statement.part(2)?, &statement.place_of(2))?,
        ),
        "yield_from_ref" => Statement::YieldFromRef(statement.string(1)?),
        "next_ref" => Statement::NextRef(statement.string(1)?),
        "send_ref" => Statement::SendRef(statement.string(1)?, statement.expression(2)?),
        "throw_ref" => Statement::ThrowRef(statement.string(1)?, statement.exception(2)?),
        "close_ref" => Statement::CloseRef(statement.string(1)?),
        "for_ref" => Statement::ForRef(statement.string(1)?, statement.body(2)?),
        other => return Err(format!("{}: unknown statement {other:?}", statement.place)),
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
