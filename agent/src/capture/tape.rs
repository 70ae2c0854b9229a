//! Inputs in a file: what `record` writes and `replay` reads.
//!
//! ```text
//! file   8 "WIRETAPE" │ version u32 │ reserved u32 │ entries …
//! entry  4 mark │ len u32 │ crc32 u32 │ kind u8 │ len bytes
//! ```
//!
//! All numbers little-endian. The checksum covers length, kind and bytes. A tape of a machine that crashed ends
//! anywhere: what is whole is given, the rest is said to be cut. A damaged entry is counted and passed over: the next
//! mark with a right checksum goes on. A tape holds plaintext, so its file is made readable by its owner alone.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Write},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use common::{limits, record};
use wire::Time;

use crate::{capture::Clock, enrich::Process};

const MAGIC: [u8; 8] = *b"WIRETAPE";
const VERSION: u32 = 1;
const MARK: [u8; 4] = [0xf7, b'W', b'L', 0x1e];
const ENTRY_HEAD: usize = 13;

/// Longest entry: a record of the largest size.
const LONGEST: usize = record::HEADER + limits::RECORD_PAYLOAD;

const KIND_CLOCK: u8 = 1;
const KIND_PROCESS: u8 = 2;
const KIND_RECORD: u8 = 3;
const KIND_TICK: u8 = 4;
const KIND_END: u8 = 5;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// How to tell wall-clock time.
    Clock(Clock),
    /// What is known of a process.
    Process(Process),
    /// A ring record without the unused bytes of its tier.
    Record(Vec<u8>),
    /// Time goes on.
    Tick(Time),
    /// The recording was stopped in order.
    End(Time),
}

/// Why a tape cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// It could not be made.
    #[error("cannot write tape {0}: {1}")]
    Create(String, #[source] io::Error),
    /// It could not be opened.
    #[error("cannot read tape {0}: {1}")]
    Open(String, #[source] io::Error),
    /// It is something else.
    #[error("{0} is not a wirelight tape; `wirelight record -o FILE` makes one")]
    NotATape(String),
    /// It is of another version.
    #[error(
        "{0} is a tape of version {1}, and this wirelight reads version {VERSION}; replay it with the version that recorded it"
    )]
    Version(String, u32),
}

/// Writes a tape.
#[derive(Debug)]
pub struct Writer {
    out: BufWriter<File>,
    /// Nothing is written after a failure: a tape with a hole would look like one without.
    failed: bool,
}

impl Writer {
    /// Makes the file, or empties it.
    pub fn create(path: &Path) -> Result<Self, TapeError> {
        let failed = |error| TapeError::Create(path.display().to_string(), error);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        // The mode above is only for a new file.
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let head = [&MAGIC[..], &VERSION.to_le_bytes(), &[0; 4]].concat();
        out.write_all(&head).map_err(failed)?;
        Ok(Self { out, failed: false })
    }

    /// Adds a record as the ring had it.
    pub fn record(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.entry(KIND_RECORD, bytes)
    }

    /// Adds what is known of a process.
    pub fn process(&mut self, process: &Process) -> io::Result<()> {
        self.entry(KIND_PROCESS, &serde_json::to_vec(process)?)
    }

    /// Adds the clock.
    pub fn clock(&mut self, clock: Clock) -> io::Result<()> {
        self.entry(KIND_CLOCK, &serde_json::to_vec(&clock)?)
    }

    /// Adds a tick.
    pub fn tick(&mut self, at: Time) -> io::Result<()> {
        self.entry(KIND_TICK, &at.0.to_le_bytes())
    }

    /// Adds the end, and writes everything to the file.
    pub fn end(&mut self, at: Time) -> io::Result<()> {
        self.entry(KIND_END, &at.0.to_le_bytes())?;
        self.out.flush()
    }

    fn entry(&mut self, kind: u8, body: &[u8]) -> io::Result<()> {
        if self.failed {
            return Ok(());
        }
        let len = (body.len() as u32).to_le_bytes();
        let crc = checksum(len, kind, body).to_le_bytes();
        let head = [&MARK[..], &len, &crc, &[kind]].concat();
        let written = self.out.write_all(&head).and_then(|()| self.out.write_all(body));
        self.failed = written.is_err();
        written
    }
}

