//! Which names a price is for.
//!
//! In: match clauses, as a price file has them, and a name in lower case. Out: whether they match. Patterns compile
//! when they are first needed: nearly all names are turned away by the text that a pattern begins with.

use std::sync::OnceLock;

use memchr::memmem;
use regex_lite::{Regex, RegexBuilder};

use crate::limits;

/// A condition on a name.
#[derive(Debug)]
pub(super) enum Clause {
    /// Texts are in lower case.
    Equals(Box<str>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    /// Anywhere in the name.
    Regex(Box<Pattern>),
    Any(Box<[Self]>),
    All(Box<[Self]>),
}

impl Clause {
    /// `name` is in lower case.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Equals(text) => name == &**text,
            Self::StartsWith(text) => name.starts_with(&**text),
            Self::EndsWith(text) => name.ends_with(&**text),
            // Several times as fast as `str::contains` on names of this length.
            Self::Contains(text) => memmem::find(name.as_bytes(), text.as_bytes()).is_some(),
            Self::Regex(pattern) => pattern.matches(name),
            Self::Any(clauses) => clauses.iter().any(|clause| clause.matches(name)),
            Self::All(clauses) => clauses.iter().all(|clause| clause.matches(name)),
        }
    }

    /// Every pattern in it.
    #[cfg(test)]
    pub(super) fn patterns(&self) -> Vec<&Pattern> {
        match self {
            Self::Equals(_) | Self::StartsWith(_) | Self::EndsWith(_) | Self::Contains(_) => Vec::new(),
            Self::Regex(pattern) => vec![pattern],
            Self::Any(clauses) | Self::All(clauses) => clauses.iter().flat_map(Self::patterns).collect(),
        }
    }
}

/// A regular expression, compiled when it is first needed.
#[derive(Debug)]
pub(super) struct Pattern {
    text: Box<str>,
    /// What every name begins with that it matches; may be nothing.
    prefix: Box<str>,
    compiled: OnceLock<Option<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    /// Must match.
    is: Regex,
    /// Must not.
    is_not: Option<Regex>,
}

impl Pattern {
    /// A pattern that may match anywhere.
    pub(super) fn new(text: &str) -> Self {
        let prefix = text.strip_prefix('^').map_or(String::new(), literal_prefix);
        Self { text: text.into(), prefix: prefix.into(), compiled: OnceLock::new() }
    }

