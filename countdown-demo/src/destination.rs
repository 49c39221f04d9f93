//! The file that a drawing is written to: checked before the run, and written after it.
//!
//! | the path names | what happens |
//! |---|---|
//! | nothing yet | the file appears under its name when all of it is written |
//! | a file | a new file is written beside it, with the same mode, and replaces it |
//! | a file with several names, of another owner, or in a folder that cannot be written | the file is written in place; if that fails, its old text is restored |
//! | a pipe, a terminal or another device | the drawing is written to it |
//! | a symbolic link | as above, applied to the target of the link; the link stays |
//!
//! Whatever fails, a file has its old text or its new one, and no other file is left over.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process,
};

/// A longer chain of links is taken for a cycle.
const LINKS: usize = 40;

/// The kind of thing that a path leads to.
enum Place {
    /// No file yet. Its folder exists.
    New(PathBuf),
    File(PathBuf),
    /// A pipe or a device.
    Stream,
}

/// Checks that a drawing can be written to `path`. Changes nothing.
///
/// # Errors
///
/// - A message with the path, what is wrong, and what to do about it.
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
/// - A message with the path, the problem, and what to do about it. A file then has its old text.
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

/// Returns the path at the end of a chain of links that leads to no file.
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

/// Returns a message: what is wrong, and what to do about it.
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

/// Checks that a file can be created in a folder: creates one and removes it.
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

/// Checks the permission only. Opening and closing a pipe would end it for its reader.
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

/// Creates a file in a folder. Its name contains nothing of the drawing's name, which can already be as long as names are.
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

/// Writes a new file beside `path`, and renames it to `path` when it is complete.
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

/// Returns `false` if a new file could not replace this one: if it has further names, which would keep the old text, or an
/// owner that a new file would not have.
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
