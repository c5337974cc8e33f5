use crate::{Calls, Decoder, Encoder, Error};

/// Says over which time a limit counts.
#[derive(Clone, Debug)]
pub enum Window {
    /// A calendar unit (second, minute, hour, day, week or month) of a time zone such as `Europe/Berlin`.
    Fixed { unit: String, zone: String },
    /// The last so many milliseconds.
    Sliding { length_millis: u64 },
    /// Refills at a rate, up to the limit's amount.
    TokenBucket { per_second: f64 },
    /// Counts open reservations; a slot frees itself after a time.
    Concurrency { expiry_millis: u64 },
}

/// Is an amount that a key may have in a window. Keys of one call share what stands in their first braces.
#[derive(Clone, Debug)]
pub struct Limit {
    pub key: String,
    pub amount: u64,
    pub window: Window,
}

/// Is what a limit has left: negative is debt. The time is in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub remaining: i64,
    pub resets_at_millis: u64,
}

/// Is what was reserved, or says what is left when it was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub granted: bool,
    pub id: u64,
    pub left: Vec<Left>,
}

fn arguments(limits: &[Limit]) -> Encoder {
    Encoder::new().list(limits, |encoder, limit| {
        let encoder = encoder.string(&limit.key).u64(limit.amount);
        match &limit.window {
            Window::Fixed { unit, zone } => encoder.u8(0).string(unit).string(zone),
            Window::Sliding { length_millis } => encoder.u8(1).u64(*length_millis),
            Window::TokenBucket { per_second } => encoder.u8(2).f64(*per_second),
            Window::Concurrency { expiry_millis } => encoder.u8(3).u64(*expiry_millis),
        }
    })
}

fn left(answer: &mut Decoder) -> Result<Vec<Left>, Error> {
    answer.list(|answer| Ok(Left { remaining: answer.i64()?, resets_at_millis: answer.u64()? }))
}

fn reservation(answer: &mut Decoder) -> Result<Reservation, Error> {
    Ok(Reservation { granted: answer.bool()?, id: answer.u64()?, left: left(answer)? })
}

/// All need the grant `counters`.
impl Calls {
    /// Counts whatever the limits say.
    pub fn add(
        &self,
        limits: &[Limit],
        amount: u64,
        then: impl FnOnce(Result<Vec<Left>, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.counters.add", arguments(limits).u64(amount), left, then)
    }

    /// Takes an amount of all limits or of none.
    pub fn reserve(
        &self,
        limits: &[Limit],
        amount: u64,
        expiry_millis: u64,
        then: impl FnOnce(Result<Reservation, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.counters.reserve", arguments(limits).u64(amount).u64(expiry_millis), reservation, then)
    }

    /// Says what a reservation came to.
    pub fn settle(
        &self,
        reservation: u64,
        amount: u64,
        then: impl FnOnce(Result<Vec<Left>, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.counters.settle", Encoder::new().u64(reservation).u64(amount), left, then)
    }

    /// Gives a reservation back.
    pub fn release(
        &self,
        reservation: u64,
        then: impl FnOnce(Result<Vec<Left>, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.counters.release", Encoder::new().u64(reservation), left, then)
    }

    /// Counts nothing.
    pub fn peek(
        &self,
        limits: &[Limit],
        then: impl FnOnce(Result<Vec<Left>, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.counters.peek", arguments(limits), left, then)
    }
}
