//! Child processes that never outlive this process, however it ends.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

type Request = (Command, Sender<io::Result<Child>>);

/// Starts a process that the kernel kills (SIGKILL) as soon as this process is gone, and that terminal signals such as
/// Ctrl-C don't reach: ending it is up to the caller.
///
/// The kernel ties a child to the *thread* that started it, so all children are started by one thread that lives as
/// long as the process.
///
/// # Errors
/// What the operating system says when the program can't be started.
pub fn spawn_tied(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Sender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, receiver) = channel::<Request>();
        thread::spawn(move || {
            for (command, reply) in receiver {
                // A caller that no longer waits has nothing to be told; its child is dropped with the message.
                let _ = reply.send(tie_and_spawn(command));
            }
        });
        sender
    });
    let (reply, answer) = channel();
    let gone = || io::Error::other("the thread that starts child processes is gone");
    spawner.send((command, reply)).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn tie_and_spawn(mut command: Command) -> io::Result<Child> {
    let parent = std::process::id();
    let tie = move || {
        // SAFETY: prctl with PR_SET_PDEATHSIG takes one signal number and touches no memory of ours; it is
        // async-signal-safe, as code between fork and exec must be.
        if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have ended before the line above took effect.
        if std::os::unix::process::parent_id() != parent {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        Ok(())
    };
    // SAFETY: the closure calls only prctl and getppid and allocates nothing, so it is sound in the forked child.
    unsafe { command.pre_exec(tie) };
    command.process_group(0);
    command.spawn()
}
