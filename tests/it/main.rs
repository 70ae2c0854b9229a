//! End-to-end tests: the agent between real clients and the local provider.
//!
//! They need privilege, and say so and pass where it is missing (`tests::harness::Live`). They observe only what they
//! start: every agent runs on a cgroup of the test's own.

mod live_bedrock;
mod live_faults;
mod live_filters;
mod live_http2;
mod live_late;
mod live_left;
mod live_library;
mod live_life;
mod live_many;
mod live_marks;
mod live_openssl;
mod live_sdk;
mod live_sdk_node;
mod live_secrets;
mod live_tape;
mod providers_md;
mod scene;
mod sdk_tapes;
