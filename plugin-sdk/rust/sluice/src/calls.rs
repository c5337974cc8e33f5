use crate::{Decoder, Encoder};
use proxy_wasm::hostcalls;
use proxy_wasm::types::BufferType;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

/// Says why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The host has no such function, or what was named is not there.
    NotFound,
    BadArgument,
    CasMismatch,
    /// No grant, a limit, a timeout, or a service that cannot be reached; the log says which.
    InternalFailure,
    /// A status that this crate does not know.
    Other(u32),
    /// The answer is shorter than what was read of it, or of another version.
    Broken,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sluice: {self:?}")
    }
}

impl std::error::Error for Error {}

impl Error {
    fn of(status: u32) -> Option<Error> {
        match status {
            0 => None,
            1 => Some(Error::NotFound),
            2 => Some(Error::BadArgument),
            8 => Some(Error::CasMismatch),
            10 => Some(Error::InternalFailure),
            other => Some(Error::Other(other)),
        }
    }
}

type Then = Box<dyn FnOnce(Result<Decoder, Error>)>;

/// Calls of a VM that the host lets wait; what is above are calls whose streams were gone.
const MOST_WAITING: usize = 4096;

thread_local! {
    /// Calls that are not answered yet, with the stream that asked.
    static WAITING: RefCell<HashMap<u32, (u32, Then)>> = RefCell::new(HashMap::new());
}

/// Makes a synchronous call.
pub fn call(function: &str, arguments: Encoder) -> Result<Decoder, Error> {
    match hostcalls::call_foreign_function(function, Some(arguments.bytes())) {
        Ok(answer) => Decoder::new(answer.unwrap_or_default()),
        Err(status) => Err(Error::of(status as u32).unwrap_or(Error::Broken)),
    }
}

/// Brings the answer to a call; for `Context::on_foreign_function` of the root context.
pub fn answered(id: u32, size: usize) {
    let Some((context, then)) = WAITING.with(|waiting| waiting.borrow_mut().remove(&id)) else {
        return;
    };
    let bytes = hostcalls::get_buffer(BufferType::CallData, 0, size);
    // The SDK has made the root context effective; the stream that asked may be gone.
    if hostcalls::set_effective_context(context).is_err() {
        return;
    }
    let result = bytes
        .map_err(|_| Error::Broken)
        .and_then(|bytes| Decoder::new(bytes.unwrap_or_default()))
        .and_then(|mut answer| match Error::of(answer.u32()?) {
            None => Ok(answer),
            Some(error) => Err(error),
        });
    then(result);
}

/// Makes asynchronous calls for one stream (or a root context). Copies are as good as the original, so that an answer can
/// ask on.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    context: u32,
}

impl Calls {
    /// Takes the id that `create_http_context` (or `create_stream_context`, `set_root_context`) was given.
    pub fn new(context: u32) -> Self {
        Calls { context }
    }

    /// Drops what waits for answers that will not come, since the stream ends; for `on_log`. Without it they go when
    /// many have collected.
    pub fn forget(self) {
        drop_those(|_, context| context == self.context);
    }

    /// Makes an asynchronous call; the closure takes the result.
    pub fn send(
        &self,
        function: &str,
        arguments: Encoder,
        then: impl FnOnce(Result<Decoder, Error>) + 'static,
    ) -> Result<(), Error> {
        let id = call(function, arguments)?.u32()?;
        if WAITING.with(|waiting| waiting.borrow().len()) >= 2 * MOST_WAITING {
            drop_those(|old, _| id.wrapping_sub(old) > 4 * MOST_WAITING as u32);
        }
        WAITING.with(|waiting| waiting.borrow_mut().insert(id, (self.context, Box::new(then))));
        Ok(())
    }

    pub(crate) fn ask<T: 'static>(
        &self,
        function: &str,
        arguments: Encoder,
        read: fn(&mut Decoder) -> Result<T, Error>,
        then: impl FnOnce(Result<T, Error>) + 'static,
    ) -> Result<(), Error> {
        self.send(function, arguments, move |answer| then(answer.and_then(|mut answer| read(&mut answer))))
    }
}

/// Drops calls by their number and stream. A closure may make calls as it is dropped, so the map is free by then.
fn drop_those(gone: impl Fn(u32, u32) -> bool) {
    let dropped = WAITING.with(|waiting| {
        let mut waiting = waiting.borrow_mut();
        let ids: Vec<u32> =
            waiting.iter().filter(|(id, (context, _))| gone(**id, *context)).map(|(id, _)| *id).collect();
        ids.iter().filter_map(|id| waiting.remove(id)).collect::<Vec<_>>()
    });
    drop(dropped);
}
