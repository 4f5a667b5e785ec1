//! The shapes, by what they are about.

use super::timed;

macro_rules! files {
    ($($(#[$attribute:meta])* $file:ident),*) => {
        $($(#[$attribute])* mod $file;)*
        pub const FILES: &[support::File] = &[$($(#[$attribute])* (stringify!($file), $file::SHAPES)),*];
    };
}

files!(
    functions,
    methods,
    generics,
    asynchronous,
    futures,
    ends,
    drops,
    attributes,
    hygiene,
    placement,
    #[cfg(feature = "edition2024")]
    edition2024
);
