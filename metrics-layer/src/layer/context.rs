//! Which request a thread is working for, while it polls that request's future or body.
//!
//! It is how a request's body, which lives in the handler, tells the layer what was read of it without sharing
//! memory, and how a layer inside another one knows that the request is counted already. It is put back before the
//! poll returns, so it never leaks across an await.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Call;

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(Current::NOBODY) };

    /// The id of this thread's next request; 0 before its first.
    static NEXT_ID: Cell<u64> = const { Cell::new(0) };
}

/// Names a request, within the process.
pub(super) type RequestId = u64;

/// The end of a path that is kept to know the request by.
const TAIL_BYTES: usize = 8;

/// What a request is known by wherever it passes a layer again, also below a prefix that a router took off its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Whose layer it passed.
    collector: usize,
    method: &'static str,
    path_bytes: usize,
    /// The last bytes of the path, at the end.
    tail: [u8; TAIL_BYTES],
}

#[derive(Clone, Copy, Debug)]
struct Current {
    id: RequestId,
    /// Bytes of its body that were read since it was made current.
    received: u64,
    mark: Mark,
}

/// A call whose request is the thread's current one, until this is dropped. It stays in its place, because it is large.
#[derive(Debug)]
pub(super) struct Active<'a> {
    call: &'a mut Option<Call>,
    previous: Option<Current>,
}

/// A new id: a number of the thread and one of the request.
pub(super) fn new_id() -> RequestId {
    static THREADS: AtomicU64 = AtomicU64::new(0);
    /// A thread makes 2^40 requests before its numbers run into those of another.
    const REQUEST_BITS: u32 = 40;
    let next = |next: &Cell<u64>| {
        let mut id = next.get();
        if id == 0 {
            id = ((THREADS.fetch_add(1, Ordering::Relaxed) + 1) << REQUEST_BITS) + 1;
        }
        next.set(id + 1);
        id
    };
    // Id 0 is nobody's: of a thread that is ending, bytes count as late.
    NEXT_ID.try_with(next).unwrap_or(0)
}

/// Counts bytes of a request's body if the thread is at work for it.
#[inline]
pub(super) fn receive(id: RequestId, bytes: u64) -> bool {
    let add = |current: &Cell<Current>| {
        let now = current.get();
        let mine = now.id == id && id != 0;
        if mine {
            current.set(Current { received: now.received.saturating_add(bytes), ..now });
        }
        mine
    };
    CURRENT.try_with(add).unwrap_or(false)
}

/// Whether the thread is at work for this request already, as a layer further out saw it.
#[inline]
pub(super) fn is_counted(mark: &Mark) -> bool {
    CURRENT.try_with(|current| current.get().mark.is_outside_of(mark)).unwrap_or(false)
}

// === impl Mark ===

impl Mark {
    #[inline]
    pub(super) fn new(collector: usize, method: &'static str, path: &str) -> Self {
        let path = path.as_bytes();
        let tail = path.last_chunk().copied().unwrap_or_else(|| {
            let mut tail = [0; TAIL_BYTES];
            tail[TAIL_BYTES - path.len()..].copy_from_slice(path);
            tail
        });
        Self { collector, method, path_bytes: path.len(), tail }
    }

    fn is_outside_of(&self, inner: &Self) -> bool {
        let known = inner.path_bytes.min(TAIL_BYTES);
        self.collector == inner.collector
            && self.collector != 0
            && self.method == inner.method
            && inner.path_bytes <= self.path_bytes
            && self.tail[TAIL_BYTES - known..] == inner.tail[TAIL_BYTES - known..]
    }
}

// === impl Current ===

impl Current {
    const NOBODY: Self = Self {
        id: 0,
        received: 0,
        mark: Mark { collector: 0, method: "", path_bytes: 0, tail: [0; TAIL_BYTES] },
    };
}

// === impl Active ===

impl<'a> Active<'a> {
    /// Makes the call's request the current one, if there is a call.
    #[inline]
    pub(super) fn enter(call: &'a mut Option<Call>) -> Self {
        let current = call.as_ref().map(|call| Current { id: call.id(), received: 0, mark: call.mark() });
        let previous = current.and_then(|current| CURRENT.try_with(|place| place.replace(current)).ok());
        Self { call, previous }
    }

    /// Puts back what was current before; the call now knows what was read meanwhile.
    #[inline]
    pub(super) fn leave(mut self) {
        self.put_back();
    }

    #[inline]
    fn put_back(&mut self) {
        let Some(previous) = self.previous.take() else { return };
        if let (Ok(ended), Some(call)) = (CURRENT.try_with(|place| place.replace(previous)), &mut self.call) {
            call.received(ended.received);
        }
    }
}

impl Drop for Active<'_> {
    /// When the code inside panics, the call ends here, in the midst of the unwinding, and so knows why. A runtime
    /// drops a future only after it has caught the panic.
    #[inline]
    fn drop(&mut self) {
        if self.previous.is_some() {
            self.put_back();
            *self.call = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_below_a_prefix_too() {
        let outer = Mark::new(1, "GET", "/v1/api/scans/a-long-name-of-a-scan");
        for path in ["/v1/api/scans/a-long-name-of-a-scan", "/api/scans/a-long-name-of-a-scan", "/a-scan", ""]
        {
            let inner = Mark::new(1, "GET", path);
            assert_eq!(outer.is_outside_of(&inner), !path.starts_with("/a-"), "{path}");
        }
        for other in [
            Mark::new(2, "GET", "/api/scans/a-long-name-of-a-scan"),
            Mark::new(1, "PUT", "/api/scans/a-long-name-of-a-scan"),
            Mark::new(1, "GET", "/api/scans/another"),
            Mark::new(1, "GET", "/longer/v1/api/scans/a-long-name-of-a-scan"),
        ] {
            assert!(!outer.is_outside_of(&other), "{other:?}");
        }
        assert!(!Current::NOBODY.mark.is_outside_of(&Current::NOBODY.mark));
    }

    #[test]
    fn ids_are_not_used_twice() {
        let ids = || (0..100).map(|_| new_id()).collect::<Vec<_>>();
        let mut all = ids();
        all.extend(std::thread::spawn(ids).join().unwrap());
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 200);
    }
}
