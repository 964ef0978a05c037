//! The key file of a data directory: 32 random bytes, mode 0600, made once and never overwritten.

use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
};

use chacha20poly1305::aead::Generate;
use zeroize::Zeroizing;

use crate::{
    directory::DataDir,
    error::OpenError,
    files::{open_if_there, remove_if_there},
};

/// What everything at rest is sealed with. Wiped when dropped.
pub(crate) type Key = Zeroizing<[u8; LENGTH]>;

const LENGTH: usize = 32;

/// The key, or nothing where there is no key file.
///
/// # Errors
/// The file is no key, or others may read it.
pub(crate) fn read(dir: &DataDir) -> Result<Option<Key>, OpenError> {
    let path = dir.key();
    let fail = |source| OpenError::Key { path: dir.key(), source };
    let Some(file) = open_if_there(&path).map_err(fail)? else { return Ok(None) };
    let mode = file.metadata().map_err(fail)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(OpenError::KeyExposed { path, mode });
    }
    // One byte more than a key, so that too long a file shows; never moved by growing, so that none is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
    (&file).take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
    match <[u8; LENGTH]>::try_from(bytes.as_slice()) {
        Ok(key) => Ok(Some(Zeroizing::new(key))),
        Err(_) => {
            let bytes = usize::try_from(file.metadata().map_err(fail)?.len()).unwrap_or(usize::MAX);
            Err(OpenError::KeyDamaged { path, bytes })
        }
    }
}

/// Makes a key. Whoever calls holds the lock of the directory and has seen that there is none.
pub(crate) fn create(dir: &DataDir) -> Result<Key, OpenError> {
    let write = || -> io::Result<Key> {
        let key = Zeroizing::new(<[u8; LENGTH]>::try_generate().map_err(io::Error::other)?);
        let made = dir.path().join("key.new");
        remove_if_there(&made)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&made)?;
        file.write_all(&*key)?;
        file.sync_all()?;
        dir.put_in_place(&made, &dir.key())?;
        Ok(key)
    };
    write().map_err(|source| OpenError::NotWritable { path: dir.key(), source: source.into() })
}
