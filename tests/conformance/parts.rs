//! Statements, steps and operations: lists that begin with a name. What is wrong with one is said with its place.

use std::rc::Rc;

use serde_json::Value;

/// A list such as `["yield", 1]`, and where it stands.
pub struct Parts<'a> {
    pub name: &'a str,
    parts: &'a [Value],
    place: String,
}

impl<'a> Parts<'a> {
    pub fn of(value: &'a Value, place: String) -> Result<Self, String> {
        match value.as_array().map(Vec::as_slice) {
            Some(parts @ [Value::String(name), ..]) => Ok(Self { name, parts, place }),
            _ => Err(format!("{place}: no list that begins with a name: {value}")),
        }
    }

    pub fn optional(&self, index: usize) -> Option<&'a Value> {
        self.parts.get(index).filter(|part| !part.is_null())
    }

    pub fn part(&self, index: usize) -> Result<&'a Value, String> {
        let Self { name, place, .. } = self;
        let missing = || format!("{place}: {name:?} lacks its part {index}");
        self.parts.get(index).ok_or_else(missing)
    }

    pub fn string(&self, index: usize) -> Result<String, String> {
        let part = self.part(index)?;
        let place = self.place_of(index);
        let text = part
            .as_str()
            .ok_or_else(|| format!("{place}: no string: {part}"))?;
        Ok(text.into())
    }

    pub fn list(&self, index: usize) -> Result<&'a [Value], String> {
        list(self.part(index)?, &self.place_of(index))
    }

    pub fn number(&self, index: usize) -> Result<u64, String> {
        let part = self.part(index)?;
        let place = self.place_of(index);
        part.as_u64()
            .ok_or_else(|| format!("{place}: no number: {part}"))
    }

    /// An error about the whole.
    pub fn error(&self, what: &str) -> String {
        format!("{}: {what} {:?}", self.place, self.name)
    }

    pub fn place_of(&self, index: usize) -> String {
        format!("{}[{index}]", self.place)
    }
}

pub fn list<'a>(value: &'a Value, place: &str) -> Result<&'a [Value], String> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| format!("{place}: no list: {value}"))
}

pub fn strings(value: &Value, place: &str) -> Result<Vec<String>, String> {
    let string = |item: &Value| {
        let text = item.as_str().map(String::from);
        text.ok_or_else(|| format!("{place}: no string: {item}"))
    };
    list(value, place)?.iter().map(string).collect()
}

/// A list of such lists, each parsed.
pub fn parse_each<T>(
    value: &Value,
    place: &str,
    parse: impl Fn(&Parts<'_>) -> Result<T, String>,
) -> Result<Rc<[T]>, String> {
    let parse_one = |(index, one)| parse(&Parts::of(one, format!("{place}[{index}]"))?);
    list(value, place)?
        .iter()
        .enumerate()
        .map(parse_one)
        .collect()
}
