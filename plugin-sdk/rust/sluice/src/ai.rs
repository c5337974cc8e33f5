//! The callbacks on LLM calls that Sluice makes on routes with `ai`, whatever the client's format, and the edits that a
//! plugin can make there (ABI.md, LLM calls). A plugin needs the grant `ai`. Another host never calls it.
//!
//! ```ignore
//! sluice::ai_exports!();       // once, in the plugin's crate
//!
//! struct Guard;
//! impl AiStream for Guard {
//!     fn on_ai_request(&mut self, request: &AiRequest) -> AiAction {
//!         for segment in request.segments.iter().filter(|segment| segment.role == AiRole::User) {
//!             let _ = ai::replace(segment, &segment.text.replace("secret", "******"));
//!         }
//!         AiAction::Continue
//!     }
//! }
//! impl HttpContext for Stream {
//!     fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
//!         ai::attach(self.id, Guard);
//!         Action::Continue
//!     }
//!     fn on_log(&mut self) {
//!         ai::detach(self.id);
//!     }
//! }
//! ```

use crate::{call, Decoder, Encoder, Error};
use proxy_wasm::hostcalls;
use proxy_wasm::types::BufferType;
use std::cell::RefCell;
use std::collections::HashMap;

/// Says what the host does after `on_ai_request` and `on_ai_event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiAction {
    Continue = 0,
    /// The request or the response waits until `resume_http_request` or `resume_http_response`.
    Pause = 1,
}

/// Says who speaks in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiRole {
    System = 0,
    User = 1,
    Assistant = 2,
    ToolInput = 3,
    ToolOutput = 4,
    ToolDefinition = 5,
}

/// Is one piece of text of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiSegment {
    pub index: u32,
    pub role: AiRole,
    /// A JSON pointer into the client's body.
    pub place: String,
    pub text: String,
}

/// Is a request to a model. Edits are written back in the client's own format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiRequest {
    /// `openai.chat`, `anthropic.messages`, `gemini.generateContent`, …
    pub protocol: String,
    pub model: String,
    pub stream: bool,
    pub consumer: Option<String>,
    pub estimated_prompt_tokens: u64,
    pub max_output_tokens: Option<u64>,
    pub segments: Vec<AiSegment>,
    pub tools: Vec<String>,
    /// Scalar parameters such as `temperature` as they stood in the request.
    pub parameters: Vec<(String, String)>,
}

impl AiRequest {
    /// Returns a parameter as it stood in the request.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Counts tokens: `input` includes the cached ones, `output` those of reasoning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AiUsage {
    pub input: u64,
    pub cached_input: u64,
    pub output: u64,
    pub reasoning: u64,
    /// Whether the gateway counted, because the provider did not.
    pub estimated: bool,
    pub cache_writes: u64,
}

/// Is one event of a response, streamed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AiEvent {
    /// `place` is `answer`, `reasoning` or `refusal`.
    Text { choice: u32, place: String, text: String },
    /// `name` comes with the first event of a call only.
    ToolCall { choice: u32, call: u32, name: Option<String>, arguments: String },
    /// `stop`, `length`, `tool_calls`, `content_filter`, or the provider's own word.
    Finish { choice: u32, reason: String },
    Usage(AiUsage),
}

impl AiEvent {
    /// Returns a piece of the first choice's answer.
    pub fn text(text: &str) -> Self {
        AiEvent::Text { choice: 0, place: "answer".into(), text: text.into() }
    }
}

/// Says how an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiOutcome {
    Complete = 0,
    Refused = 1,
    Answered = 2,
    UpstreamError = 3,
    Truncated = 4,
    ClientGone = 5,
}

/// Says how an exchange ended, and what it used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiEnd {
    pub outcome: AiOutcome,
    pub model: String,
    pub provider: String,
    pub usage: AiUsage,
}

/// Sees the LLM call of one exchange.
pub trait AiStream {
    /// Sees the whole request, before its bytes go on.
    fn on_ai_request(&mut self, _request: &AiRequest) -> AiAction {
        AiAction::Continue
    }

    /// Sees each event of the response in order.
    fn on_ai_event(&mut self, _event: &AiEvent) -> AiAction {
        AiAction::Continue
    }

    /// Sees how the exchange ended; nothing can be changed any more.
    fn on_ai_end(&mut self, _end: &AiEnd) {}
}

/// Says whether calls are shown here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiAccess {
    /// The route speaks no LLM protocol, or the host is another one.
    None,
    Shown,
    /// The route speaks one, but the plugin has no grant `ai`.
    NotGranted,
}

