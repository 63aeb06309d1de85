//! Text, kept once, compressed, and as a difference to similar text where that is smaller; in the
//! database, or where objects are.
//!
//! A blob is either complete or a difference to one complete blob: reading never follows more
//! than one hop.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cubit_model::{BlobId, OrganizationId};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zstd::bulk::{Compressor, Decompressor};

use crate::column::placeholders;
use crate::database::{NewRow, Row, Statement};
use crate::object::LARGE;
use crate::{Read, StoreError, Write};

/// Compression level: new revisions are written while others wait.
const LEVEL: i32 = 3;
/// Larger text is always kept complete; differences would need as much memory again.
const DELTA_LIMIT: usize = 8 << 20;
/// A difference must be at most this part of a complete copy, or it is not worth the hop.
const DELTA_WORTH: usize = 2;
/// Most blobs in one statement.
const BATCH: usize = 1000;
/// Objects of a change that are kept in memory until it commits; more are written at once.
const UNSENT_LIMIT: usize = 64 << 20;
/// Bytes that are worked on at once: another thread would take longer to get to them.
const SMALL: usize = 32 << 10;
/// Bytes of texts that a change keeps at hand.
const KEPT_LIMIT: usize = 64 << 20;
/// Text that starts like this would be taken for a trained dictionary.
const DICTIONARY_MAGIC: [u8; 4] = 0xEC30_A437_u32.to_le_bytes();

/// The identifier a text has.
#[must_use]
pub fn identify(text: &[u8]) -> BlobId {
    BlobId(Sha256::digest(text).into())
}

/// How a text is kept.
struct Packed {
    base: Option<BlobId>,
    content: Vec<u8>,
}

/// A text that a change has at hand, and the complete one that it is kept as a difference to.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    text: Arc<Vec<u8>>,
    base: Option<(BlobId, Arc<Vec<u8>>)>,
}

/// Texts at hand.
#[derive(Debug, Default)]
pub(crate) struct KeptTexts {
    texts: HashMap<BlobId, Kept>,
    size: usize,
    /// Texts that the change put. How they are kept is not known: they may have been there.
    put: HashSet<BlobId>,
}

impl KeptTexts {
    fn keep(&mut self, id: BlobId, kept: Kept) {
        if self.size + kept.text.len() <= KEPT_LIMIT {
            self.size += kept.text.len();
            self.texts.insert(id, kept);
        }
    }
}

/// Compresses a text, against a complete base if that pays.
fn pack(text: &[u8], base: Option<(BlobId, Arc<Vec<u8>>)>) -> std::io::Result<Packed> {
    let complete = zstd::bulk::compress(text, LEVEL)?;
    if let Some((id, base)) = base {
        let delta = Compressor::with_dictionary(LEVEL, &base)?.compress(text)?;
        if delta.len() * DELTA_WORTH <= complete.len() {
            return Ok(Packed {
                base: Some(id),
                content: delta,
            });
        }
    }
    Ok(Packed {
        base: None,
        content: complete,
    })
}

/// Where what a text was packed into is.
enum Content {
    Row(Vec<u8>),
    Object(Uuid),
}

/// Contents of objects, by their names.
type Contents = HashMap<Uuid, Vec<u8>>;

impl Content {
    /// Reads it from its two columns, of which the second one counts.
    fn read(row: &Row, column: usize) -> Result<Self, StoreError> {
        Ok(match row.is_null(column + 1)? {
            true => Self::Row(row.try_get(column)?),
            false => Self::Object(row.try_get(column + 1)?),
        })
    }

    fn find<'a>(&'a self, objects: &'a Contents) -> std::io::Result<&'a [u8]> {
        match self {
            Self::Row(content) => Ok(content),
            Self::Object(name) => match objects.get(name) {
                Some(content) => Ok(content),
                None => Err(std::io::Error::other(format!("object {name} is missing"))),
            },
        }
    }
}

/// What is stored of one text.
struct Stored {
    id: BlobId,
    size: usize,
    content: Content,
    base: Option<(BlobId, usize, Content)>,
}

fn blob_id(row: &Row, column: usize) -> Result<BlobId, StoreError> {
    let id: Vec<u8> = row.try_get(column)?;
    id.try_into()
        .map(BlobId)
        .map_err(|_| StoreError::Damaged("a blob id of the wrong length".to_owned()))
}

