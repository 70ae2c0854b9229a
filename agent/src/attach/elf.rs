//! Where functions stand in a file.
//!
//! Comes in: an open file and names. Goes out: file offsets, which is what the kernel attaches by. The file is not
//! trusted and may be large: only its tables are read, through a cache that never maps it.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use object::{
    LittleEndian, ReadCache, ReadRef,
    elf::{self, FileHeader64},
    read::elf::{FileHeader, ProgramHeader as _, SectionTable, Sym as _, SymbolTable, VersionTable},
};

type Header = FileHeader64<LittleEndian>;

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
    let mut found = find_in(&cache, wanted).map_err(ElfError::Malformed)?;
    found.sort_by_key(|f| f.at);
    found.dedup_by_key(|f| f.at);
    Ok(found)
}

fn find_in<'data, T: Copy, R: ReadRef<'data>>(
    data: R,
    wanted: &[(&str, T)],
) -> Result<Vec<Found<T>>, object::Error> {
    // 64-bit and little-endian: what the kernel side's argument registers are made for.
    let header = Header::parse(data)?;
    let endian = header.endian()?;
    let segments = Executable::of(header, endian, data)?;
    let sections = header.sections(endian, data)?;
    let dynamic = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let found = match hashed(&sections, endian, data, &dynamic, wanted)? {
        Some(addresses) => addresses,
        None => listed(&dynamic, endian, wanted),
    };
    let addresses = if found.is_empty() {
        listed(&sections.symbols(endian, data, elf::SHT_SYMTAB)?, endian, wanted)
    } else {
        found
    };
    let located = addresses
        .into_iter()
        .filter_map(|(address, what)| Some(Found { what, at: segments.file_offset(address)? }));
    Ok(located.collect())
}

/// Through the hash table that the dynamic loader uses: Node exports 100,000 symbols, and is about to use eleven.
/// `None`: the file has no such table.
fn hashed<'data, T: Copy, R: ReadRef<'data>>(
    sections: &SectionTable<'data, Header, R>,
    endian: LittleEndian,
    data: R,
    symbols: &SymbolTable<'data, Header, R>,
    wanted: &[(&str, T)],
) -> Result<Option<Vec<(u64, T)>>, object::Error> {
    let Some((table, _)) = sections.gnu_hash(endian, data)? else {
        return Ok(None);
    };
    let any_version = VersionTable::default();
    let found = wanted.iter().filter_map(|&(name, what)| {
        let hash = elf::gnu_hash(name.as_bytes());
        let (_, symbol) = table.find(endian, name.as_bytes(), hash, None, symbols, &any_version)?;
        symbol.is_definition(endian, symbols.strings()).then(|| (symbol.st_value(endian), what))
    });
    Ok(Some(found.collect()))
}

/// One after another.
fn listed<'data, T: Copy, R: ReadRef<'data>>(
    symbols: &SymbolTable<'data, Header, R>,
    endian: LittleEndian,
    wanted: &[(&str, T)],
) -> Vec<(u64, T)> {
    let wanted: HashMap<&[u8], T> = wanted.iter().map(|&(name, what)| (name.as_bytes(), what)).collect();
    let strings = symbols.strings();
    let found = symbols.iter().filter(|symbol| symbol.is_definition(endian, strings)).filter_map(|symbol| {
        let what = *wanted.get(symbol.name(endian, strings).ok()?)?;
        Some((symbol.st_value(endian), what))
    });
    found.collect()
}

/// Executable segments: address, offset, size.
struct Executable(Vec<(u64, u64, u64)>);

impl Executable {
    fn of<'data, R: ReadRef<'data>>(
        header: &Header,
        endian: LittleEndian,
        data: R,
    ) -> Result<Self, object::Error> {
        let segments = header.program_headers(endian, data)?.iter();
        let executable = segments
            .filter(|s| s.p_type(endian) == elf::PT_LOAD && s.p_flags(endian).0 & elf::PF_X.0 != 0)
            .map(|s| (s.p_vaddr(endian), s.p_offset(endian), s.p_filesz(endian)));
        Ok(Self(executable.collect()))
    }

    /// The file offset of an address.
    fn file_offset(&self, address: u64) -> Option<FileOffset> {
        self.0.iter().find_map(|&(start, offset, size)| {
            let into = address.checked_sub(start).filter(|&into| into < size)?;
            offset.checked_add(into).map(FileOffset)
        })
    }
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
