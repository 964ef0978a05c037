//! Who calls: credentials, set-up links, passwords, and what keeps strangers from guessing them (`api.md` §2, §8).

mod begin;
mod client;
mod cookie;
mod cross_site;
mod extract;
mod first_link;
mod limits;
mod password;
mod secrets;
mod set_up;
mod signed_in;
mod trail;

pub use client::Peer;
pub use first_link::{set_up_link, set_up_url};
pub use limits::Limits;
pub use secrets::{Accounts, AddUser, Minted};
pub use trail::Action;

pub(crate) use client::Client;
pub(crate) use cookie::{clear_cookie, set_cookie};
pub(crate) use extract::{MayGuess, Open, OwnSite, challenge};
pub(crate) use limits::Guess;
pub(crate) use limits::Limit;
pub(crate) use password::{hash_password, is_password};
pub(crate) use secrets::digest;
pub(crate) use signed_in::{SignedIn, needs_session};
