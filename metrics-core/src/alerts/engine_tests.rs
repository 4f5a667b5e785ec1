//! Sequences of values, with every event they make written down.

use std::time::Duration;

use AlertState::{Critical, Disabled, NoData, Ok as Fine, Pending, Recovering, Warning};

use super::*;
use crate::snapshot::AlertState;

/// Collections are ten seconds apart.
const INTERVAL: u64 = 10;

/// What happens, once an interval.
#[derive(Clone, Debug)]
enum Step {
    /// A value of the metric.
    Value(f64),
    /// The metric is not there.
    Vanished,
    /// The machine sleeps so many seconds before the next value.
    Sleep(u64),
    Add(AlertRule),
    ReplaceAll(Vec<AlertRule>),
    Remove(&'static str),
    Enable(&'static str, bool),
}

use Step::{Add, Enable, Remove, ReplaceAll, Sleep, Value, Vanished};

fn at(seconds: u64) -> Moment {
    let time = Duration::from_secs(seconds);
    Moment { monotonic: time, unix: time }
}

/// `20: OK>WARNING 75 (70)`: seconds, levels, value and threshold; then what is unusual.
fn line(event: &AlertEvent) -> String {
    let AlertEvent { timestamp, previous, level, value, threshold, .. } = event;
    let mut line = format!("{}: {previous}>{level} {value} ({threshold})", timestamp / 1_000);
    if event.reason != AlertReason::Changed {
        line += &format!(" {:?}", event.reason);
    }
    if event.flapping {
        line += " flapping";
    }
    line
}

/// Plays the steps; returns the events and the state after every step.
fn play(engine: &mut Engine, steps: impl IntoIterator<Item = Step>) -> (Vec<String>, Vec<AlertState>) {
    let (mut events, mut states, mut now) = (Vec::new(), Vec::new(), 0);
    let interval = Duration::from_secs(INTERVAL);
    for step in steps {
        let of_step = match step {
            Value(value) => engine.evaluate(at(now), interval, |_, _| Some(value)),
            Vanished => engine.evaluate(at(now), interval, |_, _| None),
            Sleep(seconds) => {
                now += seconds - INTERVAL;
                Vec::new()
            }
            Add(rule) => engine.add(at(now), rule).unwrap(),
            ReplaceAll(rules) => engine.replace_all(at(now), rules).unwrap(),
            Remove(name) => engine.remove(at(now), name).expect("a rule"),
            Enable(name, enabled) => engine.enable(at(now), name, enabled).expect("a rule"),
        };
        events.extend(of_step.iter().map(line));
        states.extend(engine.status(at(now).monotonic).first().map(|status| status.state));
        now += INTERVAL;
    }
    (events, states)
}

fn with(rule: AlertRule) -> Engine {
    let mut engine = Engine::new(false);
    engine.add(at(0), rule).unwrap();
    engine
}

fn values<const N: usize>(values: [f64; N]) -> impl Iterator<Item = Step> {
    values.into_iter().map(Value)
}

/// Nothing but the thresholds.
fn bare(rule: AlertRule) -> AlertRule {
    rule.clear_margin(0.0).keep(Duration::ZERO)
}

fn cpu() -> AlertRule {
    AlertRule::new("cpu_usage", 70.0, 90.0, "CPU usage high")
}

#[track_caller]
fn assert_events(rule: AlertRule, steps: impl IntoIterator<Item = Step>, expected: &[&str]) {
    let (events, _) = play(&mut with(rule), steps);
    assert_eq!(events, expected);
}

/// CON-26, SL-01: `≥` raises, and 85.3 is a warning.
#[test]
fn a_threshold_is_exceeded_where_it_is_reached() {
    let below = f64::from_bits(70.0_f64.to_bits() - 1);
    assert_events(
        bare(cpu()),
        values([0.0, below, 70.0, 85.3, 90.0, 89.9, below, 100.0, 0.0]),
        &[
            "20: OK>WARNING 70 (70)",
            "40: WARNING>CRITICAL 90 (90)",
            "50: CRITICAL>WARNING 89.9 (90)",
            "60: WARNING>OK 69.99999999999999 (70)",
            "70: OK>CRITICAL 100 (90)",
            "80: CRITICAL>OK 0 (90)",
        ],
    );
}

/// below 10 requests a minute.
#[test]
fn small_values_can_be_the_bad_ones() {
    let rule = AlertRule::below("requests_per_minute").warning(10.0).critical(1.0);
    assert_events(
        bare(rule),
        values([11.0, 10.0, 1.0, 1.5, 10.0, 10.5]),
        &[
            "10: OK>WARNING 10 (10)",
            "20: WARNING>CRITICAL 1 (1)",
            "30: CRITICAL>WARNING 1.5 (1)",
            "50: WARNING>OK 10.5 (10)",
        ],
    );
}

#[test]
fn zero_and_negative_thresholds_have_a_margin_too() {
    let cold = AlertRule::below("celsius").warning(-20.0).clear_margin(0.1).keep(Duration::ZERO);
    assert_events(
        cold,
        values([-19.0, -20.0, -18.0, -17.9]),
        &["10: OK>WARNING -20 (-20)", "30: WARNING>OK -17.9 (-20)"],
    );
    let above = AlertRule::above("offset").critical(0.0).keep(Duration::ZERO);
    assert_events(above, values([-1.0, 0.0, -0.5]), &["10: OK>CRITICAL 0 (0)", "20: CRITICAL>OK -0.5 (0)"]);
}

/// The margin: 5 % of 70 is 3.5, of 90 it is 4.5.
#[test]
fn a_value_that_hovers_at_the_threshold_changes_nothing() {
    assert_events(
        cpu().keep(Duration::ZERO),
        values([71.0, 69.0, 71.0, 66.5, 91.0, 86.0, 85.5, 85.4, 66.4]),
        &[
            "0: OK>WARNING 71 (70)",
            "40: WARNING>CRITICAL 91 (90)",
            "70: CRITICAL>WARNING 85.4 (90)",
            "80: WARNING>OK 66.4 (70)",
        ],
    );
}

/// `for`: both thresholds wait on their own, and a value that goes back begins anew.
#[test]
fn a_threshold_that_must_be_held_is_held() {
    let rule = bare(cpu()).for_at_least(Duration::from_secs(20));
    let steps = values([75.0, 75.0, 10.0, 75.0, 95.0, 95.0, 95.0, 80.0, 10.0]);
    let (events, states) = play(&mut with(rule), steps);
    assert_eq!(
        events,
        [
            "50: OK>WARNING 95 (70)",
            "60: WARNING>CRITICAL 95 (90)",
            "70: CRITICAL>WARNING 80 (90)",
            "80: WARNING>OK 10 (70)",
        ]
    );
    assert_eq!(states, [Pending, Pending, Fine, Pending, Pending, Warning, Critical, Warning, Fine]);
}

/// `keep`: 60 s by default, and the level steps down as the values did.
#[test]
fn an_alert_is_lowered_when_the_value_stays_back() {
    let steps =
        values([95.0, 60.0, 60.0, 95.0, 80.0, 80.0, 80.0, 80.0, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0]);
    let (events, states) = play(&mut with(cpu()), steps);
    assert_eq!(
        events,
        ["0: OK>CRITICAL 95 (90)", "100: CRITICAL>WARNING 60 (90)", "140: WARNING>OK 60 (70)",]
    );
    assert_eq!(states[..5], [Critical, Recovering, Recovering, Critical, Recovering]);
    assert_eq!(states[10..], [Recovering, Recovering, Recovering, Recovering, Fine]);
}

/// NaN and infinities are no values; the level is kept, and waits begin anew.
#[test]
fn a_metric_that_vanishes_keeps_its_level() {
    let rule = bare(cpu()).for_at_least(Duration::from_secs(20));
    let steps = [
        Vanished,
        Value(75.0),
        Value(f64::NAN),
        Value(75.0),
        Value(75.0),
        Value(75.0),
        Vanished,
        Value(f64::INFINITY),
        Value(f64::NEG_INFINITY),
        Value(75.0),
        Value(1.0),
    ];
    let (events, states) = play(&mut with(rule), steps);
    assert_eq!(events, ["50: OK>WARNING 75 (70)", "100: WARNING>OK 1 (70)"]);
    assert_eq!(
        states,
        [NoData, Pending, NoData, Pending, Pending, Warning, NoData, NoData, NoData, Warning, Fine]
    );
}

/// THREAT 31: what was between is not known, so it was not held.
#[test]
fn a_machine_that_slept_makes_no_alert() {
    let rule = cpu().for_at_least(Duration::from_secs(60)).keep(Duration::from_secs(60));
    assert_events(rule, [Value(75.0), Sleep(120), Value(75.0), Value(10.0), Sleep(3_600), Value(10.0)], &[]);
    // One evaluation that comes late is no sleep.
    let rule = bare(cpu()).for_at_least(Duration::from_secs(20));
    assert_events(rule, [Value(75.0), Sleep(15), Value(75.0)], &["25: OK>WARNING 75 (70)"]);
}

/// switched off it is silent, and what was raised is resolved.
#[test]
fn a_rule_that_is_switched_off_is_resolved() {
    let steps = [
        Value(95.0),
        Enable("cpu_usage", false),
        Value(95.0),
        Enable("cpu_usage", false),
        Enable("cpu_usage", true),
        Value(95.0),
    ];
    let (events, states) = play(&mut with(cpu()), steps);
    assert_eq!(
        events,
        ["0: OK>CRITICAL 95 (90)", "10: CRITICAL>OK 95 (90) Disabled", "50: OK>CRITICAL 95 (90)"]
    );
    assert_eq!(states, [Critical, Disabled, Disabled, Disabled, NoData, Critical]);
    assert_events(cpu().enabled(false), values([95.0, 95.0]), &[]);
}

#[test]
fn a_rule_that_is_removed_is_resolved() {
    assert_events(
        cpu(),
        [Value(75.0), Remove("cpu_usage"), Value(95.0), Add(cpu()), Value(95.0)],
        &["0: OK>WARNING 75 (70)", "10: WARNING>OK 75 (70) Removed", "40: OK>CRITICAL 95 (90)"],
    );
    assert_eq!(Engine::new(false).remove(at(0), "nothing"), None);
    assert_eq!(Engine::new(false).enable(at(0), "nothing", true), None);
}

/// other thresholds over the same values go by what is already known.
#[test]
fn a_rule_can_be_replaced_while_it_is_raised() {
    let higher = bare(AlertRule::new("cpu_usage", 80.0, 99.0, "CPU usage high"));
    assert_events(
        bare(cpu()),
        [Value(95.0), Add(higher.clone()), Value(95.0), Value(75.0)],
        &["0: OK>CRITICAL 95 (90)", "20: CRITICAL>WARNING 95 (99)", "30: WARNING>OK 75 (80)"],
    );
    let without_critical = bare(AlertRule::above("cpu_usage").warning(70.0));
    assert_events(
        bare(cpu()),
        [Value(95.0), Add(without_critical.clone()), Value(95.0)],
        &["0: OK>CRITICAL 95 (90)", "10: CRITICAL>WARNING 95 (90)"],
    );
    assert_events(
        bare(cpu()),
        [Value(95.0), Add(without_critical.enabled(false)), Value(95.0)],
        &["0: OK>CRITICAL 95 (90)", "10: CRITICAL>OK 95 (90) Disabled"],
    );
    assert_events(
        bare(cpu()),
        [Value(95.0), Add(higher.enabled(false)), Value(95.0)],
        &["0: OK>CRITICAL 95 (90)", "10: CRITICAL>OK 95 (90) Disabled"],
    );
    let other_side = AlertRule::below("cpu_usage").warning(5.0);
    assert_events(
        bare(cpu()),
        [Value(75.0), Add(other_side), Value(75.0)],
        &["0: OK>WARNING 75 (70)", "10: WARNING>OK 75 (70) Removed"],
    );
}

/// The same rules in another order are no change.
#[test]
fn the_order_of_rules_does_not_matter() {
    let other = || AlertRule::above("cpu_usage").named("a").critical(70.0);
    let expected = ["10: OK>CRITICAL 75 (70)", "10: OK>WARNING 75 (70)"];
    for rules in [vec![cpu(), other()], vec![other(), cpu()]] {
        let reordered = rules.iter().rev().cloned().collect();
        let steps = [ReplaceAll(rules), Value(75.0), ReplaceAll(reordered), Value(75.0)];
        assert_eq!(play(&mut Engine::new(false), steps).0, expected);
    }
    let steps = [ReplaceAll(vec![cpu(), other()]), Value(75.0), ReplaceAll(vec![cpu()]), Value(75.0)];
    let (events, _) = play(&mut Engine::new(false), steps);
    assert_eq!(events[2..], ["20: CRITICAL>OK 75 (70) Removed"]);
}

#[test]
fn a_change_that_is_refused_changes_nothing() {
    let mut engine = with(cpu());
    assert!(engine.replace_all(at(0), vec![AlertRule::above("x")]).is_err());
    assert_eq!(engine.rules(), [cpu()]);
    for n in 0..MAX_RULES - 1 {
        engine.add(at(0), cpu().named(n.to_string())).unwrap();
    }
    assert_eq!(
        engine.add(at(0), cpu().named("one more")).unwrap_err().to_string(),
        "alert: there are 256 rules already"
    );
    assert!(engine.add(at(0), cpu().critical(95.0)).is_ok(), "it replaces one");
}

/// More than six changes within 15 minutes.
#[test]
fn what_changes_all_the_time_is_flapping() {
    let steps = (0..8).map(|n| Value(if n % 2 == 0 { 75.0 } else { 1.0 }));
    let rest = [Sleep(20 * 60), Value(75.0)];
    let mut engine = with(bare(cpu()));
    let (events, _) = play(&mut engine, steps.chain(rest));
    let flapping: Vec<_> = events.iter().map(|event| event.ends_with("flapping")).collect();
    assert_eq!(flapping, [false, false, false, false, false, false, true, true, false]);
    assert_eq!(engine.status(Duration::ZERO)[0].changes_total, 9);
}

/// CON-25: to the letter of seed 3, every evaluation that exceeds tells.
#[test]
fn to_the_letter_every_evaluation_tells() {
    let mut engine = Engine::new(true);
    engine.add(at(0), cpu().for_at_least(Duration::from_secs(60))).unwrap();
    let (events, _) = play(&mut engine, values([75.0, 75.0, 95.0, 95.0, 80.0, 69.9, 69.9]));
    assert_eq!(
        events,
        [
            "0: OK>WARNING 75 (70)",
            "10: WARNING>WARNING 75 (70) Repeated",
            "20: WARNING>CRITICAL 95 (90)",
            "30: CRITICAL>CRITICAL 95 (90) Repeated",
            "40: CRITICAL>WARNING 80 (90)",
            "50: WARNING>OK 69.9 (70)",
        ]
    );
    let raised = [AlertLevel::Warning, AlertLevel::Critical].map(|level| engine.raised_total(level));
    assert_eq!(raised, [1, 1], "reminders do not raise");
}

#[test]
fn reminders_come_at_their_interval() {
    assert_events(
        bare(cpu()).repeat(Duration::from_secs(20)),
        values([75.0, 75.0, 75.0, 75.0, 95.0, 95.0, 95.0, 1.0, 1.0, 1.0]),
        &[
            "0: OK>WARNING 75 (70)",
            "20: WARNING>WARNING 75 (70) Repeated",
            "40: WARNING>CRITICAL 95 (90)",
            "60: CRITICAL>CRITICAL 95 (90) Repeated",
            "70: CRITICAL>OK 1 (90)",
        ],
    );
}

#[test]
fn a_rule_with_labels_watches_what_has_them() {
    let rule = AlertRule::above("request_latency").label("endpoint", "/api/play").warning(500.0);
    let mut engine = with(rule);
    engine.add(at(0), AlertRule::above("request_latency").warning(500.0)).unwrap();
    let events = engine.evaluate(at(0), Duration::from_secs(10), |metric, labels| {
        assert_eq!(metric, "request_latency");
        Some(if labels.get("endpoint").is_some_and(|path| path == "/api/play") { 700.0 } else { 20.0 })
    });
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!(event.alert, "request_latency{endpoint=\"/api/play\"}");
    assert_eq!(event.labels["endpoint"], "/api/play");
    assert_eq!(engine.active()[0].warning_threshold, Some(500.0));
}

#[test]
fn the_last_hundred_events_are_kept_and_levels_counted() {
    let mut engine = with(bare(cpu()));
    let steps = (0..150).map(|n| Value(if n % 2 == 0 { 75.0 } else { 1.0 }));
    let (events, _) = play(&mut engine, steps);
    let recent: Vec<_> = engine.recent().iter().map(line).collect();
    assert_eq!(recent, events[50..]);
    assert_eq!(engine.recent()[99].number, 150);
    assert_eq!(engine.raised_total(AlertLevel::Warning), 75);
    assert_eq!(engine.raised_total(AlertLevel::Critical), 0);
}

/// The slow reference: the whole past of one threshold, looked through anew for every value.
mod oracle {
    use super::*;

    /// Whether a threshold of a rule that is bad above is raised after these values.
    fn is_raised(values: &[Option<f64>], threshold: f64, margin: f64, hold: usize, keep: usize) -> bool {
        let mut raised = false;
        let mut from = 0;
        for now in 0..values.len() {
            // The run of values that ask for the other side, up to now.
            let asks = |value: &Option<f64>| {
                value.is_some_and(|value| {
                    if raised { value < threshold * (1.0 - margin) } else { value >= threshold }
                })
            };
            let run = values[from..=now].iter().rev().take_while(|value| asks(value)).count();
            let wait = if raised { keep } else { hold };
            if run > wait {
                raised = !raised;
                from = now + 1;
            }
        }
        raised
    }

    proptest::proptest! {
        #[test]
        fn levels_are_those_of_the_whole_past(
            values in proptest::collection::vec(proptest::option::weighted(0.9, 50.0_f64..110.0), 0..60),
            hold in 0_usize..4,
            keep in 0_usize..4,
            margin in 0.0_f64..0.3,
        ) {
            let seconds = |intervals: usize| Duration::from_secs(INTERVAL * intervals as u64);
            let rule = cpu().clear_margin(margin).for_at_least(seconds(hold)).keep(seconds(keep));
            let mut engine = with(rule);
            for now in 0..values.len() {
                let value = values[now];
                let before = engine.status(Duration::ZERO)[0].level;
                let events = engine.evaluate(at(now as u64 * INTERVAL), seconds(1), |_, _| value);
                let level = engine.status(Duration::ZERO)[0].level;
                let raised = |threshold| is_raised(&values[..=now], threshold, margin, hold, keep);
                let expected = match (raised(90.0), raised(70.0)) {
                    (true, _) => AlertLevel::Critical,
                    (false, true) => AlertLevel::Warning,
                    (false, false) => AlertLevel::Ok,
                };
                proptest::prop_assert_eq!(level, expected);
                let told: Vec<_> = events.iter().map(|event| (event.previous, event.level)).collect();
                let changed: Vec<_> = (before != level).then_some((before, level)).into_iter().collect();
                proptest::prop_assert_eq!(told, changed);
            }
        }
    }
}
