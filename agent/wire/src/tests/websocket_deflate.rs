//! permessage-deflate: with and without context takeover, torn, odd and hostile. Most messages here are made by Python's
//! zlib, or are those of RFC 7692 §7.2.3.

use flate2::{Compress, Compression, FlushCompress};

use super::upgrades::{ASK, frame, masked};
use super::websocket::{feed, open, sizes};
use super::{Input, c2s, check, gap_s2c, s2c};
use crate::{Direction, Kind, Notice, limits};

pub(super) const NO_TAKEOVER: &str = "; server_no_context_takeover; client_no_context_takeover";

/// A handshake that agrees on permessage-deflate with these parameters.
pub(super) fn agreed(parameters: &str) -> String {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate{parameters}\r\n\r\n"
    )
}

#[track_caller]
pub(super) fn check_deflate(parameters: &str, inputs: &[Input], expect: &str) {
    let begun = format!(
        "0> GET /v1/realtime upgrade=websocket
         0> end Complete
         0< 101 upgrade=websocket sec-websocket-extensions=permessage-deflate{parameters}
         0< Upgraded"
    );
    check(&[&[c2s(ASK), s2c(agreed(parameters))], inputs].concat(), &format!("{begun}\n{expect}"));
}

/// permessage-deflate as a sender does it.
pub(super) struct Deflater {
    compress: Compress,
    takeover: bool,
}

impl Deflater {
    pub(super) fn new(takeover: bool) -> Self {
        Self { compress: Compress::new(Compression::default(), false), takeover }
    }

    pub(super) fn message(&mut self, data: &[u8]) -> Vec<u8> {
        if !self.takeover {
            self.compress.reset();
        }
        // RFC 7692 §7.2.3.6. There is nothing to flush then.
        if data.is_empty() {
            return vec![0];
        }
        let mut compressed = self.run(data, FlushCompress::Sync);
        assert!(compressed.ends_with(b"\0\0\xff\xff"));
        compressed.truncate(compressed.len() - 4);
        compressed
    }

    fn run(&mut self, data: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut compressed = Vec::with_capacity(data.len() + data.len() / 8 + 128);
        self.compress.compress_vec(data, &mut compressed, flush).expect("compresses");
        assert!(compressed.len() < compressed.capacity(), "all of it fits");
        compressed
    }
}

