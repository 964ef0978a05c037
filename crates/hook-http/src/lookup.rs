//! Names to addresses, on the thread that asks.
//!
//! The HTTP stack's own way asks for a second thread, and panics where the machine has none to spare: a post hook could then not
//! be sent. An exchange has its thread for itself ([`exchange`](crate::exchange)), so that a lookup may block it.

use std::{future::ready, net::ToSocketAddrs};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The system's resolver (`getaddrinfo`), called in place.
pub(crate) struct InPlace;

impl Resolve for InPlace {
    fn resolve(&self, name: Name) -> Resolving {
        // The port is the URL's: the HTTP stack puts it in.
        let found = (name.as_str(), 0).to_socket_addrs();
        Box::pin(ready(match found {
            Ok(addresses) => Ok(Box::new(addresses) as Addrs),
            Err(error) => Err(error.into()),
        }))
    }
}
