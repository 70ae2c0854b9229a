//! Content codings (RFC 9110 §8.4.1) of answers, and gzip of requests.
//!
//! In: what a script wants and a client accepts, and plain bytes. Out: coded bytes, cut so that each event can be
//! decoded when it arrives: the coder is flushed after every one, as a proxy flushes an event stream. Several codings on
//! top of each other are not played.

use std::{
    fmt,
    io::{self, Read as _, Write},
};

use brotli::CompressorWriter;
use flate2::{
    Compression,
    read::MultiGzDecoder,
    write::{GzEncoder, ZlibEncoder},
};

use super::limits;

/// A coding that the provider can apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    /// The zlib format, which is what HTTP means by the name.
    Deflate,
    Br,
    Zstd,
}

/// What a script says of codings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodingRule {
    /// None, whatever the client accepts.
    Identity,
    /// This one, whether the client accepts it or not.
    Always(Coding),
    /// What the client accepts and we like best.
    Accept,
}

/// Best first, for codings that a client likes equally.
const PREFERENCE: [Coding; 4] = [Coding::Zstd, Coding::Br, Coding::Gzip, Coding::Deflate];
/// Fast and small enough: what proxies use for answers made on the fly.
const LEVEL: u8 = 4;
/// Of brotli's window: 4 MiB, its own default.
const BROTLI_WINDOW: u32 = 22;
const BROTLI_BUFFER: usize = 4096;

impl Coding {
    /// As `Content-Encoding` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Br => "br",
            Self::Zstd => "zstd",
        }
    }

    /// Reads a name.
    pub fn named(name: &str) -> Option<Self> {
        PREFERENCE.into_iter().find(|coding| name.eq_ignore_ascii_case(coding.name()))
    }
}

impl CodingRule {
    /// The coding of an answer to a client that sent this `Accept-Encoding`.
    pub(super) fn choose(self, accepted: &str) -> Option<Coding> {
        match self {
            Self::Identity => None,
            Self::Always(coding) => Some(coding),
            Self::Accept => {
                let weight = |coding: Coding| accepted_weight(accepted, coding.name());
                let best = PREFERENCE.into_iter().map(weight).max().filter(|&best| best > 0)?;
                PREFERENCE.into_iter().find(|&coding| weight(coding) == best)
            }
        }
    }
}

/// Thousandths of the weight that `Accept-Encoding` gives to a coding; `*` counts for what is not named.
fn accepted_weight(accepted: &str, name: &str) -> u32 {
    let of = |wanted: &str| {
        accepted.split(',').find_map(|item| {
            let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
            coding.trim().eq_ignore_ascii_case(wanted).then(|| {
                let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
                // What is no number is taken for "no": a client's mistake shows then.
                (weight.unwrap_or(0.0).clamp(0.0, 1.0) * 1000.0) as u32
            })
        })
    };
    of(name).or_else(|| of("*")).unwrap_or(0)
}

/// Parts of a body, coded so that each can be decoded when it is there, and what ends the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Coded {
    pub(super) parts: Vec<Vec<u8>>,
    pub(super) tail: Vec<u8>,
}

/// Codes `parts` one after the other, flushing after each.
pub(super) fn flushed(coding: Option<Coding>, parts: &[&[u8]]) -> Coded {
    match coding {
        None => Coded { parts: parts.iter().map(|part| part.to_vec()).collect(), tail: Vec::new() },
        Some(coding) => {
            // The sink is a Vec: nothing here can fail.
            let mut coder = Coder::new(coding).expect("a coder");
            let parts = parts.iter().map(|part| coder.flushed(part).expect("writing to memory")).collect();
            Coded { parts, tail: coder.finish().expect("writing to memory") }
        }
    }
}

/// Codes `body` as one.
pub(super) fn whole(coding: Option<Coding>, body: Vec<u8>) -> Vec<u8> {
    let Some(coding) = coding else {
        return body;
    };
    let mut coder = Coder::new(coding).expect("a coder");
    coder.write().write_all(&body).expect("writing to memory");
    coder.finish().expect("writing to memory")
}

/// Why a request's body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undecodable {
    /// Not gzip.
    Unsupported,
    /// Not what it says it is.
    Malformed,
    /// More than the provider takes.
    TooLarge,
}

/// Undoes the coding of a request's body.
pub(super) fn undo(coding: &str, body: Vec<u8>) -> Result<Vec<u8>, Undecodable> {
    match coding {
        "" | "identity" => return Ok(body),
        "gzip" | "x-gzip" => (),
        _ => return Err(Undecodable::Unsupported),
    }
    let mut plain = Vec::new();
    let mut decoder = MultiGzDecoder::new(body.as_slice()).take(limits::BODY_BYTES as u64 + 1);
    decoder.read_to_end(&mut plain).map_err(|_| Undecodable::Malformed)?;
    if plain.len() > limits::BODY_BYTES {
        return Err(Undecodable::TooLarge);
    }
    Ok(plain)
}

