//! Random connections of HTTP/2 against an encoder that shares no code with the decoder: whole, and with one loss.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::h2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, PING, PREFACE, PRIORITY, RST_STREAM,
    SETTINGS, frame,
};
use super::properties::with_gap;
use super::{Input, render, run};
use crate::{Direction, Headers, Kind, Message, Value};

/// One stream, as it is meant. Its number is in everything it sends, so that nothing passes for another's.
#[derive(Clone, Debug)]
struct Meant {
    asked: Vec<String>,
    answer: Answer,
    parts: Vec<String>,
    interim: bool,
    finish: Finish,
    /// How its fields are written, one after the other, over and over.
    styles: Vec<Style>,
    /// Where its header blocks are split.
    splits: Vec<Index>,
    padding: Option<u8>,
    priority: bool,
    /// Content of a DATA frame.
    size: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Raw,
    Events,
    GzipEvents,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Finish {
    WithData,
    WithEmptyData,
    Trailers,
    ResetByServer,
    ResetByClient,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Literal,
    NeverIndexed,
    Indexed,
}

fn meant() -> impl Strategy<Value = Meant> {
    let texts = || vec("[a-z{}:\" ]{0,30}", 1..5);
    let answer = prop_oneof![Just(Answer::Raw), Just(Answer::Events), Just(Answer::GzipEvents)];
    let finish = prop_oneof![
        3 => Just(Finish::WithData),
        2 => Just(Finish::WithEmptyData),
        2 => Just(Finish::Trailers),
        1 => Just(Finish::ResetByServer),
        1 => Just(Finish::ResetByClient),
    ];
    let style =
        prop_oneof![1 => Just(Style::Literal), 1 => Just(Style::NeverIndexed), 3 => Just(Style::Indexed)];
    let framing = (vec(any::<Index>(), 0..3), proptest::option::of(any::<u8>()), any::<bool>(), 1_usize..60);
    ((texts(), answer, texts()), any::<bool>(), finish, vec(style, 1..6), framing).prop_map(
        |((asked, answer, parts), interim, finish, styles, (splits, padding, priority, size))| Meant {
            asked,
            answer,
            parts,
            interim,
            finish,
            styles,
            splits,
            padding,
            priority,
            size,
        },
    )
}

type Fields = Vec<(&'static str, String)>;

impl Meant {
    fn request_fields(&self, number: usize) -> Fields {
        vec![
            (":method", "POST".to_owned()),
            (":path", format!("/{number}")),
            ("authorization", "Bearer CANARY".to_owned()),
            ("user-agent", "meant/1".to_owned()),
            ("x-n", number.to_string()),
        ]
    }

    fn response_fields(&self, number: usize) -> Fields {
        let content_type = if self.answer == Answer::Raw { "text/plain" } else { "text/event-stream" };
        let mut fields = vec![
            (":status", "200".to_owned()),
            ("content-type", content_type.to_owned()),
            ("x-n", number.to_string()),
        ];
        if self.answer == Answer::GzipEvents {
            fields.push(("content-encoding", "gzip".to_owned()));
        }
        fields
    }

    fn request_body(&self, number: usize) -> String {
        format!("q{number}.{}", self.asked.concat())
    }

    /// No text begins as what is guessed at does, so none waits for more of it.
    fn events(&self, number: usize) -> Vec<String> {
        self.parts.iter().enumerate().map(|(part, text)| format!("x{number}.{part} {text}")).collect()
    }

    fn response_body(&self, number: usize) -> Vec<u8> {
        let events = self.events(number);
        match self.answer {
            Answer::Raw => events.concat().into_bytes(),
            Answer::Events => {
                events.iter().map(|text| format!("data: {text}\n\n")).collect::<String>().into()
            }
            Answer::GzipEvents => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                events.iter().for_each(|text| write!(encoder, "data: {text}\n\n").unwrap());
                encoder.finish().unwrap()
            }
        }
    }

    /// The content that must come out, as it is rendered, without what stands before it.
    fn shown_content(&self, number: usize) -> Vec<String> {
        let shown = |text: &str| text.as_bytes().escape_ascii().to_string();
        match self.answer {
            Answer::Raw => vec![format!("< body {}", shown(&self.events(number).concat()))],
            Answer::Events | Answer::GzipEvents => {
                self.events(number).iter().map(|text| format!("< event - {}", shown(text))).collect()
            }
        }
    }

    /// All that must come out.
    fn shown(&self, number: usize) -> Vec<String> {
        let asked = self.request_body(number).as_bytes().escape_ascii().to_string();
        let head = format!("> POST /{number} authorization=<secret> user-agent=meant/1 x-n={number}");
        let mut lines = vec![head, format!("> body {asked}"), "> end Complete".to_owned()];
        if self.interim {
            lines.push("< Informational(103)".to_owned());
        }
        let fields = self.response_fields(number);
        let fields: String = fields[1..].iter().map(|(name, value)| format!(" {name}={value}")).collect();
        lines.push(format!("< 200{fields}"));
        lines.extend(self.shown_content(number));
        lines.extend(match self.finish {
            Finish::WithData | Finish::WithEmptyData => vec!["< end Complete".to_owned()],
            Finish::Trailers => vec![format!("< trailers x-n={number}"), "< end Complete".to_owned()],
            Finish::ResetByServer => vec!["< Reset(7)".to_owned(), "< end Cut".to_owned()],
            Finish::ResetByClient => vec!["> Reset(8)".to_owned(), "< end Cut".to_owned()],
        });
        lines
    }

    /// What it sends, in order.
    fn steps(&self, number: usize) -> Vec<Step> {
        let data = |direction, body: &[u8], ends: bool| {
            let parts: Vec<_> = body.chunks(self.size).collect();
            let last = parts.len() - 1;
            let step =
                |(index, part): (usize, &&[u8])| Step::Data(direction, part.to_vec(), ends && index == last);
            parts.iter().enumerate().map(step).collect::<Vec<_>>()
        };
        let mut steps = vec![Step::Block(Direction::ToServer, self.request_fields(number), false)];
        steps.extend(data(Direction::ToServer, self.request_body(number).as_bytes(), true));
        if self.interim {
            let early = vec![(":status", "103".to_owned()), ("link", "</x>".to_owned())];
            steps.push(Step::Block(Direction::ToClient, early, false));
        }
        steps.push(Step::Block(Direction::ToClient, self.response_fields(number), false));
        let with_data = self.finish == Finish::WithData;
        steps.extend(data(Direction::ToClient, &self.response_body(number), with_data));
        steps.extend(match self.finish {
            Finish::WithData => None,
            Finish::WithEmptyData => Some(Step::Data(Direction::ToClient, Vec::new(), true)),
            Finish::Trailers => {
                Some(Step::Block(Direction::ToClient, vec![("x-n", number.to_string())], true))
            }
            Finish::ResetByServer => Some(Step::Reset(Direction::ToClient, 7)),
            Finish::ResetByClient => Some(Step::Reset(Direction::ToServer, 8)),
        });
        steps
    }
}

enum Step {
    Block(Direction, Fields, bool),
    Data(Direction, Vec<u8>, bool),
    Reset(Direction, u32),
}

/// One direction's header compression, with literals only; Huffman coding and static fields have tests of their own.
#[derive(Default)]
struct Compressor {
    /// The newest first.
    table: Vec<(&'static str, String)>,
    written: usize,
}

#[derive(Default)]
struct Compressors {
    up: Compressor,
    down: Compressor,
}

impl Compressors {
    fn of(&mut self, direction: Direction) -> &mut Compressor {
        match direction {
            Direction::ToServer => &mut self.up,
            Direction::ToClient => &mut self.down,
        }
    }
}

impl Compressor {
    fn block(&mut self, fields: &Fields, styles: &[Style]) -> Vec<u8> {
        fields.iter().flat_map(|(name, value)| self.field(name, value, styles)).collect()
    }