impl Stored {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let base = match row.is_null(4)? {
            true => None,
            false => Some((
                blob_id(row, 7)?,
                size(row.try_get(4)?),
                Content::read(row, 5)?,
            )),
        };
        Ok(Self {
            id: blob_id(row, 0)?,
            size: size(row.try_get(1)?),
            content: Content::read(row, 2)?,
            base,
        })
    }

    /// The objects that are needed to read it.
    fn objects(&self) -> impl Iterator<Item = Uuid> {
        let base = self.base.as_ref().map(|(_, _, base)| base);
        let contents = [Some(&self.content), base].into_iter().flatten();
        contents.filter_map(|content| match content {
            Content::Row(_) => None,
            Content::Object(name) => Some(*name),
        })
    }

    fn unpack(&self, objects: &Contents) -> std::io::Result<Kept> {
        let content = self.content.find(objects)?;
        let (text, base) = match &self.base {
            None => (zstd::bulk::decompress(content, self.size)?, None),
            Some((id, size, base)) => {
                let base = zstd::bulk::decompress(base.find(objects)?, *size)?;
                let text = Decompressor::with_dictionary(&base)?.decompress(content, self.size)?;
                (text, Some((*id, Arc::new(base))))
            }
        };
        // A changed bit must not be served as somebody's configuration.
        if identify(&text) != self.id {
            return Err(std::io::Error::other("it is not the text that was stored"));
        }
        let text = Arc::new(text);
        Ok(Kept { text, base })
    }
}

fn size(stored: i64) -> usize {
    usize::try_from(stored).unwrap_or(0)
}

fn damaged(error: &std::io::Error) -> StoreError {
    StoreError::Damaged(format!("text cannot be unpacked: {error}"))
}

/// Runs work on so many bytes without holding up other tasks.
async fn compute<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    if size <= SMALL {
        return work().map_err(|error| damaged(&error));
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| damaged(&error)),
        Err(error) => Err(StoreError::Damaged(error.to_string())),
    }
}

impl Read {
    /// The texts with these ids.
    ///
    /// # Errors
    /// When one is missing or damaged, or the database does not answer.
    pub async fn blobs(
        &mut self,
        organization: OrganizationId,
        ids: &HashSet<BlobId>,
    ) -> Result<HashMap<BlobId, Vec<u8>>, StoreError> {
        let mut found = HashMap::with_capacity(ids.len());
        let mut unknown = Vec::new();
        for id in ids {
            match self.kept.texts.get(id) {
                Some(kept) => _ = found.insert(*id, kept.text.as_ref().clone()),
                None => unknown.push(*id),
            }
        }
        for (id, kept) in self.unpacked(organization, &unknown).await? {
            found.insert(id, Arc::unwrap_or_clone(kept.text));
        }
        Ok(found)
    }

