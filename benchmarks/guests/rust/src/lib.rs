// One guest for three: `{"do": "empty"}`, `{"do": "header"}` (the default) or `{"do": "body"}`.
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use std::cell::Cell;
use std::rc::Rc;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Warn);
    proxy_wasm::set_root_context(|_| Box::new(Root { does: Does::Header, lines: Rc::new(Cell::new(0)) }));
}}

#[derive(Clone, Copy)]
enum Does {
    Empty,
    Header,
    Body,
}

struct Root {
    does: Does,
    lines: Rc<Cell<usize>>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        let text = self.get_plugin_configuration().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        self.does = if text.contains("empty") {
            Does::Empty
        } else if text.contains("body") {
            Does::Body
        } else {
            Does::Header
        };
        true
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { does: self.does, lines: self.lines.clone() }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream {
    does: Does,
    lines: Rc<Cell<usize>>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        if let Does::Header = self.does {
            self.add_http_response_header("x-hello", "world");
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, _: bool) -> Action {
        if let Does::Body = self.does {
            let body = self.get_http_response_body(0, size).unwrap_or_default();
            let lines = body.iter().filter(|byte| **byte == b'\n').count();
            self.lines.set(self.lines.get() + lines);
        }
        Action::Continue
    }
}
