//! What the handshake says about compression (RFC 7692 §7.1).
//!
//! Comes in: the header fields of the response, whose `Sec-WebSocket-Extensions` is what was agreed. Goes out:
//! permessage-deflate of either direction.
//!
//! Not handled: `…_max_window_bits`, which an inflater needs not know, and other extensions.

use crate::both::Both;
use crate::head::Headers;

/// permessage-deflate of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deflate {
    /// Messages refer to data of earlier ones.
    pub(crate) takeover: bool,
}

/// What the response agreed to, for each direction.
pub(crate) fn extensions(headers: &Headers) -> Both<Option<Deflate>> {
    let values = headers.iter().filter(|field| field.name == "sec-websocket-extensions");
    let mut agreed = values.filter_map(|field| field.value.text()).flat_map(|list| list.split(','));
    let deflate = agreed.find_map(|extension| {
        let mut parts = extension.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("permessage-deflate"));
        named.then(|| parts.collect::<Vec<_>>())
    });
    let of = |no_takeover: &str| {
        let parameters = deflate.as_ref()?;
        let takeover = !parameters.iter().any(|parameter| {
            let name = parameter.split('=').next().unwrap_or_default().trim();
            name.eq_ignore_ascii_case(no_takeover)
        });
        Some(Deflate { takeover })
    };
    Both::new(of("client_no_context_takeover"), of("server_no_context_takeover"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Direction;

    #[track_caller]
    fn check(values: &[&str], to_server: Option<bool>, to_client: Option<bool>) {
        let mut headers = Headers::default();
        for value in values {
            headers.push(b"Sec-WebSocket-Extensions", value.as_bytes());
        }
        let mut found = extensions(&headers);
        let takeover = |deflate: &Option<Deflate>| deflate.map(|deflate| deflate.takeover);
        assert_eq!(takeover(found.of(Direction::ToServer)), to_server, "{values:?}");
        assert_eq!(takeover(found.of(Direction::ToClient)), to_client, "{values:?}");
    }

    #[test]
    fn of_responses() {
        check(&[], None, None);
        check(&[""], None, None);
        check(&["permessage-deflate"], Some(true), Some(true));
        check(&["Permessage-Deflate ; Server_No_Context_Takeover"], Some(true), Some(false));
        check(&["permessage-deflate;client_no_context_takeover"], Some(false), Some(true));
        check(
            &[
                "permessage-deflate; server_max_window_bits=12; client_no_context_takeover; server_no_context_takeover",
            ],
            Some(false),
            Some(false),
        );
        check(&["x-custom; server_no_context_takeover, permessage-deflate"], Some(true), Some(true));
        check(&["x-custom", "permessage-deflate; client_no_context_takeover=\"\""], Some(false), Some(true));
        check(&["x-webkit-deflate-frame", "permessage-deflatex"], None, None);
    }
}