    fn field(&mut self, name: &'static str, value: &str, styles: &[Style]) -> Vec<u8> {
        let style = styles[self.written % styles.len()];
        self.written += 1;
        let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        let first = match style {
            Style::Literal => 0,
            Style::NeverIndexed => 0x10,
            Style::Indexed => {
                let known = self.table.iter().position(|(n, v)| *n == name && v == value);
                if let Some(index) = known.filter(|index| *index < 60) {
                    return vec![0x80 | u8::try_from(62 + index).unwrap()];
                }
                self.table.insert(0, (name, value.to_owned()));
                let size = |table: &[(&str, String)]| {
                    table.iter().map(|(n, v)| n.len() + v.len() + 32).sum::<usize>()
                };
                while size(&self.table) > 4096 {
                    self.table.pop();
                }
                0x40
            }
        };
        [vec![first], text(name), text(value)].concat()
    }
}

/// What stands on the wire: a header block, a DATA frame or the like, of one stream.
struct Sent {
    stream: usize,
    direction: Direction,
    bytes: Vec<u8>,
}

/// All streams, at most eight at a time. The stream at each place of the result was opened as the n-th.
fn encode(streams: &[Meant], turns: &[Index]) -> Vec<Sent> {
    let mut waiting =
        streams.iter().enumerate().map(|(number, meant)| (number, meant.steps(number).into_iter()));
    let mut open: Vec<_> = waiting.by_ref().take(1).collect();
    let mut compressors = Compressors::default();
    let mut sent = Vec::new();
    let mut turn = turns.iter().cycle();
    let mut next = |most: usize| turn.next().map_or(0, |index| index.index(most));
    while !open.is_empty() {
        // Now and then one more begins.
        if open.len() < 8 && next(4) == 0 {
            open.extend(waiting.next());
        }
        let picked = next(open.len());
        let begun = |number: usize| sent.iter().any(|sent: &Sent| sent.stream == number);
        // Streams open in the order of their numbers.
        let first_new = open.iter().position(|(number, _)| !begun(*number));
        let index = first_new.filter(|_| !begun(open[picked].0)).unwrap_or(picked);
        let (number, steps) = &mut open[index];
        let number = *number;
        let Some(step) = steps.next() else {
            open.remove(index);
            if open.is_empty() {
                open.extend(waiting.next());
            }
            continue;
        };
        sent.push(encode_step(&streams[number], number, &step, &mut compressors));
    }
    sent
}

fn encode_step(meant: &Meant, number: usize, step: &Step, compressors: &mut Compressors) -> Sent {
    let id = 1 + 2 * u32::try_from(number).unwrap();
    let pad = |content: &[u8]| match meant.padding {
        Some(length) => (PADDED, [&[length], content, &vec![0; usize::from(length)]].concat()),
        None => (0, content.to_vec()),
    };
    let (direction, bytes) = match step {
        Step::Block(direction, fields, ends) => {
            let block = compressors.of(*direction).block(fields, &meant.styles);
            // Never at 0: an empty HEADERS frame is not what anybody sends.
            let mut places: Vec<_> = meant.splits.iter().map(|place| 1 + place.index(block.len())).collect();
            places.extend([0, block.len()]);
            places.sort_unstable();
            let parts: Vec<_> = places.windows(2).map(|pair| &block[pair[0]..pair[1]]).collect();
            let mut bytes = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let end = if index + 1 == parts.len() { END_HEADERS } else { 0 };
                if index > 0 {
                    bytes.extend(frame(CONTINUATION, end, id, part));
                    continue;
                }
                let (priority, before) =
                    if meant.priority { (PRIORITY, &[0x80, 0, 0, 0, 9][..]) } else { (0, &[][..]) };
                let (padded, payload) = pad(&[before, part].concat());
                let ends = if *ends { END_STREAM } else { 0 };
                bytes.extend(frame(HEADERS, end | priority | padded | ends, id, payload));
            }
            (*direction, bytes)
        }
        Step::Data(direction, content, ends) => {
            let (padded, payload) = pad(content);
            (*direction, frame(DATA, padded | if *ends { END_STREAM } else { 0 }, id, payload))
        }
        Step::Reset(direction, code) => (*direction, frame(RST_STREAM, 0, id, code.to_be_bytes())),
    };
    Sent { stream: number, direction, bytes }
}

/// Both sides' first frames, all streams, and some pings.
fn tape(sent: &[Sent]) -> Vec<Input> {
    let both = [Direction::ToServer, Direction::ToClient];
    let settings = frame(SETTINGS, 0, 0, []);
    let hello = [[PREFACE, &settings].concat(), settings.clone()];
    let mut tape: Vec<_> = both.into_iter().zip(hello).map(|(way, bytes)| Input::Bytes(way, bytes)).collect();
    tape.extend(sent.iter().map(|sent| Input::Bytes(sent.direction, sent.bytes.clone())));
    tape.extend(both.map(|direction| Input::Bytes(direction, frame(PING, 0, 0, [0; 8]).repeat(3))));
    tape
}

/// What stands side by side in one piece, and in pieces of these sizes then.
fn in_pieces(tape: &[Input], sizes: &[usize]) -> Vec<Input> {
    let mut runs: Vec<(Direction, Vec<u8>)> = Vec::new();
    for input in tape {
        let Input::Bytes(direction, bytes) = input else { continue };
        match runs.last_mut() {
            Some((last, run)) if last == direction => run.extend_from_slice(bytes),
            Some(_) | None => runs.push((*direction, bytes.clone())),
        }
    }
    let mut sizes = sizes.iter().cycle();
    let mut pieces = Vec::new();
    for (direction, run) in runs {
        let mut rest = &run[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(sizes.next().map_or(1, |size| *size).min(rest.len()));
            pieces.push(Input::Bytes(direction, piece.to_vec()));
            rest = after;
        }
    }
    pieces
}

/// The messages of each exchange, rendered without its number and without word of losses.
fn by_exchange(messages: &[Message]) -> Vec<Vec<String>> {
    let mut exchanges: BTreeMap<_, Vec<Message>> = BTreeMap::new();
    for message in messages {
        exchanges.entry(message.exchange).or_default().push(message.clone());
    }
    let line = |(line, _): (String, u64)| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '~');
        line.to_owned()
    };
    exchanges.values().map(|messages| render(messages).into_iter().map(line).collect()).collect()
}

