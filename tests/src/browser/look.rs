//! How a page is looked at.

use serde_json::{Value, json};

/// One way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// The window's width in pixels: 390 is a phone.
    pub width: u32,
    /// Which colours the person prefers.
    pub scheme: Scheme,
    /// Whether JavaScript runs.
    pub scripts: Scripts,
}

/// What `prefers-color-scheme` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Scheme {
    Light,
    Dark,
}

/// Whether a page may run JavaScript.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Scripts {
    On,
    Off,
}

impl Look {
    /// A desktop in the light, with JavaScript.
    pub const DESKTOP: Self = Self { width: 1280, scheme: Scheme::Light, scripts: Scripts::On };

    /// Every combination of a phone and a desktop, both schemes, and JavaScript.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let widths = [1280, 390].into_iter();
        let looks = widths.flat_map(|width| [Scheme::Light, Scheme::Dark].map(|scheme| (width, scheme)));
        let both =
            |(width, scheme)| [Scripts::On, Scripts::Off].map(|scripts| Self { width, scheme, scripts });
        looks.flat_map(both).collect()
    }

    /// The same, with these colours.
    #[must_use]
    pub fn scheme(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    /// The same, in a window of this width.
    #[must_use]
    pub fn width(self, width: u32) -> Self {
        Self { width, ..self }
    }

    /// The same, with JavaScript or without.
    #[must_use]
    pub fn scripts(self, scripts: Scripts) -> Self {
        Self { scripts, ..self }
    }

    /// The commands of the DevTools protocol that make it so.
    pub(super) fn commands(self) -> [(&'static str, Value); 4] {
        let height = if self.width < 600 { 844 } else { 800 };
        let size = json!({"width": self.width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let scheme = if self.scheme == Scheme::Dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        [
            ("Emulation.setDeviceMetricsOverride", size),
            // A bar that takes room in a window is no part of its width.
            ("Emulation.setScrollbarsHidden", json!({"hidden": true})),
            ("Emulation.setEmulatedMedia", media),
            ("Emulation.setScriptExecutionDisabled", json!({"value": self.scripts == Scripts::Off})),
        ]
    }
}
