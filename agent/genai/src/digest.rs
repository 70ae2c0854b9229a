//! Keyed digests: what must be recognised again and must not be kept.
//!
//! Comes in: bytes of prompts, bodies, ids of users. Goes out: 64 bits that say whether two of them were the same, to
//! whoever has the key and to nobody else. The key is drawn by the agent when it starts, so digests of two runs, or of
//! two hosts, tell nothing about each other. SipHash-1-3 is a keyed pseudo-random function, and at 64 bits two of the
//! few thousand things that are remembered at once collide by chance once in 10¹¹.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// What digests are keyed with.
#[derive(Clone, Copy, Default)]
pub struct Key([u8; 16]);

impl Key {
    /// A key of random bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub u64);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A digest in the making.
#[derive(Clone)]
pub struct Digester {
    hasher: SipHasher13,
    empty: bool,
}

impl Digester {
    /// Of nothing yet.
    pub fn new(key: Key) -> Self {
        Self { hasher: SipHasher13::new_with_key(&key.0), empty: true }
    }

    /// Of one text.
    pub fn of(key: Key, bytes: &[u8]) -> Digest {
        let mut digester = Self::new(key);
        digester.write(bytes);
        digester.digest()
    }

    /// The next bytes. How they are cut makes no difference.
    pub fn write(&mut self, bytes: &[u8]) {
        self.empty &= bytes.is_empty();
        self.hasher.write(bytes);
    }

    /// Whether there were no bytes.
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// Of what was written so far.
    pub fn digest(&self) -> Digest {
        Digest(self.hasher.finish())
    }
}

impl fmt::Debug for Digester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digester(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_make_no_difference_and_keys_do() {
        let text = b"the quick brown fox jumps over the lazy dog";
        let one = Digester::of(Key::new([1; 16]), text);
        for at in 0..=text.len() {
            let mut two = Digester::new(Key::new([1; 16]));
            two.write(&text[..at]);
            two.write(&text[at..]);
            assert_eq!(two.digest(), one, "{at}");
        }
        assert_ne!(Digester::of(Key::new([2; 16]), text), one);
        assert_ne!(Digester::of(Key::new([1; 16]), &text[1..]), one);
        assert!(Digester::new(Key::default()).is_empty());
    }

    #[test]
    fn neither_key_nor_text_is_ever_printed() {
        let key = Key::new(*b"canarycanarycana");
        let mut digester = Digester::new(key);
        digester.write(b"canary");
        assert!(!format!("{key:?} {digester:?}").contains("anary"));
    }
}
