//! A browser process that ends with the test, however the test ends.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;

use tempfile::TempDir;

use super::PATIENCE;

/// Runs the browser until nobody holds this shell's input any more, which is so too when the test was killed; then
/// ends it by its id and removes its folder, which its last children may still write to for a moment. What a shell says
/// of a killed child nobody may be there to read.
const KEEPER: &str = r#"
folder=$1; shift
TMPDIR=$folder "$@" </dev/null & browser=$!
exec 2>/dev/null
read -r _
kill -KILL "$browser"; wait "$browser"
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$folder"; sleep 0.1; [ -e "$folder" ] || exit; done
"#;

/// No window, no sandbox (tests run as root in containers), nothing that it would do of its own accord.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--remote-debugging-port=0",
    "--lang=en-GB",
];

/// A running Chromium; dropping it ends it and removes what it wrote.
pub(crate) struct Process {
    keeper: Child,
    /// Open for as long as the browser may run.
    life: Option<ChildStdin>,
    /// Where it listens for DevTools.
    pub(crate) address: String,
}

impl Process {
    /// Starts the browser with further arguments.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        // The keeper removes it, as the test may be gone by then.
        let folder = TempDir::with_prefix("chromium-").unwrap().keep();
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .arg("chromium")
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", folder.display()))
            .args(arguments)
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                let _ = fs::remove_dir_all(&folder);
                panic!("no shell: {error}")
            });
        let life = keeper.stdin.take();
        let lines = drain(keeper.stderr.take().unwrap());
        let mut process = Self { keeper, life, address: String::new() };
        process.address = printed_address(&lines);
        process
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.life.take());
        // Fails if it was waited for already.
        let _ = self.keeper.wait();
    }
}

/// Reads a pipe for as long as somebody writes to it, so that nobody has to wait for a reader.
fn drain(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody listens once the address is known.
            let _ = sender.send(line);
        }
    });
    lines
}

fn printed_address(lines: &Receiver<String>) -> String {
    let mut said = String::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        if let Some(address) = line.strip_prefix("DevTools listening on ") {
            return address.to_owned();
        }
        said += &format!("{line}\n");
    }
    panic!("no Chromium (Debian: apt-get install chromium); it said: {said}");
}
