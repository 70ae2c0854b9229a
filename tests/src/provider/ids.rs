//! What makes each call's answer its own: digits for ids, unique within a run and unlikely to repeat in the next one.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use super::dialect::Identity;
use crate::clock::monotonic_ns;

/// A source of ids.
#[derive(Debug)]
pub(super) struct Ids {
    seed: u64,
    next: AtomicU64,
}

impl Ids {
    /// A source whose ids differ from those of a provider started at another moment.
    pub(super) fn new() -> Self {
        Self { seed: mix(monotonic_ns() ^ u64::from(std::process::id()) << 40), next: AtomicU64::new(0) }
    }

    /// The next call's, whose text is made of these words.
    pub(super) fn call(&self, words: &[String]) -> Identity {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Identity {
            request: self.digits(2 * number),
            response: self.digits(2 * number + 1),
            number,
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            words: words.to_vec(),
        }
    }

    /// 32 of them, hexadecimal.
    fn digits(&self, number: u64) -> String {
        let mut text = String::with_capacity(32);
        // Writing to a String does not fail. The second half is a bijection of the number: two ids never agree.
        let _infallible = write!(text, "{:016x}{:016x}", mix(self.seed.wrapping_add(number)), mix(number));
        text
    }
}

/// SplitMix64's finaliser: a bijection, so different numbers stay different.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_have_their_shape_and_differ() {
        let ids = Ids::new();
        let calls = (0..500).map(|_| ids.call(&[]));
        let all: HashSet<String> = calls.flat_map(|call| [call.request, call.response]).collect();
        assert_eq!(all.len(), 1000);
        for id in all {
            assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
    }
}
