//! The provider as an HTTP/2 client sees it, frame by frame. Its own runtime is the provider's, so no client of another
//! language has to be there.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use flate2::write::GzDecoder;
use h2::client;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

use super::*;
use crate::provider::{End, Options, Provider, Truth};

/// Starts a provider and plays `test` as its client.
fn with_provider(test: impl AsyncFnOnce(&Provider) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let provider = Provider::start(Options::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { timeout(Duration::from_secs(60), test(&provider)).await })?
}

async fn connect(provider: &Provider, alpn: &[&str]) -> anyhow::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(provider.ca_path())?)?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(provider.url().trim_start_matches("https://")).await?;
    Ok(TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("127.0.0.1")?, tcp).await?)
}

/// One answer: what each DATA frame carried, and the trailers.
struct Answer {
    head: http::response::Parts,
    frames: Vec<Bytes>,
    trailers: Option<HeaderMap>,
}

async fn ask(client: &mut client::SendRequest<Bytes>, script: &str) -> anyhow::Result<Answer> {
    let request =
        Request::post("https://localhost/v1/chat/completions").header("x-script", script).body(())?;
    let body = json!({"model": "m", "messages": [], "stream": true}).to_string();
    let (response, mut upload) = client.send_request(request, false)?;
    upload.send_data(body.into(), true)?;
    let (head, mut body) = response.await?.into_parts();
    let mut frames = Vec::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        frames.push(data);
    }
    Ok(Answer { head, frames, trailers: body.trailers().await? })
}

fn truth(provider: &Provider, head: &http::response::Parts) -> anyhow::Result<Truth> {
    let id = head.headers.get("x-request-id").context("an id")?.to_str()?;
    provider.log().find(id).context("a truth")
}

#[test]
fn the_version_is_what_the_client_offers() -> anyhow::Result<()> {
    with_provider(async |provider| {
        for (offer, expect) in [
            (&["h2", "http/1.1"][..], Some(&b"h2"[..])),
            (&["http/1.1", "h2"], Some(b"h2")),
            (&["h2"], Some(b"h2")),
            (&["http/1.1"], Some(b"http/1.1")),
            (&[], None),
        ] {
            let stream = connect(provider, offer).await?;
            assert_eq!(stream.get_ref().1.alpn_protocol(), expect, "{offer:?}");
        }
        Ok(())
    })
}

#[test]
fn each_event_leaves_alone_and_can_be_decoded_when_it_is_there() -> anyhow::Result<()> {
    with_provider(async |provider| {
        let (mut client, connection) = client::handshake(connect(provider, &["h2"]).await?).await?;
        let connection = tokio::spawn(connection);

        let plain = ask(&mut client, "chunks=4,gap_ms=1").await?;
        let told = truth(provider, &plain.head)?;
        let frames: Vec<&Bytes> = plain.frames.iter().filter(|frame| !frame.is_empty()).collect();
        assert_eq!(frames.len(), told.chunks.len() + 1, "a frame for each event and for [DONE]");
        assert!(frames.iter().all(|frame| frame.starts_with(b"data: ") && frame.ends_with(b"\n\n")));
        assert_eq!(frames.iter().map(|frame| frame.len() as u64).sum::<u64>(), told.response_bytes);
        assert_eq!((told.end, plain.trailers), (End::Whole, None));
        assert_eq!(plain.head.headers.get("content-encoding"), None);

        let coded = ask(&mut client, "chunks=4,gap_ms=1,coding=gzip,trailers=1").await?;
        let told = truth(provider, &coded.head)?;
        assert_eq!(coded.head.headers["content-encoding"], "gzip");
        assert_eq!(coded.trailers.context("trailers")?[TRAILER.0], TRAILER.1);
        let mut decoder = GzDecoder::new(Vec::new());
        for (index, frame) in coded.frames.iter().enumerate() {
            io::Write::write_all(&mut decoder, frame)?;
            io::Write::flush(&mut decoder)?;
            let events = String::from_utf8_lossy(decoder.get_ref()).matches("\n\n").count();
            assert_eq!(events, (index + 1).min(told.chunks.len() + 1), "frame {index}");
            assert!(decoder.get_ref().ends_with(b"\n\n"));
        }
        assert_eq!(truth(provider, &coded.head)?.http2_stream, Some(3));
        drop(client);
        connection.await??;
        Ok(())
    })
}

#[test]
fn a_scripted_end_is_of_the_stream_or_of_the_connection() -> anyhow::Result<()> {
    with_provider(async |provider| {
        let (mut client, connection) = client::handshake(connect(provider, &["h2"]).await?).await?;
        let connection = tokio::spawn(connection);
        let cut = ask(&mut client, "chunks=3,abort_after=1,gap_ms=1").await.err().context("it was cut")?;
        assert_eq!(cut.downcast_ref::<h2::Error>().and_then(h2::Error::reason), Some(Reason::INTERNAL_ERROR));

        // Another stream is open when the one ends that closes: it is played to its end.
        let mut other = client.clone();
        let longer = tokio::spawn(async move { ask(&mut other, "chunks=30,gap_ms=5").await });
        let closing = ask(&mut client, "chunks=1,ttft_ms=0,close=1").await?;
        let longer = longer.await??;
        for answer in [&closing, &longer] {
            assert_eq!(truth(provider, &answer.head)?.end, End::Whole);
        }
        ensure!(
            truth(provider, &longer.head)?.done_sent > truth(provider, &closing.head)?.done_sent,
            "not at once"
        );
        // GOAWAY without an error: the connection ends by itself, with this side still willing.
        connection.await??;
        assert!(ask(&mut client, "").await.is_err());
        Ok(())
    })
}

/// A client that takes no more: the call is over for the provider too.
#[test]
fn a_stream_that_the_client_resets_is_gone() -> anyhow::Result<()> {
    with_provider(async |provider| {
        let (mut client, connection) = client::handshake(connect(provider, &["h2"]).await?).await?;
        let connection = tokio::spawn(connection);
        let request = Request::post("https://localhost/v1/chat/completions")
            .header("x-script", "chunks=10000,gap_ms=1")
            .body(())?;
        let (response, mut upload) = client.send_request(request, false)?;
        let body = json!({"model": "m", "messages": [], "stream": true}).to_string();
        upload.send_data(body.into(), true)?;
        let (head, mut body) = response.await?.into_parts();
        body.data().await.context("an event")??;
        drop(body);
        upload.send_reset(Reason::CANCEL);
        loop {
            let told = truth(provider, &head)?;
            if told.end == End::ClientGone {
                assert!(told.chunks.len() < 10_000);
                break;
            }
            assert_eq!(told.end, End::Running);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        drop((client, upload));
        connection.await??;
        Ok(())
    })
}