/// Reads a tape.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    /// Bytes read and not yet understood.
    held: Vec<u8>,
    ended: bool,
    /// Entries passed over because they were damaged.
    pub bad: u64,
    /// The tape ends in the middle of an entry, or without an end.
    pub cut: bool,
}

impl Reader<BufReader<File>> {
    /// Opens a tape.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let name = || path.display().to_string();
        let file = File::open(path).map_err(|error| TapeError::Open(name(), error))?;
        let mut input = BufReader::with_capacity(1 << 20, file);
        let mut head = [0; 16];
        match input.read_exact(&mut head) {
            Ok(()) if head.starts_with(&MAGIC) => {}
            Ok(()) => return Err(TapeError::NotATape(name())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(TapeError::NotATape(name()));
            }
            Err(error) => return Err(TapeError::Open(name(), error)),
        }
        let [.., a, b, c, d, _, _, _, _] = head;
        match u32::from_le_bytes([a, b, c, d]) {
            VERSION => Ok(Self::new(input)),
            other => Err(TapeError::Version(name(), other)),
        }
    }
}

impl<R: Read> Reader<R> {
    /// Reads entries; the head of the file is already gone.
    fn new(input: R) -> Self {
        Self { input, held: Vec::new(), ended: false, bad: 0, cut: false }
    }

