//! Takes DWARF out of the kernel object.
//!
//! In: the object as bpf-linker wrote it. Out: the same without the content of `.debug_*`, which is nine tenths of
//! its size and which no loader reads; `.BTF` and `.BTF.ext` stay. bpf-linker cannot do this: LLVM derives BTF from
//! debug info and writes both or neither.
//!
//! ```text
//! header │ sections' contents … │ section headers
//!            kept: closed up       kept: new offset; dropped: all zero, which ELF calls an inactive entry
//! ```
//!
//! Entries stay where they are, so nothing that refers to a section by number (symbols, relocations, links) has to
//! change. Only what bpf-linker writes is handled: relocatable ELF64, little-endian, without program headers;
//! anything else is refused.

use std::ops::Range;

use anyhow::{Context as _, Result, bail};

/// `object` without DWARF.
pub(crate) fn dwarf(object: &[u8]) -> Result<Vec<u8>> {
    let elf = Elf { bytes: object };
    let sections =
        elf.sections().context("bpf-linker wrote an object that this build does not understand")?;

    let mut stripped = elf.range(0..HEADER)?.to_vec();
    let mut headers = Vec::with_capacity(sections.len() * SECTION_HEADER);
    for section in &sections {
        if section.is_dwarf {
            headers.extend([0; SECTION_HEADER]);
            continue;
        }
        let mut header = section.header.to_vec();
        // The entry number 0 and sections without content keep the offset they have.
        if !section.content.is_empty() {
            pad(&mut stripped, section.alignment);
            put_u64(&mut header, SH_OFFSET, stripped.len());
            stripped.extend(section.content);
        }
        headers.extend(header);
    }
    pad(&mut stripped, 8);
    let at = stripped.len();
    put_u64(&mut stripped, E_SHOFF, at);
    stripped.extend(headers);
    Ok(stripped)
}

/// One entry of the section table.
struct Section<'a> {
    header: &'a [u8],
    content: &'a [u8],
    alignment: usize,
    is_dwarf: bool,
}

struct Elf<'a> {
    bytes: &'a [u8],
}

impl<'a> Elf<'a> {
    fn sections(&self) -> Result<Vec<Section<'a>>> {
        if self.range(0..7)? != b"\x7fELF\x02\x01\x01" || self.number(E_TYPE, 2)? != ET_REL {
            bail!("not a relocatable little-endian ELF64 file");
        }
        if self.number(E_PHNUM, 2)? != 0 || self.number(E_SHENTSIZE, 2)? != SECTION_HEADER {
            bail!("program headers, or section headers of another size");
        }
        let table = self.number(E_SHOFF, 8)?;
        let count = self.number(E_SHNUM, 2)?;
        // The names are in the section that the header names, so it is read first.
        let names_at = table + self.number(E_SHSTRNDX, 2)? * SECTION_HEADER;
        let names = self.content(names_at)?;
        (0..count).map(|index| self.section(table + index * SECTION_HEADER, names)).collect()
    }

    fn section(&self, at: usize, names: &[u8]) -> Result<Section<'a>> {
        let name = names
            .get(self.number(at + SH_NAME, 4)?..)
            .context("a section's name lies outside of the names")?;
        // `.rel.debug_info` and its like go with what they relocate.
        let name = name.strip_prefix(b".rel").unwrap_or(name);
        Ok(Section {
            header: self.range(at..at + SECTION_HEADER)?,
            content: self.content(at)?,
            alignment: self.number(at + SH_ADDRALIGN, 8)?,
            is_dwarf: name.starts_with(b".debug_"),
        })
    }

    fn content(&self, at: usize) -> Result<&'a [u8]> {
        if [SHT_NULL, SHT_NOBITS].contains(&self.number(at + SH_TYPE, 4)?) {
            return Ok(&[]);
        }
        let offset = self.number(at + SH_OFFSET, 8)?;
        let size = self.number(at + SH_SIZE, 8)?;
        self.range(offset..offset.saturating_add(size))
    }

    /// A little-endian number of `width` bytes.
    fn number(&self, at: usize, width: usize) -> Result<usize> {
        let bytes = self.range(at..at.saturating_add(width))?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| (number << 8) | usize::from(byte)))
    }

    fn range(&self, range: Range<usize>) -> Result<&'a [u8]> {
        self.bytes.get(range).context("the file ends too early")
    }
}

