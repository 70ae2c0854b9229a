//! The interpreter against exchanges as data.

mod anthropic;
mod bedrock;
mod bytes_of;
mod chat;
mod cohere;
mod completions;
mod decoded;
mod dialects;
mod embeddings;
mod endings;
mod engines;

mod gemini;
mod gemini_interactions;
mod hostile;
mod mcp;
mod memory;
mod ollama;
mod price;
mod price_files;
mod recognition;
mod rerank;
mod responses;
mod samples;
mod sockets;
mod talk;
