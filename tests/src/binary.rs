//! Where the binary under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `cubit` binary.
///
/// # Panics
/// When it is not there and cannot be built.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("CUBIT_BINARY") {
        Some(path) => path.into(),
        None => beside_the_tests(),
    })
}

/// `TARGET/PROFILE/cubit`, of the tests in `TARGET/PROFILE/deps`.
fn beside_the_tests() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let path = profile.join(format!("cubit{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        build(profile);
    }
    path
}

fn build(profile: &Path) {
    let name = match profile.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        name => name,
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--package", "cubit-cli", "--profile", name])
        .arg("--target-dir")
        .arg(profile.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(status.success(), "the binary cannot be built");
}
