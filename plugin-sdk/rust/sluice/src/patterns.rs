use crate::{call, Encoder, Error};

/// Says how a pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// Character by character.
    Literal = 0,
    /// As an RE2 expression.
    Expression = 1,
}

/// Is one pattern of a set.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub kind: PatternKind,
    pub text: String,
    /// Compares by Unicode simple case folding.
    pub ignore_case: bool,
    /// Matches only where no letter, digit or underscore stands next to it.
    pub whole_word: bool,
}

impl Pattern {
    pub fn literal(text: &str) -> Self {
        Pattern { kind: PatternKind::Literal, text: text.into(), ignore_case: false, whole_word: false }
    }

    pub fn expression(text: &str) -> Self {
        Pattern { kind: PatternKind::Expression, ..Pattern::literal(text) }
    }
}

/// Is one match: the index of its pattern, and where it begins and ends in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    pub pattern: u32,
    pub start: u64,
    pub end: u64,
}

/// Is a list of patterns that the host compiled; given back when dropped.
pub struct PatternSet {
    id: u32,
}

impl PatternSet {
    /// Compiles patterns; do it while the plugin is configured. The host logs why it refuses one.
    pub fn compile(patterns: &[Pattern]) -> Result<Self, Error> {
        let arguments = Encoder::new().list(patterns, |encoder, pattern| {
            encoder
                .u8(pattern.kind as u8)
                .u8(pattern.ignore_case as u8 | (pattern.whole_word as u8) << 1)
                .string(&pattern.text)
        });
        Ok(PatternSet { id: call("sluice.patterns.compile", arguments)?.u32()? })
    }

    /// Returns the matches in a text, at most `limit`; 0 stands for the host's most.
    pub fn scan(&self, text: &[u8], limit: u32) -> Result<Vec<Match>, Error> {
        call("sluice.patterns.scan", Encoder::new().u32(self.id).u32(limit).blob(text))?.list(|answer| {
            Ok(Match { pattern: answer.u32()?, start: answer.u32()?.into(), end: answer.u32()?.into() })
        })
    }

    /// Opens a scan over a text that arrives in pieces, for the effective context.
    pub fn open(&self) -> Result<PatternStream, Error> {
        Ok(PatternStream { id: call("sluice.patterns.open", Encoder::new().u32(self.id))?.u32()?, safe: 0 })
    }
}

impl Drop for PatternSet {
    fn drop(&mut self) {
        let _ = call("sluice.patterns.free", Encoder::new().u32(self.id));
    }
}

/// Scans a text in pieces that are cut anywhere; offsets count from the first piece. The host closes it with its stream.
pub struct PatternStream {
    id: u32,
    safe: u64,
}

impl PatternStream {
    /// Takes the next piece and returns the matches that have become certain. The last piece says `end`.
    pub fn feed(&mut self, piece: &[u8], end: bool) -> Result<Vec<Match>, Error> {
        let mut answer =
            call("sluice.patterns.feed", Encoder::new().u32(self.id).blob(piece).u8(end as u8))?;
        let safe = answer.u64()?;
        let matches = answer
            .list(|answer| Ok(Match { pattern: answer.u32()?, start: answer.u64()?, end: answer.u64()? }))?;
        self.safe = safe;
        Ok(matches)
    }

    /// Returns the offset before which no match begins that is yet to come.
    pub fn safe(&self) -> u64 {
        self.safe
    }

    /// Ends the scan before its stream ends.
    pub fn close(self) -> Result<(), Error> {
        call("sluice.patterns.close", Encoder::new().u32(self.id)).map(drop)
    }
}
