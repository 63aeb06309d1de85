//! A `cubit serve` beside the measuring program, in the same folder of the build.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use cubit_client::{AllowExists, Client, Method};
use serde_json::{Value, json};

/// No parameters of a request.
pub const NONE: [(&str, &str); 0] = [];

/// A server on an empty database in a folder of its own; both end with this value.
#[derive(Debug)]
pub struct Server {
    /// Who calls it, as its administrator.
    pub client: Client,
    child: Child,
    folder: PathBuf,
}

impl Server {
    /// Starts `cubit serve` with more options, such as `--database URL`.
    ///
    /// # Panics
    /// When there is no `cubit` beside this program, or it does not start.
    #[must_use]
    pub fn start(options: &[&str]) -> Self {
        let name = format!(
            "cubit-bench-{}-{}",
            std::process::id(),
            uuid::Uuid::now_v7()
        );
        let folder = std::env::temp_dir().join(name);
        let program = std::env::current_exe()
            .expect("a path")
            .with_file_name("cubit");
        let mut child = Command::new(program)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--request-timeout",
                "3600",
            ])
            .args(options)
            .env("CUBIT_DATA_DIR", folder.join("data"))
            .env("CUBIT_CONFIG_DIR", folder.join("config"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cubit in the same folder: cargo build --release first");
        let mut lines = BufReader::new(child.stderr.take().expect("piped"))
            .lines()
            .map_while(Result::ok);
        let address = lines
            .find_map(|line| {
                let mut words = line.split_whitespace();
                words
                    .find(|word| word.starts_with("http://"))
                    .map(str::to_owned)
            })
            .expect("where it listens");
        std::thread::spawn(move || lines.for_each(|line| eprintln!("{line}")));
        let token = std::fs::read_dir(folder.join("config/tokens"))
            .expect("signed in")
            .flatten()
            .next()
            .map(|entry| std::fs::read_to_string(entry.path()).expect("a token"))
            .expect("a token");
        let client = Client::new(&address, Some(token.trim().to_owned())).expect("a client");
        Self {
            client,
            child,
            folder,
        }
    }

    /// The id of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Bytes of its SQLite database, the log of latest writes among them.
    #[must_use]
    pub fn database_size(&self) -> u64 {
        ["cubit.db", "cubit.db-wal"]
            .iter()
            .filter_map(|name| std::fs::metadata(self.folder.join("data").join(name)).ok())
            .map(|file| file.len())
            .sum()
    }

    /// Where its SQLite database is.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.join("data/cubit.db")
    }

    /// Makes a space and answers its id.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn space(&self, slug: &str, labels: &Value) -> String {
        let body = json!({"Slug": slug, "Labels": labels});
        let space: Value = self
            .client
            .create_space(&body, AllowExists::default())
            .expect("a space");
        space["SpaceID"].as_str().expect("an id").to_owned()
    }

    /// Makes a unit of Kubernetes configuration and answers its id.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn unit(&self, space: &str, slug: &str, text: &str) -> String {
        let body = json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": base64(text)});
        let path = format!("/space/{space}/unit");
        let unit: Value = self
            .client
            .send(Method::Post, &path, &NONE, &body)
            .expect("a unit");
        unit["UnitID"].as_str().expect("an id").to_owned()
    }

    /// Sends a request about many that must succeed for each; answers how many.
    ///
    /// # Panics
    /// When it fails, or something of it does.
    #[must_use]
    pub fn many(&self, method: Method, path: &str, query: &[(&str, &str)], body: &Value) -> usize {
        let answers: Vec<Value> = self
            .client
            .send(method, path, &query, body)
            .expect("an answer");
        let failed = answers.iter().find(|answer| !answer["Error"].is_null());
        assert!(failed.is_none(), "{failed:?}");
        answers.len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Text as the API carries it.
#[must_use]
pub fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}
