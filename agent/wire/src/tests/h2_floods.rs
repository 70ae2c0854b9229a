//! HTTP/2 by whoever wants to exhaust (RFC 9113 §10.5): many frames that cost the sender little. What each must not cost
//! is memory beyond the caps, and other streams' content. Few bytes that stand for many are in `h2_bombs`.

use super::h2::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PUSH_PROMISE,
    RST_STREAM, SETTINGS, block, frame, request, response,
};
use super::h2_bombs::bytes_of_bodies;
use super::h2_hostile::{assert_alive, begun, close, count, feed_in_pieces, fields, lines};
use super::{Driver, Input, assert_ends, c2s, render, s2c};
use crate::{Direction, End, Kind, Message, Notice, limits};

const PRIORITY_FRAME: u8 = 2;
const WINDOW_UPDATE: u8 = 8;
pub(super) const BOTH: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

/// A stream that no flood has used.
pub(super) const ALIVE: u32 = 1_000_001;
/// Memory that a flood may leave behind where it leaves no stream open: what the framer has under way.
const LEFT: usize = 1024;

/// Whole, in records, across all borders, and byte by byte.
const SIZES: [usize; 4] = [usize::MAX, 16_384, 7, 1];

/// After `before`, this `flood` gives these lines and no others, however it is cut, and nothing of it is kept.
#[track_caller]
fn check_flood(before: &[Input], direction: Direction, flood: &[u8], expect: &[String]) {
    for size in SIZES {
        let mut driver = begun();
        before.iter().for_each(|input| driver.feed(input));
        let (known, held) = (driver.messages.len(), driver.connection.held());
        feed_in_pieces(&mut driver, direction, flood, size);
        let told: Vec<_> = render(&driver.messages[known..]).into_iter().map(|(line, _)| line).collect();
        assert_eq!(told, expect, "{direction:?} in pieces of {size}");
        let left = driver.connection.held();
        assert!(left <= held + LEFT, "{direction:?} in pieces of {size}: {held} bytes, then {left}");
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// One stream, open in both directions.
pub(super) fn open() -> Vec<Input> {
    vec![c2s(request(1, 0, "/x")), s2c(response(1, 0, &[]))]
}

pub(super) fn ends(messages: &[Message], end: End) -> usize {
    messages.iter().filter(|message| message.kind == Kind::End(end)).count()
}

fn limited(driver: &Driver) -> usize {
    count(driver, Notice::Limit("streams"))
}

/// Frames in both directions that ask for work or say nothing (CVE-2019-9512, -9515, -9513 and their like).
#[test]
fn frames_that_do_nothing() {
    let one: Vec<Vec<u8>> = vec![
        frame(PING, 0, 0, [7; 8]),
        frame(PING, ACK, 0, [7; 8]),
        frame(SETTINGS, 0, 0, []),
        frame(SETTINGS, ACK, 0, []),
        frame(SETTINGS, 0, 0, [0, 4, 0, 0, 0xff, 0xff].repeat(40)),
        // The size of the table told again and again: what counts is what the blocks say.
        frame(SETTINGS, 0, 0, [0, 1, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]),
        frame(PRIORITY_FRAME, 0, 1, [0, 0, 0, 1, 255]),
        frame(PRIORITY_FRAME, 0, 99, [0x80, 0, 0, 99, 0]),
        frame(WINDOW_UPDATE, 0, 0, [0x7f, 0xff, 0xff, 0xff]),
        frame(WINDOW_UPDATE, 0, 1, [0; 4]),
        frame(WINDOW_UPDATE, 0, 77, [0, 0, 0, 1]),
        frame(0x0a, 0, 0, b"\0\x01aalt"),
        frame(0x10, 0, 0, b"\0\0\0\x01u=1"),
        frame(0xff, 0xff, 0x7fff_ffff, []),
        frame(0x42, 0, 1, [0; 100]),
        // To a stream that was never there, or is over.
        frame(RST_STREAM, 0, 55, [0; 4]),
        frame(DATA, 0, 55, []),
    ];
    for frame in one {
        for direction in BOTH {
            check_flood(&open(), direction, &frame.repeat(1500), &[]);
        }
    }
}

/// DATA without content (CVE-2019-9518), amid a body whose bytes stay together.
#[test]
fn data_that_holds_nothing() {
    let padding = [&[255][..], &[0; 255]].concat();
    let none = [frame(DATA, 0, 1, []), frame(DATA, PADDED, 1, [0]), frame(DATA, PADDED, 1, padding)];
    for (direction, mark) in BOTH.into_iter().zip([">", "<"]) {
        for none in &none {
            check_flood(&open(), direction, &none.repeat(800), &[]);
            let amid = [&frame(DATA, 0, 1, b"a"), &none.repeat(800)[..], &frame(DATA, END_STREAM, 1, b"b")];
            let expect = [format!("0{mark} body ab"), format!("0{mark} end Complete")];
            check_flood(&open(), direction, &amid.concat(), &expect);
        }
    }
}

#[test]
fn content_byte_by_byte() {
    const BYTES: usize = 4000;
    let padded = frame(DATA, PADDED, 1, [&[200, b'x'][..], &[0; 200]].concat());
    for one in [frame(DATA, 0, 1, b"x"), padded] {
        let expect = format!("0< body {}", "x".repeat(BYTES));
        check_flood(&open(), Direction::ToClient, &one.repeat(BYTES), &[expect]);
    }
}

/// Header blocks that go on and on (CVE-2024-27316 and its like).
#[test]
fn continuations_without_an_end() {
    let filler = block(&[("x", "y")]);
    for (each, frames, limited) in [(0, 20_000, 0), (1, 100_000, 1), (16_384, 600, 1)] {
        let flood: Vec<u8> = match each {
            // A block, cut into frames of one byte.
            1 => filler
                .iter()
                .cycle()
                .take(frames)
                .flat_map(|byte| frame(CONTINUATION, 0, 1, [*byte]))
                .collect(),
            _ => {
                let whole = filler.iter().copied().cycle().take(each).collect::<Vec<_>>();
                frame(CONTINUATION, 0, 1, whole).repeat(frames)
            }
        };
        let mut driver = begun();
        driver.feed(&c2s(frame(HEADERS, END_STREAM, 1, fields())));
        feed_in_pieces(&mut driver, Direction::ToServer, &flood, 16_384);
        // One byte longer would be twice as much: that is how a buffer grows.
        assert!(driver.connection.held() <= 2 * limits::HEAD_BYTES + LEFT, "{}", driver.connection.held());
        assert_eq!(count(&driver, Notice::Limit("header bytes")), limited, "{each}");
        assert_eq!(driver.messages.len(), limited, "{each}: the head is not over");
        driver.feed(&c2s(request(3, END_STREAM, "/y")));
        let all = lines(&driver);
        assert_eq!(all[limited], "0> Malformed(\"header block\")");
        let head = all.iter().find(|line| line.contains("POST /x")).unwrap();
        assert!(head.starts_with("0> (partial) POST /x"), "{head}");
        let kept = head.matches(" x=y").count();
        assert_eq!(kept, if each == 0 { 0 } else { limits::HEADER_FIELDS - 2 }, "{each}");
        assert_eq!(all[all.len() - 2..], ["1> POST /y :scheme=https :authority=h", "1> end Complete"]);
        assert_alive(&mut driver, 5);
        close(driver);
    }
}

/// The same with an end, a byte at a time: nothing is lost as long as it fits.
#[test]
fn empty_continuations_of_a_head_that_ends() {
    let frames = [
        frame(HEADERS, END_STREAM, 3, fields()),
        frame(CONTINUATION, 0, 3, []).repeat(2000),
        frame(CONTINUATION, 0, 3, block(&[("a", "b")])),
        frame(CONTINUATION, 0, 3, []).repeat(2000),
        frame(CONTINUATION, END_HEADERS, 3, []),
    ];
    let expect = ["1> POST /x a=b", "1> end Complete"].map(str::to_owned);
    for size in [usize::MAX, 5, 1] {
        let mut driver = begun();
        open().iter().for_each(|input| driver.feed(input));
        feed_in_pieces(&mut driver, Direction::ToServer, &frames.concat(), size);
        assert_eq!(lines(&driver)[2..], expect, "{size}");
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

#[test]
fn continuations_of_nothing() {
    const FRAMES: usize = 1000;
    for direction in BOTH {
        let mark = if direction == Direction::ToServer { ">" } else { "<" };
        let expect = vec![format!("1{mark} Malformed(\"CONTINUATION frame\")"); FRAMES];
        for (flags, payload) in [(0, vec![]), (END_HEADERS, fields()), (0, vec![0x82; 50])] {
            let flood = frame(CONTINUATION, flags, 1, payload).repeat(FRAMES);
            check_flood(&open(), direction, &flood, &expect);
        }
    }
}

/// Streams that are opened to be reset (CVE-2023-44487), by either side; the server's reset may be provoked
/// (CVE-2025-8671).
#[test]
fn rapid_reset() {
    const STREAMS: u32 = 3000;
    let reset = |stream| frame(RST_STREAM, 0, stream, 8_u32.to_be_bytes());
    for (by_server, flags) in [(false, 0), (false, END_STREAM), (true, 0), (true, END_STREAM)] {
        let mut driver = begun();
        let before = driver.connection.held();
        for stream in (1..).step_by(2).take(STREAMS as usize) {
            driver.feed(&c2s(request(stream, flags, "/x")));
            driver.feed(&if by_server { s2c(reset(stream)) } else { c2s(reset(stream)) });
            // What was under way.
            driver.feed(&s2c([response(stream, 0, &[]), frame(DATA, END_STREAM, stream, b"x")].concat()));
            driver.feed(&c2s([frame(DATA, 0, stream, b"x"), reset(stream)].concat()));
            assert!(driver.connection.held() <= before + LEFT, "{stream}: {}", driver.connection.held());
        }
        assert_eq!((count(&driver, Notice::Reset(8)), limited(&driver)), (STREAMS as usize, 0));
        let complete = if flags == END_STREAM { STREAMS } else { 0 };
        assert_eq!(ends(&driver.messages, End::Complete), complete as usize);
        assert_eq!(ends(&driver.messages, End::Cut), (2 * STREAMS - complete) as usize);
        assert_ends(&driver.messages);
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// The same all in one piece, and byte by byte.
#[test]
fn rapid_reset_however_cut() {
    let pairs = (3..).step_by(2).take(700).map(|stream| {
        [request(stream, END_STREAM, "/x"), frame(RST_STREAM, 0, stream, [0, 0, 0, 8])].concat()
    });
    let expect = (1..=700).flat_map(|number| {
        ["> POST /x :scheme=https :authority=h", "> end Complete", "> Reset(8)", "< end Cut"]
            .map(|line| format!("{number}{line}"))
    });
    let expect: Vec<_> = expect.collect();
    check_flood(&open(), Direction::ToServer, &pairs.flatten().collect::<Vec<_>>(), &expect);
}

#[test]
fn more_streams_than_the_cap() {
    const OVER: usize = 2 * limits::STREAMS;
    let numbers: Vec<u32> = (1..).step_by(2).take(limits::STREAMS + OVER).collect();
    for flags in [0, END_STREAM] {
        let mut driver = begun();
        for stream in &numbers {
            driver.feed(&c2s(request(*stream, flags, "/x")));
        }
        assert_eq!(limited(&driver), OVER);
        assert!(driver.connection.held() < limits::STREAMS * 1024, "{}", driver.connection.held());
        // Of those that were given up nothing more is told; the others are answered.
        let before = driver.messages.len();
        for stream in &numbers[..OVER] {
            driver.feed(&s2c([response(*stream, 0, &[]), frame(DATA, END_STREAM, *stream, b"x")].concat()));
            driver.feed(&c2s(frame(DATA, END_STREAM, *stream, b"x")));
        }
        assert_eq!(driver.messages.len(), before);
        for stream in &numbers[OVER..] {
            driver.feed(&c2s(frame(DATA, END_STREAM, *stream, [])));
            driver.feed(&s2c([response(*stream, 0, &[]), frame(DATA, END_STREAM, *stream, b"x")].concat()));
        }
        assert_eq!(bytes_of_bodies(&driver.messages), limits::STREAMS);
        let lost = if flags == END_STREAM { OVER } else { 2 * OVER };
        assert_eq!(ends(&driver.messages, End::Lost), lost);
        assert_ends(&driver.messages);
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// Answers to what was never asked, which on a connection that was joined late may have been.
#[test]
fn more_answers_than_the_cap() {
    for whole in [true, false] {
        let mut driver = Driver::new(whole);
        super::h2::hello().iter().for_each(|input| driver.feed(input));
        driver.feed(&s2c(frame(PING, 0, 0, [0; 8]).repeat(4)));
        driver.feed(&c2s(frame(PING, 0, 0, [0; 8]).repeat(4)));
        let numbers: Vec<u32> = (1..).step_by(2).take(3 * limits::STREAMS).collect();
        // The latest first: were their numbers all that is looked at, the earlier ones would be over.
        for stream in numbers.iter().rev() {
            driver.feed(&s2c([response(*stream, 0, &[]), frame(DATA, 0, *stream, b"x")].concat()));
        }
        for stream in &numbers {
            driver.feed(&s2c(frame(DATA, END_STREAM, *stream, b"y")));
        }
        assert!(driver.connection.held() < limits::STREAMS * 1024, "{}", driver.connection.held());
        assert_alive(&mut driver, ALIVE);
        close(driver);
    }
}

/// Requests and responses go their own ways; a byte of each stream in turn, in both directions.
#[test]
fn streams_in_both_directions() {
    const STREAMS: u32 = 200;
    let numbers: Vec<u32> = (1..).step_by(2).take(STREAMS as usize).collect();
    let text = |stream: u32| format!("<{stream}>{}", "z".repeat(stream as usize % 17));
    let mut driver = begun();
    for stream in &numbers {
        driver.feed(&c2s(request(*stream, 0, "/x")));
        driver.feed(&s2c(response(*stream, 0, &[])));
    }
    for index in 0..24 {
        for stream in &numbers {
            let text = text(*stream);
            let (byte, flags) = match text.as_bytes().get(index..) {
                Some([byte]) => (Some(*byte), END_STREAM),
                Some([byte, ..]) => (Some(*byte), 0),
                Some([]) | None => continue,
            };
            let data = frame(DATA, flags, *stream, byte.as_slice());
            driver.feed(&c2s(&data));
            driver.feed(&s2c(&data));
        }
    }
    for (number, stream) in numbers.iter().enumerate() {
        for direction in BOTH {
            let own = driver.messages.iter();
            let own = own.filter(|m| m.exchange.0 == number as u64 && m.direction == direction);
            let body: Vec<u8> = own
                .filter_map(|message| match &message.kind {
                    Kind::Body(bytes) => Some(bytes.to_vec()),
                    _ => None,
                })
                .flatten()
                .collect();
            assert_eq!(body, text(*stream).as_bytes(), "{stream} {direction:?}");
        }
    }
    assert_eq!(ends(&driver.messages, End::Complete), 2 * STREAMS as usize);
    assert_alive(&mut driver, ALIVE);
    close(driver);
}

/// Blocks of fields after the head: each is told, none begins anew, and one end is all there is.
#[test]
fn trailers_and_early_heads_by_the_thousand() {
    const BLOCKS: usize = 1000;
    let flood = [
        frame(HEADERS, END_HEADERS, 1, block(&[("grpc-status", "0")])).repeat(BLOCKS),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&[("b", "c")])),
        // To a stream that is over.
        frame(HEADERS, END_HEADERS | END_STREAM, 1, block(&[("d", "e")])).repeat(BLOCKS),
    ];
    let mut expect = vec!["0< trailers grpc-status=0".to_owned(); BLOCKS];
    expect.extend(["0< trailers b=c", "0< end Complete"].map(str::to_owned));
    check_flood(&open(), Direction::ToClient, &flood.concat(), &expect);

    let early = frame(HEADERS, END_HEADERS, 1, block(&[(":status", "103")]));
    let flood = [early.repeat(BLOCKS), response(1, END_STREAM, &[])].concat();
    let mut expect = vec!["0< Informational(103)".to_owned(); BLOCKS];
    expect.extend(["0< 200", "0< end Complete"].map(str::to_owned));
    check_flood(&[c2s(request(1, END_STREAM, "/x"))], Direction::ToClient, &flood, &expect);
}

/// Promises that are not kept count as streams; the client's own go on.
#[test]
fn promises_by_the_thousand() {
    const OVER: usize = 2000;
    let promise = |promised: u32| {
        frame(
            PUSH_PROMISE,
            END_HEADERS,
            1,
            [&promised.to_be_bytes()[..], &block(&[(":path", "/p")])].concat(),
        )
    };
    for size in [usize::MAX, 100, 1] {
        let mut driver = begun();
        driver.feed(&c2s(request(1, 0, "/x")));
        let flood: Vec<u8> = (2..).step_by(2).take(limits::STREAMS + OVER).flat_map(promise).collect();
        feed_in_pieces(&mut driver, Direction::ToClient, &flood, size);
        // The client's is the oldest.
        assert_eq!(limited(&driver), OVER + 1);
        assert!(driver.connection.held() < limits::STREAMS * 1024, "{}", driver.connection.held());
        let told = driver.messages.len();
        feed_in_pieces(&mut driver, Direction::ToClient, &promise(2).repeat(1000), size);
        assert_eq!(driver.messages.len(), told, "what was promised before is no news");
        driver.feed(&c2s(request(ALIVE, END_STREAM, "/y")));
        driver.feed(&s2c([response(ALIVE, 0, &[]), frame(DATA, END_STREAM, ALIVE, b"ok")].concat()));
        let own: Vec<_> =
            lines(&driver)[told..].iter().filter(|line| !line.contains("Limit")).cloned().collect();
        assert!(own.iter().any(|line| line.ends_with("< body ok")), "{own:?}");
        let driver = close(driver);
        assert_eq!(ends(&driver.messages, End::Complete), 2);
    }
}

/// Going away a thousand times, from high to low, and what it takes along.
#[test]
fn going_away_by_the_thousand() {
    const TIMES: usize = 1000;
    let away =
        |last: u32| frame(GOAWAY, 0, 0, [&last.to_be_bytes()[..], &[0, 0, 0, 11], &[b'z'; 50]].concat());
    for (direction, mark) in BOTH.into_iter().zip([">", "<"]) {
        let expect = vec![format!("1{mark} GoAway(11)"); TIMES];
        check_flood(&open(), direction, &away(0x7fff_ffff).repeat(TIMES), &expect);
    }
    let mut driver = begun();
    let numbers: Vec<u32> = (1..).step_by(2).take(500).collect();
    numbers.iter().for_each(|stream| driver.feed(&c2s(request(*stream, END_STREAM, "/x"))));
    numbers.iter().rev().for_each(|stream| driver.feed(&s2c(away(*stream))));
    assert_eq!(ends(&driver.messages, End::Cut), numbers.len() - 1);
    driver.feed(&s2c(response(1, END_STREAM, &[])));
    assert_alive(&mut driver, ALIVE);
    close(driver);
}
