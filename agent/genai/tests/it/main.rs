//! The interpreter against exchanges as data.

mod anthropic;
mod bytes_of;
mod chat;
mod decoded;
mod embeddings;
mod endings;
mod engines;

mod gemini;
mod hostile;
mod memory;
mod ollama;
mod price;
mod price_files;
mod recognition;
mod responses;
mod samples;
mod talk;