/// Whose an exchange is, by what names its number.
fn number_of(lines: &[String]) -> Option<usize> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    lines.iter().find_map(|line| {
        let after = |prefix| line.split_once(prefix).and_then(|(_, rest): (_, &str)| digits(rest));
        match line.get(..4) {
            Some("> bo") => line.strip_prefix("> body q").and_then(digits),
            Some("< bo") => line.strip_prefix("< body x").and_then(digits),
            Some("< ev") => line.strip_prefix("< event - x").and_then(digits),
            Some(_) | None => after(" x-n="),
        }
    })
}

/// Nothing that is known of a head is wrong.
fn assert_not_wrong(messages: &[Message], streams: &[Meant]) -> Result<(), TestCaseError> {
    for message in messages {
        let (headers, fields): (&Headers, fn(&Meant, usize) -> Fields) = match &message.kind {
            Kind::RequestHead(head) => (&head.headers, Meant::request_fields),
            Kind::ResponseHead(head) => (&head.headers, Meant::response_fields),
            _ => continue,
        };
        // Of whichever stream it is: all that is known of it must be of one.
        let fits = streams.iter().enumerate().any(|(number, meant)| {
            let fields = fields(meant, number);
            let has = |name: &str, value: &str| fields.iter().any(|(n, v)| *n == name && v == value);
            let interim = matches!(&message.kind, Kind::ResponseHead(head) if head.status.is_none());
            let known = headers.iter().all(|header| match &header.value {
                Value::Text(text) => has(&header.name, text) || interim && header.name == "link",
                Value::Secret => header.name == "authorization",
                Value::Unknown => true,
            });
            known
                && match &message.kind {
                    Kind::RequestHead(head) => {
                        head.method.as_deref().is_none_or(|method| has(":method", method))
                            && head.target.as_deref().is_none_or(|target| has(":path", target))
                    }
                    Kind::ResponseHead(head) => head.status.is_none_or(|status| status == 200),
                    _ => false,
                }
        });
        prop_assert!(fits, "{:?}", render(std::slice::from_ref(message)));
    }
    Ok(())
}

