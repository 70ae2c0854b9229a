//! What is no HTTP/2 on a connection that was: random bytes, other protocols, look-alikes.
//! Nothing of it makes an exchange that was not there, everything that began ends once, and good frames are found again.
//! HTTP/2 that is damaged is in `h2_damage`.

use super::h2::{
    DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PREFACE, PUSH_PROMISE, RST_STREAM,
    SETTINGS, block, frame, hello, request, response,
};
use super::h2_damage::conversation;
use super::h2_hostile::{assert_alive, begun, close, feed_in_pieces, fields, lines};
use super::{Driver, Input, assert_ends, byte_by_byte, c2s, check, gap_c2s, gap_s2c, render, run, s2c};
use crate::{Direction, Kind, limits};

pub(super) const PRIORITY_FRAME: u8 = 2;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const BOTH: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

/// A stream that nothing else here has.
const ALIVE: u32 = 0x7f00_0001;

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        // Knuth's MMIX; the low bits are weak.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_be_bytes()[2]).collect()
    }
}

pub(super) fn pings(count: usize) -> Vec<u8> {
    frame(PING, 0, 0, [0; 8]).repeat(count)
}

pub(super) fn heads(driver: &Driver) -> usize {
    let is_head = |kind: &Kind| matches!(kind, Kind::RequestHead(_) | Kind::ResponseHead(_));
    driver.messages.iter().filter(|message| is_head(&message.kind)).count()
}

/// Good frames, until they are read as such: garbage may have looked like the header of a frame of any length.
fn recover(driver: &mut Driver, what: &str) {
    const LONGEST: usize = 1 << 24;
    let many = pings(1 << 14);
    let mut stream = ALIVE - 400;
    for _ in 0..=LONGEST / many.len() {
        for direction in BOTH {
            driver.feed(&Input::Bytes(direction, pings(4)));
        }
        let before = driver.messages.len();
        driver.feed(&c2s(request(stream, END_STREAM, "/probe")));
        driver.feed(&s2c(response(stream, END_STREAM, &[("x-probe", "y")])));
        if driver.connection.is_foreign() {
            return;
        }
        let told = render(&driver.messages[before..]);
        let is_told = |head: &str| told.iter().any(|(line, _)| line.contains(head));
        if is_told("> POST /probe :scheme") && is_told("< 200 x-probe=y") {
            assert_alive(driver, ALIVE);
            return;
        }
        stream += 2;
        for direction in BOTH {
            driver.feed(&Input::Bytes(direction, many.clone()));
        }
    }
    panic!("{what}: framing was not found again; {:?}", lines(driver));
}

/// Everything ends, and good frames are found again, unless nobody listens any more.
pub(super) fn assert_survived(mut driver: Driver, what: &str) {
    if driver.connection.is_foreign() {
        assert_eq!(driver.connection.held(), 0, "{what}");
    } else {
        recover(&mut driver, what);
    }
    close(driver);
}

/// Connections, each amid something else.
fn states() -> Vec<(&'static str, bool, Vec<Input>)> {
    let after_hello = |more: &[Input]| [&hello(), more].concat();
    let open = [c2s(request(1, 0, "/x")), s2c(response(1, 0, &[]))];
    let amid = |bytes: Vec<u8>| {
        let cut = bytes[..bytes.len() - 3].to_vec();
        after_hello(&[&open[..], &[c2s(&cut), s2c(&cut)]].concat())
    };
    let connect = [(":method", "CONNECT"), (":protocol", "websocket"), (":path", "/v1/realtime")];
    let events = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    vec![
        ("the first byte", true, vec![]),
        ("the preface", true, vec![c2s(&PREFACE[..20])]),
        ("the first frame", true, vec![c2s(PREFACE), s2c([0, 0, 6, SETTINGS, 0])]),
        ("no stream", true, hello()),
        ("a stream", true, after_hello(&open)),
        ("a frame's header", true, amid(vec![0; 9])),
        ("content", true, amid(frame(DATA, 0, 1, b"content"))),
        ("padding", true, amid(frame(DATA, PADDED, 1, b"\x05content"))),
        ("a head", true, amid(frame(HEADERS, END_HEADERS, 3, fields()))),
        ("a block", true, after_hello(&[c2s(frame(HEADERS, 0, 1, fields())), s2c(frame(HEADERS, 0, 1, []))])),
        ("a frame that is passed over", true, amid(frame(0x20, 0, 1, [0; 50]))),
        ("a reset", true, amid(frame(RST_STREAM, 0, 1, [0; 4]))),
        ("a search", true, after_hello(&[gap_c2s(9), gap_s2c(9), c2s([0; 20]), s2c([0; 20])])),
        ("all that was", true, conversation()),
        ("a websocket", true, {
            let ask = frame(HEADERS, END_HEADERS, 1, block(&connect));
            after_hello(&[c2s(ask), s2c(response(1, 0, &[]))])
        }),
        ("a coded body", true, after_hello(&[c2s(request(1, 0, "/x")), s2c(response(1, 0, &events))])),
        ("what was not seen", false, vec![]),
        ("what was found late", false, vec![c2s(pings(4)), s2c(pings(4))]),
    ]
}

