//! Signals to processes that we started, by a name that cannot come to mean another process.

use std::{
    io,
    os::{
        fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
        unix::process::CommandExt as _,
    },
    process::Command,
};

/// A process, fixed: its pid may be used again, this descriptor stays its own.
#[derive(Debug)]
pub(super) struct PidFd(OwnedFd);

impl PidFd {
    /// Fixes the process that has this pid now.
    pub(super) fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: pidfd_open(2) takes two integers and touches no memory of ours.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let fd = i32::try_from(fd).map_err(|_| io::ErrorKind::InvalidData)?;
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just given us this descriptor, and nobody else knows of it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Sends `signal`; a process that has ended is no error.
    pub(super) fn signal(&self, signal: i32) -> io::Result<()> {
        let no_info: *const libc::siginfo_t = std::ptr::null();
        // SAFETY: the descriptor is open, and a null siginfo is what pidfd_send_signal(2) takes for kill's behaviour.
        let result =
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), signal, no_info, 0) };
        match io::Error::last_os_error() {
            _ if result == 0 => Ok(()),
            error if error.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            error => Err(error),
        }
    }
}

/// Makes a command hear SIGINT. A shell that puts a job into the background has it ignored, that is inherited, and a
/// script of `sh` cannot even trap a signal that was ignored when it began.
pub(super) fn hears_interrupt(command: &mut Command) {
    // SAFETY: between fork and exec only signal(2) is called, which is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            Ok(())
        })
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    #[test]
    fn signals_reach_the_process_and_an_ended_one_is_no_error() -> io::Result<()> {
        let mut child = Command::new("/bin/sleep").arg("60").spawn()?;
        let process = PidFd::open(child.id())?;
        process.signal(libc::SIGTERM)?;
        assert_eq!(child.wait()?.signal(), Some(libc::SIGTERM));
        process.signal(libc::SIGTERM)?;
        assert!(PidFd::open(child.id()).is_err());
        Ok(())
    }
}
