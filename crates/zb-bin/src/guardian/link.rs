//! What goes over the socket: "hold these pipes", with the pipes themselves, and "you are not needed".

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};

/// What zb tells its guardian.
#[derive(Debug)]
pub(super) enum Word {
    /// Keep these open, and drain them when I am dead.
    Hold(Vec<OwnedFd>),
    /// The run is over.
    Dismissed,
    /// zb is dead: the kernel closed its end.
    Died,
}

const HOLD: u8 = b'h';
const DISMISSED: u8 = b'd';

/// Pipes in one message: restic's standard output and error.
const PIPES: usize = 2;

/// Hands both pipes over. They are kept by the kernel on their way: when this returns, somebody holds them.
pub(super) fn hold(socket: impl AsFd, pipes: [BorrowedFd<'_>; PIPES]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(PIPES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&pipes));
    sendmsg(socket, &[IoSlice::new(&[HOLD])], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Lets the guardian go.
pub(super) fn dismiss(socket: impl AsFd) -> io::Result<()> {
    let mut none = SendAncillaryBuffer::default();
    sendmsg(socket, &[IoSlice::new(&[DISMISSED])], &mut none, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The next word; [`io::ErrorKind::WouldBlock`] where none has come.
pub(super) fn hear(socket: impl AsFd) -> io::Result<Word> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(PIPES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut said = [0];
    let heard = recvmsg(socket, &mut [IoSliceMut::new(&mut said)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let pipes = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(pipes) => Some(pipes),
        _ => None,
    });
    Ok(match (heard.bytes, said) {
        (0, _) => Word::Died,
        (_, [DISMISSED]) => Word::Dismissed,
        _ => Word::Hold(pipes.flatten().collect()),
    })
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        os::unix::net::UnixStream,
    };

    use super::*;

    #[test]
    fn pipes_outlive_the_one_who_made_them() {
        let (zb, guardian) = UnixStream::pair().unwrap();
        let (stdout, mut writer) = io::pipe().unwrap();
        let (stderr, _) = io::pipe().unwrap();
        hold(&zb, [stdout.as_fd(), stderr.as_fd()]).unwrap();
        drop((stdout, stderr));
        writer.write_all(b"still read").unwrap();
        drop(writer);
        let Word::Hold(pipes) = hear(&guardian).unwrap() else { panic!("no pipes") };
        assert_eq!(pipes.len(), 2);
        let mut read = String::new();
        std::fs::File::from(pipes.into_iter().next().unwrap()).read_to_string(&mut read).unwrap();
        assert_eq!(read, "still read");
    }

    #[test]
    fn a_dismissal_is_told_from_a_death() {
        let (zb, guardian) = UnixStream::pair().unwrap();
        dismiss(&zb).unwrap();
        drop(zb);
        assert!(matches!(hear(&guardian).unwrap(), Word::Dismissed));
        assert!(matches!(hear(&guardian).unwrap(), Word::Died));
    }
}
