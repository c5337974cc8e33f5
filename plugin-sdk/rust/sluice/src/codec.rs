use crate::Error;

const VERSION: u8 = 1;

/// Writes the arguments of a call (ABI.md, Encoding).
pub struct Encoder {
    bytes: Vec<u8>,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    pub fn new() -> Self {
        Encoder { bytes: vec![VERSION] }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn u8(mut self, value: u8) -> Self {
        self.bytes.push(value);
        self
    }

    pub fn u32(mut self, value: u32) -> Self {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub fn u64(mut self, value: u64) -> Self {
        self.bytes.extend(value.to_le_bytes());
        self
    }

    pub fn f64(self, value: f64) -> Self {
        self.u64(value.to_bits())
    }

    pub fn string(self, value: &str) -> Self {
        self.blob(value.as_bytes())
    }

    pub fn blob(self, value: &[u8]) -> Self {
        let mut sized = self.u32(value.len() as u32);
        sized.bytes.extend_from_slice(value);
        sized
    }

    /// Writes a vector.
    pub fn floats(self, value: &[f32]) -> Self {
        let mut sized = self.u32(4 * value.len() as u32);
        sized.bytes.extend(value.iter().flat_map(|number| number.to_le_bytes()));
        sized
    }

    pub fn list<T>(self, values: &[T], write: impl Fn(Self, &T) -> Self) -> Self {
        values.iter().fold(self.u32(values.len() as u32), write)
    }

    pub(crate) fn optional(self, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.u8(1).u64(value),
            None => self.u8(0),
        }
    }
}

/// Reads an answer. Reading past its end is an error.
pub struct Decoder {
    bytes: Vec<u8>,
    at: usize,
}

impl Decoder {
    pub fn new(bytes: Vec<u8>) -> Result<Self, Error> {
        let mut decoder = Decoder { bytes, at: 0 };
        match decoder.u8()? {
            VERSION => Ok(decoder),
            _ => Err(Error::Broken),
        }
    }

    fn take(&mut self, size: usize) -> Result<&[u8], Error> {
        let from = self.at;
        if self.bytes.len() - from < size {
            self.at = self.bytes.len();
            return Err(Error::Broken);
        }
        self.at += size;
        Ok(&self.bytes[from..self.at])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| Error::Broken)
    }

    pub fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.array::<1>()?[0])
    }

    pub fn bool(&mut self) -> Result<bool, Error> {
        Ok(self.u8()? == 1)
    }

    pub fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn i64(&mut self) -> Result<i64, Error> {
        self.array().map(i64::from_le_bytes)
    }

    pub fn f64(&mut self) -> Result<f64, Error> {
        self.u64().map(f64::from_bits)
    }

    pub fn string(&mut self) -> Result<String, Error> {
        String::from_utf8(self.blob()?).map_err(|_| Error::Broken)
    }

    pub fn blob(&mut self) -> Result<Vec<u8>, Error> {
        let size = self.u32()? as usize;
        self.take(size).map(<[u8]>::to_vec)
    }

    /// Reads a vector.
    pub fn floats(&mut self) -> Result<Vec<f32>, Error> {
        let size = self.u32()? as usize;
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(self.take(size)?.chunks_exact(4).map(number).collect())
    }

    pub fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let count = self.u32()? as usize;
        // No more room at first than the bytes that are left can fill.
        let mut values = Vec::with_capacity(count.min(self.bytes.len() - self.at));
        for _ in 0..count {
            values.push(read(self)?);
        }
        Ok(values)
    }
}
