//! A guest that asks each service once for each request to /services, and says in a header what it was answered;
//! on routes with `ai` it guards LLM calls.

mod ai;
mod conformance;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MapType};
use sluice::{Attributes, Calls, Entry, Error, Left, Limit, Pattern, PatternSet, Reservation, VectorItem, VectorQuery, Window};
use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Plugin::default()));
}}

#[derive(Default)]
struct Plugin {
    patterns: Option<Rc<PatternSet>>,
}

impl Context for Plugin {
    fn on_foreign_function(&mut self, id: u32, size: usize) {
        sluice::answered(id, size);
    }
}

impl RootContext for Plugin {
    fn on_configure(&mut self, _: usize) -> bool {
        let word = Pattern { ignore_case: true, whole_word: true, ..Pattern::literal("SERVICES") };
        let compiled = conformance::conform().and_then(|()| {
            PatternSet::compile(&[word, Pattern::expression("[0-9]+")]).map_err(|error| error.to_string())
        });
        match compiled {
            Ok(set) => {
                self.patterns = Some(Rc::new(set));
                true
            }
            Err(problem) => {
                let _ = hostcalls::log(LogLevel::Error, &format!("services: {problem}"));
                false
            }
        }
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        let patterns = self.patterns.clone()?;
        let inner = Inner { calls: Calls::new(id), said: RefCell::default(), state: RefCell::default() };
        Some(Box::new(Stream { id, patterns, inner: Rc::new(inner) }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream {
    id: u32,
    patterns: Rc<PatternSet>,
    inner: Rc<Inner>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_log(&mut self) {
        sluice::ai::detach(self.id);
        self.inner.calls.forget();
    }

    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        if sluice::ai::attach(self.id, ai::Guard::default()) == sluice::ai::AiAccess::Shown {
            return Action::Continue;
        }
        let path = self.get_http_request_header(":path").unwrap_or_default();
        if !path.starts_with("/services") {
            return Action::Continue;
        }
        if let Err(error) = self.scan(&path) {
            self.inner.say("refused patterns", error);
        }
        self.inner.next(0);
        Action::Pause
    }
}

impl Stream {
    fn scan(&self, path: &str) -> Result<(), Error> {
        let plain = |matches: Vec<sluice::Match>| {
            matches.iter().map(|m| format!("{} {} {}", m.pattern, m.start, m.end)).collect::<Vec<_>>().join(",")
        };
        self.inner.say("scan", plain(self.patterns.scan(path.as_bytes(), 0)?));
        let mut scan = self.patterns.open()?;
        self.inner.say("feed", plain(scan.feed(b"4", false)?));
        self.inner.say("safe", scan.safe());
        self.inner.say("feed", plain(scan.feed(b"2", true)?));
        self.inner.say("safe", scan.safe());
        scan.close()?;
        let model = sluice::embedder_model()?;
        self.inner.say("model", (!model.name.is_empty(), model.dimensions));
        Ok(())
    }
}

#[derive(Default)]
struct State {
    vector: Vec<f32>,
    reservation: u64,
    version: u64,
    fence: u64,
}

fn first(_: &mut State, left: Vec<Left>) -> i64 {
    left[0].remaining
}

struct Inner {
    calls: Calls,
    said: RefCell<String>,
    state: RefCell<State>,
}

impl Inner {
    fn say(&self, what: &str, value: impl Debug) {
        self.said.borrow_mut().push_str(&format!("{what}={value:?}; "));
    }

    /// Makes the asynchronous calls one after another.
    fn next(self: &Rc<Self>, step: u32) {
        if let Err(error) = self.ask(step).or_else(|_| self.ask_more(step)) {
            self.say("refused", (step, error));
            self.finish();
        }
    }

    fn then<T: 'static, V: Debug>(
        self: &Rc<Self>,
        step: u32,
        what: &'static str,
        see: impl FnOnce(&mut State, T) -> V + 'static,
    ) -> impl FnOnce(Result<T, Error>) + 'static {
        let inner = self.clone();
        move |answer| {
            let value = answer.map(|answer| see(&mut inner.state.borrow_mut(), answer));
            inner.say(what, value);
            inner.next(step + 1);
        }
    }

    fn ask(self: &Rc<Self>, step: u32) -> Result<(), Error> {
        let calls = &self.calls;
        let vector = self.state.borrow().vector.clone();
        let attributes = |pairs: &[(&str, &str)]| -> Attributes {
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
        };
        match step {
            0 => calls.count_tokens("gpt-4o", "hello world", self.then(step, "tokens", |_, n: u64| n)),
            1 => calls.embed(
                &["hello", "world"],
                self.then(step, "embed", |state, vectors: Vec<Vec<f32>>| {
                    state.vector = vectors[0].clone();
                    (vectors.len(), vectors[1].len())
                }),
            ),
            2 => {
                let item = VectorItem {
                    key: "k".into(),
                    vector,
                    value: b"v".to_vec(),
                    attributes: attributes(&[("a", "1"), ("b", "2")]),
                    ttl_millis: Some(60_000),
                };
                calls.upsert_vector("n", &item, self.then(step, "upsert", |_, created: bool| created))
            }
            3 => {
                let query = VectorQuery { vector, k: 3, min_score: 0.5, filter: attributes(&[("b", "2")]) };
                let see = |_: &mut State, hits: Vec<sluice::VectorHit>| {
                    let hit = &hits[0];
                    (hits.len(), hit.key.clone(), hit.score > 0.999, hit.value == b"v", hit.attributes["a"].clone())
                };
                calls.search_vectors("n", &query, self.then(step, "search", see))
            }
            4 => calls.delete_vector("n", "x", self.then(step, "deleteVector", |_, deleted: bool| deleted)),
            5 => calls.delete_vectors(
                "n",
                &attributes(&[("a", "1")]),
                self.then(step, "deleteVectors", |_, count: u64| count),
            ),
            _ => Err(Error::NotFound),
        }
    }

    fn ask_more(self: &Rc<Self>, step: u32) -> Result<(), Error> {
        let calls = &self.calls;
        let limit = |key: &str, window| Limit { key: key.into(), amount: 10, window };
        let limits = [
            limit("{a}tokens", Window::Fixed { unit: "month".into(), zone: "UTC".into() }),
            limit("{a}requests", Window::Concurrency { expiry_millis: 60_000 }),
        ];
        let State { reservation, version, fence, .. } = *self.state.borrow();
        match step {
            6 => calls.reserve(
                &limits,
                4,
                60_000,
                self.then(step, "reserve", |state, r: Reservation| {
                    state.reservation = r.id;
                    (r.granted, r.left[0].remaining, r.left[1].remaining)
                }),
            ),
            7 => calls.settle(reservation, 12, self.then(step, "settle", first)),
            8 => calls.reserve(&limits, 1, 60_000, self.then(step, "reserve", |_, r: Reservation| (r.granted, r.id))),
            9 => calls.release(reservation, self.then(step, "release", |_, _: Vec<Left>| ())),
            10 => calls.add(&limits[..1], 3, self.then(step, "add", first)),
            11 => calls.peek(
                &limits,
                self.then(step, "peek", |_, left: Vec<Left>| (left[0].remaining, left[1].remaining)),
            ),
            12 => calls.set(
                "s",
                b"one",
                None,
                self.then(step, "set", |state, version: u64| {
                    state.version = version;
                    version != 0
                }),
            ),
            13 => calls.compare_and_set("s", b"two", version + 1, Some(1000), self.then(step, "mismatch", |_, _: u64| ())),
            14 => calls.compare_and_set(
                "s",
                b"two",
                version,
                Some(60_000),
                self.then(step, "compareAndSet", |state, version: u64| version != state.version),
            ),
            15 | 17 => calls.get("s", self.then(step, "get", |_, entry: Option<Entry>| entry.map(|e| e.value.len()))),
            16 => calls.delete("s", self.then(step, "delete", |_, deleted: bool| deleted)),
            18 => calls.lock(
                "l",
                60_000,
                self.then(step, "lock", |state, fence: Option<u64>| {
                    state.fence = fence.unwrap_or(0);
                    fence.is_some()
                }),
            ),
            19 => calls.lock("l", 60_000, self.then(step, "lock", |_, fence: Option<u64>| fence)),
            20 => calls.unlock("l", fence, self.then(step, "unlock", |_, unlocked: bool| unlocked)),
            21 => {
                self.finish();
                Ok(())
            }
            _ => Err(Error::NotFound),
        }
    }

    fn finish(&self) {
        let said = self.said.borrow();
        let _ = hostcalls::set_map_value(MapType::HttpRequestHeaders, "x-services", Some(&said));
        let _ = hostcalls::resume_http_request();
    }
}
