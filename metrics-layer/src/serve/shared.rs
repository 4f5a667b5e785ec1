//! Documents that many clients want at once are made once (THREAT 42).
//!
//! A client gets a document whose making began after its request came, never an older one. While one is being
//! made those who come wait for the next, which is then made for all of them. Without others around, a request
//! is answered in the first poll of its future, by the thread that polls it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use metrics_core::__private::caught;

use super::encoding::Encoding;
use super::render::Fault;
use super::routes::Ask;

/// Documents that are made at one moment: more would keep every thread of a server from its own work.
const MAX_AT_ONCE: usize = 4;

/// What makes one document differ from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) path: &'static str,
    pub(super) ask: Ask,
    pub(super) encoding: Encoding,
}

/// What a client gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Document(Bytes),
    Fault(Fault),
    /// Too many other documents are being made.
    Busy,
}

/// The documents that clients are waiting for; clones share them.
#[derive(Clone, Default)]
pub(super) struct Documents {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    at_work: usize,
    /// Only those somebody waits for, so that no document is kept.
    wanted: HashMap<Key, Wanted>,
}

#[derive(Default)]
struct Wanted {
    clients: usize,
    /// How often its making began.
    begun: u64,
    at_work: bool,
    /// The last one, and which it was.
    made: Option<(u64, Outcome)>,
    waiting: Vec<Waker>,
}

/// One client that waits for a document; dropping it is no loss for others.
pub(super) struct Client {
    documents: Documents,
    key: Key,
    /// What was begun before it came is too old.
    after: u64,
}

impl Documents {
    /// Enters a client, whose request came now.
    pub(super) fn want(&self, key: Key) -> Client {
        let mut state = self.lock();
        let wanted = state.wanted.entry(key.clone()).or_default();
        wanted.clients += 1;
        let after = wanted.begun;
        Client { documents: self.clone(), key, after }
    }

    // Nothing that may panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Takes the document that another client had made, waits for it, or makes it.
    pub(super) fn poll(
        &self,
        cx: &mut Context<'_>,
        make: impl FnOnce() -> Result<Bytes, Fault>,
    ) -> Poll<Outcome> {
        let number = {
            let mut state = self.documents.lock();
            let State { at_work, wanted } = &mut *state;
            let wanted = wanted.entry(self.key.clone()).or_default();
            match &wanted.made {
                Some((number, outcome)) if *number > self.after => return Poll::Ready(outcome.clone()),
                _ if wanted.at_work => {
                    wanted.wait(cx.waker());
                    return Poll::Pending;
                }
                _ if *at_work >= MAX_AT_ONCE => return Poll::Ready(Outcome::Busy),
                _ => {}
            }
            *at_work += 1;
            wanted.at_work = true;
            wanted.begun += 1;
            wanted.begun
        };
        let outcome = match caught(make) {
            Some(Ok(bytes)) => Outcome::Document(bytes),
            Some(Err(fault)) => Outcome::Fault(fault),
            // A collector of the application's own.
            None => Outcome::Fault(Fault::Failed),
        };
        self.hand_out(number, &outcome);
        Poll::Ready(outcome)
    }

    fn hand_out(&self, number: u64, outcome: &Outcome) {
        let waiting = {
            let mut state = self.documents.lock();
            state.at_work -= 1;
            let wanted = state.wanted.entry(self.key.clone()).or_default();
            wanted.at_work = false;
            wanted.made = Some((number, outcome.clone()));
            std::mem::take(&mut wanted.waiting)
        };
        // All of them: whoever comes first makes the next one, and a client that is gone by now is not waited for.
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let mut state = self.documents.lock();
        if let Some(wanted) = state.wanted.get_mut(&self.key) {
            wanted.clients -= 1;
            if wanted.clients == 0 {
                state.wanted.remove(&self.key);
            }
        }
    }
}

