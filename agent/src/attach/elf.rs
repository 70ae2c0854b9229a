//! Where functions stand in a file.
//!
//! Comes in: an open file and names. Goes out: file offsets, which is what the kernel attaches by. The file is not
//! trusted and may be large: only its tables are read, through a cache that never maps it.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use object::{Object as _, ObjectSegment as _, ObjectSymbol as _, ReadCache, SegmentFlags};

/// An offset in a file, not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileOffset(pub u64);

/// Why a file gives no functions.
#[derive(Debug, thiserror::Error)]
pub enum ElfError {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is something else.
    #[error("is not an ELF file")]
    NotElf,
    /// Its tables make no sense.
    #[error("is a malformed ELF file: {0}")]
    Malformed(object::Error),
}

/// A function and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// Which one.
    pub what: T,
    /// Where.
    pub at: FileOffset,
}

const PF_X: u32 = 1;

/// Looks up functions by name, in the dynamic symbols and, where those have none of them, in the full table.
pub fn find<T: Copy>(file: &File, wanted: &[(&str, T)]) -> Result<Vec<Found<T>>, ElfError> {
    let mut reader = file;
    let mut magic = [0; 4];
    reader.seek(SeekFrom::Start(0))?;
    match reader.read_exact(&mut magic) {
        Ok(()) if magic == *b"\x7fELF" => {}
        Ok(()) => return Err(ElfError::NotElf),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(ElfError::NotElf),
        Err(error) => return Err(error.into()),
    }
    let cache = ReadCache::new(reader);
    let object = object::File::parse(&cache).map_err(ElfError::Malformed)?;
    let wanted: HashMap<&[u8], T> = wanted.iter().map(|&(name, what)| (name.as_bytes(), what)).collect();
    let mut found = pick(&object, object.dynamic_symbols(), &wanted);
    if found.is_empty() {
        found = pick(&object, object.symbols(), &wanted);
    }
    found.sort_by_key(|f| f.at);
    found.dedup_by_key(|f| f.at);
    Ok(found)
}

fn pick<'data, T: Copy, R: object::ReadRef<'data>>(
    object: &object::File<'data, R>,
    symbols: object::SymbolIterator<'data, '_, R>,
    wanted: &HashMap<&[u8], T>,
) -> Vec<Found<T>> {
    symbols
        .filter(|symbol| symbol.is_definition())
        .filter_map(|symbol| {
            let what = *wanted.get(symbol.name_bytes().ok()?)?;
            let at = file_offset(object, symbol.address())?;
            Some(Found { what, at })
        })
        .collect()
}

/// The file offset of an address in an executable segment.
fn file_offset<'data, R: object::ReadRef<'data>>(
    object: &object::File<'data, R>,
    address: u64,
) -> Option<FileOffset> {
    object.segments().find_map(|segment| {
        let SegmentFlags::Elf { p_flags, .. } = segment.flags() else { return None };
        let (offset, size) = segment.file_range();
        let into = address.checked_sub(segment.address())?;
        (p_flags.0 & PF_X != 0 && into < size).then(|| offset.checked_add(into).map(FileOffset)).flatten()
    })
}

/// Where to put a probe on a function: behind an `endbr64`, because what follows it is nearly always a `push`, which
/// the kernel emulates instead of stepping over it. Arguments and return address are the same there.
pub fn probe_point(file: &File, at: FileOffset) -> FileOffset {
    const ENDBR64: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];
    let mut start = [0; 4];
    match std::os::unix::fs::FileExt::read_exact_at(file, &mut start, at.0) {
        Ok(()) if start == ENDBR64 => FileOffset(at.0 + 4),
        Ok(()) | Err(_) => at,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("temporary file");
        file.write_all(content).expect("write");
        file
    }

    #[test]
    fn what_is_not_elf_is_said_to_be_none() {
        for content in [&b""[..], b"\x7fE", b"#!/bin/sh\n", &[0; 64]] {
            assert!(matches!(find(&file(content), &[("f", 1)]), Err(ElfError::NotElf)));
        }
    }

    #[test]
    fn a_cut_or_damaged_file_is_an_error_and_no_panic() {
        let mut whole = Vec::new();
        let own = File::open("/proc/self/exe").expect("own executable");
        own.take(64 * 1024).read_to_end(&mut whole).expect("read");
        for n in [4, 5, 16, 52, 63, 64, 65, 1000, 4096] {
            assert!(find(&file(&whole[..n]), &[("main", 1)]).is_err() || n >= 64, "{n}");
        }
        for at in 0..64 {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let _whatever = find(&file(&damaged), &[("main", 1)]).is_ok();
        }
    }

    #[test]
    fn our_own_main_is_found_where_it_is() {
        let own = File::open("/proc/self/exe").expect("own executable");
        let found = find(&own, &[("main", "main")]).expect("ELF");
        assert_eq!(found.len(), 1);
        // The mapping of that offset contains the address of `main`: the dynamic linker agrees with us.
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        let executable = maps.lines().filter(|l| l.contains("r-xp")).any(|line| {
            let mut fields = line.split_whitespace();
            let (range, offset) = (fields.next().expect("range"), fields.nth(1).expect("offset"));
            let (from, to) = range.split_once('-').expect("range");
            let hex = |s: &str| u64::from_str_radix(s, 16).expect("hex");
            let at = found[0].at.0;
            (hex(offset)..hex(offset) + hex(to) - hex(from)).contains(&at)
        });
        assert!(executable);
    }
}
