//! Lists of items with parameters, the one syntax that `server-timing`, `ratelimit` and `ratelimit-policy` share:
//! `name;key=value;key="value", name`.
//!
//! Comes in: a header's value. Goes out: its items, names and values without their quotes. Commas and semicolons inside
//! quotes are text. Not handled: escapes inside quotes stay as written (RFC 9651 has two, and no name needs them).

/// An item of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// Its name, without quotes.
    pub(super) name: &'a str,
    /// Everything.
    text: &'a str,
}

impl<'a> Item<'a> {
    /// A parameter's value; empty where it has none.
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.parameters().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// Names and values of the parameters.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        split(self.text, ';').skip(1).map(|parameter| {
            let (key, value) = split_once(parameter);
            (bare(key), bare(value))
        })
    }
}

/// The items of a list.
pub(super) fn items(text: &str) -> impl Iterator<Item = Item<'_>> {
    split(text, ',').filter_map(|text| {
        let name = bare(split(text, ';').next()?);
        (!name.is_empty()).then_some(Item { name, text })
    })
}

/// `key=value`; a quoted string has no key.
fn split_once(parameter: &str) -> (&str, &str) {
    let quoted = parameter.trim_start().starts_with('"');
    parameter.split_once('=').filter(|_| !quoted).unwrap_or((parameter, ""))
}

fn bare(text: &str) -> &str {
    text.trim_matches([' ', '\t', '"'])
}

fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c: char| {
        let plain = !std::mem::take(&mut escaped);
        escaped = plain && quoted && c == '\\';
        quoted ^= plain && c == '"';
        plain && !quoted && c == separator
    })
}
