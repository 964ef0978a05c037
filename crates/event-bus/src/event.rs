//! What can be published.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

/// Anything that can be kept and handed round.
///
/// A name for a bundle of bounds, implemented for every type that has them. It has no methods, so that your
/// events and this crate need not know each other.
pub trait Event: Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static> Event for T {}
