//! The modules of a crate, and which files use which.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path as FilePath, PathBuf},
};

use crate::paths::{Contents, Path, contents};

/// The path of a module: empty for the crate's root.
type Module = Vec<String>;

/// The modules of a crate.
#[derive(Default)]
pub struct Tree {
    modules: BTreeMap<Module, Scope>,
}

struct Scope {
    /// From the project's root; `None` for a module outside the folder of the crate's root.
    file: Option<String>,
    paths: Vec<Path>,
}

/// A file uses something of another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub file: String,
    pub line: usize,
    /// As written, without braces.
    pub path: String,
    /// The layers: the modules of the crate's root that the two files belong to.
    pub layer: String,
    pub used_layer: String,
    /// `None` for a module outside the folder of the crate's root.
    pub used_file: Option<String>,
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}`", self.file, self.line, self.path)
    }
}

impl Tree {
    /// Reads the crate that has this file as its root.
    pub fn read(project: &FilePath, root: &str) -> Self {
        let read = |file: &FilePath| fs::read_to_string(project.join(file)).ok();
        Self::new(FilePath::new(root), &read)
    }

    fn new(root: &FilePath, read: &dyn Fn(&FilePath) -> Option<String>) -> Self {
        let mut tree = Self::default();
        let mut open = vec![(Vec::new(), root.to_owned())];
        while let Some((module, file)) = open.pop() {
            let source = read(&file).unwrap_or_else(|| panic!("cannot read {}", file.display()));
            let is_root = module.is_empty() || file.ends_with("mod.rs");
            let folder = if is_root {
                file.with_file_name("")
            } else {
                file.with_extension("")
            };
            let contents = contents(&source);
            for child in &contents.files {
                let path: PathBuf = folder.join(child.iter().collect::<PathBuf>());
                let nested = path.join("mod.rs");
                let flat = path.with_extension("rs");
                let file = if read(&flat).is_some() { flat } else { nested };
                open.push(([&module[..], child].concat(), file));
            }
            tree.add(module, &file, contents);
        }
        tree
    }

    fn add(&mut self, module: Module, file: &FilePath, contents: Contents) {
        let file = file.to_str().expect("names of files are UTF-8");
        let file = file.replace('\\', "/");
        let scope = |file| Scope {
            file,
            paths: Vec::new(),
        };
        for child in contents.elsewhere {
            self.modules
                .insert([&module[..], &child].concat(), scope(None));
        }
        for child in contents.inline.into_iter().chain([Vec::new()]) {
            self.modules
                .insert([&module[..], &child].concat(), scope(Some(file.clone())));
        }
        for path in contents.paths {
            let inside = [&module[..], &path.inside].concat();
            let scope = self.modules.get_mut(&inside).expect("it was just inserted");
            scope.paths.push(path);
        }
    }

    pub fn files(&self) -> BTreeSet<&str> {
        self.modules
            .values()
            .filter_map(|scope| scope.file.as_deref())
            .collect()
    }

    /// The modules of the crate's root.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        let layers = self.modules.keys().filter(|module| module.len() == 1);
        layers.map(|module| module[0].as_str())
    }

    /// All uses of one file by another, in the order of files and lines.
    ///
    /// What a `mod.rs` defines itself, its own files use without an entry here: the folder is one module with private
    /// parts, and its root is where they meet.
    pub fn uses(&self) -> Vec<Use> {
        let mut uses = Vec::new();
        for (module, scope) in &self.modules {
            for path in &scope.paths {
                let Some(target) = self.resolve(module, module, &path.parts, &mut BTreeSet::new())
                else {
                    continue;
                };
                let used = &self.modules[&target];
                let file = scope.file.clone().expect("paths come from files");
                if used.file.as_ref() != Some(&file) && !module.starts_with(&target) {
                    uses.push(Use {
                        file,
                        line: path.line,
                        path: path.parts.join("::"),
                        layer: module.first().cloned().unwrap_or_default(),
                        used_layer: target.first().cloned().unwrap_or_default(),
                        used_file: used.file.clone(),
                    });
                }
            }
        }
        uses.sort();
        uses
    }

    /// Returns the module that a path, written in `module`, leads to for code in `user`; `None` if it leads out of the crate.
    ///
    /// A name that a `mod.rs` re-exports leads to that `mod.rs`, which stands for its folder. Inside the folder, it leads to
    /// where the name comes from.
    fn resolve(
        &self,
        user: &Module,
        module: &Module,
        parts: &[String],
        seen: &mut BTreeSet<(Module, String)>,
    ) -> Option<Module> {
        let (mut target, mut rest) = self.start(module, parts)?;
        while let Some((part, after)) = rest.split_first() {
            let next = match part.as_str() {
                "super" => target[..target.len().checked_sub(1)?].to_vec(),
                _ => [&target[..], std::slice::from_ref(part)].concat(),
            };
            if !self.modules.contains_key(&next) {
                break;
            }
            (target, rest) = (next, after);
        }
        let (Some(name), true) = (rest.first(), user.starts_with(&target)) else {
            return Some(target);
        };
        let mut imports = self.modules[&target].paths.iter();
        let import = imports.find(|path| path.name.as_ref() == Some(name));
        match import {
            // `seen` ends `use self::a as a`, and whatever else leads to itself.
            Some(import) if seen.insert((target.clone(), name.clone())) => {
                self.resolve(user, &target, &import.parts, seen)
            }
            _ => Some(target),
        }
    }

    /// Returns the module at which a path starts, and the rest of the path.
    fn start<'a>(&self, module: &Module, parts: &'a [String]) -> Option<(Module, &'a [String])> {
        let (first, rest) = parts.split_first()?;
        match first.as_str() {
            "crate" | "tminus" => Some((Vec::new(), rest)),
            "self" => Some((module.clone(), rest)),
            "super" => Some((module.clone(), parts)),
            name => {
                let child = [&module[..], &[name.to_owned()]].concat();
                self.modules.contains_key(&child).then_some((child, rest))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The uses of a crate of these files, as `file: path -> file`.
    fn uses(files: &[(&str, &str)]) -> Vec<String> {
        let files: BTreeMap<&str, &str> = files.iter().copied().collect();
        let read = |file: &FilePath| files.get(file.to_str()?).map(|&text| text.to_owned());
        let tree = Tree::new(FilePath::new("src/lib.rs"), &read);
        let shown = |one: Use| {
            let used = one.used_file.unwrap_or(one.used_layer);
            format!("{}: {} -> {used}", &one.file[4..], one.path)
        };
        tree.uses().into_iter().map(shown).collect()
    }

    #[test]
    fn crate_self_super_and_children_lead_to_files() {
        let found = uses(&[
            ("src/lib.rs", "mod a; mod b;"),
            (
                "src/a/mod.rs",
                "mod x; mod y; use x::One; use self::y::Two; use crate::b::Three; use std::rc::Rc;",
            ),
            (
                "src/a/x.rs",
                "use super::y::Two; use super::super::b::Three; use super::Four;",
            ),
            ("src/a/y.rs", ""),
            ("src/b.rs", "use crate::{a::Four, b::Five};"),
        ]);
        assert_eq!(
            found,
            [
                "a/mod.rs: crate::b::Three -> src/b.rs",
                "a/mod.rs: self::y::Two -> src/a/y.rs",
                "a/mod.rs: x::One -> src/a/x.rs",
                "a/x.rs: super::super::b::Three -> src/b.rs",
                "a/x.rs: super::y::Two -> src/a/y.rs",
                "b.rs: crate::a::Four -> src/a/mod.rs",
            ]
        );
    }

    #[test]
    fn a_name_that_a_mod_rs_re_exports_leads_there_from_outside_and_to_its_origin_from_inside() {
        let found = uses(&[
            ("src/lib.rs", "mod a; mod b; pub use a::One;"),
            (
                "src/a/mod.rs",
                "mod x; mod y; pub use x::One as Uno; pub use self::x::One;",
            ),
            ("src/a/x.rs", "use crate::Gone; use super::Rc;"),
            (
                "src/a/y.rs",
                "use super::Uno; use crate::One; use crate::a::One;",
            ),
            ("src/b.rs", "use crate::{One, a::Uno};"),
        ]);
        assert_eq!(
            found,
            [
                "a/mod.rs: self::x::One -> src/a/x.rs",
                "a/mod.rs: x::One -> src/a/x.rs",
                "a/y.rs: crate::One -> src/a/x.rs",
                "a/y.rs: crate::a::One -> src/a/x.rs",
                "a/y.rs: super::Uno -> src/a/x.rs",
                "b.rs: crate::One -> src/a/mod.rs",
                "b.rs: crate::a::Uno -> src/a/mod.rs",
                "lib.rs: a::One -> src/a/mod.rs",
            ]
        );
    }

    #[test]
    fn inline_modules_belong_to_their_file_and_others_may_be_elsewhere() {
        let found = uses(&[
            ("src/lib.rs", "mod a; #[path = \"../l.rs\"] mod l;"),
            (
                "src/a.rs",
                "mod names { pub use crate::*; use crate::l::Name; } mod page { use super::names::*; }",
            ),
        ]);
        assert_eq!(found, ["a.rs: crate::l::Name -> l"]);
    }

    #[test]
    fn a_re_export_of_itself_ends() {
        let found = uses(&[
            ("src/lib.rs", "mod a; use self::One; pub use crate::One;"),
            ("src/a.rs", "use crate::One;"),
        ]);
        assert_eq!(found, [] as [&str; 0]);
    }
}