/// One of four encoders; what they have written is taken out of their sinks.
enum Coder {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
    Br(Box<CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Coder {
    fn new(coding: Coding) -> io::Result<Self> {
        let level = Compression::new(LEVEL.into());
        Ok(match coding {
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), level)),
            Coding::Deflate => Self::Deflate(ZlibEncoder::new(Vec::new(), level)),
            Coding::Br => {
                let coder = CompressorWriter::new(Vec::new(), BROTLI_BUFFER, LEVEL.into(), BROTLI_WINDOW);
                Self::Br(Box::new(coder))
            }
            Coding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), LEVEL.into())?),
        })
    }

    fn write(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(coder) => coder,
            Self::Deflate(coder) => coder,
            Self::Br(coder) => coder,
            Self::Zstd(coder) => coder,
        }
    }

    /// What `part` becomes, all of it.
    fn flushed(&mut self, part: &[u8]) -> io::Result<Vec<u8>> {
        self.write().write_all(part)?;
        self.write().flush()?;
        Ok(match self {
            Self::Gzip(coder) => std::mem::take(coder.get_mut()),
            Self::Deflate(coder) => std::mem::take(coder.get_mut()),
            Self::Br(coder) => std::mem::take(coder.get_mut()),
            Self::Zstd(coder) => std::mem::take(coder.get_mut()),
        })
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(coder) => coder.finish(),
            Self::Deflate(coder) => coder.finish(),
            Self::Br(coder) => Ok(coder.into_inner()),
            Self::Zstd(coder) => coder.finish(),
        }
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsupported => "this provider takes no other content-encoding than gzip",
            Self::Malformed => "the body is not what its content-encoding says",
            Self::TooLarge => "the body is larger than this provider takes once it is decoded",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_as_servers_do() {
        for (accepted, expect) in [
            ("", None),
            ("identity", None),
            ("gzip", Some(Coding::Gzip)),
            ("gzip, deflate", Some(Coding::Gzip)),
            ("gzip, deflate, br", Some(Coding::Br)),
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("br;q=0.5, gzip;q=0.9", Some(Coding::Gzip)),
            ("zstd;q=0, *", Some(Coding::Br)),
            ("GZIP ; q=1", Some(Coding::Gzip)),
            ("gzip;q=x", None),
            ("compress", None),
        ] {
            assert_eq!(CodingRule::Accept.choose(accepted), expect, "{accepted}");
            assert_eq!(CodingRule::Identity.choose(accepted), None);
            assert_eq!(CodingRule::Always(Coding::Br).choose(accepted), Some(Coding::Br));
        }
    }

    /// What a decoder of `coding` makes of the bytes that have come so far.
    fn decoded(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        let read = match coding {
            Coding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain),
            Coding::Deflate => flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut plain),
            Coding::Br => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut plain),
            Coding::Zstd => zstd::stream::read::Decoder::new(bytes).unwrap().read_to_end(&mut plain),
        };
        // A cut body is an error at its end; what came before it is what counts.
        let _cut = read;
        plain
    }

    #[test]
    fn every_part_can_be_decoded_when_it_is_there() {
        let parts: Vec<Vec<u8>> = (0..20u8)
            .map(|part| format!("data: {{\"n\":{part}}}\n\n").repeat(1 + part as usize * 9).into())
            .collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        for coding in PREFERENCE {
            let coded = flushed(Some(coding), &parts);
            let (mut sent, mut expect) = (Vec::new(), Vec::new());
            for (part, coded) in parts.iter().zip(&coded.parts) {
                assert!(!coded.is_empty());
                sent.extend_from_slice(coded);
                expect.extend_from_slice(part);
                assert_eq!(decoded(coding, &sent), expect, "{coding:?}");
            }
            sent.extend_from_slice(&coded.tail);
            assert_eq!(decoded(coding, &sent), expect, "{coding:?}");
            assert_eq!(decoded(coding, &whole(Some(coding), expect.clone())), expect, "{coding:?}");
        }
        let plain = flushed(None, &parts);
        assert_eq!((plain.parts, plain.tail), (parts.iter().map(|part| part.to_vec()).collect(), Vec::new()));
    }

    #[test]
    fn requests_are_undone_within_limits() {
        let body = b"{\"model\":\"m\"}".repeat(99);
        let coded = whole(Some(Coding::Gzip), body.clone());
        assert_eq!(undo("gzip", coded.clone()), Ok(body.clone()));
        assert_eq!(undo("", body.clone()), Ok(body.clone()));
        assert_eq!(undo("gzip", body), Err(Undecodable::Malformed));
        assert_eq!(undo("gzip", coded[..coded.len() - 9].to_vec()), Err(Undecodable::Malformed));
        assert_eq!(undo("br", Vec::new()), Err(Undecodable::Unsupported));
        let bomb = whole(Some(Coding::Gzip), vec![0; limits::BODY_BYTES + 1]);
        assert_eq!(undo("gzip", bomb), Err(Undecodable::TooLarge));
    }
}
