//! The DevTools protocol: calls that are answered, and events in between.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex as AsyncMutex, broadcast, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::PATIENCE;

/// Events that a listener may be behind: a trace comes in thousands of them.
const EVENTS: usize = 65_536;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Events = broadcast::Sender<Arc<Value>>;
type Sessions = Arc<Mutex<HashMap<String, Events>>>;
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

/// A connection to a browser; clones share it.
#[derive(Clone)]
pub(crate) struct DevTools {
    last_id: Arc<AtomicU64>,
    sink: Arc<AsyncMutex<SplitSink<Socket, Message>>>,
    waiting: Waiting,
    sessions: Sessions,
}

impl DevTools {
    /// Connects to the browser at a `ws://` address.
    pub(crate) async fn connect(address: &str) -> Self {
        let (socket, _) = connect_async(address).await.expect("DevTools answer");
        let (sink, stream) = socket.split();
        let devtools = Self {
            last_id: Arc::default(),
            sink: Arc::new(AsyncMutex::new(sink)),
            waiting: Waiting::default(),
            sessions: Sessions::default(),
        };
        tokio::spawn(read(stream, Arc::clone(&devtools.waiting), Arc::clone(&devtools.sessions)));
        devtools
    }

    /// Calls a method of the browser, or of a session with one of its pages, and returns its result.
    pub(crate) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.try_call(session, method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same; what DevTools say instead of a result is an error.
    pub(crate) async fn try_call(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, Value> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut call = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            call["sessionId"] = session.into();
        }
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, sender);
        self.sink.lock().await.send(Message::text(call.to_string())).await.expect("a browser that listens");
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let mut answer =
            answer.unwrap_or_else(|_| panic!("{method}: no answer in time")).expect("a browser that lives");
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["result"].take()),
        }
    }

    /// All events of a session from now on.
    pub(crate) fn events(&self, session: &str) -> broadcast::Receiver<Arc<Value>> {
        let mut sessions = self.sessions.lock().unwrap();
        sessions.entry(session.to_owned()).or_insert_with(|| broadcast::channel(EVENTS).0).subscribe()
    }

    /// Forgets a session that nobody listens to any more.
    pub(crate) fn forget(&self, session: &str) {
        self.sessions.lock().unwrap().remove(session);
    }
}

/// Hands out what the browser says until it ends.
async fn read(mut stream: SplitStream<Socket>, waiting: Waiting, sessions: Sessions) {
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        let said: Value = serde_json::from_str(&text).expect("DevTools speak JSON");
        match said["id"].as_u64() {
            // Nobody may wait any more, or listen.
            Some(id) => drop(waiting.lock().unwrap().remove(&id).map(|sender| sender.send(said))),
            None => {
                let session = said["sessionId"].as_str().unwrap_or_default();
                let events = sessions.lock().unwrap().get(session).cloned();
                drop(events.map(|events| events.send(Arc::new(said))));
            }
        }
    }
    // Who still waits hears that there will be no answer.
    waiting.lock().unwrap().clear();
}
