//! `#[timed]` and `timed_block!`: time functions, DAG nodes and operations where they are written.
//!
//! Depend on `metrics-core` or `metrics-layer`, which re-export both; their docs carry the examples
//! that run, because this crate cannot depend on them.
//!
//! # How it works
//!
//! Three forms, the first one that gives what is asked for:
//!
//! - **A**, the default: **one statement is inserted** at the start of the user's own braces (after inner attributes and
//!   leading items), a guard that records when it is dropped. Nothing is wrapped, so `return`, `?`, `break`, types,
//!   borrows, drop order and `#[track_caller]` stay what they were.
//! - **B**, where the result is looked at: the body becomes a value first, of a closure that is called at once or of an
//!   async block that is awaited in place.
//! - **C**, for the outcome of asynchronous code: every `return`, `?` and the end of the body is marked in place.
//!
//! The code goes one way: `args`, `item`, `tail` (parse) → `model` with `exclusive`, `returned`, `exit_args`, `watch` and
//! `route` (validate) → `guard`, `exit`, `marks` (expand), chosen by `form`, called by `expand` and `block`.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod args;
mod block;
mod body;
mod container;
mod early;
mod errors;
mod exclusive;
mod exit;
mod exit_args;
mod expand;
mod form;
mod guard;
mod invisible;
mod item;
mod label;
mod marks;
mod model;
mod opening;
mod own;
mod result;
mod returned;
mod root;
mod route;
mod split;
mod tail;
mod watch;

#[cfg(test)]
mod any_tokens;

/// Times every call of a function, as a function series or as calls of a DAG node.
///
/// It goes on functions, methods with any receiver, provided and implemented trait methods, sync or
/// async, generic, `unsafe`, `extern "C"` or `-> !`, above or below other attributes. `const fn`, naked functions and
/// those without a body are refused, with a word on what to do instead.
///
/// On an `impl` block, trait or inline module it times every function inside, at any depth, but for those that cannot
/// be timed, those inside other functions and those that macros make. There it takes `crate` alone. A function inside
/// that has its own `#[timed(…)]` is timed once, with its own arguments; `#[timed(skip)]` leaves a function, block or
/// module out.
///
/// # Arguments
///
/// What the call is:
///
/// | argument | meaning | when it is evaluated |
/// |---|---|---|
/// | `"load"`, `name = "load"`, `name = LOAD` | the name of the function series, a literal or a `&'static str` const; without it `module::path::function` | compile time |
/// | `node = expr` | the call is a call of this DAG node; anything that is `AsRef<str>`, borrowed | on entry |
/// | `node_name = expr`, `node_type = expr` | what the node is called, and its kind; also `AsRef<str>` | on entry |
/// | `op = "sum"` | the call is a run of this operation of `node`, or without one of the node it runs in; a literal or a const | compile time |
/// | `route = "GET /x"` | the call is a request of that method and path: 200, or 500 if it fails | compile time |
/// | `points = expr` | how many points the call is about, any common integer | see below |
///
/// How it ends:
///
/// | argument | meaning |
/// |---|---|
/// | `err` | an `Err` counts as an error |
/// | `error_if = \|r\| …`, `ok_if = \|r\| …` | a question about a reference to the result says what counts as one |
/// | `outcome` | a future that is dropped before its end counts as cancelled, and its time is nowhere |
///
/// What is watched, and whether:
///
/// | argument | meaning |
/// |---|---|
/// | `concurrency` | how many calls are under way |
/// | `busy` | of `async` code: the time inside `poll`, beside the wall time |
/// | `memory` | resident memory of the process before and after; two reads of a file a call, outside the measured time |
/// | `if = expr` | the call is recorded only if this holds, asked on entry |
/// | `sample = 0.1` | this part of all calls is timed, spread evenly over each thread's calls; counts stay exact |
/// | `collector = expr` | record into this `Metrics`, `Registry` or `Arc<dyn Collector>`, borrowed on entry, whatever is installed |
///
/// What the function is:
///
/// | argument | meaning |
/// |---|---|
/// | `future` | it returns a future: time until that ends |
/// | `stream` | it returns a stream: time it to its end as one call, and its items as calls of `name::item` (of a node: its operation `item`); needs the feature `stream`. An argument, because a macro sees names and not types |
/// | `skip` | leave it as it is |
/// | `crate = path` | where `metrics_core` or `metrics_layer` is, if the manifest does not say |
///
/// **Nodes**: while a function with `node` runs, or is polled, its thread works for that node. What runs inside and gives
/// an `op` or a block's name without a `node` is then an operation of that node, and where no node is at work a function
/// series of that name. Work that is handed to other tasks or threads takes the node along by `context::current()`.
/// In asynchronous code this puts the body into a future of its own, as a look at the result does.
///
/// Expressions run only while recording is on. In an async function "on entry" is the first poll. What cannot stand
/// together is refused, with a word on why.
///
/// **`points`** over the arguments is evaluated before the body, which may therefore move them. If
/// it names `ret`, `ok` or `err` it is evaluated after the body: `ret` is a reference to the result,
/// `ok` and `err` to what is inside the arm. With `ok` or `err` an `Err` makes the call a failed
/// one; the arm that is not there gives 0 points. Of the arguments, such an expression can use those
/// that are `Copy`, shared references for instance, or that the body does not mention.
///
/// **Default names** hold the type where `#[timed]` is on the block: `module::Type::function`, or
/// `module::<Type as Trait>::function`. Generic arguments that are parameters of the block are left out: all instances
/// are one series. An attribute on a method alone cannot see the type, so its name is `module::function`, as that of a
/// function inside a function: give those that share a name in one module a `name`.
///
/// # Returned futures
///
/// A function that ends with `async { … }`, `async move { … }`, either with `.boxed()`, or `Box::pin(async move { … })`,
/// as `#[async_trait]` writes them, is timed from the first poll of that block to its end. What stands before
/// it happens when the future is made, and is not timed. A boxed future that an earlier `return` gives is timed to its
/// end too, at the price of one more box, and expressions are then evaluated on entry as well; not if a macro hides that
/// `return`.
///
/// Any other `impl Future` (with no further bound than `Send`, `Sync`, `Unpin`, lifetimes) is put into a timed one.
/// Boxed futures are so with `future`, at the price of one more box, and keep their type.
///
/// # How calls end
///
/// - An early `return` and `?` are ends like any other.
/// - A **panic** passes through and is told apart.
/// - An **`Err`** is told apart with `err`, `error_if`, `ok_if`, or where `points` looks at `ok` or `err`.
/// - A **dropped future** counts as cancelled with `outcome` and wherever the result is looked at. By default it is
///   recorded as a call with the time until the drop, if it was ever polled: an inserted guard cannot tell a drop from
///   a `return`.
///
/// Temporaries of the last expression are dropped within the measured time in edition 2024, and after it in those before,
/// as those of a function with a local variable are. The lint `tail_expr_drop_order`, which `rust_2024_compatibility` turns
/// on in those, says so of the guard, `__metrics_timer`: what is dropped when in the function's own code does not change.
///
/// # Cost
///
/// A function series: a `static`, a guard on the stack (in the future, if async) and two clock
/// readings; one relaxed load while recording is off. A node also looks up its id. No allocation by
/// the macro's own code.
///
/// `outcome` and `err` of an async function mark every way out, and so add no depth to types and at most 64 bytes to a
/// future. That needs every way out in sight: with a macro of unknown content in the body, a return type with
/// `impl Trait`, `error_if`, `ok_if`, `busy`, `node`, or `points` over the result, the body goes into an async block
/// instead, which stores the arguments a second time and deepens the type that the compiler's recursion limit counts by
/// two thirds, or with `node` doubles it. In a function that is not async a look at the result adds a closure that is inlined. Arguments that the body
/// uses are then dropped with the body, before those it does not use, and in a `#[track_caller]` function
/// `Location::caller()` names the function itself.
///
/// # Examples
///
/// ```ignore
/// use metrics_core::timed;
///
/// #[timed]
/// fn load(path: &Path) -> io::Result<Cloud> {
///     Cloud::read(File::open(path)?)
/// }
///
/// #[timed(node = self.id, node_type = "voxel", points = ok.len())]
/// async fn on_input(&self, cloud: Cloud) -> Result<Cloud, Error> {
///     self.downsample(cloud).await
/// }
/// ```
#[proc_macro_attribute]
pub fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::timed(args.into(), item.into()).into()
}