    /// Texts as they are stored.
    async fn unpacked(
        &mut self,
        organization: OrganizationId,
        ids: &[BlobId],
    ) -> Result<HashMap<BlobId, Kept>, StoreError> {
        let mut found = HashMap::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let sql = format!(
                "SELECT blobs.blob_id, blobs.size, blobs.content, blobs.object, \
                 base.size, base.content, base.object, base.blob_id \
                 FROM blobs LEFT JOIN blobs base \
                 ON base.organization_id = blobs.organization_id AND base.blob_id = blobs.base_id \
                 WHERE blobs.organization_id = $1 AND blobs.blob_id IN ({})",
                placeholders(2, batch.len()),
            );
            let statement = Statement::new(sql).bind(organization.0);
            let statement = batch.iter().fold(statement, |s, id| s.bind(id.0.to_vec()));
            let rows = statement.fetch_all(self.connection()).await?;
            let stored = rows
                .iter()
                .map(Stored::read)
                .collect::<Result<Vec<_>, _>>()?;
            let objects = stored.iter().flat_map(Stored::objects).collect();
            let objects = self.read_objects(organization, objects).await?;
            let size = stored.iter().map(|stored| stored.size).sum();
            let texts = compute(size, move || {
                stored
                    .iter()
                    .map(|stored| Ok((stored.id, stored.unpack(&objects)?)))
                    .collect::<std::io::Result<Vec<_>>>()
            })
            .await?;
            found.extend(texts);
        }
        match ids.iter().find(|id| !found.contains_key(id)) {
            Some(id) => Err(StoreError::Damaged(format!("text {id:?} is missing"))),
            None => Ok(found),
        }
    }

    /// The contents of objects; those of this change may not be written yet.
    async fn read_objects(
        &mut self,
        organization: OrganizationId,
        mut names: HashSet<Uuid>,
    ) -> Result<Contents, StoreError> {
        let mut found = Contents::new();
        for name in names.extract_if(|name| self.unsent.contains_key(name)) {
            found.extend(
                self.unsent
                    .get(&name)
                    .map(|content| (name, content.clone())),
            );
        }
        match &self.objects {
            _ if names.is_empty() => {}
            None => return Err(StoreError::NoPlace),
            Some(objects) => found.extend(objects.read(organization, names).await?),
        }
        Ok(found)
    }

    /// The text with an id; no id stands for no text.
    ///
    /// # Errors
    /// As [`Read::blobs`].
    pub async fn blob(
        &mut self,
        organization: OrganizationId,
        id: Option<BlobId>,
    ) -> Result<Vec<u8>, StoreError> {
        let Some(id) = id else {
            return Ok(Vec::new());
        };
        let mut found = self.blobs(organization, &HashSet::from([id])).await?;
        Ok(found.remove(&id).unwrap_or_default())
    }

    /// The complete blob a text like this one can be kept as a difference to.
    async fn base_near(
        &mut self,
        organization: OrganizationId,
        nearby: BlobId,
    ) -> Result<Option<(BlobId, Arc<Vec<u8>>)>, StoreError> {
        let kept = match self.kept.texts.get(&nearby) {
            Some(kept) => Some(kept.clone()),
            None => self
                .unpacked(organization, &[nearby])
                .await?
                .remove(&nearby),
        };
        let base = kept.map(|kept| kept.base.unwrap_or((nearby, kept.text)));
        Ok(base
            .filter(|(_, text)| text.len() <= DELTA_LIMIT && !text.starts_with(&DICTIONARY_MAGIC)))
    }
}

impl Write {
    /// Reads texts that the change is going to need, all in one statement, and keeps them at hand.
    ///
    /// # Errors
    /// When one is missing or damaged, or the database does not answer.
    pub async fn keep_blobs(
        &mut self,
        organization: OrganizationId,
        ids: impl IntoIterator<Item = BlobId>,
    ) -> Result<(), StoreError> {
        let ids = ids.into_iter();
        let unknown: HashSet<BlobId> = ids.filter(|id| !self.kept.texts.contains_key(id)).collect();
        let unknown: Vec<BlobId> = unknown.into_iter().collect();
        for (id, kept) in self.unpacked(organization, &unknown).await? {
            self.kept.keep(id, kept);
        }
        Ok(())
    }

