//! The answer to a counting of tokens: `{"totalTokens": 31, …}`.

use crate::call::Usage;
use crate::json_scan::{Container, Scalar, Shape};
use crate::provider::ProviderError;
use crate::provider::google_error::{ErrorPlace, GoogleError};

/// What came, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Counted {
    usage: Usage,
    error: GoogleError,
    unknown_shape: u32,
}

impl Counted {
    /// What was found, and how much of it had an unknown shape.
    pub(super) fn into_parts(self) -> (Usage, Option<ProviderError>, u32) {
        let Self { usage, error, unknown_shape } = self;
        (usage, error.into_error(), unknown_shape)
    }
}

/// Where things stand in a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    TotalTokens,
    CachedTokens,
    /// What Vertex bills some models by.
    Characters,
    Error(ErrorPlace),
}

impl Shape for Counted {
    type Place = Place;
    const ROOT: Place = Place::Root;

    fn member(place: Place, key: &[u8]) -> Option<Place> {
        match (place, key) {
            (Place::Root, b"totalTokens") => Some(Place::TotalTokens),
            (Place::Root, b"cachedContentTokenCount") => Some(Place::CachedTokens),
            (Place::Root, b"totalBillableCharacters") => Some(Place::Characters),
            (Place::Root, b"error") => Some(Place::Error(ErrorPlace::Whole)),
            (Place::Error(place), key) => place.member(key).map(Place::Error),
            _ => None,
        }
    }

    fn element(place: Place) -> Option<Place> {
        match place {
            Place::Root => Some(Place::Root),
            Place::Error(place) => place.element().map(Place::Error),
            Place::TotalTokens | Place::CachedTokens | Place::Characters => None,
        }
    }

    fn reads_text(place: Place) -> bool {
        matches!(place, Place::Error(place) if place.reads_text())
    }

    fn open(&mut self, place: Place, container: Container) -> bool {
        let opened = match place {
            // An error may come as the one element of an array.
            Place::Root => Some(true),
            Place::Error(place) => self.error.open(place, container),
            Place::TotalTokens | Place::CachedTokens | Place::Characters => None,
        };
        self.unknown_shape += u32::from(opened.is_none());
        opened.unwrap_or_default()
    }

    fn close(&mut self, _place: Place) {
        // What containers say was taken as it came.
    }

    fn scalar(&mut self, place: Place, scalar: &Scalar<'_>) {
        if *scalar == Scalar::Null {
            return;
        }
        let (path, slot) = match place {
            Place::TotalTokens => ("totalTokens", Some(&mut self.usage.input)),
            Place::CachedTokens => ("cachedContentTokenCount", Some(&mut self.usage.cache_read)),
            Place::Characters => ("totalBillableCharacters", None),
            Place::Root => return self.unknown_shape += 1,
            Place::Error(place) => {
                return self.unknown_shape += u32::from(!self.error.scalar(place, scalar));
            }
        };
        let Some(count) = scalar.as_u64() else { return self.unknown_shape += 1 };
        if let Some(slot) = slot {
            *slot = Some(count);
        }
        self.usage.raw.retain(|(known, _)| known != path);
        self.usage.raw.push((path.to_owned(), count as f64));
    }
}
