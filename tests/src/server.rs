//! A server process and the folders it uses.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Api, binary};

/// How long a process may take to start or to end; only a hanging one does.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folders and the database of a server. They outlive the process, so that another one can take
/// over.
#[derive(Debug)]
pub struct Workplace {
    folder: TempDir,
    /// The URL of a `PostgreSQL` database; the database is a file in the data directory, if none.
    database: Option<String>,
}

impl Workplace {
    /// Empty folders, and an empty database of the kind that is tested.
    ///
    /// # Panics
    /// When the system has no room for them.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it touches the disk")]
    pub fn new() -> Self {
        Self::on(cubit_test_database::fresh())
    }

    /// Empty folders, for tests of the file that the database is.
    ///
    /// # Panics
    /// When the system has no room for them.
    #[must_use]
    pub fn with_file() -> Self {
        Self::on(None)
    }

    /// Empty folders, and a `PostgreSQL` database that may be another server's too; the file, if none.
    ///
    /// # Panics
    /// When the system has no room for them.
    #[must_use]
    pub fn on(database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, database }
    }

    /// The data directory; nothing is there before the first start.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where the command line keeps what it knows of servers.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// `cubit serve` on these folders and any free port.
    #[must_use]
    pub fn serve(&self) -> Command {
        let mut command = Command::new(binary());
        self.prepare(&mut command);
        command
    }

    /// `cubit serve`, with a shell command before it that limits the process.
    #[must_use]
    pub fn serve_after(&self, shell: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{shell}; exec \"$@\"")]);
        command.arg("sh").arg(binary());
        self.prepare(&mut command);
        command
    }

    /// `cubit admin` on the database of these folders.
    #[must_use]
    pub fn admin(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("admin").args(arguments);
        self.find(&mut command);
        command
    }

    fn prepare(&self, command: &mut Command) {
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        self.find(command);
    }

    /// Says where the database is.
    fn find(&self, command: &mut Command) {
        command
            .arg("--data-dir")
            .arg(self.data())
            .env("CUBIT_CONFIG_DIR", self.config());
        for name in ["CUBIT_TOKEN", "CONFIGHUB_TOKEN", "CUBIT_CONTEXT"] {
            command.env_remove(name);
        }
        match &self.database {
            Some(url) => command.env("CUBIT_DATABASE", url),
            None => command.env_remove("CUBIT_DATABASE"),
        };
    }

    /// Starts a server that must start.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(&self) -> Server {
        self.launch(&mut self.serve()).expect_running()
    }

    /// Runs a command that serves, until it listens or ends.
    ///
    /// # Panics
    /// When it does neither.
    pub fn launch(&self, command: &mut Command) -> Start {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = stderr.lines().map_while(Result::ok);
            // When nobody listens any more the rest still has to be read.
            lines.for_each(|line| drop(sender.send(line)));
        });
        let mut server = Server {
            child,
            lines,
            said: Vec::new(),
            url: String::new(),
        };
        match server.until(|line| line.starts_with("cubit listens on ")) {
            Some(line) => {
                server.url = line.split(' ').nth(3).unwrap().to_owned();
                Start::Running(server)
            }
            None => Start::Ended(server.ended()),
        }
    }

    /// Calls a server as its administrator.
    ///
    /// # Panics
    /// When the server has not written the token.
    #[must_use]
    pub fn api(&self, server: &Server) -> Api {
        Api::new(&server.url, Some(&self.token()))
    }

    /// The token of the administrator.
    ///
    /// # Panics
    /// When no server has written it.
    #[must_use]
    pub fn token(&self) -> String {
        let token = self.folder.path().join("config/tokens/local");
        std::fs::read_to_string(token).unwrap().trim().to_owned()
    }
}

/// What came of a start.
#[derive(Debug)]
pub enum Start {
    /// It listens.
    Running(Server),
    /// It has ended.
    Ended(Ended),
}

impl Start {
    /// The running server.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn expect_running(self) -> Server {
        match self {
            Self::Running(server) => server,
            Self::Ended(ended) => panic!("the server did not start: {ended:?}"),
        }
    }

    /// How it ended.
    ///
    /// # Panics
    /// When it runs.
    #[must_use]
    pub fn expect_ended(self) -> Ended {
        match self {
            Self::Running(_) => panic!("the server started"),
            Self::Ended(ended) => ended,
        }
    }
}

/// A process that is over.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// All it wrote to standard error.
    pub said: String,
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    url: String,
}

impl Server {
    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for it to say a line; none when it ends before.
    ///
    /// # Panics
    /// When it hangs.
    pub fn until(&mut self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if wanted(&line) {
                        return Some(line);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => panic!("the server hangs: {:?}", self.said),
            }
        }
    }

    /// Kills it on the spot, as a power failure would, except that the system lives on.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.ended()
    }

    /// Tells it to end, and waits until it has.
    ///
    /// # Panics
    /// When it cannot be told or hangs.
    #[cfg(unix)]
    pub fn stop(mut self) -> Ended {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success());
        self.ended()
    }

    /// The most memory it has used, in bytes, where the system tells.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// Counts anew the most memory it has used, and gives what it uses now, in bytes, where the
    /// system can.
    #[must_use]
    pub fn forget_peak_memory(&self) -> Option<u64> {
        // The word for it is in proc_pid_clear_refs(5).
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").ok()?;
        self.peak_memory()
    }

    /// Waits for the end of a process that was told to end, or that ends by itself.
    fn ended(&mut self) -> Ended {
        let nothing = self.until(|_| false);
        assert_eq!(nothing, None);
        let status: ExitStatus = self.child.wait().unwrap();
        Ended {
            code: status.code(),
            said: self.said.join("\n"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
