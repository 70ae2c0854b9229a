//! Offsets of members of kernel structures, from the running kernel's own type information.
//!
//! Rust programs carry no relocations for kernel structures, so an offset that is compiled in is silently wrong on
//! another kernel. This reads the few that are needed at start. Only what that takes is understood: names, sizes and
//! members of structs; anonymous structs and unions inside are searched, because fields move into them.

use std::{fs, io};

/// Where the kernel puts it.
const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

const KIND_STRUCT: u32 = 4;
const KIND_UNION: u32 = 5;

/// Nesting of anonymous members that is followed: the kernel has 2.
const DEPTH: u32 = 6;

/// Why an offset is not known.
#[derive(Debug, thiserror::Error)]
pub enum BtfError {
    /// The kernel has none, or it cannot be read.
    #[error("cannot read {VMLINUX}: {0}")]
    Unreadable(#[source] io::Error),
    /// Not the format that we know.
    #[error("{VMLINUX} is malformed")]
    Malformed,
    /// The structure has no such member.
    #[error("this kernel has no {0}.{1}")]
    Missing(&'static str, &'static str),
}

/// The running kernel's types.
#[derive(Debug)]
pub struct Btf {
    data: Vec<u8>,
    strings: usize,
    /// Where each type's entry begins, by id.
    types: Vec<usize>,
}

impl Btf {
    /// Reads the running kernel's.
    pub fn running() -> Result<Self, BtfError> {
        Self::parse(fs::read(VMLINUX).map_err(BtfError::Unreadable)?)
    }

    fn parse(data: Vec<u8>) -> Result<Self, BtfError> {
        let header = |at| word(&data, at).ok_or(BtfError::Malformed);
        if header(0)? & 0xffff != 0xeb9f {
            return Err(BtfError::Malformed);
        }
        let body = header(4)? as usize;
        let types_at = body + header(8)? as usize;
        let types_end = types_at + header(12)? as usize;
        let strings = body + header(16)? as usize;
        // Type 0 is void and has no entry.
        let mut types = vec![usize::MAX];
        let mut at = types_at;
        while at < types_end {
            types.push(at);
            let info = header(at + 4)?;
            let vlen = (info & 0xffff) as usize;
            at += 12
                + match (info >> 24) & 0x1f {
                    1 | 14 | 17 => 4,
                    3 => 12,
                    4 | 5 | 15 | 19 => 12 * vlen,
                    6 | 13 => 8 * vlen,
                    2 | 7..=12 | 16 | 18 => 0,
                    _ => return Err(BtfError::Malformed),
                };
        }
        Ok(Self { data, strings, types })
    }

    /// Byte offset of a member of a structure.
    pub fn offset_of(&self, structure: &'static str, member: &'static str) -> Result<u32, BtfError> {
        self.types
            .iter()
            .skip(1)
            .filter(|&&at| self.kind(at) == Some(KIND_STRUCT) && self.name(at) == Some(structure))
            .find_map(|&at| self.member(at, member, DEPTH))
            .map(|bits| bits / 8)
            .ok_or(BtfError::Missing(structure, member))
    }

    fn member(&self, at: usize, wanted: &str, depth: u32) -> Option<u32> {
        let info = word(&self.data, at + 4)?;
        let bit_fields = info >> 31 != 0;
        for i in 0..(info & 0xffff) as usize {
            let member = at + 12 + 12 * i;
            let offset = word(&self.data, member + 8)?;
            let offset = if bit_fields { offset & 0x00ff_ffff } else { offset };
            let name = self.name(member)?;
            if name == wanted {
                return Some(offset);
            }
            if name.is_empty() && depth > 0 {
                let inner = *self.types.get(word(&self.data, member + 4)? as usize)?;
                if matches!(self.kind(inner), Some(KIND_STRUCT | KIND_UNION))
                    && let Some(found) = self.member(inner, wanted, depth - 1)
                {
                    return Some(offset + found);
                }
            }
        }
        None
    }

    fn kind(&self, at: usize) -> Option<u32> {
        Some((word(&self.data, at.checked_add(4)?)? >> 24) & 0x1f)
    }

    fn name(&self, at: usize) -> Option<&str> {
        let from = self.strings + word(&self.data, at)? as usize;
        let rest = self.data.get(from..)?;
        let end = rest.iter().position(|&b| b == 0)?;
        std::str::from_utf8(&rest[..end]).ok()
    }
}

fn word(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    //! A hand-made blob: `struct outer { int a; union { struct { int b; int wanted; }; }; }`.
    use super::*;

    fn blob() -> Vec<u8> {
        let strings = b"\0outer\0a\0b\0wanted\0int\0";
        let name = |s: &str| {
            let at = strings.windows(s.len() + 1).position(|w| w == [s.as_bytes(), b"\0"].concat());
            at.expect("there") as u32
        };
        let mut types: Vec<u32> = Vec::new();
        // 1: int
        types.extend([name("int"), 1 << 24, 4, 0]);
        // 2: anonymous struct { int b @0; int wanted @32 }
        types.extend([0, (4 << 24) | 2, 8, name("b"), 1, 0, name("wanted"), 1, 32]);
        // 3: anonymous union { struct 2 @0 }
        types.extend([0, (5 << 24) | 1, 8, 0, 2, 0]);
        // 4: struct outer { int a @0; union 3 @32 }
        types.extend([name("outer"), (4 << 24) | 2, 12, name("a"), 1, 0, 0, 3, 32]);
        let types: Vec<u8> = types.iter().flat_map(|w| w.to_ne_bytes()).collect();
        let header = [0x0001_eb9f, 24, 0, types.len() as u32, types.len() as u32, strings.len() as u32];
        let mut out: Vec<u8> = header.iter().flat_map(|w: &u32| w.to_ne_bytes()).collect();
        out.extend(types);
        out.extend(strings);
        out
    }

    #[test]
    fn members_are_found_through_anonymous_ones() {
        let btf = Btf::parse(blob()).expect("well formed");
        assert_eq!(btf.offset_of("outer", "a").expect("there"), 0);
        assert_eq!(btf.offset_of("outer", "wanted").expect("there"), 8);
        assert!(matches!(btf.offset_of("outer", "c"), Err(BtfError::Missing("outer", "c"))));
    }

    #[test]
    fn a_cut_blob_is_an_error_and_no_panic() {
        let whole = blob();
        for n in 0..whole.len() {
            if let Ok(btf) = Btf::parse(whole[..n].to_vec()) {
                let _found = btf.offset_of("outer", "wanted").is_ok();
            }
        }
    }
}
