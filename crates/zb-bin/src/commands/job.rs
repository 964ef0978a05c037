//! `zb job`: the jobs of the store.

mod delete;
mod export;
mod import;
mod list;

pub use delete::delete;
pub use export::export;
pub use import::import;
pub use list::list;