thread_local! {
    static ATTACHED: RefCell<HashMap<u32, Box<dyn AiStream>>> = RefCell::new(HashMap::new());
}

/// Returns whether calls are shown to the stream whose callback is running.
pub fn enabled() -> AiAccess {
    match call("sluice.ai.enabled", Encoder::new()).and_then(|mut answer| answer.bool()) {
        Ok(true) => AiAccess::Shown,
        Err(Error::InternalFailure) => AiAccess::NotGranted,
        _ => AiAccess::None,
    }
}

/// Has the LLM call of a stream shown to somebody, when the host shows it; for `on_http_request_headers`. The id is that
/// of `create_http_context`.
pub fn attach(context: u32, stream: impl AiStream + 'static) -> AiAccess {
    let access = enabled();
    if access == AiAccess::Shown {
        ATTACHED.with(|attached| attached.borrow_mut().insert(context, Box::new(stream)));
    }
    access
}

/// Forgets a stream; for `on_log`.
pub fn detach(context: u32) {
    let gone = ATTACHED.with(|attached| attached.borrow_mut().remove(&context));
    drop(gone);
}

/// Replaces the text of a segment; the rest of the client's body stays as it is, byte for byte.
pub fn replace(segment: &AiSegment, text: &str) -> Result<(), Error> {
    edit("sluice.ai.replace", Encoder::new().u32(segment.index).string(text))
}

/// Adds a message at the end of the conversation.
pub fn append(role: AiRole, text: &str) -> Result<(), Error> {
    edit("sluice.ai.append", Encoder::new().u8(role as u8).string(text))
}

/// Names another model, which routing uses.
pub fn set_model(model: &str) -> Result<(), Error> {
    edit("sluice.ai.setModel", Encoder::new().string(model))
}

/// Sends others on in place of the event at hand; none holds it back.
pub fn replace_event(events: &[AiEvent]) -> Result<(), Error> {
    edit("sluice.ai.replaceEvent", Encoder::new().list(events, write_event))
}

/// Sends events before the one at hand, or before the next one.
pub fn emit(events: &[AiEvent]) -> Result<(), Error> {
    edit("sluice.ai.emit", Encoder::new().list(events, write_event))
}

/// Refuses in the client's protocol: an error, or with status 200 an answer of the model that says the message.
pub fn refuse(status: u32, code: &str, message: &str) -> Result<(), Error> {
    edit("sluice.ai.refuse", Encoder::new().u32(status).string(code).string(message))
}

/// Answers in place of a provider in the client's protocol.
pub fn answer(events: &[AiEvent]) -> Result<(), Error> {
    edit("sluice.ai.answer", Encoder::new().list(events, write_event))
}

fn edit(function: &str, arguments: Encoder) -> Result<(), Error> {
    call(function, arguments).map(|_| ())
}

fn write_usage(to: Encoder, usage: &AiUsage) -> Encoder {
    let counted = to.u64(usage.input).u64(usage.cached_input).u64(usage.output).u64(usage.reasoning);
    counted.u8(usage.estimated as u8).u64(usage.cache_writes)
}

fn write_event(to: Encoder, event: &AiEvent) -> Encoder {
    match event {
        AiEvent::Text { choice, place, text } => to.u8(0).u32(*choice).string(place).string(text),
        AiEvent::ToolCall { choice, call, name, arguments } => {
            let begun = to.u8(1).u32(*choice).u32(*call);
            let named = match name {
                Some(name) => begun.u8(1).string(name),
                None => begun.u8(0),
            };
            named.string(arguments)
        }
        AiEvent::Finish { choice, reason } => to.u8(2).u32(*choice).string(reason),
        AiEvent::Usage(usage) => write_usage(to.u8(3), usage),
    }
}

fn read_role(from: &mut Decoder) -> Result<AiRole, Error> {
    Ok(match from.u8()? {
        0 => AiRole::System,
        1 => AiRole::User,
        2 => AiRole::Assistant,
        3 => AiRole::ToolInput,
        4 => AiRole::ToolOutput,
        5 => AiRole::ToolDefinition,
        _ => return Err(Error::Broken),
    })
}

fn read_optional<T>(from: &mut Decoder, read: fn(&mut Decoder) -> Result<T, Error>) -> Result<Option<T>, Error> {
    if from.bool()? {
        read(from).map(Some)
    } else {
        Ok(None)
    }
}

