use metrics_core::timed;

const NAME: &str = "name";

#[timed(stream)]
async fn not_a_stream() {}

#[timed(stream, err)]
fn watched() -> futures_util::stream::Empty<u8> {
    futures_util::stream::empty()
}

#[timed(name = NAME, stream)]
fn named() -> impl futures_util::Stream<Item = u8> {
    futures_util::stream::empty()
}

#[timed(stream)]
fn unknown() -> futures_util::stream::Empty<u8> {
    futures_util::stream::empty()
}

fn main() {
    let _ = (not_a_stream(), watched(), named(), unknown(), NAME);
}
