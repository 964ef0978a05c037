//! The one table of routes: the router is built of it, and so is the OpenAPI document.

use axum::{
    Router,
    handler::Handler,
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
use http::Method;

use crate::{Scope, Service, frame::accept, schema::Shape};

/// Who may call a route (`api.md` §2). The handler sees to it; this says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    /// Without any credential.
    Anyone,
    /// A session or a token of this scope.
    Scope(Scope),
    /// A session.
    Session,
    /// The session of an owner.
    Owner,
    /// The session of an owner of `org_default`.
    Operator,
}

/// What an answer has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// Nothing.
    Nothing,
    /// JSON of this shape.
    Json(&'static Shape),
    /// A page of a list: items of this shape.
    List(&'static Shape),
    /// Another type.
    Other(&'static str),
}

/// What a request brings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asks {
    /// Nothing.
    Nothing,
    /// JSON of this shape.
    Json(&'static Shape),
    /// The same, or TOML.
    JsonOrToml(&'static Shape),
}

/// An operation: a method of a path.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below the base path, with `{names}`.
    pub(crate) path: &'static str,
    /// What it does, as a name: `listRuns`.
    pub(crate) name: &'static str,
    pub(crate) who: Who,
    pub(crate) query: &'static [&'static str],
    pub(crate) is_list: bool,
    pub(crate) asks: Asks,
    /// With their status.
    pub(crate) answers: Vec<(u16, Content)>,
    handler: MethodRouter<Service>,
}

macro_rules! methods {
    ($($method:ident $constant:ident,)*) => {
        impl Route {
            $(
                /// An operation of this method. `name` is unique.
                pub(crate) fn $method<T: 'static>(
                    path: &'static str,
                    name: &'static str,
                    who: Who,
                    handler: impl Handler<T, Service>,
                ) -> Self {
                    Self::new(Method::$constant, path, name, who, on(MethodFilter::$constant, handler))
                }
            )*
        }
    };
}

methods! { get GET, post POST, put PUT, patch PATCH, delete DELETE, }

impl Route {
    fn new(
        method: Method,
        path: &'static str,
        name: &'static str,
        who: Who,
        handler: MethodRouter<Service>,
    ) -> Self {
        let asks = Asks::Nothing;
        Self { method, path, name, who, query: &[], is_list: false, asks, answers: Vec::new(), handler }
    }

    /// The names of its query's parameters, but for those of pages.
    pub(crate) fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    /// What its body is.
    pub(crate) fn asks(self, asks: Asks) -> Self {
        Self { asks, ..self }
    }

    /// An answer without content.
    pub(crate) fn empty(self, status: u16) -> Self {
        self.content(status, Content::Nothing)
    }

    /// An answer in JSON.
    pub(crate) fn json(self, status: u16, shape: &'static Shape) -> Self {
        self.content(status, Content::Json(shape))
    }

    /// A list in pages: it has `limit` and `cursor`.
    pub(crate) fn list(mut self, item: &'static Shape) -> Self {
        self.is_list = true;
        self.content(200, Content::List(item))
    }

    /// An answer of another type.
    pub(crate) fn other(self, status: u16, media_type: &'static str) -> Self {
        self.content(status, Content::Other(media_type))
    }

    fn content(mut self, status: u16, content: Content) -> Self {
        self.answers.push((status, content));
        self
    }

    /// The types of its answers; problems aside, which are sent whatever a request accepts.
    fn media_types(&self) -> Vec<&'static str> {
        let types = self.answers.iter().filter_map(|(_, content)| match content {
            Content::Nothing => None,
            Content::Json(_) | Content::List(_) => Some("application/json"),
            Content::Other(media_type) => Some(*media_type),
        });
        types.collect()
    }
}

/// The names of a path's parts in braces.
pub(crate) fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// The router of a table.
pub(crate) fn router(routes: Vec<Route>) -> Router<Service> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let types: &'static [&'static str] = route.media_types().leak();
        let checked = middleware::from_fn_with_state(types, accept::check);
        router.route(route.path, route.handler.route_layer(checked))
    })
}