impl Wanted {
    fn wait(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|other| other.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    fn key(path: &'static str) -> Key {
        Key { path, ask: Ask { media: "", values: Default::default() }, encoding: Encoding::Plain }
    }

    fn poll(client: &Client, make: impl FnOnce() -> Result<Bytes, Fault>) -> Poll<Outcome> {
        client.poll(&mut Context::from_waker(Waker::noop()), make)
    }

    fn text(text: &'static str) -> Outcome {
        Outcome::Document(text.into())
    }

    fn none_wanted(documents: &Documents) -> bool {
        let state = documents.lock();
        state.wanted.is_empty() && state.at_work == 0
    }

    /// THREAT 42: 200 scrapes while a document is made share the one after it.
    #[test]
    fn those_who_come_while_one_is_made_share_the_next() {
        let documents = Documents::default();
        let made = AtomicUsize::new(0);
        let make = || {
            made.fetch_add(1, Ordering::SeqCst);
            Ok("next".into())
        };
        let first = documents.want(key("a"));
        let mut late = Vec::new();
        let outcome = poll(&first, || {
            late.extend((0..200).map(|_| documents.want(key("a"))));
            assert!(late.iter().all(|client| poll(client, || panic!("two at once")).is_pending()));
            Ok("first".into())
        });
        assert_eq!(outcome, Poll::Ready(text("first")));
        assert!(late.iter().all(|client| poll(client, make) == Poll::Ready(text("next"))));
        assert_eq!(made.load(Ordering::SeqCst), 1);
        drop((first, late));
        assert!(none_wanted(&documents), "nothing is kept");
    }

    #[test]
    fn nobody_gets_what_was_begun_before_the_request_came() {
        let documents = Documents::default();
        let keeps_it = documents.want(key("a"));
        assert_eq!(poll(&keeps_it, || Ok("old".into())), Poll::Ready(text("old")));
        assert_eq!(poll(&documents.want(key("a")), || Ok("new".into())), Poll::Ready(text("new")));
    }

    #[test]
    fn a_client_that_leaves_while_it_waits_holds_nobody_up() {
        let documents = Documents::default();
        let first = documents.want(key("a"));
        let (gone, stays) = (documents.want(key("a")), documents.want(key("a")));
        let _ = poll(&first, || {
            assert!(
                poll(&gone, || Ok("".into())).is_pending() && poll(&stays, || Ok("".into())).is_pending()
            );
            Ok("first".into())
        });
        drop(gone);
        // It was there before the first was begun, so that one will do.
        assert_eq!(poll(&stays, || panic!("it is made already")), Poll::Ready(text("first")));
    }

    #[test]
    fn a_panic_is_told_and_forgotten() {
        let documents = Documents::default();
        let outcome = poll(&documents.want(key("a")), || panic!("a collector of the application"));
        assert_eq!(outcome, Poll::Ready(Outcome::Fault(Fault::Failed)));
        assert!(none_wanted(&documents));
        assert_eq!(poll(&documents.want(key("a")), || Ok("a".into())), Poll::Ready(text("a")));
    }

    #[test]
    fn a_fifth_document_is_not_begun() {
        let documents = Documents::default();
        nest(&documents, &["a", "b", "c", "d"]);
        assert!(none_wanted(&documents));
    }

    /// Makes one within the other, and then one more.
    fn nest(documents: &Documents, paths: &[&'static str]) {
        let Some((path, rest)) = paths.split_first() else {
            assert_eq!(poll(&documents.want(key("e")), || Ok("e".into())), Poll::Ready(Outcome::Busy));
            return;
        };
        let outcome = poll(&documents.want(key(path)), || {
            nest(documents, rest);
            Ok((*path).into())
        });
        assert_eq!(outcome, Poll::Ready(text(path)));
    }

    /// Eight threads, each with many requests: all are answered, one document at a time.
    #[test]
    fn a_storm_of_threads_is_answered() {
        const REQUESTS: usize = 500;
        let documents = Documents::default();
        let (at_work, made) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..REQUESTS {
                        let before = made.load(Ordering::SeqCst);
                        let client = documents.want(key("a"));
                        let outcome = block_on(&client, || {
                            assert_eq!(at_work.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                            let number = made.fetch_add(1, Ordering::SeqCst);
                            assert_eq!(at_work.fetch_sub(1, Ordering::SeqCst), 1);
                            Ok(number.to_string().into())
                        });
                        let Outcome::Document(number) = outcome else { panic!("{outcome:?}") };
                        let number: usize = str::from_utf8(&number).unwrap().parse().unwrap();
                        assert!(number >= before, "{number} is older than the request");
                    }
                });
            }
        });
        assert!(none_wanted(&documents) && made.into_inner() <= 8 * REQUESTS);
    }

    fn block_on(client: &Client, make: impl Fn() -> Result<Bytes, Fault>) -> Outcome {
        struct Unpark(std::sync::mpsc::Sender<()>);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                let _ = self.0.send(());
            }
        }
        let (sender, woken) = channel();
        let waker = Waker::from(Arc::new(Unpark(sender)));
        loop {
            match client.poll(&mut Context::from_waker(&waker), &make) {
                Poll::Ready(outcome) => return outcome,
                Poll::Pending => woken.recv().unwrap(),
            }
        }
    }
}
