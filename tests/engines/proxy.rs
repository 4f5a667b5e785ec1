//! A proxy that stands between a writer and its engine, and does what networks and engines do.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::spawn;

/// What becomes of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing bad.
    None,
    /// Answered by the proxy, with headers if need be.
    Status(&'static str),
    /// Never answered.
    Hang,
    /// The connection is closed at once.
    Reset,
    /// The engine gets it, but its answer is lost.
    LostAnswer,
}

/// Passes everything on, but for writes that meet a fault.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    /// Larger bodies are answered 413.
    max_body: usize,
    script: Mutex<VecDeque<Fault>>,
    met: Mutex<Vec<Fault>>,
    too_large: Mutex<usize>,
    /// Connections that hang.
    open: Mutex<Vec<TcpStream>>,
}

struct Message {
    head: String,
    body: Vec<u8>,
}

impl Proxy {
    /// One whose writes meet these faults, one after the other, and then none.
    pub(crate) fn start(upstream: SocketAddr, max_body: usize, script: &[Fault]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            max_body,
            script: Mutex::new(script.iter().copied().collect()),
            met: Mutex::default(),
            too_large: Mutex::default(),
            open: Mutex::default(),
        });
        let proxy = Self { address, shared: Arc::clone(&shared) };
        spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                spawn(move || shared.serve(stream));
            }
        });
        proxy
    }

    /// The faults that writes have met.
    pub(crate) fn met(&self) -> Vec<Fault> {
        self.shared.met.lock().unwrap().clone()
    }

    /// Writes that were too large.
    pub(crate) fn too_large(&self) -> usize {
        *self.shared.too_large.lock().unwrap()
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let request = read(&stream)?;
        let is_write = request.head.starts_with("POST /write");
        if is_write && request.body.len() > self.max_body {
            *self.too_large.lock().unwrap() += 1;
            return answer(&mut stream, "413 Request Entity Too Large");
        }
        let next = if is_write { self.script.lock().unwrap().pop_front() } else { None };
        let fault = next.unwrap_or(Fault::None);
        if fault != Fault::None {
            self.met.lock().unwrap().push(fault);
        }
        match fault {
            Fault::None => stream.write_all(&self.forward(&request)?).ok(),
            Fault::Status(status) => answer(&mut stream, status),
            Fault::Hang => {
                self.open.lock().unwrap().push(stream);
                Some(())
            }
            Fault::Reset => None,
            Fault::LostAnswer => self.forward(&request).map(drop),
        }
    }

    /// What the engine answers; `None` when it is away.
    fn forward(&self, request: &Message) -> Option<Vec<u8>> {
        let mut upstream = TcpStream::connect(self.upstream).ok()?;
        upstream.write_all(request.head.as_bytes()).ok()?;
        upstream.write_all(&request.body).ok()?;
        let mut answer = Vec::new();
        // The request asks for the connection to be closed.
        upstream.read_to_end(&mut answer).ok()?;
        (!answer.is_empty()).then_some(answer)
    }
}

fn answer(stream: &mut TcpStream, status: &str) -> Option<()> {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()
}

fn read(stream: &TcpStream) -> Option<Message> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).ok()? > 2 {}
    let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.trim().parse().ok();
    let mut body = vec![0; head.lines().find_map(length).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Message { head, body })
}
