//! Subscribers that do all they should not.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::queue::CAPACITY;
use super::*;

fn event(number: u64) -> Signal {
    Signal::Alert(Arc::new(AlertEvent { number, ..Default::default() }))
}

fn number(signal: &Signal) -> u64 {
    match signal {
        Signal::Alert(event) => event.number,
        _ => 0,
    }
}

/// THREAT 63: the one that blocks loses the oldest, which is counted; nobody else does.
#[test]
fn a_subscriber_that_blocks_holds_up_nobody() {
    let signals = Signals::default();
    let (entered, is_blocked) = mpsc::channel();
    let (unblock, blocked) = mpsc::channel::<()>();
    let (heard, all_heard) = mpsc::channel();
    let blocking = Subscriber::start(&signals, move |signal| {
        entered.send(()).unwrap();
        let _ = blocked.recv();
        heard.send(number(signal)).unwrap();
    })
    .unwrap();
    let mut other = signals.subscribe();
    signals.send(event(0));
    is_blocked.recv().unwrap();
    for number in 1..=CAPACITY as u64 + 10 {
        signals.send(event(number));
        assert_eq!(other.recv().as_ref().map(self::number), Some(number - 1));
    }
    assert_eq!((blocking.dropped(), other.dropped(), signals.dropped()), (10, 0, 10));
    drop(unblock);
    signals.close();
    // The first, and then what was left of the others.
    let heard: Vec<_> = all_heard.iter().collect();
    assert_eq!(heard, [0].into_iter().chain(11..=CAPACITY as u64 + 10).collect::<Vec<_>>());
}

/// Nor do those that hear no end of it forget that an alert was raised, or is over.
#[test]
fn collections_displace_no_alert() {
    let signals = Signals::default();
    let mut subscription = signals.subscribe();
    signals.send(Signal::CollectionStarted);
    (1..=3).for_each(|number| signals.send(event(number)));
    (0..2 * CAPACITY).for_each(|_| signals.send(Signal::MetricsCollected));
    signals.send(event(4));
    assert_eq!(subscription.dropped(), CAPACITY as u64 + 5);
    signals.close();
    let heard: Vec<_> = std::iter::from_fn(|| subscription.recv()).collect();
    assert_eq!((heard.len(), &heard[0]), (CAPACITY, &Signal::CollectionStarted));
    let alerts: Vec<_> = heard.iter().map(number).filter(|number| *number > 0).collect();
    assert_eq!(alerts, [1, 2, 3, 4]);
}

#[test]
fn a_subscriber_that_panics_is_called_again() {
    let signals = Signals::default();
    let (heard, all_heard) = mpsc::channel();
    let subscriber = Subscriber::start(&signals, move |signal| {
        heard.send(number(signal)).unwrap();
        assert_eq!(number(signal), 2, "on purpose");
    })
    .unwrap();
    (1..=3).for_each(|number| signals.send(event(number)));
    signals.close();
    assert_eq!(all_heard.iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(subscriber.panics(), 2);
}

#[test]
fn a_subscriber_may_end_itself() {
    let signals = Signals::default();
    let (hand_over, own) = mpsc::channel::<Subscriber>();
    let (heard, all_heard) = mpsc::channel();
    let subscriber = Subscriber::start(&signals, move |signal| {
        own.recv().unwrap().cancel();
        heard.send(number(signal)).unwrap();
    })
    .unwrap();
    (1..=3).for_each(|number| signals.send(event(number)));
    hand_over.send(subscriber.clone()).unwrap();
    assert_eq!(all_heard.iter().collect::<Vec<_>>(), [1], "the thread ends");
    assert!(!subscriber.is_active());
    assert_eq!(format!("{signals:?}"), "Signals { subscribers: 0 }");
}

#[test]
fn a_task_is_woken() {
    struct Count(std::sync::atomic::AtomicUsize);
    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
    }
    let signals = Signals::default();
    let mut subscription = signals.subscribe();
    let count = Arc::new(Count(Default::default()));
    let waker = Waker::from(Arc::clone(&count));
    {
        let mut next = pin!(subscription.recv_async());
        assert!(next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        signals.send(event(7));
        assert_eq!(count.0.load(std::sync::atomic::Ordering::SeqCst), 1);
        let Poll::Ready(Some(signal)) = next.poll(&mut Context::from_waker(&waker)) else { panic!() };
        assert_eq!(number(&signal), 7);
    }
    // A task that went away loses nothing.
    assert!(pin!(subscription.recv_async()).poll(&mut Context::from_waker(&waker)).is_pending());
    signals.send(event(8));
    assert_eq!(subscription.try_recv().as_ref().map(number), Some(8));
    assert_eq!(subscription.try_recv(), None);
    assert_eq!(subscription.recv_timeout(Duration::from_millis(1)), None);
    signals.close();
    let closed = pin!(subscription.recv_async()).poll(&mut Context::from_waker(&waker));
    assert_eq!(closed, Poll::Ready(None));
    assert_eq!(signals.subscribe().recv(), None, "too late");
}
