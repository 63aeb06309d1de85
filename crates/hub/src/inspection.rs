//! Reading everything that is stored, and finding what is wrong with it.

use std::collections::{HashMap, HashSet};

use cubit_model::{BlobId, OrganizationId, UnitId};
use cubit_store::{AuditEntry, KeptRevision, Read, StoreError};

use crate::audit::hexadecimal;
use crate::commit::content_hash;
use crate::text::parse_sources;
use crate::{Hub, HubError};

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
    /// gaps and missing texts, where texts come from, what refers to what is not there, the chain of
    /// the audit.
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
            found.problems.extend(read.loose_ends(organization).await?);
            inspect_audit(&mut read, organization, &mut found).await?;
            for problem in &mut found.problems[before..] {
                *problem = format!("organization {slug}: {problem}");
            }
        }
        Ok(found)
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
    let mut hashes: HashMap<BlobId, Vec<(UnitId, i64, i64)>> = HashMap::new();
    for KeptRevision {
        unit_id,
        number,
        data,
        mutation_sources,
        content_hash,
    } in heads.iter().chain(&revisions)
    {
        if let Some(data) = data {
            let noted = hashes.entry(*data).or_default();
            noted.push((*unit_id, *number, *content_hash));
        }
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
            Ok(text) => {
                let hash = content_hash(&text);
                let noted = hashes.remove(&blob).unwrap_or_default();
                for (unit, number, noted) in noted.into_iter().filter(|noted| noted.2 != hash) {
                    found.problems.push(format!(
                        "unit {unit}, revision {number}: ContentHash is {noted}, that of the text is {hash}"
                    ));
                }
                let sources = sources.contains(&blob).then(|| parse_sources(&text));
                match sources {
                    Some(Err(error)) => error.to_string(),
                    _ => continue,
                }
            }
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
