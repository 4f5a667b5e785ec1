//! Query parameters: what an endpoint takes is written in the table, everything else is refused (THREAT 40).

/// One parameter of an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    /// A sentence for the OpenAPI document.
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    /// The whole answer to a value that it does not take: input is never echoed.
    pub(crate) expected: &'static str,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A whole number from 0 on.
    Integer { max: u64, default: u64 },
    /// A whole number from 1 on.
    Count { max: u64, default: u64 },
    /// One of these words; the first when it is not given.
    OneOf(&'static [&'static str]),
    /// Any text, percent-encoded as forms do it; empty when it is not given.
    Text { max_chars: usize },
}

/// One value for each parameter of an endpoint, in the order of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Values {
    values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Value {
    Number(u64),
    Word(&'static str),
    Text(String),
}

/// Longer than any sensible query, and short enough to be looked at for every request.
const MAX_QUERY_BYTES: usize = 4 * 1024;

impl Values {
    /// Reads the query of a request. Names that the endpoint does not have are left alone, as caches and
    /// analytics add theirs.
    ///
    /// # Errors
    /// What to answer when a value is not among those that are taken, or is given twice. No number or word that is
    /// taken has a character that would need percent-encoding, so one that is encoded is refused too.
    pub(crate) fn parse(params: &'static [Param], query: Option<&str>) -> Result<Self, &'static str> {
        // Only endpoints with parameters have to look.
        let query = query.filter(|_| !params.is_empty()).unwrap_or_default();
        if query.len() > MAX_QUERY_BYTES {
            return Err("the query is too long");
        }
        let values = params.iter().map(|param| param.find(query).ok_or(param.expected));
        Ok(Self { values: values.collect::<Result<_, _>>()? })
    }

    /// The value of the row's parameter at `index`, which is an [integer](Kind::Integer).
    pub(crate) fn number(&self, index: usize) -> u64 {
        match self.values.get(index) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// The value of the row's parameter at `index`, which is a [word](Kind::OneOf).
    pub(crate) fn word(&self, index: usize) -> &'static str {
        match self.values.get(index) {
            Some(Value::Word(word)) => word,
            _ => "",
        }
    }

    /// The value of the row's parameter at `index`, which is a [text](Kind::Text).
    pub(crate) fn text(&self, index: usize) -> &str {
        match self.values.get(index) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }
}

impl Param {
    /// `None` when it is given twice, or with a value that it does not take.
    fn find(&self, query: &str) -> Option<Value> {
        let mut given = query.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name == self.name).then_some(value)
        });
        match (given.next(), given.next()) {
            (None, _) => Some(self.default()),
            (Some(text), None) => self.read(text),
            (Some(_), Some(_)) => None,
        }
    }

    fn default(&self) -> Value {
        match self.kind {
            Kind::Integer { default, .. } | Kind::Count { default, .. } => Value::Number(default),
            Kind::OneOf(words) => Value::Word(words.first().copied().unwrap_or_default()),
            Kind::Text { .. } => Value::Text(String::new()),
        }
    }

    fn read(&self, text: &str) -> Option<Value> {
        match self.kind {
            Kind::Integer { max, .. } => number(text, 0, max),
            Kind::Count { max, .. } => number(text, 1, max),
            Kind::OneOf(words) => words.iter().find(|word| **word == text).copied().map(Value::Word),
            Kind::Text { max_chars } => {
                decoded(text).filter(|text| text.chars().count() <= max_chars).map(Value::Text)
            }
        }
    }
}

fn number(text: &str, min: u64, max: u64) -> Option<Value> {
    // `parse` alone would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (min..=max).contains(number))?;
    Some(Value::Number(number))
}

/// A text without its percent-encoding; `None` when that, or what comes out, is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                // Two digits are less than 256.
                (digit()? * 16 + digit()?) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    static PARAMS: &[Param] = &[
        Param {
            name: "last_n",
            about: "",
            kind: Kind::Integer { max: 1440, default: 60 },
            expected: "last_n: a whole number from 0 to 1440, once",
        },
        Param {
            name: "order",
            about: "",
            kind: Kind::OneOf(&["desc", "asc"]),
            expected: "order: desc or asc, once",
        },
    ];

    fn parse(query: &str) -> Result<(u64, &'static str), &'static str> {
        Values::parse(PARAMS, Some(query)).map(|values| (values.number(0), values.word(1)))
    }

    /// THREAT 40.
    #[test]
    fn values_are_taken_or_refused_as_the_table_says() {
        assert_eq!(Values::parse(PARAMS, None).unwrap(), Values::parse(PARAMS, Some("")).unwrap());
        for (query, expected) in [
            ("", (60, "desc")),
            ("last_n=0", (0, "desc")),
            ("last_n=0007", (7, "desc")),
            ("last_n=1440&order=asc", (1440, "asc")),
            ("order=asc&last_n=5&_=1700000000", (5, "asc")),
            ("LAST_N=x&last_n2=x&%6Cast_n=x&&=&x", (60, "desc")),
        ] {
            assert_eq!(parse(query), Ok(expected), "{query}");
        }
        for query in [
            "last_n",
            "last_n=",
            "last_n=-1",
            "last_n=%2B1",
            "last_n=+1",
            "last_n=1e30",
            "last_n=abc",
            "last_n=1441",
            "last_n=1&last_n=2",
            "last_n=1.0",
            "last_n=%31",
            "last_n= 1",
            "last_n=1%00",
            "last_n=18446744073709551616",
            "last_n=NaN",
            "last_n=1;order=asc",
            "last_n==1",
        ] {
            assert_eq!(parse(query), Err("last_n: a whole number from 0 to 1440, once"), "{query}");
        }
        for query in ["order", "order=", "order=ASC", "order=asc,desc", "order=asc&order=asc", "order=%ff"] {
            assert_eq!(parse(query), Err("order: desc or asc, once"), "{query}");
        }
        let count = |text: &str| number(text, 1, 1440).is_some();
        assert!(count("1") && count("1440") && !count("0") && !count("1441") && !count("-1"));
        assert_eq!(parse(&"x".repeat(4_097)), Err("the query is too long"));
        assert!(Values::parse(&[], Some(&"x".repeat(65_536))).is_ok(), "nobody reads it");
    }

    /// THREAT 40.
    #[test]
    fn texts_are_decoded_or_refused() {
        let param = Param { name: "path", about: "", kind: Kind::Text { max_chars: 16 }, expected: "" };
        for (query, expected) in [
            ("", Some("")),
            ("path=", Some("")),
            ("path=/api/{id}", Some("/api/{id}")),
            ("path=%2Fapi%2f%7Bid%7D", Some("/api/{id}")),
            ("path=a+b%20c%2Bd", Some("a b c+d")),
            ("path=%C3%A9&x=%", Some("é")),
            ("path=%00", Some("\0")),
            ("path=0123456789abcdef", Some("0123456789abcdef")),
            ("path=0123456789abcdefg", None),
            ("path=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9", Some("ééééééééé")),
            ("path=%", None),
            ("path=%2", None),
            ("path=%zz", None),
            ("path=%+1", None),
            ("path=%ff", None),
            ("path=a&path=b", None),
        ] {
            let found = param.find(query);
            assert_eq!(found, expected.map(|text| Value::Text(text.to_owned())), "{query}");
        }
    }
}
