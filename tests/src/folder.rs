//! Files in a folder, and the binary run on them.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::binary;

/// A folder with files, gone at the end.
pub struct Folder {
    path: PathBuf,
    command: &'static [&'static str],
}

impl Folder {
    /// Files to run one of the commands of the binary on.
    ///
    /// # Panics
    /// When they cannot be written.
    #[must_use]
    pub fn new(command: &'static [&'static str], name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("cubit-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        for (file, text) in files {
            fs::write(path.join(file), text).unwrap();
        }
        Self { path, command }
    }

    /// Runs the command there, with text on standard input.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(binary())
            .args(self.command)
            .args(arguments)
            .current_dir(&self.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads no input may end before it takes any.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Puts a file of any bytes there.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, file: &str, bytes: &[u8]) {
        fs::write(self.path.join(file), bytes).unwrap();
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path.join(file)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
