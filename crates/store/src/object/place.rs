//! Where objects are.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use thiserror::Error;
use url::Url;

use super::http::Connector;
use crate::StoreError;

/// How often, and until when, what may pass is tried again.
const RETRIES: usize = 3;
const RETRY_PATIENCE: Duration = Duration::from_secs(15);
/// Most of what a store says about a failure that is told.
const REASON_LIMIT: usize = 300;

/// Where objects are kept: `s3://BUCKET/PREFIX` or `file:///FOLDER`. How an S3 store is reached, and
/// with which credentials, is said by the variables of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPlace(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Folder(PathBuf),
    Bucket { name: String, prefix: String },
}

/// A text that names no place for objects. It is not shown: there may be a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidPlace {
    /// It is something else.
    #[error("expected s3://BUCKET/PREFIX or file:///FOLDER")]
    Form,
    /// It holds credentials, or what could be.
    #[error(
        "a place for texts has no user, password or parameters; credentials are taken from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    Credentials,
}

impl FromStr for BlobPlace {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let url = Url::parse(text).map_err(|_| InvalidPlace::Form)?;
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if has_credentials || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidPlace::Credentials);
        }
        match (url.scheme(), url.host_str()) {
            ("file", None) => {
                let folder = url.to_file_path().map_err(|()| InvalidPlace::Form)?;
                Ok(Self(Kind::Folder(folder)))
            }
            ("s3", Some(name)) if !name.is_empty() && url.port().is_none() => {
                let prefix = url.path().trim_matches('/').to_owned();
                Path::from_url_path(&prefix).map_err(|_| InvalidPlace::Form)?;
                let name = name.to_owned();
                Ok(Self(Kind::Bucket { name, prefix }))
            }
            _ => Err(InvalidPlace::Form),
        }
    }
}

impl fmt::Display for BlobPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Folder(folder) => write!(f, "{}", folder.display()),
            Kind::Bucket { name, prefix } if prefix.is_empty() => write!(f, "s3://{name}"),
            Kind::Bucket { name, prefix } => write!(f, "s3://{name}/{prefix}"),
        }
    }
}

impl BlobPlace {
    /// What reads and writes there, and what all names begin with.
    pub(super) fn store(&self) -> Result<(Box<dyn ObjectStore>, Path), StoreError> {
        let failed = |error: &dyn fmt::Display| {
            StoreError::Objects(format!("{self}: {}", reason(&error.to_string())))
        };
        match &self.0 {
            Kind::Folder(folder) => {
                let mut directory = std::fs::DirBuilder::new();
                directory.recursive(true);
                #[cfg(unix)]
                std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
                directory.create(folder).map_err(|error| failed(&error))?;
                let store = LocalFileSystem::new_with_prefix(folder);
                let store = store.map_err(|error| failed(&error))?.with_fsync(true);
                Ok((Box::new(store), Path::default()))
            }
            Kind::Bucket { name, prefix } => {
                let store = AmazonS3Builder::from_env()
                    .with_bucket_name(name)
                    .with_http_connector(Connector)
                    .with_retry(RetryConfig {
                        backoff: BackoffConfig::default(),
                        max_retries: RETRIES,
                        retry_timeout: RETRY_PATIENCE,
                    })
                    .build()
                    .map_err(|error| failed(&error))?;
                let prefix = Path::from_url_path(prefix).map_err(|error| failed(&error))?;
                Ok((Box::new(store), prefix))
            }
        }
    }
}

/// Why a call failed, without the answer of the store: it repeats what was signed, of which a token may
/// be a part.
pub(super) fn reason(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    let told = line.split(['<', '{']).next().unwrap_or_default();
    let told: String = told.chars().take(REASON_LIMIT).collect();
    told.trim_end_matches([' ', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_and_shown() {
        for (text, shown) in [
            ("s3://bucket", Ok("s3://bucket")),
            ("s3://bucket/", Ok("s3://bucket")),
            ("s3://Bucket.1/a/b/", Ok("s3://Bucket.1/a/b")),
            ("file:///srv/texts", Ok("/srv/texts")),
            ("file:///srv/my%20texts", Ok("/srv/my texts")),
            ("", Err(InvalidPlace::Form)),
            ("bucket", Err(InvalidPlace::Form)),
            ("s3://", Err(InvalidPlace::Form)),
            ("s3:///prefix", Err(InvalidPlace::Form)),
            ("s3://bucket:1/a", Err(InvalidPlace::Form)),
            ("file://host/srv", Err(InvalidPlace::Form)),
            ("gs://bucket", Err(InvalidPlace::Form)),
            ("s3://key:s3cr3t@bucket/a", Err(InvalidPlace::Credentials)),
            ("s3://bucket/a?key=s3cr3t", Err(InvalidPlace::Credentials)),
        ] {
            let place = text.parse::<BlobPlace>().map(|place| place.to_string());
            assert_eq!(place, shown.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn what_a_store_answers_is_not_told() {
        for (error, told) in [
            (
                "status code: 403 Forbidden: <Error><CanonicalRequest>s3cr3t",
                "status code: 403 Forbidden",
            ),
            ("status: {\"token\": \"s3cr3t\"}", "status"),
            ("no such host\ns3cr3t", "no such host"),
        ] {
            assert_eq!(reason(error), told);
        }
    }
}
