//! Passwords: argon2id, with OWASP's parameters (19 MiB, 2 passes, 1 lane; "Password Storage Cheat Sheet"), 16 bytes of
//! salt, as a PHC string. One at a time, so that sign-ins at once do not take zb's memory.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash,
};
use hook_core::Secret;
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{Problem, Service};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Looks like a password's and is nobody's: an unknown user costs the same work.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw\
                       $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static TURN: Semaphore = Semaphore::const_new(1);

/// A password as it is kept.
///
/// # Errors
/// 500: there is no memory for it.
pub(crate) async fn hash_password(service: &Service, password: Secret) -> Result<Secret, Problem> {
    let mut salt = [0; 16];
    (service.around.random)(&mut salt);
    let hashed = in_turn(move || {
        let hashed = argon2()?.hash_password_with_salt(password.expose().as_bytes(), &salt);
        hashed.map(|hash| Secret::from(hash.to_string())).map_err(|error| error.to_string())
    });
    hashed.await.map_err(|reason| service.internal(&format!("cannot hash a password: {reason}")))
}

/// Whether it is the password. Where there is none, the work is the same, and it is wrong.
///
/// # Errors
/// 500: there is no memory for it.
pub(crate) async fn is_password(
    service: &Service,
    password: Secret,
    kept: Option<Secret>,
) -> Result<bool, Problem> {
    let checked = in_turn(move || {
        let of = kept.as_ref().map_or(NOBODYS, Secret::expose);
        let hash = PasswordHash::new(of).map_err(|error| error.to_string())?;
        let matches = argon2()?.verify_password(password.expose().as_bytes(), &hash).is_ok();
        Ok(matches && kept.is_some())
    });
    checked.await.map_err(|reason| service.internal(&format!("cannot check a password: {reason}")))
}

async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let turn = TURN.acquire().await.map_err(|error| error.to_string())?;
    let done = spawn_blocking(move || {
        // Held to the end, also when nobody waits any more.
        let _turn = turn;
        work()
    });
    done.await.map_err(|error| error.to_string())?
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_costs_what_a_users_does() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        let real = argon2().unwrap().hash_password_with_salt(b"correct horse battery", &[7; 16]).unwrap();
        assert_eq!(nobodys.params, real.params);
        assert_eq!((nobodys.algorithm, nobodys.version), (real.algorithm, real.version));
        let lengths = |hash: &PasswordHash| {
            (hash.salt.as_ref().unwrap().as_ref().len(), hash.hash.as_ref().unwrap().as_bytes().len())
        };
        assert_eq!(lengths(&nobodys), lengths(&real));
        assert!(real.to_string().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}
