//! Where a service is that has one address for everybody.

use hook_core::{HookUrl, ReadValue};

use super::{
    Parcel,
    settings::{InvalidSetting, NotReady, Setting, Settings, masked},
};

/// A service's own server, or one that a person typed and the allowlist must have.
#[derive(Debug)]
pub(super) struct Server {
    address: Setting<HookUrl>,
    is_typed: bool,
}

impl Server {
    pub(super) fn new(settings: &mut Settings, fixed: &str) -> Result<Self, InvalidSetting> {
        let typed = settings.url.take();
        let is_typed = typed.is_some();
        let address = Setting::new("url", typed.unwrap_or_else(|| fixed.to_owned().into()))?;
        Ok(Self { address, is_typed })
    }

    pub(super) fn masked(&self) -> String {
        match self.address.here() {
            Some(address) if !self.is_typed => address.origin().to_string(),
            _ => self.address.shown(masked),
        }
    }

    /// An empty request to it.
    pub(super) fn parcel(&self, read: ReadValue<'_>) -> Result<Parcel, NotReady> {
        let parcel = Parcel::to(&self.address.get(read)?);
        Ok(if self.is_typed { parcel } else { parcel.fixed() })
    }
}
