//! How time and memory grow with the size of a text, for every format: parse, set one value, print,
//! for texts of 1 to 64 MiB, and for a unit of 1,000 documents of YAML. YAML is made of the corpus,
//! the other formats of entries as they are found in real files. Each size runs in a process of its
//! own, which reads the text from a file, so that its peak memory is its own. The sizes take turns,
//! and the fastest round of all counts: what else the machine does only ever makes a round slower.
//!
//! With names of formats as arguments, only those.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use cubit_benches::{documents, peak_memory, time};
use cubit_configdata::{Config, Edit, Path, Toolchain};

/// Rounds of one process.
const ROUNDS: usize = 5;
/// Processes for each size.
const TURNS: usize = 3;
const MIB: usize = 1 << 20;

/// What is measured of a format.
struct Format {
    name: &'static str,
    toolchain: Toolchain,
    /// The head of a text.
    head: &'static str,
    /// Writes one more entry, of a number.
    entry: fn(&mut String, usize),
    /// The end of a text.
    tail: &'static str,
    /// The path that is set, with the number of the middle entry in the place of `{}`.
    path: &'static str,
}

const FORMATS: [Format; 6] = [
    Format {
        name: "properties",
        toolchain: Toolchain::AppConfigProperties,
        head: "# Services\n",
        entry: |text, n| {
            let _ = write!(
                text,
                "\n# Service {n}\nservices.s{n}.host = s{n}.internal.example.com\nservices.s{n}.port = 8080\nservices.s{n}.timeout.read = 30s\nservices.s{n}.enabled = true\n"
            );
        },
        tail: "",
        path: "services.s{}.host",
    },
    Format {
        name: "ini",
        toolchain: Toolchain::AppConfigIni,
        head: "; Services\n",
        entry: |text, n| {
            let _ = write!(
                text,
                "\n[service-{n}]\nhost = s{n}.internal.example.com\nport = 8080 ; not 80\ntimeout = 30s\nmotto = \"open all day\"\n"
            );
        },
        tail: "",
        path: "service-{}.host",
    },
    Format {
        name: "env",
        toolchain: Toolchain::AppConfigEnv,
        head: "# Services\n",
        entry: |text, n| {
            let _ = write!(
                text,
                "\n# Service {n}\nSERVICE_{n}_HOST=s{n}.internal.example.com\nexport SERVICE_{n}_PORT=8080\nSERVICE_{n}_MOTTO=\"open all day\"\n"
            );
        },
        tail: "",
        path: "SERVICE_{}_HOST",
    },
    Format {
        name: "toml",
        toolchain: Toolchain::AppConfigToml,
        head: "title = \"Services\"\n",
        entry: |text, n| {
            let _ = write!(
                text,
                "\n[services.s{n}]\nhost = \"s{n}.internal.example.com\"\nport = 8080 # not 80\ntags = [\"shop\", \"corner\"]\nlimits = {{ memory = \"64Mi\", ratio = 0.5 }}\n"
            );
        },
        tail: "",
        path: "services.s{}.host",
    },
    Format {
        name: "json",
        toolchain: Toolchain::AppConfigJson,
        head: "{\n  \"title\": \"Services\"",
        entry: |text, n| {
            let _ = write!(
                text,
                ",\n  \"s{n}\": {{\n    \"host\": \"s{n}.internal.example.com\",\n    \"port\": 8080,\n    \"tags\": [\"shop\", \"corner\"],\n    \"enabled\": true\n  }}"
            );
        },
        tail: "\n}\n",
        path: "s{}.host",
    },
    Format {
        name: "hcl",
        toolchain: Toolchain::OpenTofuHcl,
        head: "# Services\n",
        entry: |text, n| {
            let _ = write!(
                text,
                "\nresource \"aws_instance\" \"s{n}\" {{\n  ami           = \"ami-0c55b159cbfafe1f0\"\n  instance_type = var.instance_type\n  count         = 2 # not 1\n  tags = {{\n    Name = \"service-{n}\"\n  }}\n}}\n"
            );
        },
        tail: "",
        path: "ami",
    },
];

/// A text with its toolchain, the document that is edited and the path that is set.
struct Task {
    text: String,
    toolchain: Toolchain,
    path: String,
}

impl Task {
    fn of(name: &str, bytes: usize, count: usize) -> Self {
        match FORMATS.iter().find(|format| format.name == name) {
            Some(format) => Self::entries(format, bytes),
            None => Self {
                text: corpus(bytes, count),
                toolchain: Toolchain::KubernetesYaml,
                path: "metadata.name".to_owned(),
            },
        }
    }

