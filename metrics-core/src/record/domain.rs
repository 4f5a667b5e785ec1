//! The kinds of things that are measured, as types.

use super::hot::{Cache, Hot};
use super::local::{Binding, Shards};
use super::short::ShortNames;
use crate::state::{
    CacheEntry, CounterEntry, Entry, ExtraEntry, FunctionEntry, GaugeEntry, Key, LabelEntry, NodeEntry,
    OperationEntry, OwnedKey, PoolEntry, QueriesEntry, QueueEntry, Replaced, RouteEntry, State, Table,
    TopicEntry,
};

/// The shard type of a domain.
pub(crate) type ShardOf<D> = <<D as Domain>::Entry as Entry>::Shard;

/// A kind of measured thing: its table in the state and its place in a thread's memory.
pub(crate) trait Domain {
    type Entry: Entry;

    fn table(state: &State) -> &Table<Self::Entry>;

    /// The key under which a key is counted.
    fn counted_as<'a>(_state: &State, key: Key<'a>) -> Key<'a> {
        key
    }

    /// The keys that the table had in a state that was replaced, if places are others since.
    fn replaced_keys(_replaced: &Replaced) -> Option<&[OwnedKey]> {
        None
    }

    fn cache(hot: &Hot) -> &Cache<ShardOf<Self>>
    where
        Self: Sized;

    fn shards(binding: &Binding) -> &Shards<ShardOf<Self>>
    where
        Self: Sized;

    fn shards_mut(binding: &mut Binding) -> &mut Shards<ShardOf<Self>>
    where
        Self: Sized;
}

/// A domain whose short names a thread remembers.
pub(crate) trait Named: Domain {
    fn names(hot: &Hot) -> &ShortNames;
}

macro_rules! named {
    ($($name:ident, $field:ident;)*) => {$(
        impl Named for $name {
            #[inline(always)]
            fn names(hot: &Hot) -> &ShortNames {
                &hot.$field
            }
        }
    )*};
}

macro_rules! domain {
    (
        $(#[$doc:meta])*
        $name:ident, $entry:ident, $field:ident $(, beside $timed:ident)? $(, evicted $keys:ident)?
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl Domain for $name {
            type Entry = $entry;

            fn table(state: &State) -> &Table<$entry> {
                &state.$field
            }
            $(
                fn counted_as<'a>(state: &State, key: Key<'a>) -> Key<'a> {
                    state.$timed.counted_as(key)
                }
            )?

            $(fn replaced_keys(replaced: &Replaced) -> Option<&[OwnedKey]> {
                Some(&replaced.$keys)
            })?

            #[inline(always)]
            fn cache(hot: &Hot) -> &Cache<ShardOf<Self>> {
                &hot.$field
            }

            #[inline]
            fn shards(binding: &Binding) -> &Shards<ShardOf<Self>> {
                &binding.$field
            }

            fn shards_mut(binding: &mut Binding) -> &mut Shards<ShardOf<Self>> {
                &mut binding.$field
            }
        }
    };
}

domain!(
    /// Nodes of the processing graph, by id.
    Nodes, NodeEntry, nodes, evicted nodes
);
domain!(
    /// Operations, by node id and name.
    Operations, OperationEntry, operations, evicted operations
);
domain!(
    /// Timed functions and blocks, by name.
    Functions, FunctionEntry, functions
);
domain!(
    /// HTTP routes, by method and template.
    Routes, RouteEntry, routes
);
domain!(
    /// Requests by a label of the application's own, by its name and value.
    Labels, LabelEntry, labels
);
domain!(
    /// WebSocket topics, by name.
    Topics, TopicEntry, topics
);
domain!(
    /// Counters of the application's own, by name.
    Counters, CounterEntry, counters
);
domain!(
    /// Gauges of the application's own, by name.
    Gauges, GaugeEntry, gauges
);
domain!(
    /// Caches of the application, by name; the seed's has none.
    Caches, CacheEntry, caches
);
domain!(
    /// Database queries of requests: one series, at place 0.
    Queries, QueriesEntry, queries
);
domain!(
    /// Queues of the application, by name.
    Queues, QueueEntry, queues
);
domain!(
    /// Connection pools of the application, by name.
    Pools, PoolEntry, pools
);
domain!(
    /// Errors, by the types that the application names.
    ErrorTypes, CounterEntry, error_types
);
domain!(
    /// What is counted without a name: each at its place.
    Tallies, CounterEntry, tallies
);
domain!(
    /// What is counted beside the timing of functions, by name.
    FunctionExtras, ExtraEntry, function_extras, beside functions
);
domain!(
    /// What is counted beside the timing of nodes, by id.
    NodeExtras, ExtraEntry, node_extras, beside nodes, evicted node_extras
);
domain!(
    /// What is counted beside the timing of operations, by node id and name.
    OperationExtras, ExtraEntry, operation_extras, beside operations, evicted operation_extras
);

named! {
    Nodes, node_names;
    Operations, operation_names;
    Topics, topic_names;
}
