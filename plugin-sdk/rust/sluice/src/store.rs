use crate::{Calls, Decoder, Encoder, Error};

/// Is a value with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub value: Vec<u8>,
    pub version: u64,
}

fn entry(answer: &mut Decoder) -> Result<Option<Entry>, Error> {
    Ok(match answer.bool()? {
        true => Some(Entry { value: answer.blob()?, version: answer.u64()? }),
        false => None,
    })
}

fn fence(answer: &mut Decoder) -> Result<Option<u64>, Error> {
    Ok(match answer.bool()? {
        true => Some(answer.u64()?),
        false => None,
    })
}

/// All need the grant `store`.
impl Calls {
    /// Reads a value.
    pub fn get(&self, key: &str, then: impl FnOnce(Result<Option<Entry>, Error>) + 'static) -> Result<(), Error> {
        self.ask("sluice.store.get", Encoder::new().string(key), entry, then)
    }

    /// Writes a value and answers its version. Without a time to live it is kept for as long as there is room.
    pub fn set(
        &self,
        key: &str,
        value: &[u8],
        ttl_millis: Option<u64>,
        then: impl FnOnce(Result<u64, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.store.set", Encoder::new().string(key).blob(value).optional(ttl_millis), Decoder::u64, then)
    }

    /// Writes a value if it has a version still (0: if it is not there); otherwise the answer is `CasMismatch`.
    pub fn compare_and_set(
        &self,
        key: &str,
        value: &[u8],
        version: u64,
        ttl_millis: Option<u64>,
        then: impl FnOnce(Result<u64, Error>) + 'static,
    ) -> Result<(), Error> {
        let arguments = Encoder::new().string(key).blob(value).u64(version).optional(ttl_millis);
        self.ask("sluice.store.compareAndSet", arguments, Decoder::u64, then)
    }

    /// Deletes a value and answers whether it was there.
    pub fn delete(&self, key: &str, then: impl FnOnce(Result<bool, Error>) + 'static) -> Result<(), Error> {
        self.ask("sluice.store.delete", Encoder::new().string(key), Decoder::bool, then)
    }

    /// Takes a lock that frees itself after a time and answers its fence; none while another holds it.
    pub fn lock(
        &self,
        key: &str,
        expiry_millis: u64,
        then: impl FnOnce(Result<Option<u64>, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.store.lock", Encoder::new().string(key).u64(expiry_millis), fence, then)
    }

    /// Frees a lock and answers whether it was still held with that fence.
    pub fn unlock(
        &self,
        key: &str,
        fence: u64,
        then: impl FnOnce(Result<bool, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.store.unlock", Encoder::new().string(key).u64(fence), Decoder::bool, then)
    }
}
