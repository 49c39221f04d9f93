//! The file that a drawing is written to: checked before the run, and written after it.
//!
//! | the path names | what happens |
//! |---|---|
//! | nothing yet | the file appears under its name when all of it is written |
//! | a file | another one is written beside it, gets its mode, and takes its place |
//! | a file with several names, of another owner, or in a folder that cannot be written | it is written in place; if that fails, its old text comes back |
//! | a pipe, a terminal or another device | it is written to |
//! | a symbolic link | the same, for what it leads to; the link stays |
//!
//! So a file has its old text or its new one, and nothing else is left behind, whatever fails.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process,
};

/// More links than that are a circle.
const LINKS: usize = 40;

/// What a path leads to.
enum Place {
    /// No file yet. Its folder exists.
    New(PathBuf),
    File(PathBuf),
    /// A pipe or a device.
    Stream,
}

/// Finds out, without a change to anything, whether a drawing can be written to `path`.
///
/// # Errors
///
/// What is wrong with it, and what to do.
pub fn check(path: &Path) -> Result<(), String> {
    match place(path)? {
        Place::New(file) => check_folder(folder_of(&file)),
        // A file is not cut off until it is written.
        Place::File(file) => match OpenOptions::new().write(true).open(&file) {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(&file, &error)),
        },
        Place::Stream => check_stream(path),
    }
}

/// Writes a drawing to `path`.
///
/// # Errors
///
/// What is wrong with it, and what to do. A file is then as it was before.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = match place(path)? {
        Place::New(file) => write_beside(&file, text, None),
        Place::File(file) => replace(&file, text),
        Place::Stream => write_stream(path, text),
    };
    written.map_err(|error| refused(path, &error))
}

fn place(path: &Path) -> Result<Place, String> {
    if path.as_os_str().to_string_lossy().ends_with('/') {
        return Err(format!(
            "{path:?} ends like a folder: write the name of a file"
        ));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(format!(
            "{path:?} is a folder: write the name of a file in it"
        )),
        Ok(found) if found.is_file() => {
            // Where no path leads to it, as to a deleted file that is somebody's output, it keeps the one that was given.
            let file = fs::canonicalize(path);
            Ok(Place::File(file.unwrap_or_else(|_| path.to_owned())))
        }
        Ok(_) => Ok(Place::Stream),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let file = end_of_links(path).map_err(|error| refused(path, &error))?;
            match folder_of(&file).metadata() {
                Ok(_) => Ok(Place::New(file)),
                Err(error) => Err(refused(&file, &error)),
            }
        }
        Err(error) => Err(refused(path, &error)),
    }
}

/// Follows links that lead to nothing.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => path = folder_of(&path).join(fs::read_link(&path)?),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => break,
        }
    }
    Ok(path)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// What is wrong, and what to do.
fn refused(path: &Path, error: &io::Error) -> String {
    let folder = folder_of(path);
    match error.kind() {
        ErrorKind::NotFound => format!("there is no folder {folder:?}: create it first"),
        ErrorKind::NotADirectory => {
            let file = path.ancestors().find(|part| part.is_file());
            let file = file.unwrap_or(folder);
            format!("{file:?} is a file and no folder: write the name of a file in a folder")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!(
                "{path:?} cannot be written: {error}: change the permissions, or write another name"
            )
        }
        ErrorKind::InvalidFilename => {
            format!("{path:?} cannot be written: {error}: write a shorter name")
        }
        _ => format!("{path:?} cannot be written: {error}"),
    }
}

/// Creates a file, and removes it.
fn check_folder(folder: &Path) -> Result<(), String> {
    match temporary(folder) {
        Ok((file, path)) => {
            drop(file);
            fs::remove_file(&path).map_err(|error| refused(&path, &error))
        }
        Err(error) => Err(format!(
            "no file can be created in {folder:?}: {error}: change the permissions, or write the name of a file in another folder"
        )),
    }
}

/// Asks for the permission only: a pipe that is opened and closed ends for its reader.
#[cfg(unix)]
fn check_stream(path: &Path) -> Result<(), String> {
    let allowed = rustix::fs::access(path, rustix::fs::Access::WRITE_OK);
    allowed.map_err(|error| refused(path, &error.into()))
}

#[cfg(not(unix))]
fn check_stream(_: &Path) -> Result<(), String> {
    Ok(())
}

fn write_stream(path: &Path, text: &str) -> io::Result<()> {
    let mut stream = OpenOptions::new().write(true).open(path)?;
    match stream.write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()), // whoever reads has seen enough
        written => written,
    }
}

/// A new file in this folder. Its name has nothing of the drawing's, which may be as long as names can be.
fn temporary(folder: &Path) -> io::Result<(File, PathBuf)> {
    let mut number = 0;
    loop {
        let path = folder.join(format!(".countdown-demo-{}-{number}", process::id()));
        match File::create_new(&path) {
            // Of a process that had this number before, and was killed.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
            Ok(file) => return Ok((file, path)),
        }
    }
}

/// Writes another file, and gives it the name of this one in the end.
fn write_beside(path: &Path, text: &str, mode: Option<fs::Permissions>) -> io::Result<()> {
    let (mut file, beside) = temporary(folder_of(path))?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| mode.map_or(Ok(()), |mode| file.set_permissions(mode)));
    drop(file); // Windows renames closed files only
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&beside); // the first error says more
    }
    renamed
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?; // a file may be protected in a folder that is not
    if !is_mine_alone(path)? || temporary_is_refused(folder_of(path)) {
        return write_in_place(path, text);
    }
    let mode = path.metadata()?.permissions();
    write_beside(path, text, Some(mode))
}

fn temporary_is_refused(folder: &Path) -> bool {
    check_folder(folder).is_err()
}

/// Returns `false` if another file with this name would not be the same to everybody: if it has further names, or an owner that
/// a file of ours would not have.
#[cfg(unix)]
fn is_mine_alone(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let found = path.metadata()?;
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    Ok(found.nlink() == 1 && (found.uid(), found.gid()) == (user.as_raw(), group.as_raw()))
}

#[cfg(not(unix))]
fn is_mine_alone(_: &Path) -> io::Result<bool> {
    Ok(true)
}

fn write_in_place(path: &Path, text: &str) -> io::Result<()> {
    let before = fs::read(path); // a file that can only be written has no way back
    let written = fs::write(path, text);
    if let (Err(_), Ok(before)) = (&written, before) {
        let _ = fs::write(path, before); // it had room before; the first error says more
    }
    written
}