fn read_request(from: &mut Decoder) -> Result<AiRequest, Error> {
    let mut request = AiRequest {
        protocol: from.string()?,
        model: from.string()?,
        stream: from.bool()?,
        consumer: read_optional(from, Decoder::string)?,
        estimated_prompt_tokens: from.u64()?,
        max_output_tokens: read_optional(from, Decoder::u64)?,
        segments: from.list(|from| {
            Ok(AiSegment { index: 0, role: read_role(from)?, place: from.string()?, text: from.string()? })
        })?,
        tools: from.list(Decoder::string)?,
        parameters: from.list(|from| Ok((from.string()?, from.string()?)))?,
    };
    for (index, segment) in request.segments.iter_mut().enumerate() {
        segment.index = index as u32;
    }
    Ok(request)
}

fn read_usage(from: &mut Decoder) -> Result<AiUsage, Error> {
    Ok(AiUsage {
        input: from.u64()?,
        cached_input: from.u64()?,
        output: from.u64()?,
        reasoning: from.u64()?,
        estimated: from.bool()?,
        cache_writes: from.u64()?,
    })
}

fn read_event(from: &mut Decoder) -> Result<AiEvent, Error> {
    Ok(match from.u8()? {
        0 => AiEvent::Text { choice: from.u32()?, place: from.string()?, text: from.string()? },
        1 => AiEvent::ToolCall {
            choice: from.u32()?,
            call: from.u32()?,
            name: read_optional(from, Decoder::string)?,
            arguments: from.string()?,
        },
        2 => AiEvent::Finish { choice: from.u32()?, reason: from.string()? },
        3 => AiEvent::Usage(read_usage(from)?),
        _ => return Err(Error::Broken),
    })
}

fn read_end(from: &mut Decoder) -> Result<AiEnd, Error> {
    let outcome = match from.u8()? {
        0 => AiOutcome::Complete,
        1 => AiOutcome::Refused,
        2 => AiOutcome::Answered,
        3 => AiOutcome::UpstreamError,
        4 => AiOutcome::Truncated,
        5 => AiOutcome::ClientGone,
        _ => return Err(Error::Broken),
    };
    Ok(AiEnd { outcome, model: from.string()?, provider: from.string()?, usage: read_usage(from)? })
}

/// Reads the message of a callback and shows it. The stream is taken out meanwhile, so that it may attach and detach.
fn show<T, R>(
    context: u32,
    size: u32,
    otherwise: R,
    read: fn(&mut Decoder) -> Result<T, Error>,
    then: impl FnOnce(&mut dyn AiStream, &T) -> R,
) -> R {
    let Some(mut stream) = ATTACHED.with(|attached| attached.borrow_mut().remove(&context)) else {
        return otherwise;
    };
    let message = hostcalls::get_buffer(BufferType::CallData, 0, size as usize)
        .map_err(|_| Error::Broken)
        .and_then(|bytes| Decoder::new(bytes.unwrap_or_default()))
        .and_then(|mut from| read(&mut from));
    let shown = match message {
        Ok(message) => then(&mut *stream, &message),
        Err(_) => otherwise,
    };
    ATTACHED.with(|attached| {
        attached.borrow_mut().entry(context).or_insert(stream);
    });
    shown
}

#[doc(hidden)]
pub fn request(context: u32, size: u32) -> u32 {
    show(context, size, AiAction::Continue, read_request, |stream, request| stream.on_ai_request(request)) as u32
}

#[doc(hidden)]
pub fn event(context: u32, size: u32) -> u32 {
    show(context, size, AiAction::Continue, read_event, |stream, event| stream.on_ai_event(event)) as u32
}

#[doc(hidden)]
pub fn end(context: u32, size: u32) {
    show(context, size, (), read_end, |stream, end| stream.on_ai_end(end));
    detach(context);
}

/// Passes the callbacks on LLM calls on to the streams that are attached; once, in the crate of the plugin.
#[macro_export]
macro_rules! ai_exports {
    () => {
        #[no_mangle]
        pub extern "C" fn sluice_on_ai_request(context: u32, size: u32) -> u32 {
            $crate::ai::request(context, size)
        }

        #[no_mangle]
        pub extern "C" fn sluice_on_ai_event(context: u32, size: u32) -> u32 {
            $crate::ai::event(context, size)
        }

        #[no_mangle]
        pub extern "C" fn sluice_on_ai_end(context: u32, size: u32) {
            $crate::ai::end(context, size)
        }
    };
}
