use crate::{call, Encoder, Error};

/// Makes header statuses mean what they say; see ABI.md, Host features.
pub const HEADER_STATUSES: u32 = 1;

/// Switches features of the host on for this VM and returns those that are on.
pub fn enable(features: u32) -> Result<u32, Error> {
    call("sluice.host.enable", Encoder::new().u32(features))?.u32()
}