/// Times a block: an operation of a DAG node, or a function series of its own.
///
/// It is an expression with the value of the block. `return`, `?`, `break`, `continue` and labels
/// work as in the block alone, for it stays a block: no closure is made.
///
/// # Arguments
///
/// First the name: a string literal or the path of a `&'static str` const. Then, each at most once:
///
/// - `node = expr`: the block is an operation of this node, anything that is `AsRef<str>`; borrowed,
///   evaluated before the block and only while recording is on. Without it the block is an operation of the node it
///   runs in (see [`macro@timed`]), and a function series of that name where no node is at work.
/// - `points = expr`: how many points the block is about, evaluated before it; or after it, if the expression names
///   `ret`, `ok` or `err`, as with [`macro@timed`]. `return`, `?` and `break` leave the block without a look.
/// - `crate = path`: where `metrics_core` or `metrics_layer` is, if the manifest does not say.
///
/// Last the block: `{ … }`, `'label: { … }`, `unsafe { … }`, `async { … }` or `async move { … }`. An
/// async block is timed from its first poll; `node` is evaluated then, inside the block, so that
/// `async move` moves what it names as well.
///
/// # How blocks end
///
/// Every way out is recorded once: the last expression, `return`, `?`, `break`, a panic (told apart)
/// and, for async blocks, the drop of a future that was polled; it is told apart where the result is looked at.
///
/// # Cost
///
/// As [`macro@timed`] without a look at the result.
///
/// # Examples
///
/// ```ignore
/// use metrics_core::timed_block;
///
/// let down = timed_block!("voxel_downsample", node = self.id, { downsample(&cloud, 0.1) })?;
/// let saved = timed_block!("save", async { store.save(&down).await }).await?;
/// ```
#[proc_macro]
pub fn timed_block(input: TokenStream) -> TokenStream {
    block::timed_block(input.into()).into()
}

/// Times the rest of a scope: an operation of a DAG node, or a function series of its own.
///
/// A statement, with the arguments of [`timed_block!`] and without a block. Every way out of the scope ends it; what is
/// declared after it is dropped within the measured time.
///
/// # Examples
///
/// ```ignore
/// use metrics_core::timed_scope;
///
/// fn save(cloud: &Cloud) -> io::Result<()> {
///     let file = open()?;
///     timed_scope!("write");
///     write(file, cloud)
/// }
/// ```
#[proc_macro]
pub fn timed_scope(input: TokenStream) -> TokenStream {
    block::timed_scope(input.into()).into()
}
