//! The rules, and what is said if code breaks one: which line, which rule, and what to do.

use crate::{LIBRARY, cycles::Cycle, tree::Use};

/// A cycle of more files than this can hardly be read together, so none is added to the known ones.
const MOST_FILES: usize = 4;

pub struct KnownCycle {
    pub files: &'static [&'static str],
    pub reason: &'static str,
}

pub fn layer_faults(map: &[String], uses: &[Use]) -> Vec<String> {
    let place = |layer: &str| map.iter().position(|row| row == layer);
    let fault = |one: &Use| {
        let (layer, used) = (&one.layer, &one.used_layer);
        if layer.is_empty() || layer == used {
            return None; // the crate's root shows what all layers have
        }
        // A layer without a row is another test's business.
        let (place, used_place) = (place(layer)?, place(used)?);
        (used_place > place).then(|| {
            format!(
                "{one} uses `{used}`, which stands below `{layer}` in the table \"The map\" of {LIBRARY}, and a layer \
                 uses only those above it. Move what both need into `{layer}` or above, or let `{used}` hand it in."
            )
        })
    };
    uses.iter().filter_map(fault).collect()
}

pub fn cycle_faults(known: &[KnownCycle], found: &[Cycle<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for cycle in found {
        let listed = known
            .iter()
            .any(|known| cycle.files.iter().all(|file| known.files.contains(file)));
        if listed {
            continue;
        }
        let way: Vec<String> = cycle.uses.iter().map(|one| format!("  {one}")).collect();
        let advice = match cycle.files.len() > MOST_FILES {
            true => format!("A cycle has at most {MOST_FILES} files. Cut it"),
            false => {
                "Cut it, or name it in KNOWN_CYCLES in tests/architecture/main.rs with the reason"
                    .into()
            }
        };
        faults.push(format!(
            "{} files use each other: {}.\n{advice}: move what two of them share into a third that uses neither. A \
             shortest way around:\n{}",
            cycle.files.len(),
            Vec::from_iter(cycle.files.iter().copied()).join(", "),
            way.join("\n")
        ));
    }
    for known in known {
        let in_cycles = |file: &&&str| found.iter().any(|cycle| cycle.files.contains(**file));
        let gone: Vec<_> = known.files.iter().filter(|file| !in_cycles(file)).collect();
        if !gone.is_empty() {
            faults.push(format!(
                "no longer in a cycle: {gone:?}. Remove them from KNOWN_CYCLES in tests/architecture/main.rs (reason \
                 there: {}).",
                known.reason
            ));
        }
    }
    faults
}

/// Returns the modules in the first column of the table "The map", from above.
pub fn rows_of_map(source: &str) -> Vec<String> {
    let lines = source
        .lines()
        .map(|line| line.trim().trim_start_matches("//!").trim());
    let table = lines.skip_while(|line| *line != "# The map").skip(1);
    let table = table
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let name = |row: &str| Some(row.split('|').nth(1)?.split('`').nth(1)?.to_owned());
    table.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycles::cycles;

    const TABLE: &str = "
        //! | not | the map |
        //! # The map
        //!
        //! Each uses only those above it.
        //!
        //! | module | what it is |
        //! |---|---|
        //! | [`low`] | [`Low`]: `a` |
        //! | `middle` (private) | b |
        //! | [`high`] | c |
        //!
        //! | [`other`] | a table |";

    /// `high` uses `low` in a file of its own, for example.
    fn one(layer: &str, used: &str) -> Use {
        Use {
            file: format!("src/{layer}.rs"),
            line: 7,
            path: format!("crate::{used}::Name"),
            layer: layer.into(),
            used_layer: used.into(),
            used_file: Some(format!("src/{used}.rs")),
        }
    }

    fn faults(layer: &str, used: &str) -> Vec<String> {
        layer_faults(&rows_of_map(TABLE), &[one(layer, used)])
    }

    #[test]
    fn the_rows_of_the_map_are_the_layers_in_order() {
        assert_eq!(rows_of_map(TABLE), ["low", "middle", "high"]);
    }

    #[test]
    fn what_is_above_may_be_used() {
        assert!(faults("high", "middle").is_empty());
        assert!(faults("high", "low").is_empty());
        assert!(faults("", "high").is_empty());
    }

    #[test]
    fn what_is_below_may_not_be_used() {
        assert_eq!(
            faults("low", "middle"),
            [
                "src/low.rs:7: `crate::middle::Name` uses `middle`, which stands below `low` in the table \"The map\" of \
              src/lib.rs, and a layer uses only those above it. Move what both need into `low` or above, or let \
              `middle` hand it in."
            ]
        );
        assert_eq!(faults("middle", "high").len(), 1);
    }

    const KNOWN: KnownCycle = KnownCycle {
        files: &["src/a.rs", "src/b.rs"],
        reason: "they are twins",
    };

    #[test]
    fn a_cycle_is_refused_with_a_way_around_it_unless_it_is_known() {
        let uses = [one("a", "b"), one("b", "a")];
        assert!(cycle_faults(&[KNOWN], &cycles(&uses)).is_empty());
        assert_eq!(
            cycle_faults(&[], &cycles(&uses)),
            [
                "2 files use each other: src/a.rs, src/b.rs.\nCut it, or name it in KNOWN_CYCLES in \
              tests/architecture/main.rs with the reason: move what two of them share into a third that uses neither. \
              A shortest way around:\n  src/a.rs:7: `crate::b::Name`\n  src/b.rs:7: `crate::a::Name`"
            ]
        );
    }

    #[test]
    fn a_cycle_that_has_grown_is_refused_and_a_large_one_cannot_be_named() {
        let grown = [one("a", "b"), one("b", "c"), one("c", "a")];
        assert_eq!(cycle_faults(&[KNOWN], &cycles(&grown)).len(), 1);
        let large = ["ab", "bc", "cd", "de", "ea"].map(|edge| one(&edge[..1], &edge[1..]));
        let faults = cycle_faults(&[], &cycles(&large));
        assert!(faults[0].contains("A cycle has at most 4 files. Cut it: move"));
    }

    #[test]
    fn a_known_cycle_that_is_gone_has_to_leave_the_list() {
        assert_eq!(
            cycle_faults(&[KNOWN], &[]),
            [
                "no longer in a cycle: [\"src/a.rs\", \"src/b.rs\"]. Remove them from KNOWN_CYCLES in \
              tests/architecture/main.rs (reason there: they are twins)."
            ]
        );
    }
}
