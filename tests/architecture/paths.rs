//! The modules that a file declares, and the paths that it uses.

use crate::tokens::{Token, tokens};

/// What one file has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// `mod name;`, each with the path of the module around it inside this file.
    pub files: Vec<Vec<String>>,
    /// `mod name;` with a `#[path]`: their files are not below this one.
    pub elsewhere: Vec<Vec<String>>,
    /// `mod name { … }`.
    pub inline: Vec<Vec<String>>,
    pub paths: Vec<Path>,
}

/// One path of a `use` line (`use a::{b, c as d};` has two), or one written out in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The module inside this file in which the path is.
    pub inside: Vec<String>,
    /// `["crate", "a", "b"]`; the last one of a glob is `*`.
    pub parts: Vec<String>,
    /// The name that a `use` line brings into scope: `d` for `c as d`.
    pub name: Option<String>,
    pub line: usize,
}

/// Items under `#[cfg(test)]` are left out.
pub fn contents(source: &str) -> Contents {
    let tokens = tokens(source);
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        inside: Vec::new(),
        contents: Contents::default(),
    };
    parser.items();
    parser.contents
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    inside: Vec<String>,
    contents: Contents,
}

impl<'a> Parser<'a> {
    fn peek(&self, ahead: usize) -> &'a str {
        self.tokens
            .get(self.at + ahead)
            .map_or("", |token| token.text)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }

    fn next(&mut self) -> &'a str {
        let text = self.peek(0);
        self.at += 1;
        text
    }

    /// Reads up to the `}` that ends this block, or to the end of the file.
    fn items(&mut self) {
        let (mut blocks, mut has_path) = (0, false);
        while self.at < self.tokens.len() {
            match (self.peek(0), self.peek(1)) {
                ("#", "[" | "!") => {
                    let attribute = self.attribute();
                    match attribute[..] {
                        ["cfg", "(", "test", ")"] => self.skip_item(),
                        _ => has_path |= attribute.first() == Some(&"path"),
                    }
                    continue;
                }
                ("use", after) if after != "<" => self.use_line(),
                ("mod", _) => self.module(has_path),
                ("crate" | "super" | "self", "::") => self.written_out(),
                ("{", _) => (blocks, self.at) = (blocks + 1, self.at + 1),
                ("}", _) if blocks == 0 => return,
                ("}", _) => (blocks, self.at) = (blocks - 1, self.at + 1),
                ("pub", _) => {
                    self.visibility();
                    continue; // it stands between an attribute and its item
                }
                _ => self.at += 1,
            }
            has_path = false;
        }
    }

    /// Reads `pub`, `pub(crate)` or `pub(in a::b)`.
    fn visibility(&mut self) {
        self.at += 1;
        if self.peek(0) == "(" && ["crate", "super", "self", "in"].contains(&self.peek(1)) {
            while ![")", ""].contains(&self.next()) {}
        }
    }

    /// Reads `#[…]` or `#![…]`; returns what is between the brackets.
    fn attribute(&mut self) -> Vec<&'a str> {
        while self.next() != "[" {}
        let (mut inner, mut depth) = (Vec::new(), 1);
        while depth > 0 && self.at < self.tokens.len() {
            let text = self.next();
            depth = match text {
                "[" => depth + 1,
                "]" => depth - 1,
                _ => depth,
            };
            inner.push(text);
        }
        inner.pop();
        inner
    }

    /// Skips to the `;` or the block that ends an item.
    fn skip_item(&mut self) {
        let mut depth = 0;
        while self.at < self.tokens.len() {
            match self.next() {
                "{" | "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                "}" if depth == 1 => return,
                "}" => depth -= 1,
                ";" if depth == 0 => return,
                _ => {}
            }
        }
    }

    fn module(&mut self, has_path: bool) {
        self.at += 1;
        let mut path = self.inside.clone();
        path.push(self.next().into());
        match self.next() {
            ";" if has_path => self.contents.elsewhere.push(path),
            ";" => self.contents.files.push(path),
            _ => {
                self.contents.inline.push(path.clone());
                let outer = std::mem::replace(&mut self.inside, path);
                self.items();
                self.at += 1;
                self.inside = outer;
            }
        }
    }

    fn use_line(&mut self) {
        self.at += 1;
        self.use_tree(Vec::new());
    }

    /// Reads `a::{b, c as d}` behind `prefix`, and the `,`, `}` or `;` after it stays.
    fn use_tree(&mut self, prefix: Vec<String>) {
        let (mut parts, line) = (prefix, self.line());
        loop {
            match self.next() {
                "" => return,
                "::" => {}
                "{" => {
                    while !["}", ""].contains(&self.peek(0)) {
                        self.use_tree(parts.clone());
                        if self.peek(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                part => parts.push(part.into()),
            }
            if self.peek(0) == "as" {
                self.at += 1;
                let name = self.next().to_owned();
                return self.add(parts, Some(name), line);
            }
            if [",", "}", ";", ""].contains(&self.peek(0)) {
                // `a::{self}` is `a`; `use self::x` begins with it, and that one stays.
                if parts.len() > 1 {
                    parts.pop_if(|last| last == "self");
                }
                let name = parts.last().cloned();
                return self.add(parts, name, line);
            }
        }
    }

    fn written_out(&mut self) {
        let line = self.line();
        let mut parts = vec![self.next().to_owned()];
        while self.peek(0) == "::"
            && self
                .peek(1)
                .starts_with(|c: char| c == '_' || c.is_alphabetic())
        {
            self.at += 1;
            parts.push(self.next().into());
        }
        self.add(parts, None, line);
    }

    fn add(&mut self, parts: Vec<String>, name: Option<String>, line: usize) {
        let inside = self.inside.clone();
        self.contents.paths.push(Path {
            inside,
            parts,
            name,
            line,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths as text, `a::b as c` if the name is another one; those that are written out without a name end in `!`.
    fn paths(source: &str) -> Vec<String> {
        let shown = |path: &Path| {
            let text = path.parts.join("::");
            match &path.name {
                Some(name) if path.parts.last() == Some(name) => text,
                Some(name) => format!("{text} as {name}"),
                None => format!("{text}!"),
            }
        };
        contents(source).paths.iter().map(shown).collect()
    }

    #[test]
    fn one_use_line_is_one_path_per_name() {
        assert_eq!(paths("use crate::a::B;"), ["crate::a::B"]);
        assert_eq!(
            paths("pub(crate) use super::{a::{B, c::*}, d::{self, E as F}, G,};"),
            [
                "super::a::B",
                "super::a::c::*",
                "super::d",
                "super::d::E as F",
                "super::G"
            ]
        );
        assert_eq!(
            paths("use self::a::B as _; use ::std::rc;"),
            ["self::a::B as _", "std::rc"]
        );
        assert_eq!(paths("use self::a;\nuse {b, c};"), ["self::a", "b", "c"]);
    }

    #[test]
    fn each_name_has_its_own_line() {
        let contents = contents("use crate::{\n    a::B,\n    c,\n};");
        let lines: Vec<_> = contents.paths.iter().map(|path| path.line).collect();
        assert_eq!(lines, [2, 3]);
    }

    #[test]
    fn a_path_written_out_in_the_code_counts() {
        assert_eq!(
            paths("fn f() -> crate::a::B<super::C> { self.d(); self::e::<u8>(); use crate::F; }"),
            ["crate::a::B!", "super::C!", "self::e!", "crate::F"]
        );
        assert_eq!(
            paths("fn f(self) -> impl A + use<'_> { Self::b() }"),
            [] as [&str; 0]
        );
    }

    #[test]
    fn tests_comments_and_texts_do_not_count() {
        let source = "
            use crate::a; // use crate::b;
            /// use crate::c;
            const TEXT: &str = \"use crate::d;\";
            #[cfg(test)]
            use crate::e;
            #[cfg(test)]
            #[allow(dead_code)]
            mod tests { use super::*; mod deeper { use crate::f; } }
            #[cfg(test)]
            fn helper([a, b]: [u8; 2]) { crate::g(); }
            use crate::h;
            #[cfg(feature = \"timeline\")]
            use crate::i;";
        assert_eq!(paths(source), ["crate::a", "crate::h", "crate::i"]);
    }

    #[test]
    fn modules_are_files_or_inline_or_elsewhere() {
        let source = "
            mod a;
            #[doc = \"x\"]
            pub mod b;
            #[path = \"../c.rs\"]
            pub(crate) mod c;
            mod d { mod e { use super::x; } fn f() { if true {} } use self::y; }
            #[cfg(test)]
            mod tests;
            use z;";
        let contents = contents(source);
        assert_eq!(contents.files, [["a"], ["b"]]);
        assert_eq!(contents.elsewhere, [["c"]]);
        assert_eq!(contents.inline, [vec!["d"], vec!["d", "e"]]);
        let inside: Vec<_> = contents
            .paths
            .iter()
            .map(|path| path.inside.join("::"))
            .collect();
        assert_eq!(inside, ["d::e", "d", ""]);
    }
}
