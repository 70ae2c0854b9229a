//! permessage-deflate (RFC 7692 §7.2.2) of one direction.
//!
//! Comes in: the compressed payload of one message after another. Goes out: what it was, into the message's
//! [`Assembly`]. A message too long to be kept is inflated to its end, so that those after it find their context.
//!
//! - The sender leaves out the `00 00 ff ff` that ends its last block; it is put back at the end of each message, but
//!   for one without payload and one that ended with a final block (§7.2.3.4): these have none to end.
//! - After a final block the stream begins anew. Its sender had to forget what came before to do so.
//!
//! Not handled: windows smaller than 32 KiB, which need nothing: what fits a small one fits a large one.

use flate2::{Decompress, FlushDecompress, Status};

use super::assembly::Assembly;
use super::extensions::Deflate;
use crate::limits;
use crate::message::Notice;

/// Inflates the messages of one direction.
pub(super) struct Inflater {
    takeover: bool,
    context: Context,
    /// Payload of the message under way came.
    fed: bool,
    /// A final block ended, and nothing came after it.
    ended: bool,
    /// How many bytes may still come out: [`limits::INFLATED_PER_BYTE`].
    credit: u64,
    /// Too much came out, so nothing is inflated any more.
    given_up: bool,
}

/// What earlier messages left.
enum Context {
    /// Nothing yet.
    Unused,
    Known(Box<Stream>),
    /// Nobody knows. With takeover no compressed message can be inflated any more, without it that message cannot.
    Broken,
}

struct Stream {
    decoder: Decompress,
    /// Where inflated bytes go first: given a vector, `flate2` fills all its room with zeros on each call.
    inflated: [u8; STEP],
}

impl Inflater {
    pub(super) fn new(Deflate { takeover }: Deflate) -> Self {
        let context = Context::Unused;
        Self { takeover, context, fed: false, ended: false, credit: limits::INFLATED_AHEAD, given_up: false }
    }

    /// A message begins.
    pub(super) fn begin(&mut self) {
        self.fed = false;
        if !self.takeover {
            self.ended = true;
            if matches!(self.context, Context::Broken) && !self.given_up {
                self.context = Context::Unused;
            }
        }
    }

    /// Its next payload. What there is to say about it.
    pub(super) fn push(&mut self, payload: &[u8], message: &mut Assembly) -> Option<Notice> {
        self.fed |= !payload.is_empty();
        payload.chunks(CREDIT_STEP).find_map(|step| {
            let earned = step.len() as u64 * limits::INFLATED_PER_BYTE;
            self.credit = (self.credit + earned).min(limits::INFLATED_AHEAD);
            self.inflate(step, message)
        })
    }

    /// All its payload came.
    pub(super) fn finish(&mut self, message: &mut Assembly) -> Option<Notice> {
        if let Context::Broken = self.context {
            message.truncate();
        }
        if !self.fed || self.ended {
            return None;
        }
        let before = message.len();
        let trouble = self.inflate(&[0, 0, 0xff, 0xff], message);
        if trouble.is_none() && message.len() > before {
            // It was taken for data: the payload did not end where a block does.
            message.cut(before);
            return self.fail(message, Notice::Malformed("websocket deflate"));
        }
        trouble
    }

    /// Payload of a message was lost.
    pub(super) fn tear(&mut self) {
        if self.takeover {
            self.context = Context::Broken;
        }
    }

    pub(super) fn held(&self) -> usize {
        match self.context {
            Context::Unused | Context::Broken => 0,
            Context::Known(_) => limits::INFLATER_BYTES,
        }
    }

    fn inflate(&mut self, mut input: &[u8], message: &mut Assembly) -> Option<Notice> {
        if let Context::Unused = self.context {
            let decoder = Decompress::new(false);
            self.context = Context::Known(Box::new(Stream { decoder, inflated: [0; STEP] }));
            self.ended = false;
        }
        let Context::Known(stream) = &mut self.context else {
            return None;
        };
        let Stream { decoder, inflated } = &mut **stream;
        loop {
            if self.ended && input.is_empty() {
                return None;
            }
            if std::mem::take(&mut self.ended) {
                decoder.reset(false);
            }
            let (read, written) = (decoder.total_in(), decoder.total_out());
            let status = decoder.decompress(input, inflated, FlushDecompress::Sync);
            let (read, written) = (decoder.total_in() - read, decoder.total_out() - written);
            input = usize::try_from(read).ok().and_then(|read| input.get(read..)).unwrap_or_default();
            let new = usize::try_from(written).ok().and_then(|written| inflated.get(..written));
            let new = new.unwrap_or_default();
            let full = new.len() == inflated.len();
            let Some(credit) = self.credit.checked_sub(written) else {
                self.given_up = true;
                return self.fail(message, Notice::Limit("websocket inflation"));
            };
            self.credit = credit;
            message.append(new, None);
            match status {
                Ok(Status::StreamEnd) => self.ended = true,
                // There may be more than had room.
                Ok(Status::Ok | Status::BufError) if full => {}
                Ok(Status::Ok | Status::BufError) if input.is_empty() => return None,
                Ok(Status::Ok) if read > 0 || written > 0 => {}
                // No deflate stream, or one that refers to what was not seen.
                Ok(Status::Ok | Status::BufError) | Err(_) => {
                    return self.fail(message, Notice::Malformed("websocket deflate"));
                }
            }
        }
    }

    /// The rest of the message cannot be inflated.
    fn fail(&mut self, message: &mut Assembly, why: Notice) -> Option<Notice> {
        self.context = Context::Broken;
        message.truncate();
        Some(why)
    }
}

/// Payload after which credit is counted again. Small against the credit, so that a long payload can earn it.
const CREDIT_STEP: usize = 1024;

/// Inflated bytes at once. More than most messages of realtime APIs have.
const STEP: usize = 4 * 1024;