#[test]
fn random_bytes_amid_anything() {
    let mut random = Random(1);
    for (state, whole, before) in states() {
        for direction in BOTH {
            for size in [usize::MAX, 100, 7, 1] {
                for length in [1, 8, 9, 40, 1000, 9000] {
                    let mut driver = Driver::new(whole);
                    before.iter().for_each(|input| driver.feed(input));
                    feed_in_pieces(&mut driver, direction, &random.bytes(length), size);
                    assert_survived(driver, &format!("{length} bytes {direction:?} amid {state}"));
                }
            }
        }
    }
}

/// What is no frame makes no exchange, and none that is open is told anything.
#[test]
fn random_bytes_between_frames_are_nothing() {
    let mut random = Random(2);
    for direction in BOTH {
        for _ in 0..200 {
            let mut driver = begun();
            driver.feed(&c2s(request(1, 0, "/x")));
            driver.feed(&s2c(response(1, 0, &[])));
            // A type that has rules, and breaks them: with that all that follows is searched.
            let broken = [vec![0x7f, 0xff, 0xff, PING], random.bytes(5000)].concat();
            feed_in_pieces(&mut driver, direction, &broken, 500);
            let told = lines(&driver);
            assert_eq!(told.len(), 3, "{told:?}");
            assert!(told[2].ends_with("Malformed(\"PING frame\")"), "{told:?}");
            assert!(driver.connection.held() < 8 * limits::FRAME_SEARCH_BYTES);
            assert_survived(driver, "between frames");
        }
    }
}

/// A connection that was never HTTP/2 is nobody's to decode.
#[test]
fn random_bytes_from_the_first_on() {
    let mut random = Random(3);
    for direction in BOTH {
        for size in [16_384, 1000, 100] {
            let mut driver = Driver::new(false);
            // Neither a head nor a frame comes of this many.
            let bytes = random.bytes(usize::try_from(limits::FOREIGN_AFTER_BYTES).unwrap() + 1000);
            let (most, last) = bytes.split_at(bytes.len() - 2000);
            feed_in_pieces(&mut driver, direction, most, size);
            assert!(!driver.connection.is_foreign());
            assert!(
                driver.connection.held() < 8 * limits::FRAME_SEARCH_BYTES,
                "{}",
                driver.connection.held()
            );
            feed_in_pieces(&mut driver, direction, last, size);
            assert!(driver.connection.is_foreign());
            assert_eq!((heads(&driver), driver.connection.held()), (0, 0));
            assert_ends(&driver.messages);
        }
    }
}

