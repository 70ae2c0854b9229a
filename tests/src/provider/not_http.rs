//! TLS ports that do not speak HTTP: what the agent has to leave alone.
//!
//! `Smtp` greets first and answers every line; `Binary` sends back, with its length before it, whatever it gets.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

use super::limits;

/// What a port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Lines, and the server speaks first.
    Smtp,
    /// Frames of a four-byte length and as many bytes, none of which is text.
    Binary,
}

/// A line or frame longer than this ends the connection.
const LONGEST: u64 = 64 * 1024;

pub(super) async fn connection(protocol: Protocol, config: Arc<ServerConfig>, tcp: TcpStream) {
    let Ok(Ok(stream)) = timeout(limits::HANDSHAKE, TlsAcceptor::from(config).accept(tcp)).await else {
        return;
    };
    // However it ends, the client is the one who tells.
    let _ended = timeout(limits::IDLE, async {
        match protocol {
            Protocol::Smtp => smtp(stream).await,
            Protocol::Binary => binary(stream).await,
        }
    })
    .await;
}

async fn smtp(stream: TlsStream<TcpStream>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 localhost ESMTP\r\n").await?;
    stream.flush().await?;
    loop {
        let mut line = Vec::new();
        let read = (&mut stream).take(LONGEST).read_until(b'\n', &mut line).await?;
        if read == 0 || !line.ends_with(b"\n") {
            return Ok(());
        }
        let quit = line.eq_ignore_ascii_case(b"QUIT\r\n");
        let answer: &[u8] = if quit { b"221 2.0.0 Bye\r\n" } else { b"250 2.0.0 Ok\r\n" };
        stream.write_all(answer).await?;
        stream.flush().await?;
        if quit {
            return stream.shutdown().await;
        }
    }
}

async fn binary(mut stream: TlsStream<TcpStream>) -> io::Result<()> {
    loop {
        let length = stream.read_u32().await?;
        if u64::from(length) > LONGEST {
            return Ok(());
        }
        let mut frame = vec![0; length as usize];
        stream.read_exact(&mut frame).await?;
        stream.write_u32(length).await?;
        stream.write_all(&frame).await?;
        stream.flush().await?;
    }
}
