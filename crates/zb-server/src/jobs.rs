//! Jobs between the store, their documents and whoever asks: what the API and the pages do alike.

mod delete;
mod facts;
mod refused;
mod save;
mod show;
