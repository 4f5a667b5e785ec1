use metrics_core::timed_scope;

fn main() {
    timed_scope!();
    timed_scope!("scope", nod = "a");
    timed_scope!("scope", points = 1);
    timed_scope!("scope" { 1 });
}
