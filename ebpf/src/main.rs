//! The programs that copy plaintext and lifecycle events out of processes.
//!
//! They copy and time; they do not interpret. Each program body is one line, the work is in the module of the same
//! subject. On the host this crate is a stub, so that `cargo check --workspace` and clippy see it.
#![cfg_attr(target_arch = "bpf", no_std)]
#![cfg_attr(target_arch = "bpf", no_main)]
// For one comment in emit.rs; aya-ebpf itself needs the same.
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]

#[cfg(target_arch = "bpf")]
mod connection;
#[cfg(target_arch = "bpf")]
mod emit;
#[cfg(target_arch = "bpf")]
mod maps;
#[cfg(target_arch = "bpf")]
mod openssl;
#[cfg(target_arch = "bpf")]
mod policy;
#[cfg(target_arch = "bpf")]
mod process;

#[cfg(target_arch = "bpf")]
mod programs {
    use aya_ebpf::{
        macros::{raw_tracepoint, uprobe, uretprobe},
        programs::{ProbeContext, RawTracePointContext, RetProbeContext},
    };

    use super::{openssl, process};

    /// Entry of every function that moves plaintext.
    #[uprobe]
    pub(super) fn ssl_data_enter(ctx: ProbeContext) -> u32 {
        openssl::data_enter(&ctx)
    }

    /// Return of the same. Sleepable (Linux 6.0), so that pages that are not in memory can be brought back.
    #[uretprobe(sleepable)]
    pub(super) fn ssl_data_return(ctx: RetProbeContext) -> u32 {
        openssl::data_return::<true>(&ctx)
    }

    /// The same for older kernels: a page that is not in memory is a counted gap.
    #[uretprobe]
    pub(super) fn ssl_data_return_5_15(ctx: RetProbeContext) -> u32 {
        openssl::data_return::<false>(&ctx)
    }

    /// Entry of the handshake calls.
    #[uprobe]
    pub(super) fn ssl_handshake_enter(ctx: ProbeContext) -> u32 {
        openssl::handshake_enter(&ctx)
    }

    /// Return of the handshake calls.
    #[uretprobe]
    pub(super) fn ssl_handshake_return(ctx: RetProbeContext) -> u32 {
        openssl::handshake_return(&ctx)
    }

    /// Entry of `SSL_free`, `SSL_shutdown` and `SSL_ctrl`: marks only.
    #[uprobe]
    pub(super) fn ssl_mark(ctx: ProbeContext) -> u32 {
        openssl::mark(&ctx)
    }

    /// A process forks: what the agent decided about it holds for the child.
    #[raw_tracepoint(tracepoint = "sched_process_fork")]
    pub(super) fn process_fork(ctx: RawTracePointContext) -> i32 {
        process::fork(&ctx)
    }

    /// A process executes another program: it is decided anew.
    #[raw_tracepoint(tracepoint = "sched_process_exec")]
    pub(super) fn process_exec(_ctx: RawTracePointContext) -> i32 {
        process::exec()
    }

    /// A thread ends.
    #[raw_tracepoint(tracepoint = "sched_process_exit")]
    pub(super) fn process_exit(_ctx: RawTracePointContext) -> i32 {
        process::exit()
    }

    /// A process moves to another cgroup: it is decided anew.
    #[raw_tracepoint(tracepoint = "cgroup_attach_task")]
    pub(super) fn process_moved(ctx: RawTracePointContext) -> i32 {
        process::moved(&ctx)
    }
}

/// The kernel reads this; helpers that only GPL programs may call need it.
#[cfg(target_arch = "bpf")]
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    // No path leads here: the verifier refuses a program that could.
    loop {}
}

#[cfg(not(target_arch = "bpf"))]
fn main() {}
