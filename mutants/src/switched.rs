//! All mutants in one source: each change is made only if its mutant is switched on.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Range,
};

use anyhow::Result;
use syn::{spanned::Spanned, visit::Visit};

use crate::mutant::{Mutant, What};

/// The module that answers, in the library.
const ON: &str = "crate::mutants::on";

/// A file with all its mutants.
pub struct Switched {
    pub source: String,
    /// Which bytes belong to which mutants. If the compiler reports an error there, these mutants have caused it.
    pub places: Vec<(Range<usize>, Vec<usize>)>,
    /// The mutants whose place was not found, or whose place cannot hold the check.
    pub left_out: Vec<usize>,
}

/// A place in the source at which one or more mutants change something.
struct Edit {
    range: Range<usize>,
    kind: Kind,
}

enum Kind {
    /// At the beginning of a body.
    Body(Vec<(usize, String)>),
    Binary {
        left: Range<usize>,
        operator: Range<usize>,
        right: Range<usize>,
        mutants: Vec<(usize, String)>,
    },
    Sign {
        operand: Range<usize>,
        mutant: usize,
    },
    /// A guard that is always true or false, or whose arm is left out.
    Guard {
        always: Vec<(usize, bool)>,
        left_out: Option<usize>,
    },
    /// An arm without a guard.
    Arm(usize),
}

impl Edit {
    fn mutants(&self) -> Vec<usize> {
        match &self.kind {
            Kind::Body(mutants) | Kind::Binary { mutants, .. } => {
                mutants.iter().map(|(number, _)| *number).collect()
            }
            Kind::Sign { mutant, .. } | Kind::Arm(mutant) => vec![*mutant],
            Kind::Guard { always, left_out } => {
                let always = always.iter().map(|(number, _)| *number);
                always.chain(*left_out).collect()
            }
        }
    }
}

/// Puts the mutants of a file into its source.
pub fn switched(source: &str, mutants: &[&Mutant]) -> Result<Switched> {
    let lines: Vec<usize> = [0]
        .into_iter()
        .chain(source.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let offset = |(line, column): (usize, usize)| {
        let rest = &source[lines[line - 1]..];
        let within = rest.char_indices().nth(column - 1);
        lines[line - 1] + within.map_or(rest.len(), |(at, _)| at)
    };
    let mut finder = Finder::default();
    let mut bodies: BTreeMap<usize, Vec<(usize, String)>> = BTreeMap::new();
    for mutant in mutants {
        let (at, number) = (offset(mutant.start), mutant.number);
        match &mutant.what {
            What::Body(value) => bodies.entry(at).or_default().push((number, value.clone())),
            What::Operator(other) => finder
                .operators
                .entry(at)
                .or_default()
                .push((number, other.clone())),
            What::Sign => drop(finder.signs.insert(at, number)),
            What::Guard(always) => finder.guards.entry(at).or_default().push((number, *always)),
            What::Arm => drop(finder.arms.insert(at, number)),
        }
    }
    finder.visit_file(&syn::parse_file(source)?);
    let mut edits = finder.edits;
    edits.extend(bodies.into_iter().map(|(at, mutants)| Edit {
        range: at..at,
        kind: Kind::Body(mutants),
    }));
    // What contains others comes before them; the beginning of a body comes before what it begins with.
    edits.sort_by_key(|edit| {
        let is_body = matches!(edit.kind, Kind::Body(_));
        (edit.range.start, !is_body, usize::MAX - edit.range.end)
    });
    let found: HashSet<usize> = edits.iter().flat_map(Edit::mutants).collect();
    let numbers = mutants.iter().map(|mutant| mutant.number);
    let mut written = Switched {
        source: String::new(),
        places: Vec::new(),
        left_out: numbers.filter(|number| !found.contains(number)).collect(),
    };
    written.write(source, 0..source.len(), &edits);
    Ok(written)
}

/// Finds the expressions that the mutants change.
#[derive(Default)]
struct Finder {
    operators: HashMap<usize, Vec<(usize, String)>>,
    signs: HashMap<usize, usize>,
    guards: HashMap<usize, Vec<(usize, bool)>>,
    arms: HashMap<usize, usize>,
    edits: Vec<Edit>,
}

fn bytes(of: &impl Spanned) -> Range<usize> {
    of.span().byte_range()
}

/// A condition with `let` cannot be moved into a `match`.
fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let operator = bytes(&binary.op);
        if !has_let(&binary.left)
            && !has_let(&binary.right)
            && let Some(mutants) = self.operators.remove(&operator.start)
        {
            let (left, right) = (bytes(&*binary.left), bytes(&*binary.right));
            self.edits.push(Edit {
                range: left.start..right.end,
                kind: Kind::Binary {
                    left,
                    operator,
                    right,
                    mutants,
                },
            });
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let start = bytes(&unary.op).start;
        if let Some(mutant) = self.signs.remove(&start) {
            let operand = bytes(&*unary.expr);
            self.edits.push(Edit {
                range: start..operand.end,
                kind: Kind::Sign { operand, mutant },
            });
        }
        syn::visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let pattern = bytes(&arm.pat);
        let left_out = self.arms.remove(&pattern.start);
        match &arm.guard {
            Some((_, guard)) if !has_let(guard) => {
                let range = bytes(&**guard);
                let always = self.guards.remove(&range.start).unwrap_or_default();
                if left_out.is_some() || !always.is_empty() {
                    let kind = Kind::Guard { always, left_out };
                    self.edits.push(Edit { range, kind });
                }
            }
            Some(_) => {}
            None => self.edits.extend(left_out.map(|mutant| Edit {
                range: pattern.end..pattern.end,
                kind: Kind::Arm(mutant),
            })),
        }
        syn::visit::visit_arm(self, arm);
    }
}

