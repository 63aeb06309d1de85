//! The contexts on disk: which servers the person works with, as whom, and in
//! which space. One file holds them all; tokens are files of their own that
//! nobody else may read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::directories;
use crate::error::{Error, Result};

/// What `contexts.json` holds.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Contexts {
    pub(crate) current: String,
    pub(crate) contexts: BTreeMap<String, Context>,
}

/// One server, and who and where the person is on it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Context {
    pub(crate) server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) space: Option<String>,
}

/// The folder the contexts are kept in.
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn open() -> Result<Self> {
        Ok(Self::at(directories::config()?))
    }

    fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("contexts.json")
    }

    /// The contexts; none when there is no file yet.
    pub(crate) fn read(&self) -> Result<Contexts> {
        let path = self.path();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Contexts::default());
            }
            Err(error) => return Err(Error::file(path.display(), &error)),
        };
        serde_json::from_slice(&text).map_err(|error| {
            Error::failed(format!("cannot read the contexts: {error}"))
                .at(format!(
                    "{}:{}:{}",
                    path.display(),
                    error.line(),
                    error.column()
                ))
                .hint("mend the file, or delete it to start afresh")
        })
    }

    pub(crate) fn write(&self, contexts: &Contexts) -> Result<()> {
        let text = serde_json::to_string_pretty(contexts)
            .map_err(|error| Error::failed(format!("cannot write the contexts: {error}")))?;
        write_private(&self.path(), text.as_bytes())
    }

    /// The token of a context.
    pub(crate) fn token(&self, name: &str) -> Result<Option<String>> {
        let path = self.token_path(name)?;
        match fs::read_to_string(&path) {
            Ok(token) => Ok(Some(token.trim().to_owned()).filter(|token| !token.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file(path.display(), &error)),
        }
    }

    pub(crate) fn write_token(&self, name: &str, token: &str) -> Result<()> {
        write_private(&self.token_path(name)?, token.as_bytes())
    }

    /// Keeps the refresh token of a context; none, if it is empty.
    pub(crate) fn write_refresh_token(&self, name: &str, token: &str) -> Result<()> {
        let path = self.refresh_token_path(name)?;
        match token.is_empty() {
            true => remove(&path),
            false => write_private(&path, token.as_bytes()),
        }
    }

    /// Forgets the tokens of a context.
    pub(crate) fn remove_token(&self, name: &str) -> Result<()> {
        remove(&self.refresh_token_path(name)?)?;
        remove(&self.token_path(name)?)
    }

    /// No context has a name with a dot.
    fn refresh_token_path(&self, name: &str) -> Result<PathBuf> {
        Ok(self.token_path(name)?.with_extension("refresh"))
    }

    fn token_path(&self, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        Ok(self.folder.join("tokens").join(name))
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file(path.display(), &error))
        }
        _ => Ok(()),
    }
}

/// A context's name is a file name too.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts_well && name.len() <= 32 && name.chars().all(letter) {
        return Ok(());
    }
    Err(
        Error::usage(format!("`{name}` cannot be the name of a context"))
            .hint("use up to 32 letters, digits, - and _, starting with a letter or digit"),
    )
}

/// Writes a file that only this user may read, in a folder only this user may
/// enter; whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        create_private_folder(folder)?;
        // Temporary files are made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Error::file(path.display(), &error))
}

#[cfg(unix)]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().join("cubit"));
        assert_eq!(store.read().unwrap(), Contexts::default());
        assert_eq!(store.token("local").unwrap(), None);
        let mut contexts = Contexts {
            current: "local".into(),
            ..Contexts::default()
        };
        let local = Context {
            server: "http://127.0.0.1:7280".into(),
            space: Some("dev".into()),
            ..Context::default()
        };
        contexts.contexts.insert("local".into(), local);
        store.write(&contexts).unwrap();
        store.write_token("local", "secret").unwrap();
        assert_eq!(store.read().unwrap(), contexts);
        assert_eq!(store.token("local").unwrap().as_deref(), Some("secret"));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_a_token() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().join("cubit"));
        store.write_token("local", "secret").unwrap();
        let mode = |path: &str| {
            fs::metadata(folder.path().join(path))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode("cubit/tokens") & 0o777, 0o700);
        assert_eq!(mode("cubit/tokens/local") & 0o777, 0o600);
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        for name in ["", "../x", "a/b", ".hidden", "a b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("local-2").is_ok());
    }
}
