//! The guard: statements at the start of a block.
//!
//! Every token of ours has `Span::mixed_site()`: the user's code cannot see our names. They are long
//! nevertheless, because a `let` may not have the name of a const in scope. Paths are absolute,
//! because the user may have shadowed anything.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use crate::model::{self, Entry, Name, Node, Timed};

/// How a guard is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing happens to it but being dropped.
    Dropped,
    /// It is told more before it is dropped.
    Told,
    /// It is told more; and it counts as cancelled unless it is told that the end was reached.
    Exact,
}

/// `let __metrics_timer = …;`, and what is watched beside.
pub(crate) fn statements(timed: &Timed, usage: Use) -> TokenStream {
    let mutable = (usage != Use::Dropped).then(|| quote!(mut));
    if !timed.is_watched(usage == Use::Exact) {
        let start = plain(timed);
        return quote_spanned!(Span::mixed_site()=> let #mutable __metrics_timer = #start;);
    }
    let root = &timed.root;
    let subject = subject(timed);
    let memory = timed.watch.memory.then(|| {
        quote_spanned! {Span::mixed_site()=>
            let __metrics_memory = #root::__private::Memory::before(__metrics_subject);
        }
    });
    let in_flight = timed.watch.concurrency.then(|| {
        quote_spanned! {Span::mixed_site()=>
            let __metrics_in_flight = #root::__private::InFlight::enter(__metrics_subject);
        }
    });
    let start = watch(timed, usage);
    quote_spanned! {Span::mixed_site()=>
        let __metrics_subject = #subject;
        #memory
        #in_flight
        let #mutable __metrics_timer = #start;
    }
}

/// For synchronous code of a node: the thread works for it from here to the end of the block.
pub(crate) fn in_node(timed: &Timed) -> Option<TokenStream> {
    timed
        .is_node()
        .then(|| quote_spanned!(Span::mixed_site()=> let __metrics_in_node = __metrics_timer.within();))
}

/// Whether anything is recorded now: the user's expressions run only then.
pub(crate) fn recording(timed: &Timed) -> TokenStream {
    let root = &timed.root;
    match timed.watch.collector {
        None => quote_spanned!(Span::mixed_site()=> #root::__private::is_recording()),
        // What the process's collector does is no matter to an instance.
        Some(_) => quote_spanned!(Span::mixed_site()=> #root::__private::MAY_RECORD),
    }
}

// === the plain guard ===

fn plain(timed: &Timed) -> TokenStream {
    let root = &timed.root;
    let call = match &timed.entry {
        Entry::Function { name, .. } => site(
            root,
            name,
            |site| quote_spanned!(Span::mixed_site()=> #root::__private::Timer::function(#site)),
        ),
        Entry::Block { name, .. } => site_of(
            root,
            &quote!(#name),
            |site| quote_spanned!(Span::mixed_site()=> #root::__private::Timer::block(#site)),
        ),
        Entry::Node(node) => plain_node(root, node),
        Entry::Operation { node, operation, .. } => {
            let node = borrowed(node);
            quote_spanned!(Span::mixed_site()=> #root::__private::Timer::operation(#node, #operation))
        }
        Entry::Route { .. } | Entry::Seen => TokenStream::new(),
    };
    // The timer of a function asks itself whether anything is recorded.
    if matches!(timed.entry, Entry::Function { .. } | Entry::Block { .. }) && timed.condition.is_none() {
        return call;
    }
    let inert = quote_spanned!(Span::mixed_site()=> #root::__private::Timer::inert());
    when_recording(timed, &call, &inert)
}

fn plain_node(root: &TokenStream, node: &Node) -> TokenStream {
    let (id, name, node_type) = described(node);
    let points = points_or_zero(root, node.points.as_ref());
    quote_spanned! {Span::mixed_site()=>
        #root::__private::Timer::node(#id, #name, #node_type, #points)
    }
}

/// The site lives inside the initialiser, so that the user's scope gains no item.
fn site(root: &TokenStream, name: &Name, call: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
    site_of(root, &name_tokens(name, None), call)
}

fn site_of(
    root: &TokenStream,
    name: &TokenStream,
    call: impl FnOnce(TokenStream) -> TokenStream,
) -> TokenStream {
    let call = call(quote_spanned!(Span::mixed_site()=> &__METRICS_SITE));
    quote_spanned! {Span::mixed_site()=> {
        static __METRICS_SITE: #root::__private::Site = #root::__private::Site::new(#name);
        #call
    }}
}

/// The name, perhaps with something behind it.
fn name_tokens(name: &Name, behind: Option<&str>) -> TokenStream {
    let behind = behind.map(|behind| quote!(, #behind));
    match name {
        Name::Given(name) if behind.is_none() => quote!(#name),
        Name::Given(name) => quote_spanned!(Span::mixed_site()=> ::core::concat!(#name #behind)),
        Name::Path(name) => quote_spanned! {Span::mixed_site()=>
            ::core::concat!(::core::module_path!(), "::", #name #behind)
        },
    }
}

// === the watched call ===

/// What a watched call is about.
pub(crate) fn subject(timed: &Timed) -> TokenStream {
    let root = &timed.root;
    let place = place(timed);
    let call = match &timed.entry {
        Entry::Function { name, .. } => site(
            root,
            name,
            |site| quote_spanned!(Span::mixed_site()=> #root::__private::Subject::function(#place, #site)),
        ),
        Entry::Block { name, .. } => site_of(
            root,
            &quote!(#name),
            |site| quote_spanned!(Span::mixed_site()=> #root::__private::Subject::block(#place, #site)),
        ),
        Entry::Node(node) => {
            let (id, name, node_type) = described(node);
            quote_spanned!(Span::mixed_site()=> #root::__private::Subject::node(#place, #id, #name, #node_type))
        }
        Entry::Operation { node, operation, .. } => {
            let node = borrowed(node);
            quote_spanned!(Span::mixed_site()=> #root::__private::Subject::operation(#place, #node, #operation))
        }
        Entry::Route { method, path } => {
            quote_spanned!(Span::mixed_site()=> #root::__private::Subject::route(#place, #method, #path))
        }
        Entry::Seen => return quote_spanned!(Span::mixed_site()=> __metrics_seen.begin()),
    };
    let points = match &timed.entry {
        Entry::Function { points, .. } | Entry::Block { points, .. } | Entry::Operation { points, .. } => {
            points.as_ref()
        }
        Entry::Node(node) => node.points.as_ref(),
        Entry::Route { .. } | Entry::Seen => None,
    };
    let points = points
        .map(|points| quote_spanned!(Span::mixed_site()=> .with_points(#root::__private::points(#points))));
    when_recording(timed, &quote!(#call #points), &no_subject(root))
}

/// What the items of a stream are about: a function series of their own, or an operation of the node.
pub(crate) fn items(timed: &Timed) -> TokenStream {
    let root = &timed.root;
    let place = place(timed);
    let call = match &timed.entry {
        Entry::Function { name, .. } => {
            let name = name_tokens(name, Some("::item"));
            quote_spanned!(Span::mixed_site()=> #root::__private::Subject::named(#place, #name))
        }
        Entry::Node(node) => {
            let id = borrowed(&node.id);
            quote_spanned!(Span::mixed_site()=> #root::__private::Subject::operation(#place, #id, "item"))
        }
        Entry::Block { .. } | Entry::Operation { .. } | Entry::Route { .. } | Entry::Seen => {
            return no_subject(root);
        }
    };
    when_recording(timed, &call, &no_subject(root))
}

fn no_subject(root: &TokenStream) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> #root::__private::Subject::none())
}

fn place(timed: &Timed) -> TokenStream {
    let root = &timed.root;
    match &timed.watch.collector {
        None => quote_spanned!(Span::mixed_site()=> #root::__private::Place::current()),
        Some(instance) => {
            let instance = borrowed(instance);
            quote_spanned!(Span::mixed_site()=> #root::__private::Place::of(#instance))
        }
    }
}

fn watch(timed: &Timed, usage: Use) -> TokenStream {
    let root = &timed.root;
    let start = match &timed.watch.sample {
        None => quote_spanned!(Span::mixed_site()=> #root::__private::Watch::start(__metrics_subject)),
        Some(share) => {
            quote_spanned!(Span::mixed_site()=> #root::__private::Watch::sampled(__metrics_subject, #share))
        }
    };
    let unfinished = (usage == Use::Exact).then(|| quote_spanned!(Span::mixed_site()=> .unfinished()));
    quote!(#start #unfinished)
}

// === parts ===

/// The user's expressions cost nothing while recording is off.
fn when_recording(timed: &Timed, call: &TokenStream, otherwise: &TokenStream) -> TokenStream {
    let recording = recording(timed);
    let condition = timed.condition.as_ref().map(|condition| {
        let here = Span::mixed_site().located_at(model::span(condition));
        quote_spanned!(here=> && (#condition))
    });
    quote_spanned! {Span::mixed_site()=>
        if #recording #condition { #call } else { #otherwise }
    }
}

fn described(node: &Node) -> (TokenStream, TokenStream, TokenStream) {
    (borrowed(&node.id), optional_str(node.name.as_ref()), optional_str(node.node_type.as_ref()))
}

fn optional_str(value: Option<&Expr>) -> TokenStream {
    match value {
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
        Some(value) => {
            let value = borrowed(value);
            quote_spanned! {Span::mixed_site()=>
                ::core::option::Option::Some(
                    ::core::convert::AsRef::<::core::primitive::str>::as_ref(#value)
                )
            }
        }
    }
}

/// A reference that stands where the user's expression stands, for the compiler to point at.
fn borrowed(value: &Expr) -> TokenStream {
    let here = Span::mixed_site().located_at(model::span(value));
    quote_spanned!(here=> &(#value))
}

fn points_or_zero(root: &TokenStream, points: Option<&Expr>) -> TokenStream {
    match points {
        None => quote_spanned!(Span::mixed_site()=> 0),
        Some(points) => quote_spanned!(Span::mixed_site()=> #root::__private::points(#points)),
    }
}
