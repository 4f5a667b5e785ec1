//! Raw data, as JSON lines that begin with where they come from.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::{env, io};

use serde::Serialize;

use crate::catalog::Entry;
use crate::rounds::Turns;

/// What a reader must know to judge the figures.
#[derive(Clone, Debug, Serialize)]
pub struct Header {
    /// The command that makes the same file again.
    pub command: String,
    /// Processor and number of processors.
    pub machine: String,
    /// Operating system.
    pub system: String,
    /// Compiler.
    pub rustc: String,
    /// UTC.
    pub date: String,
    /// Of this repository; with `+` if files were changed since.
    pub commit: String,
    /// Mean number of running threads over 1, 5 and 15 minutes before the run: above 0.2 on two processors, times
    /// are disturbed.
    pub load_before: String,
}

impl Header {
    /// Of this run, which is started by `command`.
    #[must_use]
    pub fn new(command: &str) -> Self {
        let arguments: Vec<String> = env::args().skip(1).collect();
        let separator = if arguments.is_empty() { "" } else { " -- " };
        Self {
            command: format!("{command}{separator}{}", arguments.join(" ")),
            machine: machine(),
            system: output("uname", &["-s", "-r", "-m"]),
            rustc: output("rustc", &["--version"]),
            date: output("date", &["-u", "+%Y-%m-%d %H:%M"]),
            commit: commit(),
            load_before: fs::read_to_string("/proc/loadavg")
                .map(|load| load.split(' ').take(3).collect::<Vec<_>>().join(" "))
                .unwrap_or_default(),
        }
    }

    /// As a line of Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let Self { command, machine, system, rustc, date, commit, load_before } = self;
        format!(
            "`{command}` · {machine} · {system} · {rustc} · {date} UTC · commit {commit} · load before {load_before}\n"
        )
    }
}

#[derive(Serialize)]
struct Times<'a> {
    group: String,
    name: &'a str,
    ns_per_call: &'a Turns,
}

/// A file of raw data under `results/`.
#[derive(Debug)]
pub struct Raw {
    file: File,
}

impl Raw {
    /// Begins the file anew with its header.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(name: &str, header: &Header) -> io::Result<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        fs::create_dir_all(&directory)?;
        let mut raw = Self { file: File::create(directory.join(name))? };
        raw.line(header)?;
        Ok(raw)
    }

    /// Adds the times of all contenders that were measured.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn turns(&mut self, entries: &[Entry], turns: &[Option<Turns>]) -> io::Result<()> {
        for (entry, turns) in entries.iter().zip(turns) {
            if let Some(turns) = turns {
                let group = format!("{:?}", entry.group).to_lowercase();
                self.line(&Times { group, name: entry.name, ns_per_call: turns })?;
            }
        }
        Ok(())
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(value).map_err(io::Error::other)?;
        writeln!(self.file, "{line}")
    }
}

fn machine() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = information.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("?").to_owned()
    };
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{} (family {} model {}), {processors} CPUs",
        field("model name"),
        field("cpu family"),
        field("model\t"),
    )
}

fn commit() -> String {
    let hash = output("git", &["rev-parse", "--short", "HEAD"]);
    // The results themselves always change.
    let changed = output("git", &["status", "--porcelain", "--untracked-files=no", "--", "..", ":!results"]);
    format!("{hash}{}", if changed.is_empty() { "" } else { "+" })
}

fn output(program: &str, arguments: &[&str]) -> String {
    Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}
