//! `#[timed]` and `timed_block!`: time functions, DAG nodes and operations where they are written.
//!
//! Depend on `metrics-core` or `metrics-layer`, which re-export both; their docs carry the examples
//! that run, because this crate cannot depend on them.
//!
//! # How it works
//!
//! Both macros **insert one statement** at the start of the user's own braces (after inner attributes
//! and leading items): a guard that records when it is dropped. Nothing is wrapped, so `return`, `?`, `break`, types, borrows, drop order and
//! `#[track_caller]` stay what they were. Only a `points` expression that looks at the result turns
//! the body into a value first.
//!
//! The code goes one way: `args`, `item` (parse) → `model` (validate) → `guard`, `exit`
//! (expand), called by `expand` and `block`.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod args;
mod block;
mod body;
mod container;
mod errors;
mod exit;
mod expand;
mod guard;
mod invisible;
mod item;
mod label;
mod model;
mod opening;
mod own;
mod result;
mod root;
mod split;

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
/// | argument | meaning | when it is evaluated |
/// |---|---|---|
/// | `"load"`, `name = "load"`, `name = LOAD` | the name of the function series, a literal or a `&'static str` const; without it `module::path::function` | compile time |
/// | `node = expr` | the call is a call of this DAG node; anything that is `AsRef<str>`, borrowed | on entry |
/// | `node_name = expr`, `node_type = expr` | what the node is called, and its kind; also `AsRef<str>` | on entry |
/// | `points = expr` | how many points the call is about, any common integer | see below |
/// | `crate = path` | where `metrics_core` or `metrics_layer` is, if the manifest does not say | compile time |
///
/// `node_name`, `node_type` and `points` need `node`; `name` excludes it. Expressions run only while
/// recording is on. In an async function "on entry" is the first poll.
///
/// **`points`** over the arguments is evaluated before the body, which may therefore move them. If
/// it names `ret`, `ok` or `err` it is evaluated after the body: `ret` is a reference to the result,
/// `ok` and `err` to what is inside the arm. With `ok` or `err` an `Err` makes the call a failed
/// one; the arm that is not there gives 0 points. Of the arguments, such an expression can use those
/// that are `Copy`, shared references for instance, or that the body does not mention.
///
/// A function that returns a future without being `async`, as `#[async_trait]` makes them, is timed
/// until it has made the future.
///
/// **Default names** hold the type where `#[timed]` is on the block: `module::Type::function`, or
/// `module::<Type as Trait>::function`. Generic arguments that are parameters of the block are left out: all instances
/// are one series. An attribute on a method alone cannot see the type, so its name is `module::function`, as that of a
/// function inside a function: give those that share a name in one module a `name`.
///
/// # How calls end
///
/// - An early `return` and `?` are ends like any other.
/// - A **panic** passes through and is told apart.
/// - An **`Err`** is told apart only where `points` looks at `ok` or `err`.
/// - A **dropped future** is recorded with the time until the drop, if it was ever polled.
///
/// # Cost
///
/// A function series: a `static`, a guard on the stack (in the future, if async) and two clock
/// readings; one relaxed load while recording is off. A node also looks up its id. No allocation by
/// the macro's own code. Looking at the result adds a closure that is inlined, or in async functions
/// an async block, which stores the arguments a second time and doubles the depth of types that the
/// compiler's recursion limit counts. Arguments that the body uses are then
/// dropped with the body, before those it does not use, and in a `#[track_caller]` function
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
///   evaluated before the block and only while recording is on. Without it the block is a function
///   series of that name.
/// - `crate = path`: where `metrics_core` or `metrics_layer` is, if the manifest does not say.
///
/// Last the block: `{ … }`, `'label: { … }`, `unsafe { … }`, `async { … }` or `async move { … }`. An
/// async block is timed from its first poll; `node` is evaluated then, inside the block, so that
/// `async move` moves what it names as well.
///
/// # How blocks end
///
/// Every way out is recorded once: the last expression, `return`, `?`, `break`, a panic (told apart)
/// and, for async blocks, the drop of a future that was polled.
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