fn pad(bytes: &mut Vec<u8>, alignment: usize) {
    bytes.resize(bytes.len().next_multiple_of(alignment.max(1)), 0);
}

fn put_u64(bytes: &mut [u8], at: usize, value: usize) {
    for (byte, new) in bytes.iter_mut().skip(at).zip((value as u64).to_le_bytes()) {
        *byte = new;
    }
}

// Offsets and values of the ELF64 file header and section header, as elf(5) has them.
const HEADER: usize = 64;
const E_TYPE: usize = 16;
const E_SHOFF: usize = 40;
const E_PHNUM: usize = 56;
const E_SHENTSIZE: usize = 58;
const E_SHNUM: usize = 60;
const E_SHSTRNDX: usize = 62;
const ET_REL: usize = 1;
const SECTION_HEADER: usize = 64;
const SH_NAME: usize = 0;
const SH_TYPE: usize = 4;
const SH_OFFSET: usize = 24;
const SH_SIZE: usize = 32;
const SH_ADDRALIGN: usize = 48;
const SHT_NULL: usize = 0;
const SHT_NOBITS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[u8] = b"\0.text\0.debug_info\0.rel.debug_info\0.BTF\0.strtab\0";

    /// A file with the given sections (name, type, alignment, content) after the null entry; the names come last.
    fn file(sections: &[(&str, usize, usize, &[u8])]) -> Vec<u8> {
        let names = (".strtab", 3, 1, NAMES);
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(HEADER, 0);
        bytes[E_TYPE] = 1;
        bytes[E_SHENTSIZE] = 64;
        bytes[E_SHNUM] = u8::try_from(sections.len() + 2).unwrap();
        bytes[E_SHSTRNDX] = u8::try_from(sections.len() + 1).unwrap();
        let mut headers = vec![0; SECTION_HEADER];
        for (name, kind, alignment, content) in sections.iter().chain([&names]) {
            pad(&mut bytes, *alignment);
            let mut header = vec![0; SECTION_HEADER];
            let name = NAMES.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
            header[SH_NAME] = u8::try_from(name).unwrap();
            header[SH_TYPE] = u8::try_from(*kind).unwrap();
            put_u64(&mut header, SH_OFFSET, bytes.len());
            put_u64(&mut header, SH_SIZE, content.len());
            put_u64(&mut header, SH_ADDRALIGN, *alignment);
            bytes.extend(*content);
            headers.extend(header);
        }
        let at = bytes.len();
        put_u64(&mut bytes, E_SHOFF, at);
        bytes.extend(headers);
        bytes
    }

    fn sample() -> Vec<u8> {
        file(&[
            (".text", 1, 8, b"code code code"),
            (".debug_info", 1, 1, &[0xdd; 400]),
            (".rel.debug_info", 9, 8, &[0xee; 160]),
            (".BTF", 1, 4, b"types"),
        ])
    }

    #[test]
    fn dwarf_goes_and_the_rest_keeps_its_number_content_and_alignment() {
        let stripped = dwarf(&sample()).unwrap();
        let sections = Elf { bytes: &stripped }.sections().unwrap();
        let contents: Vec<&[u8]> = sections.iter().map(|section| section.content).collect();
        assert_eq!(contents, [b"".as_slice(), b"code code code", b"", b"", b"types", NAMES]);
        for section in &sections {
            let at = stripped.as_ptr_range().start.addr().abs_diff(section.content.as_ptr().addr());
            assert!(section.content.is_empty() || at.is_multiple_of(section.alignment));
        }
        assert!(!stripped.contains(&0xdd) && !stripped.contains(&0xee));
    }

    #[test]
    fn stripping_twice_changes_nothing_more() {
        let once = dwarf(&sample()).unwrap();
        assert_eq!(dwarf(&once).unwrap(), once);
    }

    #[test]
    fn file_cut_anywhere_is_refused() {
        let whole = sample();
        for end in 0..whole.len() {
            assert!(dwarf(&whole[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        for (at, byte) in [(0, b'E'), (4, 1), (5, 2), (E_TYPE, 2), (E_PHNUM, 1), (E_SHENTSIZE, 40)] {
            let mut bytes = sample();
            bytes[at] = byte;
            assert!(dwarf(&bytes).is_err(), "byte {at} = {byte}");
        }
    }
}
