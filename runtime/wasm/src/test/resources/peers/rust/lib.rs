// The job that the guests of every SDK do (SdkGuestsTest), on the proxy-wasm Rust SDK.
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType};
use std::time::Duration;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { config: String::new(), requests: 0, logged: 0 }));
}}

struct Root {
    config: String,
    requests: u32,
    logged: u32,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        self.config = String::from_utf8_lossy(&bytes).into_owned();
        self.requests = hostcalls::define_metric(MetricType::Counter, "sdk_requests").unwrap();
        self.logged = hostcalls::define_metric(MetricType::Counter, "sdk_logged").unwrap();
        hostcalls::log(LogLevel::Info, &format!("configured with {} bytes", size)).unwrap();
        self.set_tick_period(Duration::from_millis(50));
        true
    }

    fn on_tick(&mut self) {
        let (data, cas) = self.get_shared_data("ticks");
        let ticks: u32 = data.and_then(|d| String::from_utf8(d).ok()).and_then(|t| t.parse().ok()).unwrap_or(0);
        let _ = self.set_shared_data("ticks", Some((ticks + 1).to_string().as_bytes()), cas);
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { config: self.config.clone(), requests: self.requests, logged: self.logged }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream {
    config: String,
    requests: u32,
    logged: u32,
}

impl Context for Stream {
    fn on_http_call_response(&mut self, _: u32, _: usize, size: usize, _: usize) {
        let body = self.get_http_call_response_body(0, size).unwrap_or_default();
        if let Some(answer) = self.get_http_call_response_header("x-answer") {
            self.add_http_request_header("x-called", &format!("{} {}", answer, String::from_utf8_lossy(&body)));
        }
        self.resume_http_request();
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let agent = self.get_http_request_header("user-agent").unwrap_or_default();
        let path = self.get_property(vec!["request", "path"]).unwrap_or_default();
        let path = String::from_utf8_lossy(&path).into_owned();
        self.add_http_request_header("x-config", &self.config);
        self.add_http_request_header("x-agent", &agent);
        self.set_http_request_header("x-path", Some(&path));
        self.remove_http_request_header("x-gone");
        self.remove_http_request_header("content-length");
        if path == "/denied" {
            self.send_http_response(403, vec![("x-by", "guest")], Some(b"no"));
            return Action::Pause;
        }
        if path == "/call" {
            let headers = vec![(":method", "GET"), (":path", "/answer"), (":authority", "up")];
            if self.dispatch_http_call("up", headers, None, vec![], Duration::from_secs(5)).is_ok() {
                return Action::Pause;
            }
        }
        Action::Continue
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        if !end {
            return Action::Pause;
        }
        let body = self.get_http_request_body(0, size).unwrap_or_default();
        self.set_http_request_body(0, size, &[b"[", body.as_slice(), b"]"].concat());
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        hostcalls::increment_metric(self.requests, 1).unwrap();
        let ticks = self.get_shared_data("ticks").0.unwrap_or_default();
        self.add_http_response_header("x-ticks", &String::from_utf8_lossy(&ticks));
        self.remove_http_response_header("content-length");
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        if !end {
            return Action::Pause;
        }
        let body = self.get_http_response_body(0, size).unwrap_or_default();
        self.set_http_response_body(0, size, &[b"<", body.as_slice(), b">"].concat());
        Action::Continue
    }

    fn on_log(&mut self) {
        hostcalls::increment_metric(self.logged, 1).unwrap();
    }
}