    /// Keeps a text and answers its id. `nearby` is a text that is probably similar.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_blob(
        &mut self,
        organization: OrganizationId,
        text: Vec<u8>,
        nearby: Option<BlobId>,
    ) -> Result<BlobId, StoreError> {
        let id = identify(&text);
        if self.kept.texts.contains_key(&id) || self.kept.put.contains(&id) {
            return Ok(id);
        }
        let base = match nearby {
            Some(nearby) if text.len() <= DELTA_LIMIT => {
                self.base_near(organization, nearby).await?
            }
            _ => None,
        };
        let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let mut packed = compute(text.len(), move || pack(&text, base)).await?;
        self.kept.put.insert(id);
        // Objects of an organization are written when it is its turn: see `object/garbage.rs`.
        let may_send = self.objects.is_some() && self.organization == organization;
        let object = (may_send && packed.content.len() >= LARGE).then(Uuid::now_v7);
        if object.is_some() && self.has_blob(organization, id).await? {
            // An object that nobody needs would be written.
            return Ok(id);
        }
        if let Some(name) = object {
            let content = std::mem::take(&mut packed.content);
            self.unsent.insert(name, content);
            if self.unsent.values().map(Vec::len).sum::<usize>() > UNSENT_LIMIT {
                self.send_objects().await?;
            }
        }
        let row = NewRow {
            head: "INSERT INTO blobs (organization_id, blob_id, size, base_id, content, object)"
                .into(),
            // It may have been there: then what it was packed into is not needed.
            tail: "ON CONFLICT DO NOTHING".into(),
            values: vec![
                organization.0.into(),
                id.0.to_vec().into(),
                size.into(),
                packed.base.map(|base| base.0.to_vec()).into(),
                packed.content.into(),
                object.into(),
            ],
            key: None,
            is_referred_to: true,
        };
        self.connection().insert(row).await?;
        Ok(id)
    }

    async fn has_blob(
        &mut self,
        organization: OrganizationId,
        id: BlobId,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM blobs WHERE organization_id = $1 AND blob_id = $2";
        let statement = Statement::new(sql).bind(organization.0).bind(id.0.to_vec());
        Ok(statement.fetch_optional(self.connection()).await?.is_some())
    }

    /// Writes the objects of this change, many at the same time. Without them it must not commit.
    pub(crate) async fn send_objects(&mut self) -> Result<(), StoreError> {
        let unsent = std::mem::take(&mut self.unsent);
        let Some(objects) = self.objects.clone().filter(|_| !unsent.is_empty()) else {
            return Ok(());
        };
        let written = objects.write(self.organization, unsent).await;
        if written.is_err() {
            self.connection().fail();
        }
        written
    }

    /// Removes those of the blobs that no revision and no other blob needs. Differences go
    /// first, so that their bases can follow.
    pub(crate) async fn delete_unused_blobs(
        &mut self,
        organization: OrganizationId,
        blobs: HashSet<BlobId>,
    ) -> Result<(), StoreError> {
        // What is at hand may be gone then.
        self.kept = KeptTexts::default();
        let mut candidates = blobs;
        while !candidates.is_empty() {
            let mut freed = HashSet::new();
            for id in &candidates {
                let row = Statement::new(
                    "DELETE FROM blobs WHERE organization_id = $1 AND blob_id = $2 \
                     AND NOT EXISTS (SELECT 1 FROM revisions r \
                         WHERE r.organization_id = $1 AND r.data_blob = $2) \
                     AND NOT EXISTS (SELECT 1 FROM revisions r \
                         WHERE r.organization_id = $1 AND r.mutation_sources_blob = $2) \
                     AND NOT EXISTS (SELECT 1 FROM blobs other \
                         WHERE other.organization_id = $1 AND other.base_id = $2) \
                     RETURNING base_id",
                )
                .bind(organization.0)
                .bind(id.0.to_vec())
                .fetch_optional(self.connection())
                .await?;
                let base: Option<Vec<u8>> = match row {
                    Some(row) => row.try_get(0)?,
                    None => None,
                };
                freed.extend(base.and_then(|id| id.try_into().ok()).map(BlobId));
            }
            candidates = freed;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(text: &[u8], base: Option<&[u8]>) -> Vec<u8> {
        let packed = pack(
            text,
            base.map(|base| (identify(base), Arc::new(base.to_vec()))),
        )
        .expect("packs");
        let stored = Stored {
            id: identify(text),
            size: text.len(),
            content: Content::Row(packed.content),
            base: packed.base.map(|_| {
                let base = base.expect("a base");
                (
                    identify(base),
                    base.len(),
                    Content::Row(zstd::bulk::compress(base, LEVEL).expect("packs")),
                )
            }),
        };
        let kept = stored.unpack(&Contents::new()).expect("unpacks");
        Arc::unwrap_or_clone(kept.text)
    }

    proptest! {
        #[test]
        fn text_comes_back(text in prop::collection::vec(any::<u8>(), 0..500)) {
            prop_assert_eq!(round_trip(&text, None), text);
        }

        #[test]
        fn text_comes_back_through_a_difference(
            base in "[a-z: \n]{0,400}", edit in "[A-Z]{0,9}", at in 0_usize..400,
        ) {
            let mut text = base.clone();
            text.insert_str(at.min(base.len()), &edit);
            prop_assert_eq!(round_trip(text.as_bytes(), Some(base.as_bytes())), text.into_bytes());
        }
    }

    #[test]
    fn similar_text_is_kept_as_a_difference() {
        let base: String = (0..200)
            .map(|n| format!("key{n}: value {}\n", n * 7919))
            .collect();
        let text = base.replace("key77:", "key78:");
        let packed = pack(
            text.as_bytes(),
            Some((identify(base.as_bytes()), Arc::new(base.into_bytes()))),
        )
        .expect("packs");
        assert!(packed.base.is_some());
        assert!(packed.content.len() < 100, "{} bytes", packed.content.len());
    }
}
