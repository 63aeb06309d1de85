//! Where files live: the XDG directories, each with a variable of its own.

use std::env;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// Contexts and tokens: `CUBIT_CONFIG_DIR`, else `cubit` in the XDG directory.
pub(crate) fn config() -> Result<PathBuf> {
    find("CUBIT_CONFIG_DIR", "XDG_CONFIG_HOME", ".config")
}

/// The server's database: `CUBIT_DATA_DIR`, else `cubit` in the XDG directory.
pub(crate) fn data() -> Result<PathBuf> {
    find("CUBIT_DATA_DIR", "XDG_DATA_HOME", ".local/share")
}

fn find(own: &str, shared: &str, below_home: &str) -> Result<PathBuf> {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(directory) = set(own) {
        return Ok(directory);
    }
    set(shared)
        .or_else(|| Some(env::home_dir()?.join(below_home)))
        .map(|directory| directory.join("cubit"))
        .ok_or_else(|| Error::failed(format!("no home directory; set {own}")))
}
