//! What recording and reading cost, beside other crates and the limits of the machine.
//!
//! Everything that is compared is a [`Contender`](contender::Contender): it makes one timed or counted call. The
//! [`catalog`] names them all, [`rounds`] lets them take turns in one process, [`results`] writes down what came
//! out.

pub mod contender;

pub mod requests;

pub mod floors;

pub mod ours;

pub mod peers;

pub mod catalog;

pub mod filled;

pub mod readings;

pub mod rendering;

pub mod time;

pub mod resident;

pub mod stats;

mod span;

pub mod waiting;

pub mod undivided;

pub mod busy;

pub mod caches;

pub mod pair;

pub mod rounds;

pub mod arguments;

pub mod results;

pub mod table;

pub mod bars;
