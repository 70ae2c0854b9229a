//! The rate limits that Realtime tells of in an event of its own.
//!
//! Comes in: its entries, member by member. Goes out: [`RateLimits`]. A later event goes over an earlier one.

use crate::headers::{Quantity, RateLimit, RateLimits, Unit, nanos};
use crate::json_scan::Scalar;
use crate::limits;

/// What the last such event said.
#[derive(Debug, Default)]
pub(super) struct LimitsTold {
    told: RateLimits,
    open: RateLimit,
}

impl LimitsTold {
    /// A list begins.
    pub(super) fn begin(&mut self) {
        self.told = RateLimits::default();
    }

    /// An entry begins.
    pub(super) fn begin_entry(&mut self) {
        self.open = RateLimit::default();
    }

    /// The entry is over.
    pub(super) fn end_entry(&mut self) {
        let entry = std::mem::take(&mut self.open);
        if self.told.entries.len() < limits::RATE_LIMITS {
            self.told.entries.push(entry);
        } else {
            self.told.dropped = self.told.dropped.saturating_add(1);
        }
    }

    /// What is counted. Whether it is a text.
    pub(super) fn name(&mut self, scalar: &Scalar<'_>) -> bool {
        let Some(name) = scalar.as_text() else { return false };
        match &*name {
            "requests" => self.open.what = Quantity::Requests,
            "tokens" => self.open.what = Quantity::Tokens,
            name => {
                let end = name.floor_char_boundary(limits::RATE_LIMIT_NAME);
                self.open.name = name.get(..end).map(str::to_owned);
            }
        }
        true
    }

    /// How much there is. Whether it is a count.
    pub(super) fn limit(&mut self, scalar: &Scalar<'_>) -> bool {
        self.open.limit = scalar.as_u64();
        self.open.limit.is_some()
    }

    /// How much is left. Whether it is a count.
    pub(super) fn remaining(&mut self, scalar: &Scalar<'_>) -> bool {
        self.open.remaining = scalar.as_u64().and_then(|count| i64::try_from(count).ok());
        self.open.remaining.is_some()
    }

    /// In how many seconds it is whole again. Whether it is a duration.
    pub(super) fn reset(&mut self, scalar: &Scalar<'_>) -> bool {
        if let Scalar::Number(number) = scalar {
            self.open.reset_after = nanos(number, Unit::Seconds);
        }
        self.open.reset_after.is_some()
    }

    /// What was told.
    pub(super) fn into_told(self) -> RateLimits {
        self.told
    }
}
