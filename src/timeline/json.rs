//! Writing JSON.

use std::fmt::{self, Display, Formatter, Write};

use super::words::{clean, is_hidden};

/// A value of JSON. It has no fractions but [`Json::Thousandths`], so that every number is written exactly.
pub(super) enum Json {
    Number(u64),
    /// A number of thousandths, written as a decimal number: nanoseconds, if the unit is microseconds.
    Thousandths(u64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Json::Text(text.into())
    }

    /// Creates a text that is shown to a reader, with visible escapes for characters that could not be seen.
    pub(super) fn shown(text: &str) -> Self {
        Json::Text(clean(text))
    }

    pub(super) fn list(items: impl IntoIterator<Item = Json>) -> Self {
        Json::List(items.into_iter().collect())
    }

    /// Creates an object, without the fields that are `None`.
    pub(super) fn object<const N: usize>(fields: [(&'static str, Option<Json>); N]) -> Self {
        let fields = fields.into_iter();
        Json::Object(
            fields
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        )
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Json::Number(number)
    }
}

impl From<usize> for Json {
    fn from(number: usize) -> Self {
        Json::Number(number.try_into().expect("no machine has longer pointers"))
    }
}

impl Display for Json {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Json::Number(number) => write!(f, "{number}"),
            Json::Thousandths(number) => match number % 1000 {
                0 => write!(f, "{}", number / 1000),
                rest => write!(f, "{}.{rest:03}", number / 1000),
            },
            Json::Text(text) => write_text(f, text),
            Json::List(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                f.write_char(']')
            }
            Json::Object(fields) => {
                f.write_char('{')?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}\"{name}\":{value}", if index == 0 { "" } else { "," })?;
                }
                f.write_char('}')
            }
        }
    }
}

/// Writes a string. Characters that could end it, or could end the `<script>` of a page that contains the JSON, are escaped,
/// and so are those that could not be seen in the file.
fn write_text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for char in text.chars() {
        match char {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '<' | '>' | '&' => write!(f, "\\u{:04x}", u32::from(char))?,
            char if is_hidden(char) => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
            char => f.write_char(char)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn text_is_escaped_for_json_and_for_html() {
        let nasty =
            "\"\\\n\r\0\u{7f}\u{85}\u{2028}</script><!--&amp; é 🚀\u{202e}\u{200d}\u{e0041}";
        let written = Json::text(nasty).to_string();
        assert_eq!(
            written,
            r#""\"\\\n\u000d\u0000\u007f\u0085\u2028\u003c/script\u003e\u003c!--\u0026amp; é 🚀\u202e\u200d\udb40\udc41""#
        );
        assert_eq!(
            serde_json::from_str::<String>(&written).expect("JSON"),
            nasty
        );
    }

    #[test]
    fn numbers_are_exact() {
        let numbers = [5, 1_500, u64::MAX].map(Json::Thousandths);
        let list = Json::list(numbers).to_string();
        assert_eq!(list, "[0.005,1.500,18446744073709551.615]");
        assert_eq!(
            Json::object([("a", None), ("b", Some(Json::from(2_000_u64)))]).to_string(),
            r#"{"b":2000}"#
        );
    }
}