impl Switched {
    /// Writes a part of the source, with the edits that lie in it.
    fn write(&mut self, source: &str, part: Range<usize>, edits: &[Edit]) {
        let mut written = part.start;
        let mut rest = edits;
        while let [edit, others @ ..] = rest {
            let range = edit.range.clone();
            if range.start < written || range.end > part.end {
                rest = others;
                continue;
            }
            let inner = others
                .iter()
                .take_while(|inner| inner.range.start < range.end);
            let (inner, others) = others.split_at(inner.count());
            self.source += &source[written..range.start];
            let before = self.source.len();
            self.write_edit(source, edit, inner);
            self.places
                .push((before..self.source.len(), edit.mutants()));
            written = range.end;
            rest = others;
        }
        self.source += &source[written..part.end];
    }

    fn write_edit(&mut self, source: &str, edit: &Edit, inner: &[Edit]) {
        match &edit.kind {
            Kind::Body(mutants) => {
                self.ask(&edit.mutants());
                for (number, value) in mutants {
                    self.write_arm(*number, &format!("return {value}"));
                }
                self.source += "_ => {} } ";
            }
            Kind::Binary {
                left,
                operator,
                right,
                mutants,
            } => {
                self.source.push('(');
                self.ask(&edit.mutants());
                for (number, other) in mutants {
                    let (before, after) = (left.start..operator.start, operator.end..right.end);
                    let changed = format!("{}{other}{}", &source[before], &source[after]);
                    self.write_arm(*number, &changed);
                }
                self.source += "_ => ";
                self.write(source, left.clone(), inner);
                self.source += &source[left.end..right.start];
                self.write(source, right.clone(), inner);
                self.source += " })";
            }
            Kind::Sign { operand, mutant } => {
                self.source.push('(');
                self.ask(&[*mutant]);
                self.write_arm(*mutant, &source[operand.clone()]);
                self.source += "_ => ";
                self.source += &source[edit.range.start..operand.start];
                self.write(source, operand.clone(), inner);
                self.source += " })";
            }
            Kind::Guard { always, left_out } => {
                if let Some(arm) = left_out {
                    self.source += &format!("{ON}(&[{arm}]) != {arm} && ");
                }
                for (number, always) in always {
                    self.source += &match always {
                        true => format!("({ON}(&[{number}]) == {number} || "),
                        false => format!("({ON}(&[{number}]) != {number} && "),
                    };
                }
                self.source.push('(');
                self.write(source, edit.range.clone(), inner);
                self.source += &")".repeat(always.len() + 1);
            }
            Kind::Arm(arm) => self.source += &format!(" if {ON}(&[{arm}]) != {arm}"),
        }
    }

    fn ask(&mut self, mutants: &[usize]) {
        let numbers: Vec<_> = mutants.iter().map(ToString::to_string).collect();
        self.source += &format!("match {ON}(&[{}]) {{ ", numbers.join(","));
    }

    fn write_arm(&mut self, number: usize, value: &str) {
        let before = self.source.len();
        self.source += &format!("{number} => {value}, ");
        self.places.push((before..self.source.len(), vec![number]));
    }
}

#[cfg(test)]
mod tests;
