use proxy_wasm::hostcalls::call_foreign_function;
use proxy_wasm::types::Status;

/// Asks the host to hold the headers of a message while its body is looked at (ABI.md, Host features).
pub fn hold_headers() -> Result<(), Status> {
    call_foreign_function("sluice.host.enable", Some(&[1, 1, 0, 0, 0])).map(|_| ())
}

/// A set of RE2 expressions (ABI.md, Patterns).
pub struct PatternSet(u32);

impl PatternSet {
    pub fn compile(expressions: &[String]) -> Result<PatternSet, Status> {
        let mut arguments = vec![1];
        number(&mut arguments, expressions.len());
        for expression in expressions {
            arguments.extend([1, 0]);
            number(&mut arguments, expression.len());
            arguments.extend(expression.as_bytes());
        }
        let answer = call_foreign_function("sluice.patterns.compile", Some(&arguments))?;
        Ok(PatternSet(first(answer)))
    }

    /// Says whether the set matches a text anywhere.
    pub fn matches(&self, text: &str) -> Result<bool, Status> {
        let mut arguments = Vec::with_capacity(text.len() + 13);
        arguments.push(1);
        number(&mut arguments, self.0 as usize);
        number(&mut arguments, 1);
        number(&mut arguments, text.len());
        arguments.extend(text.as_bytes());
        Ok(first(call_foreign_function("sluice.patterns.scan", Some(&arguments))?) > 0)
    }
}

fn number(to: &mut Vec<u8>, value: usize) {
    to.extend((value as u32).to_le_bytes());
}

fn first(answer: Option<Vec<u8>>) -> u32 {
    answer.and_then(|bytes| bytes.get(1..5)?.try_into().ok()).map_or(0, u32::from_le_bytes)
}