/// §7.2.3.1 to §7.2.3.5: a block, in two fragments, with context, without compression, with a final block, two blocks.
#[test]
fn deflate_examples_of_the_rfc() {
    check_deflate(
        "",
        &[
            s2c(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"),
            s2c(b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"),
            s2c(b"\xc1\x05\xf2\x00\x11\x00\x00"),
            s2c(b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"),
            s2c(b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
            s2c(b"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"),
        ],
        "
        0< ws Text Hello
        0< ws Text Hello
        0< ws Text Hello
        0< ws Text Hello
        0< ws Text Hello
        0< ws Text Hello
        0< end Cut
        ",
    );
}

#[test]
fn deflate_that_is_odd() {
    for parameters in ["", NO_TAKEOVER] {
        check_deflate(
            parameters,
            &[
                // Empty: as the RFC says, without payload, as two fragments. Not compressed at all.
                s2c(b"\xc1\x01\x00\xc1\x00\x41\x00\x80\x00"),
                s2c(frame(0x81, "plain")),
                // A final block without the byte after it, alone and before the next one.
                s2c(b"\xc1\x07\xf3\x48\xcd\xc9\xc9\x07\x00"),
                s2c(b"\xc1\x0f\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"),
                s2c(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"),
                // With mask, and with a ping amid it.
                c2s([masked(0x41, b"\xf2\x48"), masked(0x89, "p"), masked(0x80, b"\xcd\xc9\xc9\x07\x00")]
                    .concat()),
            ],
            "
            0< ws Text
            0< ws Text
            0< ws Text
            0< ws Text plain
            0< ws Text Hello
            0< ws Text HelloHello
            0< ws Text Hello
            0> ws Ping p
            0> ws Text Hello
            0< end Cut
            ",
        );
    }
}

/// Garbage gives what came before it, and with context takeover nothing after it.
#[test]
fn deflate_that_is_none() {
    let hello = s2c(b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
    let garbage = s2c(b"\xc1\x08\xf2\x48\xcd\xc9\xc9\x07\x00\xff");
    for (parameters, after) in [("", "0< ws Text  (truncated)"), (NO_TAKEOVER, "0< ws Text Hello")] {
        check_deflate(
            parameters,
            &[hello.clone(), garbage.clone(), s2c(frame(0x81, "plain")), hello.clone()],
            &format!(
                "0< ws Text Hello
                 0< Malformed(\"websocket deflate\")
                 0< ws Text Hello (truncated)
                 0< ws Text plain
                 {after}
                 0< end Cut"
            ),
        );
    }
    // It refers to data that never was.
    check_deflate(
        "",
        &[s2c(b"\xc1\x05\xf2\x00\x11\x00\x00")],
        "0< Malformed(\"websocket deflate\")
         0< ws Text H (truncated)
         0< end Cut",
    );
}

#[test]
fn deflate_after_a_gap() {
    let whole = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    let torn = [s2c(&whole[..4]), gap_s2c(3), s2c(&whole[7..])];
    for (parameters, after) in [("", "0~< ws Text  (truncated)"), (NO_TAKEOVER, "0~< ws Text Hello")] {
        check_deflate(
            parameters,
            &[
                &torn[..],
                &[s2c(frame(0x81, "plain")), s2c(whole), c2s(masked(0xc1, &whole[2..])), s2c(b"\xc1\x00")],
            ]
            .concat(),
            &format!(
                "0~< Gap(3)
                 0~< ws Text plain
                 {after}
                 0> ws Text Hello
                 {}
                 0~< end Cut",
                if parameters.is_empty() { after } else { "0~< ws Text" }
            ),
        );
    }
    // A loss in a message that is not compressed, or in a ping, leaves the context as it was.
    check_deflate(
        "",
        &[
            s2c(whole),
            s2c(&frame(0x81, "torn")[..3]),
            gap_s2c(3),
            s2c(&frame(0x89, "torn")[..3]),
            gap_s2c(3),
            s2c(b"\xc1\x05\xf2\x00\x11\x00\x00"),
        ],
        "
        0< ws Text Hello
        0~< Gap(3)
        0~< Gap(3)
        0~< ws Text Hello
        0~< end Cut
        ",
    );
}

/// What Python's `websockets` 17.4 wrote, on both sides, in the order in which it did.
#[test]
fn recorded_from_python() {
    let takeover = [
        ">c1b715ef3674bfb91cdd39a763c647c578593b21fabbc6c41b3c5cc37f21c76e3f5c4cba1d91f3481292717952d203c46f313e7a922281c7f3a2c3ed36",
        "<c138aa562aa92c4855b2522a4e2d2ececccfd32b2d48492c494d51d281892859552be5e6a724e6649664a6162b59452b95a4569428c5d6d60200c121aa86e92d4a2d2ec8cf2b4ed503c9e8a5a4e6942402f543682b258fd41ca55a0000c10822526d4ebe522d00",
        ">4189af4ee3fb058841eeaf4ee30450898215a987b0659880861613aaf254c4f0a91d13",
        "<8a027031",
        ">c28116000c6e16",
        "<c10100",
        "<c2246260646266616563e7e0e4e2e6e1e5e317101412161115139790949296919593a7b53c00",
        ">c193d121b093538a9ad9fc0f785cfa6f65d8ff6bb5ba7a24b0",
        ">8886d43fd362d7d7b70dba5a",
        "<880603e8646f6e65",
    ];
    let no_takeover = [
        ">c1b782bd0c9928eb2630aef5592bd09742b4ac73c056519621d1cb9145cc503c05b1dbe8277c641a287fe62b683f949655dca928a8cf1695c94f54bf0c",
        "<c138aa562aa92c4855b2522a4e2d2ececccfd32b2d48492c494d51d281892859552be5e6a724e6649664a6162b59452b95a4569428c5d6d60200c12aaa562aa92c4855b2522a4a2d2ec8cf2b4ed52b49ad28d14b49cd294954d25182d0564a1ea9394ab50000c129aa562aa92c4855b2522a4a2d2ec8cf2b4ed52b49ad28d14b49cd294954d25182d0564a39f94ab50000",
        ">419a85544a1c2f0260b5a91c1faed77e0431ab9a86d3567f675484544a1c7aab8982508a44e520bb808e1ff3f43355dfbd66cd72fd1b46a623e51df3",
        "<8a027031",
        ">c281f2dc387df2",
        "<c10100",
        "<c2256260646266616563e7e0e4e2e6e1e5e31710141216111513979094929691959367a0b13c00",
        ">c19c4ea32dc8e4f5076162eb787a1c8967e5606be2e3007666e604ee01811b0928c8",
        ">8886addba252ae33c63dc3be",
        "<880603e8646f6e65",
    ];
    for (parameters, frames) in [("", takeover), (NO_TAKEOVER, no_takeover)] {
        let inputs: Vec<_> = frames
            .iter()
            .map(|line| {
                let (direction, hex) = line.split_at(1);
                let byte =
                    |at: usize| u8::from_str_radix(hex.get(at..at + 2).expect("even"), 16).expect("hex");
                let bytes: Vec<_> = (0..hex.len()).step_by(2).map(byte).collect();
                if direction == ">" { c2s(bytes) } else { s2c(bytes) }
            })
            .collect();
        let binary: Vec<u8> = (0..32).collect::<Vec<_>>().repeat(4);
        check_deflate(
            parameters,
            &inputs,
            &format!(
                r#"0> ws Text {{\"type\":\"session.update\",\"session\":{{\"modalities\":[\"text\"]}}}}
                   0< ws Text {{\"type\":\"session.updated\",\"session\":{{\"modalities\":[\"text\"]}}}}
                   0< ws Text {{\"type\":\"response.text.delta\",\"delta\":\"Hel\"}}
                   0< ws Text {{\"type\":\"response.text.delta\",\"delta\":\"lo\"}}
                   0> ws Ping p1
                   0> ws Text {{\"type\":\"session.update\",\"session\":{{}}}}
                   0< ws Pong p1
                   0> ws Binary
                   0< ws Text
                   0< ws Binary {}
                   0> ws Text {{\"type\":\"response.create\"}}
                   0> ws Close(Some(1000)) done
                   0< ws Close(Some(1000)) done
                   0< end Complete"#,
                binary.escape_ascii()
            ),
        );
    }
}

/// The rest of a message that is too long is inflated for the sake of those after it.
#[test]
fn long_compressed_messages_keep_the_context() {
    let text: String =
        (0..1_100_000_u64).map(|i| format!("{{\"number\":{}}}", i * 3_571 % 1_000_003)).collect();
    for takeover in [true, false] {
        let mut deflater = Deflater::new(takeover);
        let bytes = [
            masked(0xc1, deflater.message(text.as_bytes())),
            masked(0xc1, deflater.message(&text.as_bytes()[..999])),
        ];
        for size in [usize::MAX, 16_384, 777] {
            let mut driver = open(Some(if takeover { "" } else { NO_TAKEOVER }));
            feed(&mut driver, Direction::ToServer, &bytes.concat(), size);
            let (messages, notices) = sizes(&driver);
            assert_eq!(messages, [(limits::EVENT_DATA_BYTES, true), (999, false)]);
            assert_eq!(notices, [Notice::Limit("websocket message")]);
            let kept: Vec<_> = driver
                .messages
                .iter()
                .filter_map(|m| match &m.kind {
                    Kind::WebSocket(message) => Some(message.data.clone()),
                    _ => None,
                })
                .collect();
            assert!(text.as_bytes().starts_with(&kept[0]) && text.as_bytes().starts_with(&kept[1]));
        }
    }
}

/// What inflates to a thousand times its size is given up, as one message or as many. Other messages pass.
#[test]
fn bombs() {
    let zeros = vec![0; 64 << 20];
    for takeover in [true, false] {
        let one = masked(0xc2, Deflater::new(takeover).message(&zeros));
        let mut deflater = Deflater::new(takeover);
        let many: Vec<u8> = (0..64).flat_map(|_| masked(0xc2, deflater.message(&zeros[..1 << 20]))).collect();
        for bytes in [one, many] {
            assert!(bytes.len() < 100_000);
            for size in [usize::MAX, 999] {
                let mut driver = open(Some(if takeover { "" } else { NO_TAKEOVER }));
                feed(&mut driver, Direction::ToServer, &bytes, size);
                driver.feed(&c2s([masked(0x81, "plain"), masked(0xc1, b"\0")].concat()));
                let (messages, notices) = sizes(&driver);
                assert!(notices.contains(&Notice::Limit("websocket inflation")), "{notices:?}");
                assert_eq!(messages[messages.len() - 2..], [(5, false), (0, true)]);
                let given: usize = messages.iter().map(|(length, _)| length).sum();
                let earned = bytes.len() * usize::try_from(limits::INFLATED_PER_BYTE).expect("small");
                assert!(given <= usize::try_from(limits::INFLATED_AHEAD).expect("small") + earned + 5);
            }
        }
    }
}

/// Audio without sound, in base64: it compresses well, and there is no end to it.
#[test]
fn silence_is_no_bomb() {
    let mut deflater = Deflater::new(true);
    let mut driver = open(Some(""));
    for second in 0..600 {
        let text = format!(
            r#"{{"type":"input_audio_buffer.append","event_id":"event_{:016x}","audio":"{}"}}"#,
            second * 0x9e37_79b9_7f4a_7c15_u128 % 0xffff_ffff_ffff_ffc5,
            "A".repeat(6_400)
        );
        driver.feed(&c2s(masked(0xc1, deflater.message(text.as_bytes()))));
    }
    let (messages, notices) = sizes(&driver);
    assert_eq!((messages.len(), notices.len()), (600, 0));
    assert!(messages.iter().all(|(length, truncated)| *length > 6_400 && !truncated));
}
