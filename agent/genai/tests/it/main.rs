//! The interpreter against exchanges as data.

mod chat;
mod decoded;
mod endings;
mod hostile;
mod recognition;
mod samples;
mod talk;
