use proxy_wasm::hostcalls;
use proxy_wasm::types::LogLevel;
use sluice::ai::{self, AiAction, AiEnd, AiEvent, AiOutcome, AiRequest, AiRole, AiStream};

sluice::ai_exports!();

/// Does with LLM calls what LlmPluginChecks expects of every language.
#[derive(Default)]
pub struct Guard {
    held: String,
}

impl AiStream for Guard {
    fn on_ai_request(&mut self, request: &AiRequest) -> AiAction {
        let Some(last) = request.segments.last() else {
            return AiAction::Continue;
        };
        if last.text.contains("forbidden") {
            report(ai::refuse(403, "no_way", &format!("not in {}", last.place)));
            return AiAction::Continue;
        }
        if last.text.contains("politely") {
            report(ai::refuse(200, "", "Rather no."));
            return AiAction::Continue;
        }
        if last.text.contains("cached") {
            report(ai::answer(&[AiEvent::text("from "), AiEvent::text("memory")]));
            return AiAction::Continue;
        }
        for segment in request.segments.iter().filter(|segment| segment.role == AiRole::User) {
            report(ai::replace(segment, &segment.text.replace("secret", "******")));
        }
        report(ai::append(AiRole::System, &seen(request)));
        if last.text.contains("small") {
            report(ai::set_model("small"));
        }
        AiAction::Continue
    }

    fn on_ai_event(&mut self, event: &AiEvent) -> AiAction {
        match event {
            AiEvent::Finish { .. } => report(ai::emit(&[AiEvent::text(&format!(" [{}]", self.held))])),
            AiEvent::Text { text, .. } if text.contains("not") => {
                self.held.push_str(text.trim());
                report(ai::replace_event(&[]));
            }
            AiEvent::Text { text, .. } if text.contains("Bluebird") => {
                report(ai::replace_event(&[AiEvent::text("Red"), AiEvent::text("bird ")]));
            }
            _ => {}
        }
        AiAction::Continue
    }

    fn on_ai_end(&mut self, end: &AiEnd) {
        let outcome = match end.outcome {
            AiOutcome::Complete => "complete",
            AiOutcome::Refused => "refused",
            AiOutcome::Answered => "cached",
            AiOutcome::UpstreamError => "upstream_error",
            AiOutcome::Truncated => "truncated",
            AiOutcome::ClientGone => "client_gone",
        };
        let (usage, model, provider) = (&end.usage, &end.model, &end.provider);
        log(LogLevel::Info, &format!("end {outcome} {model} {provider} {} {}", usage.output, usage.estimated));
    }
}

fn seen(request: &AiRequest) -> String {
    let quoted = |value: Option<&str>| value.map_or("null".to_string(), |value| format!("\"{value}\""));
    let roles: Vec<&str> = request
        .segments
        .iter()
        .map(|segment| match segment.role {
            AiRole::System => "system",
            AiRole::User => "user",
            AiRole::Assistant => "assistant",
            AiRole::ToolInput => "tool_input",
            AiRole::ToolOutput => "tool_output",
            AiRole::ToolDefinition => "tool_definition",
        })
        .collect();
    format!(
        "[\"{}\",\"{}\",{},{},\"{}\",{},\"{}\",{}]",
        request.protocol,
        request.model,
        request.stream,
        request.max_output_tokens.map_or("null".to_string(), |most| most.to_string()),
        request.tools.join("+"),
        quoted(request.parameter("temperature")),
        roles.join("+"),
        request.estimated_prompt_tokens > 0
    )
}

fn report(edit: Result<(), sluice::Error>) {
    if let Err(error) = edit {
        log(LogLevel::Error, &format!("edit: {error}"));
    }
}

fn log(level: LogLevel, text: &str) {
    let _ = hostcalls::log(level, text);
}
