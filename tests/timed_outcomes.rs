//! Ten thousand calls that end in every way, at every level: each is counted once, and none stays under way.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use metrics_layer::core::{FunctionMetrics, Registry, scoped_collector};
use metrics_layer::timed;
use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// How a call is to end, and where.
#[derive(Clone, Copy, Debug)]
struct Plan {
    end: End,
    /// 0 is the innermost of three levels.
    level: u8,
    /// Polls that are pending before.
    polls: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Ok,
    Error,
    Panic,
    Cancel,
}

async fn pending(times: u8) {
    let mut left = times;
    std::future::poll_fn(|_| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}

async fn act(plan: Plan, level: u8) -> Result<u8, String> {
    if plan.level != level {
        return Ok(level);
    }
    pending(plan.polls).await;
    match plan.end {
        End::Ok => Ok(level),
        End::Error => Err("on purpose".to_owned()),
        End::Panic => panic!("on purpose"),
        End::Cancel => std::future::pending().await,
    }
}

/// Every way out in sight: form C.
#[timed("inner", outcome, err, concurrency)]
async fn inner(plan: Plan) -> Result<u8, String> {
    let done = act(plan, 0).await?;
    if done > 100 {
        return Err("never".to_owned());
    }
    Ok(done)
}

/// A look at the result: form B.
#[timed("middle", error_if = |result: &Result<u8, String>| result.is_err(), concurrency)]
async fn middle(plan: Plan) -> Result<u8, String> {
    let inside = inner(plan).await?;
    Ok(inside + act(plan, 1).await?)
}

/// A returned future.
#[timed("outer", err, concurrency)]
fn outer(plan: Plan) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send>> {
    Box::pin(async move {
        let inside = middle(plan).await?;
        act(plan, 2).await.map(|own| inside + own)
    })
}

/// Polls as a runtime does: a panic is caught before the future is dropped.
fn run(plan: Plan, drop_after: Option<u8>) -> Option<Result<u8, String>> {
    let mut future = outer(plan);
    let mut context = Context::from_waker(Waker::noop());
    for poll in 0_u8.. {
        if drop_after.is_some_and(|after| poll >= after) {
            return None;
        }
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))) {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(result)) => return Some(result),
            Err(_) => return None,
        }
    }
    None
}

#[derive(Default, Debug, PartialEq, Eq)]
struct Expected {
    calls: u64,
    errors: u64,
    panicked: u64,
    cancelled: u64,
}

impl Expected {
    /// `None`: the level was not begun. Levels inside the one that acts ended well before; those outside share its end.
    fn add(&mut self, end: Option<End>) {
        match end {
            None => return,
            Some(End::Cancel) => {
                self.cancelled += 1;
                return;
            }
            Some(End::Ok) => {}
            Some(End::Error) => self.errors += 1,
            Some(End::Panic) => {
                self.errors += 1;
                self.panicked += 1;
            }
        }
        self.calls += 1;
    }
}

impl From<&FunctionMetrics> for Expected {
    fn from(seen: &FunctionMetrics) -> Self {
        Self {
            calls: seen.calls_total,
            errors: seen.errors,
            panicked: seen.panicked_total,
            cancelled: seen.cancelled_total,
        }
    }
}

fn plan(random: &mut impl Rng) -> (Plan, Option<u8>) {
    let ends = [End::Ok, End::Error, End::Panic, End::Cancel];
    let plan = Plan {
        end: ends[random.random_range(0..ends.len())],
        level: random.random_range(0..3),
        polls: random.random_range(0..4),
    };
    let random_poll = random.random_range(0..6);
    (plan, if plan.end == End::Cancel || random.random_bool(0.3) { Some(random_poll) } else { None })
}

#[test]
fn every_call_is_counted_once_and_none_stays_under_way() {
    std::panic::set_hook(Box::new(|_| {}));
    let (registry, _time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(4);
    let mut expected: [Expected; 3] = Default::default();
    for _ in 0..10_000 {
        let (plan, drop_after) = plan(&mut random);
        // The poll in which the acting level acts is number `polls`; dropped before, all levels that began are.
        let acts = drop_after.is_none_or(|after| after > plan.polls);
        let begun = drop_after != Some(0);
        let end = if acts { plan.end } else { End::Cancel };
        for (level, expected) in (0..).zip(&mut expected) {
            let ends_before = level < plan.level;
            expected.add(begun.then_some(if ends_before { End::Ok } else { end }));
        }
        let result = run(plan, drop_after);
        assert_eq!(
            result.is_some(),
            acts && matches!(plan.end, End::Ok | End::Error),
            "{plan:?} {drop_after:?}"
        );
    }
    let functions = registry.functions();
    for (name, expected) in ["inner", "middle", "outer"].into_iter().zip(&expected) {
        let seen = functions.iter().find(|function| function.name == name).expect("was called");
        assert_eq!((&Expected::from(seen), seen.in_flight), (expected, 0), "{name}");
        assert!(expected.cancelled > 500 && expected.panicked > 500, "{name} saw too little: {expected:?}");
    }
}

/// A sync call is never cancelled, and a panic in a destructor that runs while unwinding is its own.
#[test]
fn sync_calls_end_ok_or_panicked() {
    #[timed("sync", outcome)]
    fn call(fails: bool) {
        assert!(!fails, "on purpose");
    }

    struct CallsOnDrop;
    impl Drop for CallsOnDrop {
        fn drop(&mut self) {
            call(false);
        }
    }

    std::panic::set_hook(Box::new(|_| {}));
    let (registry, _time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    let unwound = catch_unwind(|| {
        let _calls = CallsOnDrop;
        call(true);
    });
    assert!(unwound.is_err());
    let seen = &registry.functions()[0];
    assert_eq!((seen.calls_total, seen.panicked_total, seen.cancelled_total), (2, 1, 0));
}

/// What is not timed to the end is in no window: the durations are those of finished calls.
#[test]
fn durations_of_cancelled_calls_are_nowhere() {
    let (registry, time) = Registry::mock();
    let _scope = scoped_collector(Arc::new(registry.clone()));
    let slow = Plan { end: End::Cancel, level: 0, polls: 0 };
    {
        let mut future = pin!(inner(slow));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        time.advance(std::time::Duration::from_secs(60));
    }
    assert!(run(Plan { end: End::Ok, ..slow }, None).is_some());
    let functions = registry.functions();
    let seen = functions.iter().find(|function| function.name == "inner").expect("was called");
    assert_eq!((seen.calls_total, seen.cancelled_total, seen.max_ms), (1, 1, 0.0));
}
