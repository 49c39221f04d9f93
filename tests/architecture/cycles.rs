//! Cycles of files that use each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::tree::Use;

/// Files that all lead to each other.
pub struct Cycle<'a> {
    pub files: BTreeSet<&'a str>,
    /// A shortest way around.
    pub uses: Vec<&'a Use>,
}

pub fn cycles(uses: &[Use]) -> Vec<Cycle<'_>> {
    let mut edges: BTreeMap<&str, BTreeMap<&str, &Use>> = BTreeMap::new();
    for one in uses {
        if let Some(used) = &one.used_file {
            edges
                .entry(&one.file)
                .or_default()
                .entry(used)
                .or_insert(one);
        }
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges
        .keys()
        .map(|&file| (file, reached(&edges, file)))
        .collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut cycles = Vec::new();
    for (&file, from_here) in &reached {
        let leads_back = |other: &&&str| {
            reached
                .get(**other)
                .is_some_and(|there| there.contains(file))
        };
        let files: BTreeSet<&str> = from_here.iter().filter(leads_back).copied().collect();
        if files.len() > 1 && !done.contains(file) {
            done.extend(&files);
            let ways = files.iter().map(|&start| way_around(&edges, start));
            let uses = ways.min_by_key(Vec::len).expect("there are files");
            cycles.push(Cycle { files, uses });
        }
    }
    cycles
}

type Edges<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a Use>>;

fn reached<'a>(edges: &Edges<'a>, start: &str) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(file) = open.pop() {
        for &next in edges.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}

/// Returns the uses on a shortest way from a file back to it: breadth first.
fn way_around<'a>(edges: &Edges<'a>, start: &str) -> Vec<&'a Use> {
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::from([(start, Vec::new())]);
    while let Some((file, way)) = open.pop_front() {
        for (&next, &one) in edges.get(file).into_iter().flatten() {
            let way = [&way[..], &[one]].concat();
            if next == start {
                return way;
            }
            if seen.insert(next) {
                open.push_back((next, way));
            }
        }
    }
    unreachable!("{start} is in a cycle")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(edges: &[(&str, &str)]) -> Vec<Use> {
        let one = |&(file, used): &(&str, &str)| Use {
            file: file.into(),
            line: 1,
            path: format!("crate::{used}"),
            layer: file.into(),
            used_layer: used.into(),
            used_file: Some(used.into()),
        };
        edges.iter().map(one).collect()
    }

    #[test]
    fn files_in_a_line_are_no_cycle() {
        assert!(cycles(&uses(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    }

    #[test]
    fn all_files_that_lead_to_each_other_are_one_cycle_and_a_shortest_way_is_shown() {
        let uses = uses(&[
            ("a", "b"),
            ("b", "c"),
            ("c", "a"),
            ("c", "d"),
            ("d", "c"),
            ("d", "e"),
        ]);
        let cycles = cycles(&uses);
        let [cycle] = &cycles[..] else {
            panic!("{} cycles", cycles.len());
        };
        assert_eq!(cycle.files, BTreeSet::from(["a", "b", "c", "d"]));
        let way: Vec<_> = cycle.uses.iter().map(ToString::to_string).collect();
        assert_eq!(way, ["c:1: `crate::d`", "d:1: `crate::c`"]);
    }

    #[test]
    fn two_cycles_are_two() {
        let uses = uses(&[("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")]);
        assert_eq!(cycles(&uses).len(), 2);
    }
}
