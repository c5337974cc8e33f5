//! Typed calls of the services that the Sluice gateway offers to plugins beyond the proxy-wasm ABI: patterns, tokens,
//! embeddings, vectors, counters and a store; the callbacks on LLM calls are in [`ai`]. It stands beside the crate `proxy-wasm`, which does everything else.
//!
//! Asynchronous calls are methods of [`Calls`], one for each stream. They take a closure for the answer, which runs while
//! the stream that asked is the effective context, so that `proxy_wasm::hostcalls` act on it. It does not run when the
//! stream is gone by then. The root context passes answers on:
//!
//! ```ignore
//! impl Context for Root {
//!     fn on_foreign_function(&mut self, id: u32, size: usize) {
//!         sluice::answered(id, size);
//!     }
//! }
//! impl HttpContext for Stream {
//!     fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
//!         let asked = self.calls.count_tokens("gpt-4o", "Hello", |tokens| {
//!             let _ = hostcalls::set_map_value(MapType::HttpRequestHeaders, "x-tokens", Some(&tokens.unwrap().to_string()));
//!             let _ = hostcalls::resume_http_request();
//!         });
//!         if asked.is_ok() { Action::Pause } else { Action::Continue }
//!     }
//! }
//! ```
//!
//! A call that the host refuses at once returns an error: `NotFound` on hosts without the service, which are all but
//! Sluice, `BadArgument`, `InternalFailure` without the grant. ABI.md of the SDK says what each call does, with its limits.

pub mod ai;
mod calls;
mod codec;
mod counters;
mod host;
mod patterns;
mod store;
mod text;
mod vectors;

pub use calls::{answered, call, Calls, Error};
pub use codec::{Decoder, Encoder};
pub use counters::{Left, Limit, Reservation, Window};
pub use host::{enable, HEADER_STATUSES};
pub use patterns::{Match, Pattern, PatternKind, PatternSet, PatternStream};
pub use store::Entry;
pub use text::{embedder_model, EmbedderModel};
pub use vectors::{Attributes, VectorHit, VectorItem, VectorQuery};
