//! Looking after the data of a hub, beside its servers: copies and garbage. Nobody calls this over
//! HTTP.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::{DATABASE, Hub, HubError};
use cubit_model::{Time, UserId};
use cubit_store::{StoreError, Swept};

impl Hub {
    /// Removes texts that nothing needs, and answers how many. Each organization is done in one
    /// change, which waits for others and makes others wait. Objects of texts go when nothing has
    /// needed them for some time, which depends on the copies of the database that are kept.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn collect_garbage(&self) -> Result<(usize, Swept), HubError> {
        let organizations = self.store.read().await?.all_organizations().await?;
        let mut removed = 0;
        for (organization, _) in organizations {
            let mut write = self.store.write(organization).await?;
            removed += write.collect_garbage().await?;
            write.commit().await?;
        }
        let now = Time::now();
        let swept = self.store.sweep_objects(now, self.unneeded_since(now));
        Ok((removed, swept.await?))
    }

    /// Since when nothing must have needed an object that goes.
    pub(crate) fn unneeded_since(&self, now: Time) -> Time {
        let since = now.0.checked_sub(self.keep_objects);
        Time(since.unwrap_or(jiff::Timestamp::MIN))
    }

    /// The user with a name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn user_named(&self, username: &str) -> Result<UserId, HubError> {
        let user = self.store.read().await?.user_with_name(username).await?;
        user.map(|user| user.user_id)
            .ok_or_else(|| HubError::Invalid(format!("there is no user {username:?}")))
    }
}

/// A file that a copy is written to before it gets its name: whoever finds the name finds a whole
/// copy.
fn unfinished(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// Makes an empty file that only its owner reads: passwords and tokens, if only their hashes, are
/// among what a database holds.
fn create_private(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Gives a finished copy its name; after this it is on the disk.
fn finish(copy: &Path, file: &Path) -> io::Result<()> {
    File::open(copy)?.sync_all()?;
    std::fs::rename(copy, file)?;
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn taken(file: &Path) -> HubError {
    HubError::Invalid(format!("{} is there already", file.display()))
}

fn cannot(what: &'static str, file: &Path) -> impl FnOnce(io::Error) -> HubError {
    move |error| HubError::Invalid(format!("{what} {}: {error}", file.display()))
}

/// Writes a copy of the database in a data directory to a file that is not there yet. Servers may
/// go on meanwhile; the copy is of one moment. Answers whether texts that it names are kept elsewhere.
///
/// # Errors
/// When there is no database, or the file is there or cannot be written.
pub async fn backup(data_dir: &Path, file: &Path) -> Result<bool, HubError> {
    if file.exists() {
        return Err(taken(file));
    }
    let database = data_dir.join(DATABASE);
    if !database.exists() {
        let message = format!("there is no database {}", database.display());
        return Err(HubError::Invalid(message));
    }
    let copy = unfinished(file);
    create_private(&copy).map_err(cannot("cannot write", &copy))?;
    let copied = cubit_store::copy_database(&database, &copy).await;
    if copied.is_err() {
        let _ = std::fs::remove_file(&copy);
    }
    let names_objects = copied?;
    finish(&copy, file).map_err(cannot("cannot write", file))?;
    Ok(names_objects)
}

/// Puts a copy in the place of the database in a data directory. What is there is only overwritten
/// when that is wanted, and never while a server uses it.
///
/// # Errors
/// When the copy is not a whole database, or the place is taken or cannot be written.
pub async fn restore(data_dir: &Path, file: &Path, overwrite: bool) -> Result<(), HubError> {
    let database = data_dir.join(DATABASE);
    if database.exists() {
        if !overwrite {
            return Err(taken(&database));
        }
        // A damaged one may be overwritten, one in use may not.
        if let Err(StoreError::Unavailable(_)) = cubit_store::check_unused_database(&database).await
        {
            let database = database.display();
            let message = format!("{database} is in use: stop the server first");
            return Err(HubError::Invalid(message));
        }
    }
    std::fs::create_dir_all(data_dir).map_err(cannot("cannot make", data_dir))?;
    let copy = unfinished(&database);
    let mut from = File::open(file).map_err(cannot("cannot read", file))?;
    let mut to = create_private(&copy).map_err(cannot("cannot write", &copy))?;
    io::copy(&mut from, &mut to).map_err(cannot("cannot write", &copy))?;
    drop(to);
    let checked = cubit_store::check_unused_database(&copy).await;
    if checked.is_err() {
        let _ = std::fs::remove_file(&copy);
    }
    checked?;
    // These belong to what is overwritten, and would be taken for changes of the copy.
    for suffix in ["-wal", "-shm"] {
        let mut name = database.clone().into_os_string();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(cannot("cannot remove", Path::new(&name))(error));
            }
            _ => {}
        }
    }
    finish(&copy, &database).map_err(cannot("cannot write", &database))
}
