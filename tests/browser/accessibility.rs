//! Every page, for everyone: names for a screen reader, structure, contrast, keyboard, small windows.

mod inspection;
mod mutations;
mod walk;