/// Frames whose headers keep every rule, and nothing else: framing is never lost.
#[test]
fn random_frames() {
    for seed in 0..400 {
        let mut random = Random(seed);
        let mut driver = begun();
        for _ in 0..150 {
            let direction = BOTH[random.below(2)];
            let stream = u32::try_from(random.below(12)).unwrap();
            let flags = random.next().to_be_bytes()[3];
            let length = random.below(40);
            let mut payload = random.bytes(length);
            // Some of what blocks are made of.
            if random.below(2) == 0 {
                payload = [fields(), block(&[(":status", "200")]), vec![0xbe, 0x82], payload]
                    [random.below(3)..]
                    .concat();
            }
            let what = match random.below(12) {
                what @ 0..=10 => u8::try_from(what).unwrap(),
                _ => 0xcc,
            };
            match what {
                PRIORITY_FRAME => payload.resize(5, 1),
                RST_STREAM | WINDOW_UPDATE => payload.resize(4, 1),
                SETTINGS => payload.clear(),
                PING => payload.resize(8, 1),
                GOAWAY => payload.resize(8 + length, 1),
                PUSH_PROMISE => payload.resize(4 + length, 2),
                _ => {}
            }
            let of_connection = matches!(what, SETTINGS | PING | GOAWAY);
            let stream = if of_connection { 0 } else { stream.max(1) };
            let direction = if what == PUSH_PROMISE { Direction::ToClient } else { direction };
            let size = [usize::MAX, 16, 1][random.below(3)];
            feed_in_pieces(&mut driver, direction, &frame(what, flags, stream, payload), size);
        }
        // A block may be under way.
        let interrupts = frame(RST_STREAM, 0, ALIVE - 2, [0; 4]);
        BOTH.into_iter().for_each(|direction| driver.feed(&Input::Bytes(direction, interrupts.clone())));
        assert!(!lines(&driver).iter().any(|line| line.contains("Resync")), "{seed}");
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// Other protocols on a connection that was HTTP/2: said once, passed over, and counted.
#[test]
fn text_of_other_protocols() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{}", "{\"a\": 1}".repeat(12_500));
    for (text, what) in [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "frame"),
        ("POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}", "frame"),
        ("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "frame"),
        ("HTTP/1.0 502 Bad Gateway\r\n\r\n<html>nginx</html>", "frame"),
        (&long, "frame"),
        ("data: {\"choices\":[]}\n\ndata: [DONE]\n\n", "frame"),
        ("SSH-2.0-OpenSSH_9.6\r\n", "frame"),
        ("EHLO localhost\r\nMAIL FROM:<a@b>\r\n", "frame"),
        ("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n", "frame"),
        // Like frames of types that there are.
        ("AMQ\0P\0\0\0\0 and so on", "DATA frame"),
        ("\0\0\x01\x04\0\0\0\0\0!", "SETTINGS frame"),
    ] {
        for (direction, mark) in BOTH.into_iter().zip([">", "<"]) {
            let inputs = [hello(), vec![Input::Bytes(direction, text.as_bytes().to_vec())]].concat();
            let inputs =
                [inputs, vec![Input::Bytes(direction, [pings(4), request(1, END_STREAM, "/x")].concat())]];
            let inputs = inputs.concat();
            let mut expect = vec![
                format!("0{mark} Malformed({what:?})"),
                // The header that was none was read already.
                format!("0~{mark} Resync({})", text.len() - 9),
            ];
            if direction == Direction::ToServer {
                expect.extend(
                    ["0> POST /x :scheme=https :authority=h", "0> end Complete", "0< end Cut"]
                        .map(str::to_owned),
                );
            } else {
                let head = "0< ? :scheme=https :authority=h";
                expect.extend([head, "0< end Complete"].map(str::to_owned));
            }
            for inputs in [&inputs, &byte_by_byte(&inputs)] {
                let told: Vec<_> = render(&run(true, inputs)).into_iter().map(|(line, _)| line).collect();
                assert_eq!(told, expect, "{text:.20?}");
            }
        }
    }
}

/// TLS within TLS, or a renegotiation that nobody decrypted. A record of TLS looks like DATA of a megabyte.
#[test]
fn records_of_tls() {
    let mut random = Random(4);
    for content in [20, 21, 22, 23] {
        for length in [2, 26, 255, 256, 1000] {
            let one = |random: &mut Random| {
                let size = u16::try_from(length).unwrap().to_be_bytes();
                [&[content, 3, 3][..], &size, &random.bytes(length)].concat()
            };
            for direction in BOTH {
                let mut driver = Driver::new(true);
                feed_in_pieces(&mut driver, direction, &one(&mut random), 1);
                assert!(driver.connection.is_foreign());
                assert!(driver.messages.is_empty());

                for (state, whole, before) in states() {
                    let mut driver = Driver::new(whole);
                    before.iter().for_each(|input| driver.feed(input));
                    let records: Vec<u8> = (0..3).flat_map(|_| one(&mut random)).collect();
                    feed_in_pieces(&mut driver, direction, &records, 400);
                    assert_survived(driver, &format!("TLS {content} of {length} {direction:?} amid {state}"));
                }
            }
        }
    }
}

/// Frames as content are content, however they are cut.
#[test]
fn frames_within_content() {
    let frames = [
        request(9, END_STREAM, "/inner"),
        frame(RST_STREAM, 0, 1, [0; 4]),
        frame(GOAWAY, 0, 0, [0; 8]),
        frame(DATA, END_STREAM, 1, b"inner"),
    ]
    .concat();
    let inputs = [
        hello(),
        vec![
            c2s([request(1, 0, "/x"), frame(DATA, END_STREAM, 1, &frames)].concat()),
            s2c([
                response(1, 0, &[]),
                frame(DATA, PADDED | END_STREAM, 1, [&[9][..], &frames, &[0; 9]].concat()),
            ]
            .concat()),
        ],
    ]
    .concat();
    let body = frames.escape_ascii();
    check(
        &inputs,
        &format!(
            "0> POST /x :scheme=https :authority=h
             0> body {body}
             0> end Complete
             0< 200
             0< body {body}
             0< end Complete"
        ),
    );
}

/// After a loss, one look-alike of a frame, or two, in text are not taken for frames.
#[test]
fn look_alikes_in_what_is_searched() {
    let text = |length: usize| vec![b'a'; length];
    for alike in [
        pings(1),
        pings(2),
        frame(HEADERS, END_HEADERS, 7, fields()),
        [frame(DATA, 0, 7, b"x"), frame(DATA, END_STREAM, 7, b"x")].concat(),
        [request(7, END_STREAM, "/inner"), frame(SETTINGS, 0, 0, [])].concat(),
        frame(SETTINGS, 1, 0, []),
        vec![0; 60],
    ] {
        for direction in BOTH {
            for (front, back) in [(0, 30), (5, 31), (1000, 1000)] {
                let mut driver = begun();
                driver.feed(&c2s(request(1, 0, "/x")));
                driver.feed(&s2c(response(1, 0, &[])));
                driver.feed(&Input::Gap(direction, 100));
                // The bytes of a frame that began in the gap.
                let rest = [text(front), alike.clone(), text(back)].concat();
                feed_in_pieces(&mut driver, direction, &rest, 50);
                assert_eq!(heads(&driver), 2, "{:?}", lines(&driver));
                let told = lines(&driver);
                assert!(!told.iter().any(|line| line.contains("Resync") || line.contains("end")), "{told:?}");
                assert_survived(driver, "look-alikes");
            }
        }
    }
}

/// Losses, garbage, losses, garbage; then frames as they should be.
#[test]
fn garbage_between_gaps() {
    let mut random = Random(5);
    for (state, whole, before) in states() {
        for direction in BOTH {
            for missing in [1, 9, 500, 1 << 20, u64::MAX / 8] {
                let mut driver = Driver::new(whole);
                before.iter().for_each(|input| driver.feed(input));
                for length in [0, 1, 9, 30, 300] {
                    driver.feed(&Input::Gap(direction, missing));
                    feed_in_pieces(&mut driver, direction, &random.bytes(length), 70);
                    driver.feed(&Input::Gap(direction, 1));
                }
                assert_survived(driver, &format!("gaps of {missing} {direction:?} amid {state}"));
            }
        }
    }
}

/// The server's preface, and both sides' at once: neither is HTTP/2, and both are passed over.
#[test]
fn prefaces_where_none_belong() {
    for direction in BOTH {
        for times in [1, 2, 50] {
            for size in [usize::MAX, 24, 1] {
                let mut driver = begun();
                feed_in_pieces(&mut driver, direction, &PREFACE.repeat(times), size);
                let told = lines(&driver);
                assert!(told.len() == 1 && told[0].ends_with("Malformed(\"frame\")"), "{told:?}");
                feed_in_pieces(&mut driver, direction, &pings(3), size);
                assert!(
                    lines(&driver)[1].ends_with(&format!("Resync({})", 24 * times - 9)),
                    "{:?}",
                    lines(&driver)
                );
                assert_alive(&mut driver, 1);
                close(driver);
            }
        }
    }
}

/// Bytes that keep a search busy: nearly frames, frames within frames, and zeros. Megabytes of them take little time
/// and little memory.
#[test]
fn searches_that_find_nearly() {
    const LENGTH: usize = 2 << 20;
    let longest = frame(DATA, 0, 1, [0; 16_384])[..9].to_vec();
    let nested = [0, 0x40, 0, 0, 0, 0, 0, 0, 1].to_vec();
    for (what, unit) in [
        ("zeros", vec![0]),
        ("pairs of pings", [pings(2), vec![0xff]].concat()),
        ("headers of long frames", longest),
        ("headers, one byte late", nested),
        ("headers that overlap", vec![0, 0, 0]),
        ("pairs with payload", [frame(DATA, 0, 1, [b'a'; 30]).repeat(2), vec![0xff]].concat()),
    ] {
        for direction in BOTH {
            for size in [usize::MAX, 16_384, 100] {
                let mut driver = begun();
                driver.feed(&c2s(request(1, 0, "/x")));
                driver.feed(&Input::Gap(direction, 100));
                let bytes: Vec<u8> = unit.iter().copied().cycle().take(LENGTH).collect();
                for piece in bytes.chunks(size.min(1 << 18)) {
                    driver.feed(&Input::Bytes(direction, piece.to_vec()));
                    assert!(driver.connection.held() <= 1 << 20, "{what}: {}", driver.connection.held());
                }
                assert_survived(driver, what);
            }
        }
    }
}
