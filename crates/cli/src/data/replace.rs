//! New contents for a file in one step: a reader, or a run that is killed, finds the old contents or
//! the new ones.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// Puts what `write` writes into the file of this name, which keeps its mode and owner. What no new
/// file can take the place of (a pipe, a file with several names, a file in a folder that may not be
/// written to) is written to where it is.
///
/// # Errors
/// The file cannot be written; it is then as it was, but for a file that is written to where it is.
pub(super) fn replace(name: &Path, write: impl Fn(&mut File) -> io::Result<()>) -> io::Result<()> {
    // Of a symbolic link, what it leads to.
    let path = fs::canonicalize(name)?;
    let before = fs::metadata(&path)?;
    let folder = path.parent().filter(|_| is_alone(&before));
    let beside = folder.and_then(|folder| tempfile::NamedTempFile::new_in(folder).ok());
    match beside.filter(|file| resemble(file.as_file(), &before).is_ok()) {
        Some(mut file) => {
            write(file.as_file_mut())?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        }
        None => write(&mut File::create(&path)?),
    }
}

#[cfg(unix)]
fn is_alone(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.is_file() && file.nlink() == 1
}

#[cfg(not(unix))]
fn is_alone(file: &Metadata) -> bool {
    file.is_file()
}

/// Gives a file the owner and mode of another.
fn resemble(file: &File, other: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (other.uid(), other.gid()) {
            fchown(file, Some(other.uid()), Some(other.gid()))?;
        }
    }
    file.set_permissions(other.permissions())
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_keeps_its_mode_links_and_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let put = |name: &str, text: &str| {
            replace(&path(name), |file| file.write_all(text.as_bytes())).expect("written");
        };
        fs::write(path("a"), "1").expect("a file");
        fs::set_permissions(path("a"), fs::Permissions::from_mode(0o640)).expect("a mode");
        symlink("a", path("link")).expect("a link");
        put("link", "2");
        assert_eq!(fs::read_to_string(path("a")).expect("text"), "2");
        let mode = |name: &str| fs::metadata(path(name)).expect("a file").mode() & 0o777;
        assert_eq!(mode("a"), 0o640);
        assert!(path("link").is_symlink());

        fs::hard_link(path("a"), path("b")).expect("a second name");
        put("b", "3");
        assert_eq!(fs::read_to_string(path("a")).expect("text"), "3");
        let names = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 3, "nothing is left behind");
    }

    #[test]
    fn a_write_that_fails_leaves_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "1").expect("a file");
        let failed = replace(&path, |file| {
            file.write_all(b"2")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).expect("text"), "1");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
