//! Rust source as words and signs, without comments and literals: as much of it as `use` lines need.

/// A word (`use`, `crate`, a name), a path separator `::`, or a single other sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a str,
    /// From 1, as editors count.
    pub line: usize,
}

pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        rest: source,
        line: 1,
    };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let first = self.rest.chars().next()?;
            let literal = self.length_of_comment_or_literal();
            if first.is_whitespace() || literal > 0 {
                self.take(literal.max(first.len_utf8()));
                continue;
            }
            let line = self.line;
            let word = self.length_of_word();
            let length = match self.rest.starts_with("::") {
                true => 2,
                false => word.max(first.len_utf8()),
            };
            let text = self.take(length);
            let text = text.strip_prefix("r#").unwrap_or(text);
            return Some(Token { text, line });
        }
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn length_of_word(&self) -> usize {
        let raw = if self.rest.starts_with("r#") { 2 } else { 0 };
        let name = &self.rest[raw..];
        let end = name.find(|c: char| c != '_' && !c.is_alphanumeric());
        match end.unwrap_or(name.len()) {
            0 => 0,
            end => raw + end,
        }
    }

    fn length_of_comment_or_literal(&self) -> usize {
        let rest = self.rest;
        if rest.starts_with("//") {
            return rest.find('\n').unwrap_or(rest.len());
        }
        if rest.starts_with("/*") {
            return length_of_block_comment(rest);
        }
        // `b"…"`, `r#"…"#`, `cr"…"`: letters, number signs, a quote.
        let letters = rest.len() - rest.trim_start_matches(['b', 'c', 'r']).len();
        let signs = rest[letters..].len() - rest[letters..].trim_start_matches('#').len();
        let raw = rest[..letters].ends_with('r');
        match rest[letters + signs..].chars().next() {
            Some('"') if letters <= 2 && raw => length_of_raw(rest, letters, signs),
            Some('"') if letters <= 1 && signs == 0 => {
                letters + length_of_quoted(&rest[letters..], '"')
            }
            Some('\'') if letters <= 1 && !raw && signs == 0 => {
                letters + length_of_char(&rest[letters..])
            }
            _ => 0,
        }
    }
}

/// Block comments nest.
fn length_of_block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        let next = &rest[at..];
        match next {
            _ if next.starts_with("/*") => (depth, at) = (depth + 1, at + 2),
            _ if next.starts_with("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += next.chars().next().map_or(0, char::len_utf8),
        }
        if depth == 0 || at == rest.len() {
            return at;
        }
    }
}

fn length_of_raw(rest: &str, letters: usize, signs: usize) -> usize {
    let start = letters + signs + 1;
    let end = format!("\"{}", "#".repeat(signs));
    let found = rest[start..].find(&end);
    found.map_or(rest.len(), |at| start + at + end.len())
}

fn length_of_quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// `'a'` and `'\n'` are literals; in `'a` and `'static`, the quote is a sign of its own.
fn length_of_char(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    let (first, second) = (chars.next(), chars.next());
    match (first, second) {
        (Some('\\'), _) | (Some(_), Some('\'')) => length_of_quoted(rest, '\''),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_and_signs_with_their_lines() {
        let found = tokens("use a::b;\n\nmod r#type;");
        let found: Vec<_> = found.iter().map(|token| (token.text, token.line)).collect();
        let expected = [
            ("use", 1),
            ("a", 1),
            ("::", 1),
            ("b", 1),
            (";", 1),
            ("mod", 3),
            ("type", 3),
            (";", 3),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(texts("a // use b;\n/* c /* d */ e */ f /// g"), ["a", "f"]);
    }

    #[test]
    fn literals_are_left_out() {
        assert_eq!(
            texts(r##"a "use \" b;" r#"c " d"# b"e" 'f' '\'' '"' g"##),
            ["a", "g"]
        );
        assert_eq!(texts("br\"x\" c\"y\" b'z' '{' end"), ["end"]);
    }

    #[test]
    fn lifetimes_are_no_literals() {
        assert_eq!(
            texts("<'a, 'static>(x: &'a str)"),
            [
                "<", "'", "a", ",", "'", "static", ">", "(", "x", ":", "&", "'", "a", "str", ")"
            ]
        );
    }

    #[test]
    fn a_literal_of_several_lines_counts_them() {
        let found = tokens("\"one\ntwo\" /* three\n */ four");
        assert_eq!(
            found,
            [Token {
                text: "four",
                line: 3
            }]
        );
    }
}
