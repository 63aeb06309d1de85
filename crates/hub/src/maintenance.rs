//! Looking after the data of a hub, beside its servers: copies, checks, garbage. Nobody calls this
//! over HTTP.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use cubit_model::{BlobId, OrganizationId, UnitId, UserId};
use cubit_store::{AuditEntry, KeptRevision, Read, StoreError};

use crate::audit::hexadecimal;
use crate::text::parse_sources;
use crate::{DATABASE, Hub, HubError};

/// Entries of the audit that are read at once.
const PAGE: i64 = 1000;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Organizations.
    pub organizations: usize,
    /// Units.
    pub units: usize,
    /// Revisions.
    pub revisions: usize,
    /// Texts.
    pub blobs: usize,
    /// Texts that nothing needs; they do no harm.
    pub unused_blobs: usize,
    /// Entries of the audit.
    pub audit_entries: usize,
    /// A sentence for each thing that is wrong.
    pub problems: Vec<String>,
}

impl Hub {
    /// Reads everything that is stored, and checks it: texts against their hashes, histories for
    /// gaps and missing texts, where texts come from, the chain of the audit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn inspect(&self) -> Result<Inspection, HubError> {
        let mut read = self.store.read().await?;
        let mut found = Inspection::default();
        for (organization, slug) in read.all_organizations().await? {
            found.organizations += 1;
            let before = found.problems.len();
            inspect_texts(&mut read, organization, &mut found).await?;
            inspect_audit(&mut read, organization, &mut found).await?;
            for problem in &mut found.problems[before..] {
                *problem = format!("organization {slug}: {problem}");
            }
        }
        Ok(found)
    }

    /// Removes texts that nothing needs, and answers how many. Each organization is done in one
    /// change, which waits for others and makes others wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn collect_garbage(&self) -> Result<usize, HubError> {
        let organizations = self.store.read().await?.all_organizations().await?;
        let mut removed = 0;
        for (organization, _) in organizations {
            let mut write = self.store.write(organization).await?;
            removed += write.collect_garbage().await?;
            write.commit().await?;
        }
        Ok(removed)
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

async fn inspect_texts(
    read: &mut Read,
    organization: OrganizationId,
    found: &mut Inspection,
) -> Result<(), HubError> {
    let blobs = read.all_blobs(organization).await?;
    let revisions = read.all_revisions(organization).await?;
    let heads = read.all_heads(organization).await?;
    found.units += heads.len();
    found.revisions += revisions.len();
    found.blobs += blobs.len();
    inspect_numbers(&heads, &revisions, &mut found.problems);
    let mut unused = blobs.clone();
    for KeptRevision {
        unit_id,
        number,
        data,
        mutation_sources,
    } in heads.iter().chain(&revisions)
    {
        for blob in [data, mutation_sources].into_iter().flatten() {
            unused.remove(blob);
            if !blobs.contains(blob) {
                let blob = hexadecimal(&blob.0);
                found.problems.push(format!(
                    "unit {unit_id}, revision {number}: the text {blob} is missing"
                ));
            }
        }
    }
    found.unused_blobs += unused.len();
    let sources: HashSet<BlobId> = revisions
        .iter()
        .filter_map(|r| r.mutation_sources)
        .collect();
    // One after the other: all of them together may be more than the memory holds.
    for blob in blobs {
        let problem = match read.blob(organization, Some(blob)).await {
            Ok(text) if sources.contains(&blob) => match parse_sources(&text) {
                Ok(_) => continue,
                Err(error) => error.to_string(),
            },
            Ok(_) => continue,
            Err(StoreError::Damaged(problem)) => problem,
            Err(error) => return Err(error.into()),
        };
        let blob = hexadecimal(&blob.0);
        found.problems.push(format!("text {blob}: {problem}"));
    }
    Ok(())
}

/// Checks that the revisions of each unit have the numbers from 1 to that of the newest.
fn inspect_numbers(heads: &[KeptRevision], revisions: &[KeptRevision], problems: &mut Vec<String>) {
    let mut last: HashMap<UnitId, i64> = HashMap::with_capacity(heads.len());
    for KeptRevision {
        unit_id, number, ..
    } in revisions
    {
        let last = last.entry(*unit_id).or_default();
        if *number != *last + 1 {
            problems.push(format!(
                "unit {unit_id}: revision {number} comes after revision {last}"
            ));
        }
        *last = *number;
    }
    for KeptRevision {
        unit_id, number, ..
    } in heads
    {
        let last = last.get(unit_id).copied().unwrap_or_default();
        if *number != last {
            problems.push(format!(
                "unit {unit_id}: the newest revision should be {number} and is {last}"
            ));
        }
    }
}

/// Checks the chain of the audit, from its newest entry back to its first.
async fn inspect_audit(
    read: &mut Read,
    organization: OrganizationId,
    found: &mut Inspection,
) -> Result<(), HubError> {
    let mut before = i64::MAX;
    let mut later: Option<AuditEntry> = None;
    loop {
        let page = read.audit(organization, before, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            found.audit_entries += 1;
            before = entry.number;
            let number = entry.number;
            if entry.hash != entry.expected_hash(organization) {
                found.problems.push(format!(
                    "audit entry {number} is not as it was written: its hash is another"
                ));
            }
            if let Some(later) = &later
                && (later.number != number + 1 || later.previous != entry.hash)
            {
                let later = later.number;
                found.problems.push(format!(
                    "audit entry {later} does not follow entry {number}: the chain is broken"
                ));
            }
            later = Some(entry);
        }
    }
    if let Some(first) = later
        && (first.number != 1 || first.previous.iter().any(|byte| *byte != 0))
    {
        let number = first.number;
        found.problems.push(format!(
            "audit entry {number} is the first one there is: those before it are missing"
        ));
    }
    Ok(())
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
/// go on meanwhile; the copy is of one moment.
///
/// # Errors
/// When there is no database, or the file is there or cannot be written.
pub async fn backup(data_dir: &Path, file: &Path) -> Result<(), HubError> {
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
    copied?;
    finish(&copy, file).map_err(cannot("cannot write", file))
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
