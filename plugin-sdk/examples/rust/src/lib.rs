use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType};
use serde_json::Value;
use sluice::{Pattern, PatternSet};
use std::rc::Rc;

const DEFAULTS: [&str; 3] = ["AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----"];

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Plugin { settings: None }));
}}

struct Settings {
    header: String,
    set: PatternSet,
    refused: u32,
}

struct Plugin {
    settings: Option<Rc<Settings>>,
}

impl Plugin {
    fn configured(&self) -> Result<Settings, String> {
        let bytes = self.get_plugin_configuration().unwrap_or_else(|| b"{}".to_vec());
        let config: Value = serde_json::from_slice(&bytes).map_err(|problem| problem.to_string())?;
        let patterns: Vec<Pattern> = match config["patterns"].as_array() {
            Some(list) => list.iter().filter_map(Value::as_str).map(Pattern::expression).collect(),
            None => DEFAULTS.map(Pattern::expression).to_vec(),
        };
        // The headers wait while the body is looked at.
        sluice::enable(sluice::HEADER_STATUSES).map_err(|problem| problem.to_string())?;
        Ok(Settings {
            header: config["header"].as_str().unwrap_or("x-checked").into(),
            set: PatternSet::compile(&patterns).map_err(|problem| format!("patterns: {problem}"))?,
            refused: hostcalls::define_metric(MetricType::Counter, "refused").map_err(|status| format!("{status:?}"))?,
        })
    }
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _: usize) -> bool {
        match self.configured() {
            Ok(settings) => {
                self.settings = Some(Rc::new(settings));
                true
            }
            Err(problem) => {
                let _ = hostcalls::log(LogLevel::Error, &format!("configuration: {problem}"));
                false
            }
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { settings: self.settings.clone()? }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream {
    settings: Rc<Settings>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        if end_of_stream { Action::Continue } else { Action::Pause }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream {
            return Action::Pause;
        }
        let body = self.get_http_request_body(0, size).unwrap_or_default();
        let Some(found) = texts(&body) else {
            return self.refuse(400, "the body is not a chat request");
        };
        // A panic fails the exchange by failStrategy.
        if !self.settings.set.scan(found.join("\n").as_bytes(), 1).expect("patterns").is_empty() {
            let _ = hostcalls::increment_metric(self.settings.refused, 1);
            return self.refuse(403, "the prompt carries a credential");
        }
        self.set_http_request_header(&self.settings.header, Some(&found.len().to_string()));
        Action::Continue
    }
}

impl Stream {
    fn refuse(&self, status: u32, why: &str) -> Action {
        let body = format!("{{\"error\":\"{why}\"}}");
        self.send_http_response(status, vec![("content-type", "application/json")], Some(body.as_bytes()));
        Action::Pause
    }
}

/// Returns the texts of a chat request: contents, and the text parts of contents that are lists.
fn texts(body: &[u8]) -> Option<Vec<String>> {
    let mut chat: Value = serde_json::from_slice(body).ok()?;
    let mut found = Vec::new();
    for message in chat.get_mut("messages")?.as_array_mut()? {
        match message["content"].take() {
            Value::String(text) => found.push(text),
            Value::Array(parts) => found.extend(parts.iter().filter_map(|part| part["text"].as_str()).map(String::from)),
            _ => {}
        }
    }
    Some(found)
}