    /// The next whole entry.
    pub fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if !self.fill(ENTRY_HEAD)? {
                self.cut = true;
                self.ended = true;
                return Ok(None);
            }
            match self.entry()? {
                Parsed::Entry(entry) => {
                    self.ended = matches!(entry, Entry::End(_));
                    return Ok(Some(entry));
                }
                Parsed::Cut => {
                    self.cut = true;
                    self.ended = true;
                    return Ok(None);
                }
                Parsed::Bad => {
                    self.bad += 1;
                    self.skip_to_mark()?;
                }
            }
        }
    }

    fn entry(&mut self) -> io::Result<Parsed> {
        let Some((head, _)) = self.held.split_first_chunk::<ENTRY_HEAD>() else {
            return Ok(Parsed::Cut);
        };
        let [m0, m1, m2, m3, l0, l1, l2, l3, c0, c1, c2, c3, kind] = *head;
        let len = [l0, l1, l2, l3];
        let length = u32::from_le_bytes(len) as usize;
        if [m0, m1, m2, m3] != MARK || length > LONGEST {
            return Ok(Parsed::Bad);
        }
        if !self.fill(ENTRY_HEAD + length)? {
            // Cut, or a length that lies: only another mark in what is left can tell.
            let rest = self.held.get(1..).unwrap_or_default();
            return Ok(if find_mark(rest).is_some() { Parsed::Bad } else { Parsed::Cut });
        }
        let body = self.held.get(ENTRY_HEAD..ENTRY_HEAD + length).unwrap_or_default();
        if checksum(len, kind, body) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Ok(Parsed::Bad);
        }
        let Some(entry) = understand(kind, body) else {
            return Ok(Parsed::Bad);
        };
        self.held.drain(..ENTRY_HEAD + length);
        Ok(Parsed::Entry(entry))
    }

    /// Drops bytes up to the next mark, the present one excluded.
    fn skip_to_mark(&mut self) -> io::Result<()> {
        let mut from = 1;
        loop {
            let rest = self.held.get(from..).unwrap_or_default();
            if let Some(at) = find_mark(rest) {
                self.held.drain(..from + at);
                return Ok(());
            }
            // A mark may begin in the last bytes held.
            let keep = self.held.len().saturating_sub(MARK.len() - 1).max(from);
            self.held.drain(..keep.min(self.held.len()));
            from = 0;
            if !self.fill(self.held.len() + 1)? {
                self.held.clear();
                return Ok(());
            }
        }
    }

    /// Holds at least `n` bytes. `false`: there are not so many left.
    fn fill(&mut self, n: usize) -> io::Result<bool> {
        while self.held.len() < n {
            let mut more = (&mut self.input).take((n - self.held.len()).max(64 * 1024) as u64);
            if more.read_to_end(&mut self.held)? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

enum Parsed {
    Entry(Entry),
    Bad,
    Cut,
}

fn find_mark(bytes: &[u8]) -> Option<usize> {
    bytes.windows(MARK.len()).position(|window| window == MARK)
}

fn understand(kind: u8, body: &[u8]) -> Option<Entry> {
    let time = || Some(Time(u64::from_le_bytes(body.try_into().ok()?)));
    match kind {
        KIND_CLOCK => Some(Entry::Clock(serde_json::from_slice(body).ok()?)),
        KIND_PROCESS => Some(Entry::Process(serde_json::from_slice(body).ok()?)),
        KIND_RECORD => Some(Entry::Record(body.to_vec())),
        KIND_TICK => time().map(Entry::Tick),
        KIND_END => time().map(Entry::End),
        _ => None,
    }
}

fn checksum(len: [u8; 4], kind: u8, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&len);
    hasher.update(&[kind]);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let process =
            Process { pid: 42, start_ns: 7, comm: Some("python3".to_owned()), ..Process::default() };
        vec![
            Entry::Clock(Clock { monotonic_epoch_ns: 1_700_000_000_000_000_000 }),
            Entry::Process(process),
            Entry::Record(b"first".to_vec()),
            // A record that carries a mark of its own.
            Entry::Record([b"x", &MARK[..], b"y"].concat()),
            Entry::Tick(Time(5)),
            Entry::Record(vec![0; 70_000]),
            Entry::End(Time(9)),
        ]
    }

    fn tape() -> Vec<u8> {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("tape");
        let mut writer = Writer::create(&path).expect("created");
        for entry in entries() {
            match entry {
                Entry::Clock(clock) => writer.clock(clock),
                Entry::Process(process) => writer.process(&process),
                Entry::Record(bytes) => writer.record(&bytes),
                Entry::Tick(at) => writer.tick(at),
                Entry::End(at) => writer.end(at),
            }
            .expect("written");
        }
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        std::fs::read(path).expect("there")
    }

    /// Entries, how many bad, whether cut.
    fn read(tape: &[u8]) -> (Vec<Entry>, u64, bool) {
        let mut reader = Reader::new(&tape[16..]);
        let mut found = Vec::new();
        while let Some(entry) = reader.next_entry().expect("memory can be read") {
            found.push(entry);
        }
        (found, reader.bad, reader.cut)
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read(&tape()), (entries(), 0, false));
    }

    #[test]
    fn a_tape_cut_anywhere_gives_a_prefix_and_says_so() {
        let whole = tape();
        let all = entries();
        for n in (16..whole.len()).step_by(97).chain(16..200) {
            let (found, bad, cut) = read(&whole[..n]);
            assert!(all.starts_with(&found) && cut, "cut at {n}");
            // A cut inside a record that carries a mark of its own looks like a damaged entry before another.
            assert!(bad <= 1, "cut at {n}");
        }
    }

    #[test]
    fn a_flipped_byte_costs_one_entry() {
        let whole = tape();
        let all = entries();
        for at in (16..400).chain([1_000, 40_000, whole.len() - 1]) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            let (found, bad, cut) = read(&damaged);
            assert!(bad >= 1 || cut, "flipped at {at}");
            assert!(found.iter().all(|entry| all.contains(entry)), "flipped at {at}");
            assert!(found.len() >= all.len() - 1, "flipped at {at}: {} entries", found.len());
        }
    }

    #[test]
    fn what_is_no_tape_is_said_to_be_none() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("x");
        for (content, expect) in [
            (&b""[..], "is not a wirelight tape"),
            (b"WIRETAP", "is not a wirelight tape"),
            (b"0123456789abcdef", "is not a wirelight tape"),
            (b"WIRETAPE\x63\0\0\0\0\0\0\0", "of version 99"),
        ] {
            std::fs::write(&path, content).expect("written");
            let error = Reader::open(&path).expect_err("no tape").to_string();
            assert!(error.contains(expect), "{error}");
        }
    }
}