/// Of the bytes that were sent in `lossy` without `lost`: which streams were over before, and which began after.
fn beside(sent: &[Sent], lossy: Direction, lost: &Range<usize>, streams: usize) -> (Vec<bool>, Vec<bool>) {
    let settings = frame(SETTINGS, 0, 0, []).len();
    let mut place = if lossy == Direction::ToServer { PREFACE.len() + settings } else { settings };
    // As if each had stood there since the first frames, and after the last.
    let (mut first_lost, mut next) = (if lost.start < place { 0 } else { sent.len() }, None);
    for (index, sent) in sent.iter().enumerate() {
        if sent.direction != lossy {
            continue;
        }
        let bytes = place..place + sent.bytes.len();
        place = bytes.end;
        if bytes.end > lost.start {
            first_lost = first_lost.min(index);
        }
        if bytes.start >= lost.end {
            next = next.or(Some(index));
        }
    }
    let is = |number: usize, fits: &dyn Fn(usize) -> bool| {
        sent.iter().enumerate().filter(|(_, sent)| sent.stream == number).all(|(index, _)| fits(index))
    };
    let before = (0..streams).map(|number| is(number, &|index| index < first_lost)).collect();
    let after =
        (0..streams).map(|number| is(number, &|index| next.is_some_and(|next| index >= next))).collect();
    (before, after)
}

