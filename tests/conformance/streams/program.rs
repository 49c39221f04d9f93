//! The scenarios of the streams family.

use serde_json::Value;

use crate::parts::{Parts, list};

#[derive(Clone)]
pub struct Program {
    pub limit: usize,
    /// Whether a task may begin to read while another one waits.
    pub both: bool,
    pub ops: Vec<Op>,
    /// The same as JSON.
    pub operations: Vec<Value>,
}

#[derive(Clone)]
pub enum Op {
    Feed(Vec<u8>),
    Eof,
    Exception(String),
    Turn,
    Cancel(usize),
    AtEof,
    Read(Read),
}

#[derive(Clone)]
pub enum Read {
    /// `read(n)`
    Some(usize),
    /// `read(-1)`
    All,
    Line,
    Until(Vec<Vec<u8>>),
    /// `None` is a negative size.
    Exactly(Option<usize>),
}

impl Program {
    pub fn parse(scenario: &Value) -> Result<Self, String> {
        let operations = list(&scenario["ops"], "ops")?.to_vec();
        let ops = operations
            .iter()
            .enumerate()
            .map(|(number, op)| op_of(&Parts::of(op, format!("ops[{number}]"))?))
            .collect::<Result<_, _>>()?;
        let limit = scenario["limit"].as_u64().unwrap_or(1 << 16);
        Ok(Self {
            limit: limit.try_into().map_err(|_| "limit: too large")?,
            both: scenario["both"] == true,
            ops,
            operations,
        })
    }
}

fn op_of(parts: &Parts<'_>) -> Result<Op, String> {
    let size = || Ok::<_, String>(parts.part(1)?.as_u64().map(|n| n as usize)); // none if it is negative
    Ok(match parts.name {
        "feed" => Op::Feed(bytes(&parts.string(1)?)),
        "eof" => Op::Eof,
        "exc" => Op::Exception(parts.string(1)?),
        "turn" => Op::Turn,
        "cancel" => Op::Cancel(parts.number(1)? as usize),
        "at_eof" => Op::AtEof,
        "read" => Op::Read(size()?.map_or(Read::All, Read::Some)),
        "readline" => Op::Read(Read::Line),
        "readexactly" => Op::Read(Read::Exactly(size()?)),
        "readuntil" => Op::Read(Read::Until(match parts.part(1)? {
            Value::Array(_) => crate::parts::strings(parts.part(1)?, &parts.place_of(1))?
                .iter()
                .map(|separator| bytes(separator))
                .collect(),
            _ => vec![bytes(&parts.string(1)?)],
        })),
        _ => return Err(parts.error("unknown operation")),
    })
}

/// Bytes of latin-1 text.
fn bytes(text: &str) -> Vec<u8> {
    let byte = |char| u8::try_from(char).expect("the corpus writes bytes as latin-1");
    text.chars().map(byte).collect()
}

/// Bytes as latin-1 text.
pub fn text(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
