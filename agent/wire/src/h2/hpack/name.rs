//! Field names: those of the static table (RFC 7541 Appendix A), those of entries, and what they say of their values.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use crate::secret;

/// The name of an entry. Cloning is cheap: one byte of a block may name an entry whose name is long.
#[derive(Clone)]
pub(super) enum Name {
    /// That of this field of the static table.
    Static(usize),
    Shared(Arc<[u8]>, Sort),
    /// It stands in the table, from before anything was seen.
    Unknown,
}

/// What the values of a name are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Plain,
    /// May hold credentials.
    Url,
    /// A credential.
    Secret,
}

impl Name {
    pub(super) fn new(name: &[u8], sort: Sort) -> Self {
        Self::Shared(Arc::from(name), sort)
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Static(index) => Some(static_field(*index).0.as_bytes()),
            Self::Shared(name, _) => Some(name),
            Self::Unknown => None,
        }
    }

    pub(super) fn sort(&self) -> Option<Sort> {
        match self {
            Self::Static(index) => Some(static_sort(*index)),
            Self::Shared(_, sort) => Some(*sort),
            Self::Unknown => None,
        }
    }

    /// Memory taken beyond the name itself. Names that are shared count for each that shares them.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Static(_) | Self::Unknown => 0,
            Self::Shared(name, _) => name.len() + ARC_BYTES,
        }
    }
}

impl Sort {
    /// Names are lower-case, but for peers that break the rules.
    pub(super) fn of(name: &[u8]) -> Self {
        let name = String::from_utf8_lossy(name);
        let upper = name.bytes().any(|byte| byte.is_ascii_uppercase());
        let name = if upper { Cow::Owned(name.to_ascii_lowercase()) } else { name };
        if secret::is_secret(&name) {
            Self::Secret
        } else if matches!(name.as_ref(), ":path" | ":authority") || secret::is_url(&name) {
            Self::Url
        } else {
            Self::Plain
        }
    }
}

/// Name and value of a field of the static table, counted from 0.
pub(super) fn static_field(index: usize) -> (&'static str, &'static str) {
    STATIC.get(index).copied().unwrap_or_default()
}

pub(super) fn static_sort(index: usize) -> Sort {
    static SORTS: LazyLock<[Sort; STATIC_FIELDS]> =
        LazyLock::new(|| STATIC.map(|(name, _)| Sort::of(name.as_bytes())));
    SORTS.get(index).copied().unwrap_or(Sort::Secret)
}

/// Reference counts, before the name itself.
const ARC_BYTES: usize = 2 * size_of::<usize>();

pub(super) const STATIC_FIELDS: usize = 61;

#[rustfmt::skip]
const STATIC: [(&str, &str); STATIC_FIELDS] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];