    /// Entries up to `bytes`.
    fn entries(format: &Format, bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes + 1024);
        text.push_str(format.head);
        // Room for a longer value.
        let bytes = bytes - 64;
        let mut count = 0;
        while text.len() + format.tail.len() < bytes {
            let length = text.len();
            (format.entry)(&mut text, count);
            if text.len() + format.tail.len() > bytes {
                text.truncate(length);
                break;
            }
            count += 1;
        }
        text.push_str(format.tail);
        Self {
            text,
            toolchain: format.toolchain,
            path: format.path.replace("{}", &(count / 2).to_string()),
        }
    }
}

/// Documents of the corpus that are larger than this are left out of texts of a given size: a text
/// of 1 MiB would hold few of them, and other things than one of 64 MiB.
const SMALL: usize = 16 << 10;

/// The documents of the corpus over and over: the small ones up to `bytes`, or `count` of all.
fn corpus(bytes: usize, count: usize) -> String {
    let mut documents = documents();
    if count == usize::MAX {
        documents.retain(|document| document.len() < SMALL);
    }
    let mut text = String::with_capacity(bytes.min(64 * MIB));
    for (at, document) in documents.iter().cycle().take(count).enumerate() {
        if text.len() + document.len() + 5 > bytes {
            break;
        }
        if at > 0 && !document.starts_with("---") {
            text.push_str("---\n");
        }
        text.push_str(document);
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

/// Parses a text, sets one value, and writes everything, to nowhere.
fn run(toolchain: Toolchain, path: &str, text: Vec<u8>) {
    let mut config = Config::parse_owned(toolchain, text).expect("a text");
    let path = Path::parse(path).expect("a path");
    let path = path.resolved().expect("a plain path");
    // The next one with something in it: some documents are comments only.
    let middle = config.documents().len() / 2;
    let document = config.documents()[middle..]
        .iter()
        .position(|document| document.root().is_some_and(|root| !root.span().is_empty()))
        .map_or(middle, |further| middle + further);
    config
        .apply(&[Edit::set(document, path, "renamed-by-the-benchmark")])
        .expect("an edit");
    config.write_to(&mut std::io::sink()).expect("a sink");
}

/// One text, in this process: microseconds of the fastest round, and peak memory in MiB.
fn measure(toolchain: &str, path: &str, file: &str) {
    let toolchain = toolchain.parse().expect("a toolchain");
    let fastest = (0..ROUNDS)
        .map(|_| {
            let text = std::fs::read(file).expect("the text");
            time(|| run(toolchain, path, text)).0
        })
        .min()
        .unwrap_or_default();
    println!("{} {}", fastest.as_micros(), peak_memory());
}

/// A text in a file, and what was measured of it.
struct Size {
    name: String,
    task: Task,
    file: PathBuf,
    micros: f64,
    peak: f64,
}

impl Size {
    fn new(name: String, task: Task) -> Self {
        let file = format!("growth-{}-{}", std::process::id(), task.text.len());
        let file = std::env::temp_dir().join(file);
        std::fs::write(&file, &task.text).expect("a file for the text");
        Self {
            name,
            task,
            file,
            micros: f64::INFINITY,
            peak: 0.0,
        }
    }

    /// One process.
    fn take_turn(&mut self) {
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(&program)
            .args(["--one", self.task.toolchain.name(), &self.task.path])
            .arg(&self.file)
            .output()
            .expect("a run");
        let line = String::from_utf8_lossy(&output.stdout).into_owned();
        let figures: Vec<f64> = line
            .split_whitespace()
            .filter_map(|figure| figure.parse().ok())
            .collect();
        let [micros, peak] = figures.as_slice() else {
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        };
        self.micros = self.micros.min(*micros);
        self.peak = self.peak.max(*peak);
    }

    fn report(&self, format: &str) {
        let bytes = self.task.text.len() as f64;
        println!(
            "{format:<10} {:<15} {:>6.1} MB {:>8.1} ms {:>6.1} MB/s   peak {:>4.0} MiB, {:.2} times the text",
            self.name,
            bytes / 1e6,
            self.micros / 1e3,
            bytes / self.micros,
            self.peak,
            self.peak * MIB as f64 / bytes
        );
    }
}

fn report(name: &str) {
    let mut sizes: Vec<Size> = [1, 4, 16, 64]
        .into_iter()
        .map(|mib| Size::new(format!("{mib} MiB"), Task::of(name, mib * MIB, usize::MAX)))
        .collect();
    if name == "yaml" {
        let task = Task::of(name, 64 * MIB, 1000);
        sizes.push(Size::new("1,000 documents".to_owned(), task));
    }
    for _ in 0..TURNS {
        sizes.iter_mut().for_each(Size::take_turn);
    }
    for size in &sizes {
        size.report(name);
        std::fs::remove_file(&size.file).expect("the file");
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [one, toolchain, path, file] = arguments.as_slice()
        && one == "--one"
    {
        measure(toolchain, path, file);
        return;
    }
    let all = || ["yaml"].into_iter().chain(FORMATS.iter().map(|f| f.name));
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|a| a == name);
    all().filter(|name| wanted(name)).for_each(report);
}
