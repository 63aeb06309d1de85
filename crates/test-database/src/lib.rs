//! A database of its own for each test.
//!
//! Tests run on SQLite, and need nothing else. With `CUBIT_TEST_DATABASE=postgres` the same tests
//! run on PostgreSQL: a cluster is made when a process first asks for a database, and goes away
//! with the process.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Says which database tests run on: `sqlite` or `postgres`.
const VARIABLE: &str = "CUBIT_TEST_DATABASE";
/// Where Debian puts each version of PostgreSQL.
const INSTALLED: &str = "/usr/lib/postgresql";
/// Whom PostgreSQL runs as where tests run as root, which it refuses to.
const UNPRIVILEGED: &str = "postgres";

/// Whether tests run on PostgreSQL.
///
/// # Panics
/// When `CUBIT_TEST_DATABASE` names something else.
#[must_use]
pub fn is_postgres() -> bool {
    match std::env::var(VARIABLE).as_deref() {
        Err(_) | Ok("" | "sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("{VARIABLE}: {other:?} is not one of sqlite, postgres"),
    }
}

/// The URL of an empty PostgreSQL database; none where tests run on SQLite.
///
/// # Panics
/// When PostgreSQL is asked for and cannot be run.
#[must_use]
pub fn fresh() -> Option<String> {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    is_postgres().then(|| CLUSTER.get_or_init(Cluster::start).create())
}

/// A running PostgreSQL, reached by a socket in a folder of its own. It ends with this value, or
/// with this process.
#[derive(Debug)]
pub struct Cluster {
    shell: Mutex<Shell>,
    folder: String,
}

/// The program that keeps the cluster.
#[derive(Debug)]
struct Shell {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    created: u32,
}

impl Cluster {
    /// Makes and starts one.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let mut child = unprivileged()
            .args(["sh", "-c", include_str!("cluster.sh"), "cluster"])
            .arg(programs())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut shell = Shell {
            commands: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
            created: 0,
        };
        let folder = shell.answer();
        let shell = Mutex::new(shell);
        Self { shell, folder }
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn create(&self) -> String {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        shell.created += 1;
        let name = format!("test_{}", shell.created);
        shell.run(&format!("create {name}"));
        format!("postgres://cubit@localhost/{name}?host={}", self.folder)
    }

    /// Ends PostgreSQL on the spot, as a power failure would, except that the system lives on.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub fn kill(&self) {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        shell.run("stop");
    }

    /// Starts PostgreSQL again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        shell.run("start");
    }
}

impl Shell {
    fn run(&mut self, command: &str) {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        assert_eq!(self.answer(), "done", "{command}");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "PostgreSQL cannot be run; see above");
        line.trim_end().to_owned()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.child.wait();
    }
}

/// The beginning of a command that does not run as root.
fn unprivileged() -> Command {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = match is_root {
        true => Command::new("runuser"),
        false => Command::new("env"),
    };
    if is_root {
        command.args(["-u", UNPRIVILEGED, "--"]);
    }
    command
}

/// The folder of the programs of PostgreSQL, of the newest version that is installed.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    let programs = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("initdb").exists().then_some((version, folder))
    });
    if let Some((_, folder)) = programs.max() {
        return folder;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| Path::new(folder).join("initdb").exists())
        .unwrap_or_else(|| panic!("PostgreSQL is not installed (Debian: apt install postgresql)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_makes_databases_and_leaves_nothing() {
        if !is_postgres() {
            return;
        }
        let cluster = Cluster::start();
        let folder = PathBuf::from(&cluster.folder);
        let [first, second] = [cluster.create(), cluster.create()];
        assert_ne!(first, second);
        cluster.kill();
        cluster.restart();
        assert!(cluster.create().contains(&cluster.folder));
        assert!(folder.exists());
        drop(cluster);
        assert!(!folder.exists());
    }
}
