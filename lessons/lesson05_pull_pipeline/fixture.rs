//! Real files to try a pipe on.

use std::{
    env, fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process,
};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;

/// A folder for temporary files, removed when it is dropped.
///
/// `bash` is in its path: a search for `bash` in paths instead of names finds too much.
pub struct Tree(PathBuf);

impl Tree {
    /// Creates an empty folder.
    pub fn new() -> io::Result<Self> {
        for number in 0.. {
            let name = format!("tminus-bash-{}-{number}", process::id());
            let top = env::temp_dir().join(name);
            match fs::create_dir(&top) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(top)),
            }
        }
        unreachable!("there are numbers enough")
    }

    /// Creates a folder with five files: a history of 60 lines, an old and a deep one, a broken one, and another text.
    pub fn of_histories() -> io::Result<Self> {
        let tree = Self::new()?;
        let history: String = (0..30).map(|i| format!("brew cmd{i}\nls\n")).collect();
        tree.write(".bash_history", &history)?;
        tree.write("bash/todo.txt", "brew tea\n")?;
        tree.write("old_bash.gz", "brew zipped\n")?;
        tree.write("sub/deep_bash.bz2", "brew deep\nnothing\n")?;
        fs::write(tree.top().join("broken.gz"), "brew plain\n")?;
        Ok(tree)
    }

    /// Returns the folder.
    pub fn top(&self) -> &Path {
        &self.0
    }

    /// Writes a file, compressed if its name ends in `.gz` or `.bz2`. Creates the folders on the way to it.
    pub fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.0.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, compressed(name, text)?)
    }

    /// Returns what a file in the folder is called: its path from here.
    pub fn name(&self, path: impl AsRef<Path>) -> String {
        let path = path.as_ref();
        let path = path.strip_prefix(&self.0).unwrap_or(path);
        path.display().to_string().replace('\\', "/")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what is left over is in the folder for temporary files
    }
}

fn compressed(name: &str, text: &str) -> io::Result<Vec<u8>> {
    if name.ends_with(".gz") {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes())?;
        encoder.finish()
    } else if name.ends_with(".bz2") {
        let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::default());
        encoder.write_all(text.as_bytes())?;
        encoder.finish()
    } else {
        Ok(text.as_bytes().to_vec())
    }
}