    /// A pattern that must match from the beginning.
    pub(super) fn at_start(text: &str) -> Self {
        Self { prefix: literal_prefix(text).into(), ..Self::new(&format!("^(?:{text})")) }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// One that does not compile matches nothing.
    pub(super) fn matches(&self, name: &str) -> bool {
        name.starts_with(&*self.prefix)
            && self.compiled().is_some_and(|compiled| {
                compiled.is.is_match(name)
                    && !compiled.is_not.as_ref().is_some_and(|is_not| is_not.is_match(name))
            })
    }

    /// Whether it can match at all.
    #[cfg(test)]
    pub(super) fn compiles(&self) -> bool {
        self.compiled().is_some()
    }

    fn compiled(&self) -> Option<&Compiled> {
        self.compiled
            .get_or_init(|| {
                let (not, rest) = split_look_ahead(&self.text);
                let is_not = match not {
                    Some(not) => Some(compile(&not)?),
                    None => None,
                };
                Some(Compiled { is: compile(&rest)?, is_not })
            })
            .as_ref()
    }
}

fn compile(text: &str) -> Option<Regex> {
    RegexBuilder::new(text)
        .size_limit(limits::PRICE_PATTERN_COMPILED)
        .nest_limit(limits::PRICE_PATTERN_DEPTH)
        .build()
        .ok()
}

/// `^(?!A)B` is `^(?:B)` where not `^(?:A)`. That is the one form of look-ahead that occurs in price files; this engine
/// has none, as it promises linear time.
fn split_look_ahead(text: &str) -> (Option<String>, String) {
    let split = || {
        let inner = text.strip_prefix("^(?!")?;
        let end = closing(inner)?;
        let (not, rest) = (inner.get(..end)?, inner.get(end + 1..)?);
        // `^(?!A)B|C` would be something else.
        (!has_top_level_bar(rest)).then(|| (Some(format!("^(?:{not})")), format!("^(?:{rest})")))
    };
    split().unwrap_or_else(|| (None, text.to_owned()))
}

/// The characters that a pattern surely begins with: those before the first that means something. One that may be
/// repeated, or left out, is not sure.
fn literal_prefix(text: &str) -> String {
    let mut out = String::new();
    if has_top_level_bar(text) {
        return out;
    }
    let mut rest = text.chars();
    while let Some(first) = rest.next() {
        let literal = match first {
            '\\' => rest.next().filter(|escaped| escaped.is_ascii_punctuation()),
            '.' | '^' | '$' | '|' | '(' | ')' | '[' | ']' | '{' | '}' | '*' | '+' | '?' => None,
            plain => Some(plain),
        };
        let repeated = rest.as_str().starts_with(['*', '+', '?', '{']);
        match literal.filter(|_| !repeated) {
            Some(literal) => out.push(literal),
            None => break,
        }
    }
    out
}

/// Where the group ends whose inside begins `text`.
fn closing(text: &str) -> Option<usize> {
    scan(text).find(|(_, depth, byte)| *depth == 0 && *byte == b')').map(|(at, _, _)| at)
}

fn has_top_level_bar(text: &str) -> bool {
    scan(text).any(|(_, depth, byte)| depth == 0 && byte == b'|')
}

/// The bytes of a pattern that are neither escaped nor in a class, with how many groups are open around them.
fn scan(text: &str) -> impl Iterator<Item = (usize, i32, u8)> {
    let (mut depth, mut escaped, mut class) = (0_i32, false, false);
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        if escaped {
            escaped = false;
            return None;
        }
        match byte {
            b'\\' => escaped = true,
            b'[' => class = true,
            b']' => class = false,
            _ if class => {}
            b'(' => depth = depth.saturating_add(1),
            b')' => {
                let around = depth;
                depth = depth.saturating_sub(1);
                return Some((at, around, byte));
            }
            _ => return Some((at, depth, byte)),
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ahead_at_the_start_is_taken_apart() {
        let check = |pattern: &str, name: &str, expect: bool| {
            let pattern = Pattern::new(pattern);
            assert!(pattern.compiles(), "{}", pattern.text());
            assert_eq!(pattern.matches(name), expect, "{} on {name}", pattern.text());
        };
        // The two of the table.
        let speech = "^(?!.*-[tT][tT][sS](?:$|-))";
        check(speech, "gemini-2.5-flash", true);
        check(speech, "gemini-2.5-flash-tts", false);
        check(speech, "gemini-2.5-flash-preview-tts", false);
        check(speech, "gemini-tts-preview", false);
        check(speech, "gemini-ttsx", true);
        check(speech, "", true);
        let mistral = "^(?![^/]+/)(?:labs-)?(?:(?:mi|code|dev|magi|mini)stral|mixtral)";
        check(mistral, "mistral-large", true);
        check(mistral, "labs-devstral-2", true);
        check(mistral, "mixtral-8x7b", true);
        check(mistral, "mistralai/mistral-large", false);
        check(mistral, "a-mistral", false);
        // Parts that look like an end, and are none.
        check(r"^(?![)]\))a", "a", true);
        check(r"^(?!a\)|b)[ab|]", "a", true);
        check(r"^(?!a\)|b)[ab|]", "b", false);
        check(r"^(?!a\)|b)[ab|]", "a)", false);
    }

    #[test]
    fn a_pattern_that_does_not_compile_matches_nothing() {
        for text in ["(", "a(?!b)", "^(?!a)b|c", "^(?!a", "(?<=a)b", r"\p{Greek}", "(?:x{900}){900}"] {
            let pattern = Pattern::new(text);
            assert!(!pattern.compiles(), "{text}");
            assert!(!pattern.matches("b") && !pattern.matches("c") && !pattern.matches(""), "{text}");
        }
    }

    #[test]
    fn a_pattern_begins_with_its_literal_characters() {
        let check = |pattern: &str, expect: &str| assert_eq!(literal_prefix(pattern), expect, "{pattern}");
        check(r"https://api\.openai\.com", "https://api.openai.com");
        check(r"https://api\.cohere\.(?:ai|com)", "https://api.cohere.");
        check(r"(https?://)?azure", "");
        check(r"https?://x", "http");
        check(r"gpt-5\.4-\d{4}", "gpt-5.4-");
        check(r"gpt-\d", "gpt-");
        check("abc{0,1}d", "ab");
        check("ab*", "a");
        check("a|b", "");
        check("(?i)a", "");
        check(r"\", "");
        check("", "");
    }

    #[test]
    fn a_prefix_changes_no_match() {
        for (pattern, names) in [
            ("^ab?c", ["ac", "abc", "xabc"].as_slice()),
            ("^a|b", &["a", "b", "xb", "xa"]),
            (r"^a\.b", &["a.b", "axb"]),
            ("ab", &["xab", "ab", "b"]),
            ("^$", &["", "a"]),
            ("^(?!a)b", &["b", "ab"]),
        ] {
            for name in names {
                let alone = if pattern == "^(?!a)b" { "^b" } else { pattern };
                assert_eq!(Pattern::new(pattern).matches(name), Regex::new(alone).unwrap().is_match(name));
            }
        }
    }

    #[test]
    fn patterns_at_the_start_keep_their_alternatives_together() {
        let pattern = Pattern::at_start("a|b");
        assert!(pattern.matches("ax") && pattern.matches("bx") && !pattern.matches("xb"));
    }
}
