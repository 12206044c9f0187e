//! The directory that `flyball build -o` writes into. Files are made in it and nowhere else: a link that lies in wait
//! under the name of a file is refused. What the files are called is `file_names`'.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::error::CliError;

#[cfg(test)]
mod tests;

/// A directory that is open, so that it stays the same one whatever becomes of its path.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Folder<'a> {
    /// The directory at `path`, which may be a link to one: it is what was typed.
    ///
    /// # Errors
    /// It is not a directory, or may not be entered.
    pub(super) fn open(path: &'a Path) -> Result<Self, CliError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(path, flags, Mode::empty());
        let shown = path.display().to_string();
        let file = opened.map_err(|error| CliError::file("open", &shown, &error.into()))?;
        Ok(Self { path, file: file.into() })
    }

    /// Makes or replaces a file of the directory. `name` is one name, without a slash.
    ///
    /// # Errors
    /// The file cannot be written, or it is a link.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), CliError> {
        self.put(name, text).map_err(|error| {
            let path = self.path.join(name).display().to_string();
            let is_link = Errno::from_io_error(&error) == Some(Errno::LOOP);
            let failed = CliError::file("open", &path, &error);
            let hint = "a link is not followed, because it may lead out of the directory: remove it";
            if is_link { failed.with_hints([hint.to_owned()]) } else { failed }
        })
    }

    fn put(&self, name: &str, text: &str) -> io::Result<()> {
        if name.contains('/') {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        // Not to wait for the other end of a pipe that lies there.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mode = Mode::from_raw_mode(0o666);
        let file = rustix::fs::openat(&self.file, name, flags | OFlags::CLOEXEC, mode)?;
        File::from(file).write_all(text.as_bytes())
    }
}