/// What is told of content and of how it ends, which no unknown field changes. The request first: while its frames are
/// searched for, the response may be decoded before it.
fn content_of(lines: &[String]) -> Vec<String> {
    let content = ["> body", "< body", "< event", "> end", "< end", "> Reset", "< Reset"];
    let told = lines.iter().filter(|line| content.iter().any(|begin| line.starts_with(begin)));
    let (up, down): (Vec<_>, Vec<_>) = told.cloned().partition(|line| line.starts_with('>'));
    [up, down].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whole_connections(
        streams in vec(meant(), 1..12),
        turns in vec(any::<Index>(), 1..60),
        sizes in vec(1_usize..400, 1..8),
    ) {
        let pieces = in_pieces(&tape(&encode(&streams, &turns)), &sizes);
        let messages = run(true, &pieces);
        prop_assert!(messages.iter().all(|message| !message.lossy));
        let expect: Vec<_> = streams.iter().enumerate().map(|(number, meant)| meant.shown(number)).collect();
        prop_assert_eq!(by_exchange(&messages), expect);
    }

    #[test]
    fn one_gap(
        streams in vec(meant(), 1..12),
        turns in vec(any::<Index>(), 1..60),
        sizes in vec(1_usize..400, 1..8),
        to_server in any::<bool>(),
        from in any::<Index>(),
        length in prop_oneof![1_usize..20, 1_usize..400],
    ) {
        let lossy = if to_server { Direction::ToServer } else { Direction::ToClient };
        let sent = encode(&streams, &turns);
        let pieces = in_pieces(&tape(&sent), &sizes);
        let total: usize = pieces.iter().map(|piece| match piece {
            Input::Bytes(direction, bytes) if *direction == lossy => bytes.len(),
            Input::Bytes(..) | Input::Gap(..) => 0,
        }).sum();
        // The frames at the end stay, so that what follows the gap is found.
        let last = total - 3 * 17;
        let from = from.index(last);
        let lost = from..last.min(from + length);
        let messages = run(true, &with_gap(pieces, lossy, lost.start, lost.end));
        assert_not_wrong(&messages, &streams)?;
        let exchanges = by_exchange(&messages);
        for lines in &exchanges {
            let Some(number) = number_of(lines) else { continue };
            let shown = streams[number].shown_content(number);
            for event in lines.iter().filter(|line| line.starts_with("< event")) {
                prop_assert!(shown.contains(event), "stream {}: {}", number, event);
            }
        }
        let (before, after) = beside(&sent, lossy, &lost, streams.len());
        for (number, meant) in streams.iter().enumerate() {
            let mut found = exchanges.iter().filter(|lines| number_of(lines) == Some(number));
            if before[number] {
                let without_gaps = |lines: &Vec<String>| {
                    lines.iter().filter(|line| !line.contains(" Gap(") && !line.contains(" Resync(")).cloned().collect()
                };
                let found: Option<Vec<String>> = found.next().map(without_gaps);
                prop_assert_eq!(found, Some(meant.shown(number)), "before {:?}", lost);
            } else if after[number] && !(to_server && meant.finish == Finish::ResetByServer) {
                // A reset may come before the request is found, which is nobody's then.
                let found = found.next().map(|lines| content_of(lines));
                prop_assert_eq!(found, Some(content_of(&meant.shown(number))), "stream {} after {:?}", number, lost);
            }
        }
    }
}
