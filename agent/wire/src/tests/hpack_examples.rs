//! The examples of RFC 7541 Appendix C, with the state of the table after each block.

use super::hpack::{decode, integer, line, unhex};
use crate::h2::hpack::{Decoder, Outcome};

/// One block of an example: its bytes, its fields, and the table's size and fields after it.
struct Step {
    block: &'static str,
    fields: &'static [&'static str],
    size: usize,
    table: &'static [&'static str],
}

fn step(
    block: &'static str,
    fields: &'static [&'static str],
    size: usize,
    table: &'static [&'static str],
) -> Step {
    Step { block, fields, size, table }
}

fn check(steps: &[Step], limit: Option<usize>) {
    let mut decoder = Decoder::new(true);
    if let Some(limit) = limit {
        assert_eq!(decode(&mut decoder, &integer(0x20, 5, limit)), (vec![], Outcome::default()));
    }
    for Step { block, fields, size, table } in steps {
        let (decoded, outcome) = decode(&mut decoder, &unhex(block));
        assert_eq!(decoded, *fields, "{block}");
        assert_eq!(outcome, Outcome::default(), "{block}");
        let (held, entries) = decoder.table();
        let entries: Vec<_> = entries.iter().map(line).collect();
        assert_eq!((held, entries), (*size, table.iter().map(|&line| line.to_owned()).collect()), "{block}");
    }
}

#[test]
fn single_fields() {
    // C.2.1 to C.2.4
    check(
        &[step(
            "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
            // The name ends as those of keys do.
            &["custom-key: (secret)"],
            55,
            &["custom-key: (secret)"],
        )],
        None,
    );
    check(&[step("040c2f73616d706c652f70617468", &[":path: /sample/path"], 0, &[])], None);
    check(&[step("100870617373776f726406736563726574", &["password: (secret)"], 0, &[])], None);
    check(&[step("82", &[":method: GET"], 0, &[])], None);
}

const REQUESTS: [&[&str]; 3] = [
    &[":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
    &[":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
    &[
        ":method: GET",
        ":scheme: https",
        ":path: /index.html",
        ":authority: www.example.com",
        "custom-key: (secret)",
    ],
];

const REQUEST_TABLES: [&[&str]; 3] = [
    &[":authority: www.example.com"],
    &["cache-control: no-cache", ":authority: www.example.com"],
    &["custom-key: (secret)", "cache-control: no-cache", ":authority: www.example.com"],
];

#[test]
fn requests() {
    let blocks = [
        // C.3
        [
            "828684410f7777772e6578616d706c652e636f6d",
            "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ],
        // C.4
        [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff",
            "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ],
    ];
    for [a, b, c] in blocks {
        let steps = [
            step(a, REQUESTS[0], 57, REQUEST_TABLES[0]),
            step(b, REQUESTS[1], 110, REQUEST_TABLES[1]),
            step(c, REQUESTS[2], 164, REQUEST_TABLES[2]),
        ];
        check(&steps, None);
    }
}

const RESPONSES: [&[&str]; 3] = [
    &[
        ":status: 302",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
    ],
    &[
        ":status: 307",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "location: https://www.example.com",
    ],
    &[
        ":status: 200",
        "cache-control: private",
        "date: Mon, 21 Oct 2013 20:13:22 GMT",
        "location: https://www.example.com",
        "content-encoding: gzip",
        "set-cookie: (secret)",
    ],
];

const RESPONSE_TABLES: [&[&str]; 3] = [
    &[
        "location: https://www.example.com",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "cache-control: private",
        ":status: 302",
    ],
    &[
        ":status: 307",
        "location: https://www.example.com",
        "date: Mon, 21 Oct 2013 20:13:21 GMT",
        "cache-control: private",
    ],
    &["set-cookie: (secret)", "content-encoding: gzip", "date: Mon, 21 Oct 2013 20:13:22 GMT"],
];

#[test]
fn responses_with_eviction() {
    let blocks = [
        // C.5
        [
            "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470\
             733a2f2f7777772e6578616d706c652e636f6d",
            "4803333037c1c0bf",
            "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b\
             48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
        ],
        // C.6
        [
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82\
             ae43d3",
            "4883640effc1c0bf",
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5\
             af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        ],
    ];
    for [a, b, c] in blocks {
        let steps = [
            step(a, RESPONSES[0], 222, RESPONSE_TABLES[0]),
            step(b, RESPONSES[1], 222, RESPONSE_TABLES[1]),
            step(c, RESPONSES[2], 215, RESPONSE_TABLES[2]),
        ];
        check(&steps, Some(256));
    }
}
